"""What was reported since the last write: in memory, appended to on the path of a report, and written as one block. Without
numpy.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from dataclasses import dataclass, field
from struct import Struct
from typing import Final

MOST_POINTS: Final = 65_536
"""In memory: 1.4 MB. Between two writes a busy house has 3,000; when it is half full it is written at once, and what comes
while it is full is not kept, and counted.
"""

HEAD: Final = Struct("<BII")
VERSION: Final = 1


@dataclass(slots=True)
class Log:
    """Columns: the series' number, since when (seconds since the epoch), the value, its code (`levels`)."""

    series: array[int] = field(default_factory=lambda: array("I"))
    t: array[float] = field(default_factory=lambda: array("d"))
    value: array[float] = field(default_factory=lambda: array("d"))
    code: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.code)

    def add(self, series: int, t: float, value: float, code: int) -> None:
        self.series.append(series)
        self.t.append(t)
        self.value.append(value)
        self.code.append(code)

    def copy(self) -> Log:
        return Log(self.series[:], self.t[:], self.value[:], self.code[:])

    def before(self, other: Log) -> Log:
        """What is here, and then `other`."""
        return Log(
            self.series + other.series, self.t + other.t, self.value + other.value, self.code + other.code
        )

    def numbered(self, numbers: list[int]) -> Log:
        """With the numbers that the file has for its series; without those that it has none for (0)."""
        fresh = Log()
        for one, t, value, code in zip(self.series, self.t, self.value, self.code, strict=True):
            if number := numbers[one]:
                fresh.add(number, t, value, code)
        return fresh

    def pack(self) -> bytes:
        """Little-endian columns, deflated."""
        columns = (self.series, self.t, self.value)
        if sys.byteorder == "big":
            columns = tuple(one[:] for one in columns)  # type: ignore[assignment]
            for one in columns:
                one.byteswap()
        raw = b"".join(one.tobytes() for one in columns) + bytes(self.code)
        return HEAD.pack(VERSION, len(self), self.series.itemsize) + zlib.compress(raw, 6)


def unpack(data: bytes) -> Log:
    """Raises `ValueError`."""
    try:
        version, count, width = HEAD.unpack_from(data)
        raw = zlib.decompress(data[HEAD.size :])
    except Exception as error:
        raise ValueError(f"a block of the journal cannot be read: {error}") from error
    if version != VERSION or width != 4 or len(raw) != count * 21:
        raise ValueError("a block of the journal has another form")
    log = Log()
    log.series.frombytes(raw[: 4 * count])
    log.t.frombytes(raw[4 * count : 12 * count])
    log.value.frombytes(raw[12 * count : 20 * count])
    log.code += raw[20 * count :]
    if sys.byteorder == "big":
        for one in (log.series, log.t, log.value):
            one.byteswap()
    return log
