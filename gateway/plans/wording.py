"""What is wrong with the form of a plan, in sentences for whoever wrote it: where, and what would be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from capabilities.vocabulary import Json
from gateway.foreign import one_line
from gateway.plans.mistakes import Mistake, Mistakes

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    Members = Mapping[str, tuple[str, ...]]
    Place = tuple[int | str, ...]

LONGEST_MEMBER: Final = 200
LONGEST_STEP: Final = 40

_CHOICES: Final = frozenset({"compensate", "on_failure"})
_TABLES: Final = frozenset({"Opposite", "Retry"})
"""Members of a step that are a word or a table, and those tables."""

CHOICE: Final = 3
"""The length of the way to a step's member: steps, 0, compensate."""

_OWNERS: Final = {
    "": "the plan",
    "steps": "a step",
    "schedule": "schedule",
    "select": "select",
    "compensate": "compensate",
    "on_failure": "on_failure of a step",
}
"""Where members stand, as a person says it."""

_WRITE: Final[Mapping[str, str]] = {
    "title": 'write a few words: "title": "Good night"',
    "steps": 'write a list of steps: "steps": [{"thing": "desk-lamp", "property": "on", "value": true}]',
    "plan": 'a plan is a table: {"title": "Good night", "steps": [{"thing": "desk-lamp", "property": "on", "value": false}]}',
    "step": 'a step is a table: {"thing": "desk-lamp", "property": "on", "value": true}',
    "schedule": 'write a table: {"daily": "19:00", "days": ["mon", "fri"]}, {"every": "30m"} or {"at": "2030-01-31T19:00:00Z"}',
    "select": 'write a table: {"kind": "light", "room": "Kitchen"}',
    "after": 'write a list of steps\' ids: ["lamp"]; [] for at once',
    "days": 'write a list: ["mon", "fri"]',
    "labels": 'write a list: ["heater"]',
    "things": 'write a list of ids: ["desk-lamp"]',
    "compensate": 'write "restore", "none", or what undoes it: {"property": "on", "value": false}',
    "on_failure": 'write "compensate", "stop", "continue", or {"retry": 2, "pause": "10s", "then": "compensate"}',
    "of the plan": 'write "compensate", "stop" or "continue"; {"retry": 2} can stand at a step only',
    "id": 'letters, digits, "_", "." and "-", 40 at the most; the first is a letter or a digit',
}
"""What would be right, by member."""

_SHAPES: Final = frozenset(
    {"model_type", "list_type", "literal_error", "too_short", "string_pattern_mismatch"}
)
_SENTENCES: Final[Mapping[str, str]] = {
    "string_type": "write text, in quotation marks",
    "string_too_short": "it must not be empty",
    "string_too_long": "{max_length} characters at the most",
    "too_long": "{max_length} entries at the most",
    "int_type": "write a whole number",
    "greater_than_equal": "{ge} at the least",
    "less_than_equal": "{le} at the most",
    "literal_error": "write {expected}",
}
"""By pydantic's own word for it."""

_INSTEAD: Final[Mapping[str, str]] = {
    "cron": 'there is no cron: write daily, like "19:00", with days, like ["mon", "fri"], or every, like "30m"',
    "time": 'a time of every day is daily, like "19:00"; a single one is at, like "2030-01-31T19:00:00Z"',
}
"""What other languages have."""


def mistakes_of(error: ValidationError, value: Json, members: Members, found: Mistakes) -> Iterator[Mistake]:
    """One for each member. `members` are the known ones, by where they stand (`_OWNERS`)."""
    details = [(one, *_place(one["loc"])) for one in error.errors(include_url=False, include_input=False)]
    tables = {
        place[:CHOICE] for one, place, branch in details if branch in _TABLES and one["type"] != "model_type"
    }
    told: set[Place] = set()
    for one, place, branch in details:
        if place[:CHOICE] in tables and (branch not in _TABLES or one["type"] == "model_type"):
            continue  # it is a table: what is wrong stands inside
        if place in told:  # the branches of a choice: one sentence is enough
            continue
        told.add(place)
        step, inner = _step(value, place)
        member = one_line(".".join(map(str, inner)), LONGEST_MEMBER)
        yield Mistake(step, member, _sentence(one, inner, members, found, in_step=bool(step)))


def _place(loc: Place) -> tuple[Place, str]:
    """Where it is, without the branch of a choice that was tried; and that branch ("" for none): a table, or a word."""
    if len(loc) > CHOICE and loc[0] == "steps" and loc[CHOICE - 1] in _CHOICES:
        branch = str(loc[CHOICE])
        return (*loc[:CHOICE], *loc[CHOICE + 1 :]), next((one for one in _TABLES if one in branch), "word")
    return loc, ""


def _step(value: Json, place: Place) -> tuple[str, Place]:
    """The step's name ("" for none), and the way from there."""
    if len(place) < 2 or place[0] != "steps" or not isinstance(place[1], int):
        return "", place
    steps = value.get("steps") if isinstance(value, dict) else None
    step = steps[place[1]] if isinstance(steps, list) and place[1] < len(steps) else None
    given = step.get("id") if isinstance(step, dict) else None
    named = one_line(given, LONGEST_STEP) if isinstance(given, str) and given else str(place[1] + 1)
    return named, place[2:]


def _sentence(one: ErrorDetails, place: Place, members: Members, found: Mistakes, *, in_step: bool) -> str:
    names = [part for part in place if isinstance(part, str)]
    name = names[-1] if names else "step" if in_step else "plan"
    kind, context = one["type"], one.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(name, names[-2] if len(names) > 1 else "steps" if in_step else "", members, found)
    if name == "on_failure" and not in_step:
        return _WRITE["of the plan"]
    if kind == "missing":
        return f"it is missing: {_WRITE[name]}" if name in _WRITE else "it is needed"
    if kind in _SHAPES and name in _WRITE and (not place or isinstance(place[-1], str)):
        return _WRITE[name]
    if kind == "too_long" and context.get("field_type") != "List":
        kind = "string_too_long"
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(**context)
    return one["msg"].removeprefix("Value error, ").removeprefix("Input should be ").strip()


def _unknown(name: str, where: str, members: Members, found: Mistakes) -> str:
    """It may belong somewhere else."""
    if name in _INSTEAD:
        return _INSTEAD[name]
    owners = [owner for owner, known in members.items() if name in known and owner != where]
    here = _OWNERS.get(where, where)
    if owners:
        return f"it belongs to {_OWNERS[owners[0]]}, not to {here}"
    known = members.get(where, ())
    hint = found.hint(name, known)
    return (
        f"there is no such member{hint}"
        if hint != "."
        else f"there is no such member; {here} has {', '.join(known)}"
    )
