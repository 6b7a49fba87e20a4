"""Columns of one series: points (single reports) and rows (windows). Arrays of numpy, never changed in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from gateway.history.levels import GAP

Floats: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]


class Held(NamedTuple):
    """What holds at a moment, until something else is reported."""

    value: float = float("nan")
    code: int = GAP


NOTHING = Held()


@dataclass(frozen=True, slots=True)
class Points:
    """From each `t` (seconds since the epoch, ascending) on it is `value`, as well known as `code` says."""

    t: Floats
    value: Floats
    code: Codes

    def __len__(self) -> int:
        return len(self.t)

    def where(self, mask: Mask) -> Points:
        return Points(self.t[mask], self.value[mask], self.code[mask])

    def between(self, begin: float, end: float) -> Points:
        """Those of `begin <= t < end`."""
        low, high = np.searchsorted(self.t, (begin, end), "left")
        return Points(self.t[low:high], self.value[low:high], self.code[low:high])

    def held(self, before: float, otherwise: Held) -> Held:
        """What holds just before a moment."""
        at = int(np.searchsorted(self.t, before, "left")) - 1
        return Held(float(self.value[at]), int(self.code[at])) if at >= 0 else otherwise


def points(t: Sequence[float] = (), value: Sequence[float] = (), code: Sequence[int] = ()) -> Points:
    return Points(np.asarray(t, np.float64), np.asarray(value, np.float64), np.asarray(code, np.uint8))


def joined_points(parts: Sequence[Points]) -> Points:
    if len(parts) == 1:
        return parts[0]
    return (
        Points(*(np.concatenate([getattr(one, name) for one in parts]) for name in ("t", "value", "code")))
        if parts
        else points()
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """One row for each window in which something was reported; in the windows between two rows the `last` of the one before
    held.

    `t` is the beginning (seconds since the epoch, ascending). `low`, `mean`, `high` are over the covered time, the mean
    weighted by time (NaN where nothing is known). `last` and `code` are those at the end. `count` is how many reports said
    something else than before, `known` the covered seconds, `good` those of good quality.
    """

    t: Floats
    low: Floats
    mean: Floats
    high: Floats
    last: Floats
    count: Floats
    known: Floats
    good: Floats
    code: Codes

    def __len__(self) -> int:
        return len(self.t)

    def where(self, mask: Mask | slice) -> Rows:
        return Rows(*(getattr(self, name)[mask] for name in COLUMNS))

    def between(self, begin: float, end: float) -> Rows:
        low, high = np.searchsorted(self.t, (begin, end), "left")
        return self.where(slice(int(low), int(high)))

    def held(self, before: float, otherwise: Held) -> Held:
        """What holds at the end of the last row that begins before a moment."""
        at = int(np.searchsorted(self.t, before, "left")) - 1
        return Held(float(self.last[at]), int(self.code[at])) if at >= 0 else otherwise


COLUMNS = tuple(field.name for field in fields(Rows))


def rows_from(columns: Sequence[npt.NDArray[Any]]) -> Rows:
    """Of columns in the order of `COLUMNS`, of whatever type."""
    *figures, code = columns
    t, low, mean, high, last, count, known, good = (one.astype(np.float64) for one in figures)
    return Rows(t, low, mean, high, last, count, known, good, code.astype(np.uint8))


def no_rows() -> Rows:
    return rows_from([np.empty(0) for _ in COLUMNS])


def joined(parts: Sequence[Rows]) -> Rows:
    if len(parts) == 1:
        return parts[0]
    return (
        Rows(*(np.concatenate([getattr(one, name) for one in parts]) for name in COLUMNS))
        if parts
        else no_rows()
    )
