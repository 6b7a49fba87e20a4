"""Rows of a table that a narrow terminal would cut: one under the other, each in a few lines, nothing left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from gateway.cli.text import display_width, wrapped

LEAST_FOLDED: Final = 16
"""Columns below which a cell that goes on in further lines is not read any more."""

INDENT: Final = "    "
APART: Final = "; "


def fits(head: Sequence[str], rows: Sequence[Sequence[str]], width: int, folded: int | None) -> bool:
    """Whether a table of `width` columns shows all of it; the column `folded` may go on in further lines."""
    needed = 2 * (len(head) - 1)
    for number, name in enumerate(head):
        widest = max(display_width(one) for one in (name, *(row[number] for row in rows)))
        needed += min(widest, LEAST_FOLDED) if number == folded else widest
    return needed <= width


def stacked(
    head: Sequence[str], rows: Sequence[Sequence[str]], width: int, headline: int = 2
) -> Iterator[str]:
    """Each row's first `headline` cells on a line of their own, under it the others with their names; what is empty is left
    out.
    """
    for row in rows:
        yield from wrapped("  ".join(row[:headline]), width, INDENT)
        named = zip(head[headline:], row[headline:], strict=True)
        yield from _lines([f"{name.lower()}: {cell}" for name, cell in named if cell], width)


def _lines(parts: Sequence[str], width: int) -> Iterator[str]:
    """Broken between parts; within one only where it is longer than a line."""
    line = ""
    for part in parts:
        longer = f"{line}{APART}{part}" if line else f"{INDENT}{part}"
        if line and display_width(longer) > width - 1:
            yield f"{line};"
            longer = f"{INDENT}{part}"
        *full, line = wrapped(longer, width, INDENT * 2)
        yield from full
    if line:
        yield line
