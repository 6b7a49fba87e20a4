"""Numbers and messages of the native API. Source: aioesphomeapi's api.proto; a number is a message's `id` there."""

from __future__ import annotations

from typing import Any, Final

from aioesphomeapi import api_pb2
from aioesphomeapi.core import MESSAGE_TYPE_TO_PROTO

from drivers.esphome.wire.errors import Garbled

PB: Final[Any] = api_pb2
"""The generated classes have no types: this is the one place where that is let in."""

Message = Any

_NUMBERS: Final = {sort: number for number, sort in MESSAGE_TYPE_TO_PROTO.items()}


def decode(number: int, payload: bytes) -> Message | None:
    """The message, or None for one that is not known here: newer firmware has more. Raises `Garbled`."""
    sort: Any = MESSAGE_TYPE_TO_PROTO.get(number)
    if sort is None:
        return None
    try:
        return sort.FromString(payload)
    except Exception:  # whatever the decoder raises, it cannot be read
        raise Garbled(f"it sent a {sort.__name__} that cannot be read ({len(payload)} bytes)") from None


def encode(message: Message) -> tuple[int, bytes]:
    """A message's number and its bytes."""
    return _NUMBERS[type(message)], message.SerializeToString()
