"""Case text to cases: everything that is wrong is reported at once, with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from policies.cases.documents import MODELS, CaseFile, CaseTable, DefaultsTable, GivenTable, ThenTable
from policies.cases.subjects import Asked, asked
from policies.documents import RuleSet
from policies.locate import Path, line_of, locate
from policies.parse import parse, read_toml
from policies.problems import PolicyError, Problem
from policies.words import suggestion

LONGEST_FILE_CHARS: Final = 1_000_000
"""Some 3,000 cases."""

HOUSEHOLD: Final = "household"
"""What the rules that a case brings are called: they stand for the household's."""

_SAID: Final = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "int_type": "must be a whole number",
    "string_type": "must be text",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "too_short": "must have at least one",
}
_FORMAT: Final = re.compile(r"^\s*format\s*=", re.MULTILINE)


@dataclass(frozen=True, slots=True, eq=False)
class OwnRules:
    """What cases bring with them: rules beside the household's (`more`), rules instead of all (`only`), and sets that
    narrow.

    Cases that bring the same share one.
    """

    more: RuleSet | None = None
    only: RuleSet | None = None
    sets: tuple[RuleSet, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One example, in `line` of its file."""

    name: str
    line: int
    given: GivenTable
    asked: Asked
    then: ThenTable
    own: OwnRules | None

    @property
    def names(self) -> list[str]:
        """The rules of which it tells uses or consents."""
        return sorted({*self.given.used, *self.given.waived})


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of one file."""

    name: str
    cases: tuple[Case, ...]


def parse_cases(text: str, name: str) -> Cases:
    """The cases of the file `name`. Raises `PolicyError` with every problem, its line, and the nearest known words."""
    if len(text) > LONGEST_FILE_CHARS:
        raise PolicyError([Problem(name, 0, "", f"is longer than {LONGEST_FILE_CHARS:,} characters")])
    data = read_toml(text, name)
    reader = _Reader(name, text, data)
    try:
        file = CaseFile.model_validate(data)
    except ValidationError as error:
        raise PolicyError(
            reader.invalid(one["loc"], one["type"], one["msg"])
            for one in error.errors(include_url=False, include_input=False)
        ) from None
    if not file.case:
        raise PolicyError([Problem(name, 1, "", "has no case: write [[case]] above each")])
    problems, cases = list(reader.doubled(file.case)), []
    for index, table in enumerate(file.case):
        try:
            cases.append(reader.case(index, table, file.defaults))
        except PolicyError as wrong:
            problems += wrong.problems
    if problems:
        raise PolicyError(problems)
    return Cases(name, tuple(cases))


class _Reader:
    """One file: its tables to cases, and its faults to problems with a line."""

    def __init__(self, name: str, text: str, data: Mapping[str, object]) -> None:
        self._name = name
        self._lines_of_text = text.splitlines()
        self._lines = locate(text)
        self._data = data
        self._known: dict[object, OwnRules] = {}

    def case(self, index: int, table: CaseTable, defaults: DefaultsTable) -> Case:
        path: Path = ("case", index)
        given = table.given.over(defaults.given)
        problems = []
        if given.who is None:
            problems.append(self._problem((*path, "given"), "does not say who asks: give who"))
        try:
            wanted = asked(table.when)
        except ValueError as error:
            key = "see" if table.when.see is not None else "use"
            problems.append(self._problem((*path, "when", key), str(error)))
        try:
            own = self._own(path, table, defaults)
        except PolicyError as wrong:
            problems += wrong.problems
        if problems:
            raise PolicyError(problems)
        return Case(table.name, line_of(self._lines, path), given, wanted, table.then, own)

    def invalid(self, path: Path, kind: str, message: str) -> Problem:
        """`kind` and `message` are pydantic's."""
        if path[-1] == "[key]":
            path = path[:-1]
        if kind == "extra_forbidden":
            return self._problem(path, _unknown_word(path), keys=path[:-1])
        text = _SAID.get(kind, message)
        if kind in {"tuple_type", "model_type"} and path[0] == "case" and len(path) < 3:
            text = "must be tables: write [[case]] above each"
        return self._problem(path, text)

    def doubled(self, tables: Sequence[CaseTable]) -> Iterator[Problem]:
        first: dict[str, int] = {}
        for index, table in enumerate(tables):
            line = line_of(self._lines, ("case", index, "name"))
            if table.name in first:
                text = f"is already the name of the case in line {first[table.name]}; give each its own"
                yield self._problem(("case", index, "name"), text)
            first.setdefault(table.name, line)

    def _own(self, path: Path, table: CaseTable, defaults: DefaultsTable) -> OwnRules | None:
        more, more_at = _given("more_rules", path, table, defaults)
        only, only_at = _given("only_rules", path, table, defaults)
        key = (more, only, tuple(sorted(table.more_sets.items())))
        if key == (None, None, ()):
            return None
        if key not in self._known:
            self._known[key] = OwnRules(
                None if more is None else self._rules(more_at, more, HOUSEHOLD, part=True),
                None if only is None else self._rules(only_at, only, HOUSEHOLD),
                tuple(self._rules((*path, "more_sets", name), text, name) for name, text in key[2]),
            )
        return self._known[key]

    def _rules(self, path: Path, text: str, name: str, *, part: bool = False) -> RuleSet:
        """Rules inside a case; they may leave `format` out."""
        given = _FORMAT.search(text) is not None
        try:
            return parse(text if given else f"format = 1\n{text}", name=name, part=part)
        except PolicyError as wrong:
            start = self._start(path) - (0 if given else 1)
            raise PolicyError(
                Problem(self._name, start + max(one.line, 1), f"{self._where(path)}: {one.where}", one.text)
                for one in wrong.problems
            ) from None

    def _start(self, path: Path) -> int:
        """The line before the first one of the text at `path`."""
        line = line_of(self._lines, path)
        opened = self._lines_of_text[line - 1].rstrip().endswith(("'''", '"""'))
        return line if opened else line - 1

    def _problem(self, path: Path, text: str, *, keys: Path | None = None) -> Problem:
        return Problem(
            self._name, line_of(self._lines, path), self._where(path if keys is None else keys), text
        )

    def _where(self, path: Path) -> str:
        """A path as a person calls it: `case "at night": given.at`."""
        if len(path) < 2 or path[0] != "case":
            return ".".join(map(str, path))
        listed = self._data.get("case")
        table = listed[path[1]] if isinstance(listed, list) and isinstance(path[1], int) else None
        name = table.get("name") if isinstance(table, dict) else None
        called = f'"{name}"' if isinstance(name, str) else f"{int(path[1]) + 1}"
        keys = ".".join(part for part in path[2:] if isinstance(part, str))
        return ", ".join(part for part in (f"case {called}", keys) if part)


def _given(word: str, path: Path, table: CaseTable, defaults: DefaultsTable) -> tuple[str | None, Path]:
    """The rules that a case, or else its file, gives under `word`, and where they stand."""
    own: str | None = getattr(table, word)
    return (own, (*path, word)) if own is not None else (getattr(defaults, word), ("defaults", word))


def _unknown_word(path: Path) -> str:
    word = str(path[-1])
    table = next((part for part in reversed(path[:-1]) if isinstance(part, str) and part in MODELS), "")
    known = sorted(MODELS[table].model_fields)
    return f'"{word}" is not a known word{suggestion(word, known)} Known words: {", ".join(known)}'
