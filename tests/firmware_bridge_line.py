"""A client of the bridge over a serial line, in as few lines as that takes: PROTOCOL.md read once more, by itself."""

from __future__ import annotations

import os
import select
import termios
import time
import tty
import zlib
from types import TracebackType
from typing import Final

REPEAT_SECONDS: Final = 0.03  # S6
GIVE_UP_SECONDS: Final = 10.0  # longer than S7 says: the machine may be busy
GET, POST, PUT = 1, 2, 3
CONTENT, CHANGED = 0x45, 0x44


def framed(message: bytes) -> bytes:
    body = b"\xac" + message
    body += zlib.crc32(body).to_bytes(4, "little")
    return b"\xc0" + body.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


def deframed(frame: bytes) -> bytes | None:
    body = frame.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
    sound = len(body) >= 9 and body[0] == 0xAC and zlib.crc32(body[:-4]).to_bytes(4, "little") == body[-4:]
    return body[1:-4] if sound else None


def options(*pairs: tuple[int, bytes]) -> bytes:
    """In order; numbers and lengths below 269."""
    out, last = b"", 0
    for number, value in pairs:
        delta, last = number - last, number
        extended = [one - 13 for one in (delta, len(value)) if one >= 13]
        out += bytes([min(delta, 13) << 4 | min(len(value), 13), *extended]) + value
    return out


class NoAnswer(Exception):
    """What became of the request is not known."""


class Client:
    """Asks one thing at a time, and repeats it bit by bit until it is answered."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._file)
        termios.tcflush(self._file, termios.TCIOFLUSH)
        self._mid = int.from_bytes(os.urandom(2), "big")
        self._received = b""
        self.notifications: list[bytes] = []
        self.sent = 0

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        os.close(self._file)

    def ask(
        self, method: int, path: str, payload: bytes = b"", *more: tuple[int, bytes]
    ) -> tuple[int, bytes, dict[int, bytes]]:
        """Code, payload, options of the answer."""
        self._mid = (self._mid + 1) & 0xFFFF
        mid = self._mid.to_bytes(2, "big")
        pairs = sorted([*((11, part.encode()) for part in path.split("/")), *more], key=lambda pair: pair[0])
        message = (
            bytes([0x42, method]) + mid + mid + options(*pairs) + (b"\xff" + payload if payload else b"")
        )
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < deadline:
            os.write(self._file, framed(message))
            self.sent += 1
            answer = self._answer(mid)
            if answer is not None:
                return answer
        raise NoAnswer

    def whole(self, path: str) -> bytes:
        """In blocks of 64."""
        found, number = b"", 0
        while True:
            code, payload, told = self.ask(GET, path, b"", (23, _uint(number << 4 | 2)))
            assert code == CONTENT
            found, number = found + payload, number + 1
            if not int.from_bytes(told.get(23, b"")) & 8:
                return found

    def _answer(self, mid: bytes) -> tuple[int, bytes, dict[int, bytes]] | None:
        until = time.monotonic() + REPEAT_SECONDS
        while (left := until - time.monotonic()) > 0:
            for message in self._messages(left):
                if message[0] & 0x30 == 0x20 and message[2:4] == mid:
                    return _parts(message)
                if message[0] & 0x30 == 0 and message[1] >= 0x40:
                    self.notifications.append(_parts(message)[1])
                    os.write(self._file, framed(b"\x60\x00" + message[2:4]))
        return None

    def _messages(self, seconds: float) -> list[bytes]:
        if select.select([self._file], [], [], seconds)[0]:
            self._received += os.read(self._file, 4096)
        *frames, self._received = self._received.split(b"\xc0")
        return [message for message in map(deframed, frames) if message]

    def listen(self, seconds: float) -> None:
        """Acknowledges what comes by itself."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.notifications:
            self._answer(b"no answer has it")


def _uint(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _parts(message: bytes) -> tuple[int, bytes, dict[int, bytes]]:
    at, number = 4 + (message[0] & 15), 0
    found: dict[int, bytes] = {}
    while at < len(message) and message[at] != 0xFF:
        delta, length, at = message[at] >> 4, message[at] & 15, at + 1
        if delta == 13:
            delta, at = message[at] + 13, at + 1
        number += delta
        found[number] = message[at : at + length]
        at += length
    return message[1], message[at + 1 :], found
