"""How the story is told: chapters, and who says what, readable on a small terminal."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterable
from typing import Final

from gateway.cli.text import clean_lines, coloured, plain, terminal_width

WIDEST: Final = 110
"""Columns: longer lines are hard to read."""

USUAL: Final = 80
"""Where there is no terminal."""

NARROWEST: Final = 40

_QUOTED: Final = 4
"""Columns before what is quoted."""

_NAMES: Final = 8
"""Columns for who speaks."""


class Teller:
    """Writes lines to `write`, each at once."""

    def __init__(self, write: Callable[[str], None] | None = None, width: int | None = None) -> None:
        self._write = write or _to_stdout
        self._width = max(NARROWEST, min(width or terminal_width() or USUAL, WIDEST))
        is_terminal = write is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._style = coloured if is_terminal else plain
        self._chapter = 0

    @property
    def inner(self) -> int:
        """Columns for what is quoted."""
        return self._width - _QUOTED

    def chapter(self, title: str) -> None:
        self._chapter += 1
        head = f"{self._chapter}  {title}"
        self._write(f"\n{self._style(head, 'bold')}\n{'-' * min(len(head), self._width)}\n")

    def says(self, who: str, text: str, colour: str = "") -> None:
        """`who` does or answers something, now; "" goes on with what was said."""
        clock = time.strftime("%H:%M:%S") if who else ""
        first = f"{clock:<8}  {who:<{_NAMES}}"
        lines = self._wrapped(clean_lines(text), len(first))
        shown = [self._style(line, colour) if colour else line for line in lines]
        rest = " " * len(first)
        self._write("\n".join([first + shown[0], *(rest + line for line in shown[1:])]) + "\n")

    def aside(self, text: str) -> None:
        """What the reader should know."""
        for line in textwrap.wrap(text, self._width - 2):
            self._write(f"  {self._style(line, 'dim')}\n")

    def quotes(self, text: str) -> None:
        """What a command printed, as it printed it."""
        for line in clean_lines(text).rstrip().splitlines():
            wrapped = textwrap.wrap(line, self.inner, subsequent_indent="    ", break_on_hyphens=False) or [
                ""
            ]
            for each in wrapped:
                self._write(f"{' ' * _QUOTED}{each}\n")

    def table(self, rows: Iterable[tuple[str, str]]) -> None:
        """Names and values; on a narrow terminal a value stands below a name that is long."""
        found = list(rows)
        names = max((len(name) for name, _ in found), default=0)
        below = names > self._width // 3
        indent = 8 if below else names + 6
        for name, value in found:
            lines = textwrap.wrap(value, self._width - indent) or [""]
            if below:
                lines.insert(0, "")
            self._write(f"    {name:<{0 if below else names}}  {lines[0]}".rstrip() + "\n")
            for line in lines[1:]:
                self._write(f"{' ' * indent}{line}\n")

    def _wrapped(self, text: str, taken: int) -> list[str]:
        found: list[str] = []
        for line in text.splitlines() or [""]:
            found += textwrap.wrap(
                line, self._width - taken, subsequent_indent="  ", break_on_hyphens=False
            ) or [""]
        return found


def _to_stdout(text: str) -> None:
    """To whoever still listens."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  until the process ends
