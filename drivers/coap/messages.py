"""CoAP messages (RFC 7252): what goes out is built here, and what comes in is looked at here before anything believes it.

The coding of messages and options is aiocoap's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiocoap import Message
from aiocoap.error import Error
from aiocoap.numbers.codes import Code
from aiocoap.numbers.types import Type

MAX_MESSAGE_BYTES: Final = 1280
"""Of one message: RFC 7252 §4.6 counts with 1152 where nothing is known of the path, and blocks are of 1024 at the most."""

MAX_OPTIONS: Final = 16
"""Of one message that comes in. Answers of endpoints have five at the most: Observe, Content-Format, Max-Age, Block2, Size2."""

MAX_OPTION_NUMBER: Final = 65535

MAX_TOKEN_BYTES: Final = 8
"""RFC 7252 §3: lengths 9 to 15 are format errors."""

_PAYLOAD_MARKER: Final = 0xFF
_LONG: Final = {13: 1, 14: 2}
_UNDERSTOOD: Final = frozenset({23, 27})
"""Critical options (odd numbers) of answers: the blocks. An answer with another one is not used (RFC 7252 §5.4.1)."""


def parsed(data: bytes) -> Message | None:
    """One message, or None where it is none: another version, a long token, a reserved code, too many options (RFC 7252 §3).
    Any bytes give one of the two.
    """
    if not _sound(data):
        return None
    try:
        return Message.decode(data)
    except (Error, ValueError, IndexError, TypeError, OverflowError):  # UnicodeDecodeError is a ValueError
        return None


def _sound(data: bytes) -> bool:
    """A look at the outline: a decoder that copies what is left for every option must not be given thousands of them."""
    if not 4 <= len(data) <= MAX_MESSAGE_BYTES or data[0] >> 6 != 1:
        return False
    token = data[0] & 0x0F
    if token > MAX_TOKEN_BYTES or len(data) < 4 + token:
        return False
    kind, code = data[0] >> 4 & 0x03, data[1]
    if code == Code.EMPTY:  # RFC 7252 §4.1: nothing follows, and §4.3: it is never NON
        return len(data) == 4 and kind != Type.NON
    if code >> 5 in (1, 6, 7) or kind == Type.RST or (kind == Type.ACK and code >> 5 == 0):
        return False
    return _options_sound(data, 4 + token)


def _options_sound(data: bytes, at: int) -> bool:
    count, number = 0, 0
    while at < len(data) and data[at] != _PAYLOAD_MARKER:
        delta, length = data[at] >> 4, data[at] & 0x0F
        at += 1
        fields = []
        for field in (delta, length):
            size = _LONG.get(field, 0)
            if field == 15 or at + size > len(data):
                return False
            base = {13: 13, 14: 269}.get(field, field)
            fields.append(base + int.from_bytes(data[at : at + size], "big"))
            at += size
        number += fields[0]
        at += fields[1]
        count += 1
        if count > MAX_OPTIONS or at > len(data) or number > MAX_OPTION_NUMBER:
            return False
    return at != len(data) - 1  # a marker with no payload behind it is a format error


def understood(answer: Message) -> bool:
    return not any(int(o.number) & 1 and int(o.number) not in _UNDERSTOOD for o in answer.opt.option_list())


def request(
    code: Code,
    path: Sequence[str],
    query: Sequence[str] = (),
    *,
    payload: bytes = b"",
    content_format: int | None = None,
    accept: int | None = None,
) -> Message:
    """A confirmable request. There is no Uri-Host: a device answers to whatever it is called."""
    message = Message(code=code, payload=payload)
    message.mtype = Type.CON
    message.opt.uri_path = tuple(path)
    message.opt.uri_query = tuple(query)
    if content_format is not None:
        message.opt.content_format = content_format
    if accept is not None:
        message.opt.accept = accept
    return message


def empty(kind: Type, mid: int) -> bytes:
    """An empty acknowledgement or reset (RFC 7252 §4.2, §4.3), or with CON a ping."""
    return bytes([0x40 | int(kind) << 4, 0, mid >> 8, mid & 0xFF])
