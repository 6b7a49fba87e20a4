"""Rule text to rule set: everything that is wrong is reported at once, with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pydantic import BaseModel, ValidationError

from policies.agent_files import RULE_TABLES as _RULE_TABLES
from policies.agent_files import faults, with_who
from policies.documents import (
    AllowTable,
    AskTable,
    BoundsTable,
    Document,
    LimitTable,
    NeedTable,
    RuleSet,
    ThenTable,
    WhenTable,
)
from policies.locate import Path, line_of, locate
from policies.problems import PolicyError, Problem
from policies.words import suggestion

LONGEST_FILE_CHARS: Final = 1_000_000
"""Some 4,000 rules. A household has twenty; more than this is a mistake or an attack on the parser."""

_MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "": Document, "allow": AllowTable, "limit": LimitTable, "ask": AskTable, "then": ThenTable,
    "value": BoundsTable, "when": WhenTable, "members": BoundsTable, "needs": NeedTable,
}  # fmt: skip
_SAID: Final = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "too_short": "must name at least one",
    "dict_type": "must be a table, like { brightness = { max = 80 } }",
    "bool_parsing": "must be true or false",
}
_NEEDS: Final = '[{ thing = "tank", property = "level", min = 20 }]'
_LIKE: Final = {
    "who": '["agent"]', "may": '["light.*"]', "see": '["*"]', "on": '["light.on"]', "things": '["lamp"]',
    "rooms": '["hall"]', "labels": '["heater"]', "one_of": '["heat", "off"]', "modes": '["home", "night"]',
    "days": '["mon", "tue"]', "approver": '["adult"]', "waivable_by": '["adult"]', "notify": '["adult"]',
    "at_most": '"6/h"', "rest": '"5m"', "fresh": '"2m"', "valid": '"2m"', "max_on": '"2h"', "restore": '"1h"',
    "unasked": '["an-adult-decides"]',
    "not_between": '["22:00", "07:00"]', "between": '["22:00", "07:00"]',
}  # fmt: skip
_MISPLACED: Final = {
    (
        "allow",
        "when",
    ): "an allow holds always, and has no when: put the when on a limit that takes it away at other moments",
    (
        "when",
        "not_between",
    ): 'when says at which hours the rule holds: write between = ["22:00", "07:00"], or put not_between '
    "beside the when",
}
"""Words that somebody expects where they do not stand, by table and word."""
_TOML_PLACE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class _Fault(NamedTuple):
    """One of pydantic's errors. What a rule says against itself begins with the word that it is about."""

    path: Path
    kind: str
    message: str

    def follows_from(self, faults: Sequence[_Fault]) -> bool:
        """Whether a list is too short only because what is in it is wrong."""
        inside = len(self.path)
        return self.kind == "too_short" and any(
            len(one.path) > inside and one.path[:inside] == self.path for one in faults
        )


def parse(text: str, *, name: str, part: bool = False) -> RuleSet:
    """The rule set `name` that `text` (TOML) describes. Raises `PolicyError` with every problem found. `part`: it is added to
    another one, in which the asks may stand that it names.
    """
    if len(text) > LONGEST_FILE_CHARS:
        raise PolicyError([Problem(name, 0, "", f"is longer than {LONGEST_FILE_CHARS:,} characters")])
    data = read_toml(text, name)
    lines = locate(text)
    problems: list[Problem] = []
    document: Document | None = None
    try:
        document = Document.model_validate(with_who(data))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        found = [_Fault(one["loc"], one["type"], one["msg"]) for one in details]
        for fault in found:
            if not fault.follows_from(found):
                where, said = _explained(data, fault)
                line = line_of(lines, (*fault.path, fault.message.partition(" ")[0]))
                problems.append(Problem(name, line, where, said))
    ids = _ids(data)
    problems += _doubled_ids(name, ids, lines)
    problems += faults(name, data, lines)
    problems += [] if document is None or part else _unknown_asks(name, document, lines)
    if problems or document is None:
        raise PolicyError(dict.fromkeys(problems))
    begins = tuple((rule_id, line_of(lines, path)) for path, rule_id in ids)
    return RuleSet(name=name, document=document, lines=begins)


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


def _explained(data: dict[str, object], fault: _Fault) -> tuple[str, str]:
    """Where a fault is, as a person calls it, and what it is."""
    path, kind = fault.path, fault.kind
    if path[-1] == "[key]":
        owner, keys = _owner(data, path[:-2])
        return ", ".join(
            part for part in (owner, ".".join(keys)) if part
        ), f"the name of a member {fault.message}"
    owner, keys = _owner(data, path)
    if kind == "extra_forbidden":
        text = _unknown_word(path)
        keys = keys[:-1]
    else:
        text = _SAID.get(kind, fault.message)
        if kind in {"tuple_type", "model_type"} and path[0] in _RULE_TABLES and len(path) < 3:
            text = f"must be tables: write [[{path[0]}]] above each"
        elif "needs" in path and kind in {"tuple_type", "model_type"}:
            text = f"must be a list of tables, like {_NEEDS}"
        elif path[-1] == "when" and kind == "model_type":
            text = "must be a table, like { starts = true }"
        elif {"not_between", "between"} & {*path} and kind in {"tuple_type", "missing", "too_long"}:
            text = f"must be two times of day, like {_LIKE['not_between']}"
        elif kind == "model_type":
            text = "must be a table, like { min = 16, max = 23 }"
        elif text in {"must be text", "must be a list"}:
            text += _like(path)
    return ", ".join(part for part in (owner, ".".join(keys)) if part), text


def _like(path: Path) -> str:
    """An example of what belongs at `path`."""
    *_, before, last = ("", *path)
    if before in ("not_between", "between"):
        return ', like "22:00"'
    return f", like {_LIKE[last]}" if isinstance(last, str) and last in _LIKE else ""


def _owner(data: dict[str, object], path: Path) -> tuple[str, list[str]]:
    """The rule that `path` is in, as a person calls it, and the keys inside it. Of several needs, which one."""
    if len(path) > 1 and path[0] in _RULE_TABLES and isinstance(path[1], int):
        rule = _at(data, path[:2])
        rule_id = rule.get("id") if isinstance(rule, dict) else None
        called = f'"{rule_id}"' if isinstance(rule_id, str) else str(path[1] + 1)
        keys = [part for part in path[2:] if isinstance(part, str)]
        if path[2:3] == ("needs",) and len(path) > 3 and isinstance(path[3], int):
            needs = _at(data, path[:3])
            keys[0] += f" {path[3] + 1}" if isinstance(needs, list) and len(needs) > 1 else ""
        return f"{path[0]} {called}", keys
    return "", [part for part in path if isinstance(part, str)]


def _at(data: object, path: Path) -> object:
    for part in path:
        if isinstance(data, dict) and isinstance(part, str):
            data = data.get(part)
        elif isinstance(data, Sequence) and isinstance(part, int):
            data = data[part]
    return data


def _unknown_word(path: Path) -> str:
    word, table = str(path[-1]), _table_of(path)
    known = sorted(_MODELS[table].model_fields)
    listed = f"Known words: {', '.join(known)}"
    others = [f"[[{one}]]" for one in _RULE_TABLES if word in _MODELS[one].model_fields]
    if (said := _MISPLACED.get((table, word))) is not None:
        return f"{said}. {listed}"
    if "when" in known and word in _MODELS["when"].model_fields:
        return f'"{word}" is a word inside of when, like when = {{ {word} = {_LIKE.get(word, "true")} }}. {listed}'
    if table in _RULE_TABLES and others:
        belongs = " and ".join([", ".join(others[:-1]), others[-1]] if len(others) > 1 else others)
        return f'"{word}" is a word of {belongs}, not of [[{table}]]. {listed}'
    return f'"{word}" is not a known word{suggestion(word, known)} {listed}'


def _table_of(path: Path) -> str:
    """Which vocabulary the last word of `path` belongs to."""
    if len(path) == 1:
        return ""
    return str(path[0]) if len(path) == 3 else str(path[2])


def _doubled_ids(name: str, ids: list[tuple[Path, str]], lines: Mapping[Path, int]) -> list[Problem]:
    first: dict[str, int] = {}
    problems = []
    for place, rule_id in sorted((line_of(lines, (*path, "id")), rule_id) for path, rule_id in ids):
        if rule_id in first:
            text = f"is already the id of the rule in line {first[rule_id]}; give each rule its own"
            problems.append(Problem(name, place, f'"{rule_id}"', text))
        first.setdefault(rule_id, place)
    return problems


def _unknown_asks(name: str, document: Document, lines: Mapping[Path, int]) -> Iterator[Problem]:
    """Names in `unasked` of what is no ask of this set."""
    known = [one.id for one in document.ask]
    for index, rule in enumerate(document.allow):
        for ask_id in rule.unasked or ():
            if ask_id not in known:
                listed = f" Asks: {', '.join(known)}." if known else " There is none."
                text = f'"{ask_id}" is no ask of this set{suggestion(ask_id, known)}{listed}'
                place = line_of(lines, ("allow", index, "unasked"))
                yield Problem(name, place, f'allow "{rule.id}", unasked', text)


def _ids(data: dict[str, object]) -> list[tuple[Path, str]]:
    """The rules of all tables that have an id."""
    found: list[tuple[Path, str]] = []
    for table in _RULE_TABLES:
        rules = data.get(table)
        for index, rule in enumerate(rules if isinstance(rules, list) else []):
            rule_id = rule.get("id") if isinstance(rule, dict) else None
            if isinstance(rule_id, str):
                found.append(((table, index), rule_id))
    return found
