"""Columns as bytes: for the file. Each column in the narrowest type that keeps it, its bytes in the order of their weight,
deflated.

    piece   = version(1 byte: 1) count(4 bytes, little-endian) columns*
    column  = type(1 byte) length(4 bytes) data
    data    = zlib of the numbers' bytes, all first bytes, then all second ones …

A year of one-minute figures takes some 9 bytes a row so; as rows of a table it would be some 60.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from gateway.history.rows import COLUMNS, Points, Rows, rows_from

Column: TypeAlias = "npt.NDArray[Any]"

VERSION: Final = 1
HEAD: Final = struct.Struct("<BI")

TYPES: Final = ("<f8", "<f4", "<u1", "<u2", "<u4", "<i8")
F8, F4, U1, U2, U4, I8 = range(len(TYPES))

FINE: Final = 1_000
"""Single precision is good enough where it tells this many steps apart between the least and the greatest value of a piece."""

LEVEL: Final = 6
"""Of zlib. 9 takes three times as long for one part in a hundred."""


class Damaged(ValueError):
    """Bytes that are no piece."""


def pack_rows(rows: Rows) -> bytes:
    values = _type_of_values(rows)
    columns = [_packed(_steps(rows.t), _integer(_steps(rows.t)))]
    for name in COLUMNS[1:]:
        column = getattr(rows, name)
        match name:
            case "low" | "mean" | "high" | "last":
                columns.append(_packed(column, values))
            case "count":
                columns.append(_packed(column, _integer(column)))
            case "known" | "good":
                columns.append(_packed(column, F4))
            case _:
                columns.append(_packed(column, U1))
    return HEAD.pack(VERSION, len(rows)) + b"".join(columns)


def unpack_rows(data: bytes) -> Rows:
    """Raises `Damaged`."""
    columns = list(_unpacked(data, len(COLUMNS)))
    columns[0] = np.cumsum(columns[0].astype(np.int64))
    return rows_from(columns)


def pack_points(points: Points) -> bytes:
    """Exact: what was reported, to the bit; times to the microsecond, as doubles have them."""
    return HEAD.pack(VERSION, len(points)) + b"".join(
        (_packed(points.t, F8), _packed(points.value, F8), _packed(points.code, U1))
    )


def unpack_points(data: bytes) -> Points:
    """Raises `Damaged`."""
    t, value, code = _unpacked(data, 3)
    return Points(t.astype(np.float64), value.astype(np.float64), code.astype(np.uint8))


def _type_of_values(rows: Rows) -> int:
    known = np.concatenate([rows.low, rows.high, rows.last, rows.mean])
    known = known[np.isfinite(known)]
    if not len(known):
        return F4
    exact = bool((known.astype(np.float32) == known).all())
    step = float(np.spacing(np.float32(np.abs(known).max())))
    return F4 if exact or step * FINE < float(known.max() - known.min()) else F8


def _steps(t: Column) -> Column:
    """Times as the differences from one to the next."""
    return np.diff(t.astype(np.int64), prepend=0)


def _integer(column: Column) -> int:
    most = float(column.max()) if len(column) else 0.0
    for kind, limit in ((U1, 2**8), (U2, 2**16), (U4, 2**32)):
        if most < limit:
            return kind
    return I8


def _packed(column: Column, kind: int) -> bytes:
    with np.errstate(over="ignore"):
        numbers = np.ascontiguousarray(column.astype(TYPES[kind]))
    shuffled = numbers.view(np.uint8).reshape(-1, numbers.itemsize).T.tobytes()
    data = zlib.compress(shuffled, LEVEL)
    return HEAD.pack(kind, len(data)) + data


def _unpacked(data: bytes, columns: int) -> Iterator[Column]:
    try:
        version, count = HEAD.unpack_from(data)
        at = HEAD.size
        if version != VERSION:
            raise Damaged(f"a piece of version {version}, this Hearth knows {VERSION}")
        for _ in range(columns):
            kind, length = HEAD.unpack_from(data, at)
            at += HEAD.size
            numbers = np.dtype(TYPES[kind])
            raw = np.frombuffer(zlib.decompress(data[at : at + length]), np.uint8)
            yield np.ascontiguousarray(raw.reshape(numbers.itemsize, count).T).view(numbers).reshape(count)
            at += length
    except (struct.error, zlib.error, IndexError, TypeError, ValueError) as error:
        raise error if isinstance(error, Damaged) else Damaged(f"a piece cannot be read: {error}") from error


def total(parts: Sequence[bytes]) -> int:
    return sum(map(len, parts))
