"""Is there an MQTT broker that lets this user in? One CONNECT and DISCONNECT (MQTT 3.1.1 sections 3.1, 3.2,
3.14).
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from drivers.mqtt.broker_users import BrokerUser

_CONNECT: Final = 0x10
_CONNACK: Final = b"\x20\x02"
_DISCONNECT: Final = b"\xe0\x00"
_CLEAN_USER_PASSWORD: Final = 0b1100_0010
_KEEP_ALIVE_SECONDS: Final = 10


async def accepts(port: int, user: BrokerUser) -> bool:
    """Whether the broker at 127.0.0.1:`port` answers `user`'s CONNECT with "accepted". False also when nobody
    answers.
    """
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(connect_packet(user))
        answer = await reader.readexactly(4)
        writer.write(_DISCONNECT)
        return answer[:2] == _CONNACK and answer[3] == 0
    except (OSError, asyncio.IncompleteReadError):
        return False
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def connect_packet(user: BrokerUser) -> bytes:
    """A CONNECT with protocol level 4, a clean session and a client id made of the user's name."""
    body = (
        _text("MQTT")
        + bytes([4, _CLEAN_USER_PASSWORD])
        + _KEEP_ALIVE_SECONDS.to_bytes(2, "big")
        + _text(f"{user.name}-probe")
        + _text(user.name)
        + _text(user.password)
    )
    return bytes([_CONNECT]) + _length(len(body)) + body


def _text(value: str) -> bytes:
    data = value.encode()
    return len(data).to_bytes(2, "big") + data


def _length(value: int) -> bytes:
    """Section 2.2.3: seven bits a byte, low first, the eighth says that more follow."""
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)
