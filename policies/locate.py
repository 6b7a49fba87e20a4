"""Where in a TOML text each key and element stands, which `tomllib` does not tell.

Only for texts that `tomllib` has accepted: this walk trusts the grammar (TOML 1.0) and checks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""The way to a value: ("limit", 0, "on", 2) is the third element of `on` in the first `[[limit]]`."""

_TOKEN: Final = re.compile(
    r"""
      (?P<string> \"\"\"(?:\\.|[^\\])*?\"{3,5}(?!\") | '''.*?'{3,5}(?!') | "(?:\\.|[^"\\\n])*" | '[^'\n]*' )
    | (?P<comment> \#[^\n]* )
    | (?P<newline> \n )
    | (?P<mark> [\[\]{},=] )
    | (?P<bare> [^\s\[\]{},=\#"']+ )
    | (?P<blank> [^\S\n]+ )
    """,
    re.VERBOSE | re.DOTALL,
)


def locate(text: str) -> dict[Path, int]:
    """The line (from 1) of every table, key and array element in `text`."""
    return _Walk(text).lines


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """The line of `path`, or of the nearest thing around it that has one; 1 where nothing has."""
    for end in range(len(path), 0, -1):
        line = lines.get(path[:end])
        if line is not None:
            return line
    return 1


class _Walk:
    """One pass over the tokens; `table` is the table that plain keys belong to now."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._tokens = _tokens(text)
        self._at = 0
        self._arrays: dict[Path, int] = {}  # arrays of tables -> index of their newest element
        table: Path = ()
        while self._at < len(self._tokens):
            if self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)

    def _peek(self) -> str:
        return self._tokens[self._at][0]

    def _take(self) -> tuple[str, int]:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _header(self) -> Path:
        """`[a.b]` or `[[a.b]]`. In a header the parts before the last lead through the newest element of each array."""
        line = self._take()[1]
        is_array = self._peek() == "["
        if is_array:
            self._take()
        keys = self._key("]")
        self._at += 2 if is_array else 1
        path: Path = ()
        for key in keys[:-1]:
            path = self._into((*path, key))
        path = (*path, keys[-1])
        if is_array:
            self._arrays[path] = self._arrays.get(path, -1) + 1
            self.lines.setdefault(path, line)
            path = self._into(path)
        self.lines[path] = line
        return path

    def _into(self, path: Path) -> Path:
        index = self._arrays.get(path)
        return path if index is None else (*path, index)

    def _key(self, end: str) -> list[str]:
        """A key, dotted or not, up to the mark `end` (not taken)."""
        keys: list[str] = []
        while self._peek() != end:
            word = self._take()[0]
            if word[0] in "\"'":
                keys.append(word[1:-1])
            else:
                keys += [part for part in word.split(".") if part]
        return keys

    def _pair(self, table: Path) -> None:
        line = self._tokens[self._at][1]
        path = table
        for key in self._key("="):
            path = (*path, key)
            self.lines.setdefault(path, line)
        self._take()
        self._value(path)

    def _value(self, path: Path) -> None:
        mark = self._peek()
        if mark == "[":
            self._take()
            self._array(path)
        elif mark == "{":
            self._take()
            self._inline_table(path)
        else:
            line = self._take()[1]
            # A date and its time may be two words on one line.
            while self._at < len(self._tokens) and self._is_more_of_value(line):
                self._take()

    def _is_more_of_value(self, line: int) -> bool:
        word, at = self._tokens[self._at]
        return at == line and word[0].isdigit() and self._tokens[self._at - 1][0][0].isdigit()

    def _array(self, path: Path) -> None:
        index = 0
        while self._peek() != "]":
            if self._peek() == ",":
                self._take()
                continue
            self.lines[(*path, index)] = self._tokens[self._at][1]
            self._value((*path, index))
            index += 1
        self._take()

    def _inline_table(self, path: Path) -> None:
        while self._peek() != "}":
            if self._peek() == ",":
                self._take()
                continue
            self._pair(path)
        self._take()


def _tokens(text: str) -> list[tuple[str, int]]:
    """Each string, mark and bare word, with its line; blanks and comments are left out."""
    found: list[tuple[str, int]] = []
    line = 1
    for match in _TOKEN.finditer(text.replace("\r\n", "\n")):
        if match.lastgroup in {"string", "mark", "bare"}:
            found.append((match[0], line))
        line += match[0].count("\n")
    return found
