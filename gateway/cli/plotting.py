"""A small plot in the terminal: one column a window, from block elements. What nobody knows is a dot at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

BLOCKS: Final = " ▁▂▃▄▅▆▇█"
ROWS: Final = 6
UNKNOWN: Final = "·"

Column = Sequence["float | None"]


def numbers(told: Json) -> list[float | None]:
    """A column of an answer; what is no number is not known."""
    return [
        float(one) if isinstance(one, int | float) and not isinstance(one, bool) else None
        for one in (told if isinstance(told, list) else [])
    ]


def plot(
    column: Column, *, low: float | None = None, high: float | None = None, rows: int = ROWS
) -> list[str]:
    """Lines from the top, each with its scale on the left; empty where nothing is known."""
    known = [one for one in column if one is not None]
    if not known:
        return []
    bottom = min(known) if low is None else low
    top = max(known) if high is None else high
    if top <= bottom:
        bottom, top = bottom - 0.5, top + 0.5
    eighths = [
        None
        if one is None
        else 1 + round((min(max(one, bottom), top) - bottom) / (top - bottom) * (rows * 8 - 1))
        for one in column
    ]
    marks = {rows - 1: short(top), 0: short(bottom)}
    width = max(map(len, marks.values()))
    return [
        f"{marks.get(row, ''):>{width}} ┤{''.join(_cell(one, row) for one in eighths)}"
        for row in range(rows - 1, -1, -1)
    ]


def _cell(eighths: int | None, row: int) -> str:
    if eighths is None:
        return UNKNOWN if row == 0 else " "
    return BLOCKS[max(0, min(8, eighths - row * 8))]


def short(value: float) -> str:
    """Four digits say enough."""
    text = f"{value:.4g}"
    return f"{value:.0f}" if "e" in text and abs(value) < 1e12 else text
