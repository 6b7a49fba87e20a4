"""Rule text to rule set: everything that is wrong is reported at once, with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import BaseModel, ValidationError

from policies.documents import (
    AllowTable,
    AskTable,
    BoundsTable,
    Document,
    LimitTable,
    NeedTable,
    RuleSet,
    ThenTable,
)
from policies.locate import Path, line_of, locate
from policies.problems import PolicyError, Problem
from policies.words import suggestion

LONGEST_FILE_CHARS: Final = 1_000_000
"""Some 4,000 rules. A household has twenty; more than this is a mistake or an attack on the parser."""

_RULE_TABLES: Final = ("allow", "limit", "ask", "then")
_MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "": Document, "allow": AllowTable, "limit": LimitTable, "ask": AskTable, "then": ThenTable,
    "value": BoundsTable, "members": BoundsTable, "needs": NeedTable,
}  # fmt: skip
_SAID: Final = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "too_short": "must name at least one",
    "dict_type": "must be a table, like { brightness = { max = 80 } }",
    "bool_parsing": "must be true or false",
}
_TOML_PLACE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def parse(text: str, *, name: str) -> RuleSet:
    """The rule set `name` that `text` (TOML) describes. Raises `PolicyError` with every problem found."""
    if len(text) > LONGEST_FILE_CHARS:
        raise PolicyError([Problem(name, 0, "", f"is longer than {LONGEST_FILE_CHARS:,} characters")])
    data = read_toml(text, name)
    lines = locate(text)
    problems: list[Problem] = []
    document: Document | None = None
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            where, text = _explained(data, detail["loc"], detail["type"], detail["msg"])
            problems.append(Problem(name, line_of(lines, detail["loc"]), where, text))
    problems += _doubled_ids(name, data, lines)
    if problems or document is None:
        raise PolicyError(problems)
    return RuleSet(name=name, document=document)


def read_toml(text: str, name: str) -> dict[str, object]:
    """The data in `text`. Raises `PolicyError` where it is not TOML."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise PolicyError([Problem(name, 0, "", "is nested too deeply")]) from None
    except ValueError as error:  # TOMLDecodeError, and numbers that are too long to be read
        said = str(error)
        place = _TOML_PLACE.search(said)
        line = int(place[1]) if place and place[1] else text.count("\n") + 1 if place else 0
        said = _TOML_PLACE.sub("", said)
        raise PolicyError([Problem(name, line, "", f"is not TOML: {said}")]) from None


def _explained(data: dict[str, object], path: Path, kind: str, message: str) -> tuple[str, str]:
    """Where a fault is, as a person calls it, and what it is. `kind` and `message` are pydantic's."""
    owner, keys = _owner(data, path)
    if kind == "extra_forbidden":
        text = _unknown_word(path)
        keys = keys[:-1]
    else:
        text = _SAID.get(kind, message)
        if kind in {"tuple_type", "model_type"} and path[0] in _RULE_TABLES and len(path) < 3:
            text = f"must be tables: write [[{path[0]}]] above each"
        elif "needs" in path and kind in {"tuple_type", "model_type"}:
            text = 'must be a list of tables, like [{ thing = "tank", property = "level", min = 20 }]'
        elif "not_between" in path and kind in {"tuple_type", "missing", "too_long"}:
            text = 'must be two times of day, like ["22:00", "07:00"]'
        elif kind == "model_type":
            text = "must be a table, like { min = 16, max = 23 }"
    return ", ".join(part for part in (owner, ".".join(keys)) if part), text


def _owner(data: dict[str, object], path: Path) -> tuple[str, list[str]]:
    """The rule that `path` is in, as a person calls it, and the keys inside it."""
    if len(path) > 1 and path[0] in _RULE_TABLES and isinstance(path[1], int):
        rule = _at(data, path[:2])
        rule_id = rule.get("id") if isinstance(rule, dict) else None
        called = f'"{rule_id}"' if isinstance(rule_id, str) else str(path[1] + 1)
        return f"{path[0]} {called}", [part for part in path[2:] if isinstance(part, str)]
    return "", [part for part in path if isinstance(part, str)]


def _at(data: object, path: Path) -> object:
    for part in path:
        if isinstance(data, dict) and isinstance(part, str):
            data = data.get(part)
        elif isinstance(data, Sequence) and isinstance(part, int):
            data = data[part]
    return data


def _unknown_word(path: Path) -> str:
    word = str(path[-1])
    table = _table_of(path)
    known = sorted(_MODELS[table].model_fields)
    return f'"{word}" is not a known word{suggestion(word, known)} Known words: {", ".join(known)}'


def _table_of(path: Path) -> str:
    """Which vocabulary the last word of `path` belongs to."""
    if len(path) == 1:
        return ""
    return str(path[0]) if len(path) == 3 else str(path[2])


def _doubled_ids(name: str, data: dict[str, object], lines: Mapping[Path, int]) -> list[Problem]:
    first: dict[str, int] = {}
    problems = []
    for place, rule_id in sorted(_ids(data, lines)):
        if rule_id in first:
            text = f"is already the id of the rule in line {first[rule_id]}; give each rule its own"
            problems.append(Problem(name, place, f'"{rule_id}"', text))
        first.setdefault(rule_id, place)
    return problems


def _ids(data: dict[str, object], lines: Mapping[Path, int]) -> list[tuple[int, str]]:
    found = []
    for table in _RULE_TABLES:
        rules = data.get(table)
        for index, rule in enumerate(rules if isinstance(rules, list) else []):
            rule_id = rule.get("id") if isinstance(rule, dict) else None
            if isinstance(rule_id, str):
                found.append((line_of(lines, (table, index, "id")), rule_id))
    return found
