"""Text for a terminal: colour, columns, times; and nothing that a device could smuggle into it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


_BREAKS: Final = frozenset("\n\t")
"""What a text of several lines is made of; in one of one line it would forge a row of a table."""

_COLOURS: Final = {"red": 31, "green": 32, "yellow": 33, "bold": 1, "dim": 2}
_MINIMUM_COLUMN: Final = 8
"""A column is not cut below this."""

Style = Callable[[str, str], str]
"""(text, colour name) → text, coloured where colour is wanted."""


def clean(value: Json) -> Json:
    """The same value, each text in it in one line: titles come from devices, and terminals obey. Every character that controls,
    turns or hides something is replaced.
    """
    if isinstance(value, str):
        return value if value.isprintable() else "".join(map(_harmless, value))
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {str(clean(key)): clean(item) for key, item in value.items()}
    return value


def clean_lines(text: str) -> str:
    """As `clean`, for a text of several lines."""
    return "".join(c if c in _BREAKS else _harmless(c) for c in text)


def _harmless(char: str) -> str:
    return char if char.isprintable() else " " if char in _BREAKS else "\N{REPLACEMENT CHARACTER}"


def coloured(text: str, colour: str) -> str:
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


def plain(text: str, _colour: str) -> str:
    return text


def terminal_width(stream: TextIO | None = None) -> int | None:
    """Columns of the terminal, or None where output goes into a file or a pipe and nothing is cut; COLUMNS says it for all."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    return shutil.get_terminal_size().columns if (stream or sys.stdout).isatty() else None


def shortened(text: str, most: int) -> str:
    """`text` in at most `most` columns, its middle left out: `zigbee2mqtt_0x00…9af`."""
    if display_width(text) <= most:
        return text
    head = (most - 1) * 2 // 3
    tail = most - 1 - head
    return f"{text[:head]}…{text[-tail:] if tail else ''}"


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: int | None = None,
    style: Style = plain,
    right: frozenset[int] = frozenset(),
    whole: frozenset[int] = frozenset(),
) -> str:
    """Aligned columns under a head. Wider than `width`, the widest columns are cut, with an ellipsis; never those in `whole`,
    for what stands there is typed again.
    """
    columns = [[head[i], *(row[i] for row in rows)] for i in range(len(head))]
    widths = _fitted([max(map(display_width, column)) for column in columns], width, whole)
    lines = []
    for number, row in enumerate([head, *rows]):
        cells = [_padded(cell, widths[i], right=i in right) for i, cell in enumerate(row)]
        line = "  ".join(cells).rstrip()
        lines.append(style(line, "dim") if number == 0 else line)
    return "\n".join(lines)


def display_width(text: str) -> int:
    """Columns that `text` takes: wide East Asian characters and emoji two, combining marks none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # noqa: PLC0415 (only for those who need it)

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def joined(items: Sequence[str], last: str = "or") -> str:
    """`a, b or c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""


def _fitted(widths: list[int], total: int | None, whole: frozenset[int]) -> list[int]:
    if total is None or len(whole) == len(widths):
        return widths
    fitted = list(widths)
    while sum(fitted) + 2 * (len(fitted) - 1) > total:
        widest = max((i for i in range(len(fitted)) if i not in whole), key=lambda i: fitted[i])
        if fitted[widest] <= _MINIMUM_COLUMN:
            break
        fitted[widest] -= 1
    return fitted


def wrapped(text: str, width: int | None, indent: str = "") -> list[str]:
    """`text` in lines of at most `width` columns, broken at spaces; further lines begin with `indent`."""
    if width is None or display_width(text) <= width:
        return [text]
    from textwrap import wrap  # noqa: PLC0415 (only for what is long)

    width = max(width, _MINIMUM_COLUMN + len(indent))
    return wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _padded(cell: str, width: int, *, right: bool) -> str:
    if display_width(cell) > width:
        while display_width(cell) > width - 1:
            cell = cell[:-1]
        cell += "…"
    space = " " * (width - display_width(cell))
    return space + cell if right else cell + space
