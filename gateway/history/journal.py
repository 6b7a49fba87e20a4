"""The journal's blocks as columns, and what of it is one series'."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from gateway.history.file import HistoryFile
from gateway.history.log import Log, unpack
from gateway.history.rows import Codes, Floats, Held, Points

HELD: Final = np.dtype([("series", "<u4"), ("value", "<f8"), ("code", "<u1")])

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Columns:
    """Reports of all series, in the order in which they came."""

    series: npt.NDArray[np.uint32]
    t: Floats
    value: Floats
    code: Codes

    def __len__(self) -> int:
        return len(self.t)

    def of(self, series: int) -> Points:
        mask = self.series == series
        return _in_order(self.t[mask], self.value[mask], self.code[mask])

    def each(self) -> Iterator[tuple[int, Points]]:
        """By series."""
        order = np.lexsort((self.t, self.series))
        series, t, value, code = self.series[order], self.t[order], self.value[order], self.code[order]
        first = np.flatnonzero(np.diff(series.astype(np.int64), prepend=-1))
        ends = (
            [*first[1:], len(series)] if len(first) else []
        )  # a journal of which all was thrown away is empty
        for begin, end in zip(first, ends, strict=True):
            yield int(series[begin]), Points(t[begin:end], value[begin:end], code[begin:end])


def columns(logs: Iterable[Log]) -> Columns:
    parts = [one for one in logs if len(one)]
    return Columns(
        np.frombuffer(b"".join(one.series.tobytes() for one in parts), np.uint32),
        np.frombuffer(b"".join(one.t.tobytes() for one in parts), np.float64),
        np.frombuffer(b"".join(one.value.tobytes() for one in parts), np.float64),
        np.frombuffer(b"".join(bytes(one.code) for one in parts), np.uint8),
    )


def journal_of(file: HistoryFile) -> list[Log]:
    """All of it. A block that cannot be read is left out, and said."""
    found = []
    for block in file.blocks():
        try:
            found.append(unpack(block))
        except ValueError as error:
            log.error("%s: %s", file.path, error)
    return found


def held_at_rolled(file: HistoryFile) -> dict[int, Held]:
    """What each series held where its pieces end."""
    table = np.frombuffer(file.get("held") or b"", HELD)
    return {int(one["series"]): Held(float(one["value"]), int(one["code"])) for one in table}


def put_held(file: HistoryFile, held: Mapping[int, Held]) -> None:
    table = np.array([(series, one.value, one.code) for series, one in held.items()], HELD)
    file.put("held", table.tobytes())


def _in_order(t: Floats, value: Floats, code: Codes) -> Points:
    if len(t) > 1 and bool((np.diff(t) < 0).any()):
        order = np.argsort(t, kind="stable")
        return Points(t[order], value[order], code[order])
    return Points(t, value, code)
