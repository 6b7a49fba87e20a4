"""A rule document: the models of the TOML text. The vocabulary is closed; an unknown word is an error, never ignored.

    format = 1

    [[allow]]                            what somebody may do: without one, nothing
    id, why                              its name in this set, and the reason in plain words
    who                                  roles, or principals' ids (`id:coo` where an id looks like a role)
    may                                  capabilities to use: `light.on`, `light.*`, `*.target`, `*`
    see                                  capabilities to read; with the word `sensitive` its wildcards reach sensitive ones
    privilege                            the highest it covers: operate (if left out), manage or administer
    things, rooms, labels                only there

    [[limit]]                            what a use must keep to; it grants nothing
    id, why
    on                                   capabilities
    who, things, rooms, labels           only for them, only there
    hazard_min, privilege                only from this hazard or privilege up
    value = { min, max, one_of }         bounds on the input
    members = { brightness = { max } }   bounds on the members of an input that is an object
    never = true                         no input at all

Several selectors in one rule must all fit; of several values in one selector one must. Hazard 3, and what is sensitive
(but for the word `sensitive`), is covered by an exact name only, never by a wildcard.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Annotated, Final, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from capabilities.vocabulary import Hazard, Privilege
from policies.decision import Role
from policies.patterns import fault_in, is_exact
from policies.words import is_one_slip_from, suggestion

FORMAT: Final = 1
"""The only format there is."""

LATER_TABLES: Final = frozenset({"ask", "then"})
LATER_WORDS: Final = {
    "": LATER_TABLES | {"shadow"},
    "allow": frozenset[str](),
    "limit": frozenset({"needs", "at_most", "rest", "not_between", "modes", "waivable_by"}),
    "value": frozenset({"max_change"}),
}
"""Words of the language that this version does not carry out: refused by name, because ignoring a limit would lift it."""

RESERVED_IDS: Final = frozenset({"no-allow", "evaluation-error"})
"""Findings that come from no rule carry these."""

SENSITIVE: Final = "sensitive"
"""The word in `see` that lets wildcards reach what is sensitive."""

EXPLICIT_ID: Final = "id:"
LONGEST_TEXT_CHARS: Final = 300
"""A `why` is shown on a phone beside the question it answers."""

_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
T = TypeVar("T")
Scalar: TypeAlias = bool | int | float | str


def fault(text: str) -> PydanticCustomError:
    return PydanticCustomError("fault", "{text}", {"text": text})


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise fault("must be text")
    if not value.strip() or len(value) > LONGEST_TEXT_CHARS:
        raise fault(f"must be text of 1 to {LONGEST_TEXT_CHARS} characters")
    if any(unicodedata.category(char) == "Cc" for char in value):
        raise fault("must stand on one line, without control characters")
    return value


def _rule_id(value: object) -> str:
    text = _text(value)
    if not _ID.fullmatch(text):
        raise fault('must be lower-case letters, digits and "-", 64 at the most, like "heating-band"')
    if text in RESERVED_IDS:
        raise fault(f'"{text}" is kept for findings that come from no rule')
    return text


def _capability(value: object) -> str:
    text = _text(value)
    wrong = fault_in(text)
    if wrong:
        raise fault(wrong)
    return text


def _readable(value: object) -> str:
    return SENSITIVE if value == SENSITIVE else _capability(value)


def _who(value: object) -> str:
    """A role, or an id. What is nearly a role is refused: as an id it would silently fit nobody."""
    text = _text(value)
    if text in set(Role):
        return text
    if text.startswith(EXPLICIT_ID):
        if text == EXPLICIT_ID:
            raise fault('needs a principal\'s id after "id:"')
        return text
    lower = text.lower()
    if "*" in text or any(lower == role or is_one_slip_from(lower, role) for role in Role):
        known = ", ".join(Role)
        raise fault(
            f'"{text}" is not a role{suggestion(text, list(Role))} Roles: {known};'
            f' a principal with such an id is written "id:{text}"'
        )
    return text


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fault("must be a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise fault("must be a finite number: nan and inf bound nothing")
    return value


def _scalar(value: object) -> Scalar:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return _number(value)
    raise fault("must be a number, text, true or false")


def _hazard(value: object) -> Hazard:
    if isinstance(value, bool) or not isinstance(value, int) or value not in set(Hazard):
        raise fault("must be a hazard: 0 comfort, 1 nuisance, 2 property, 3 life safety")
    return Hazard(value)


def _privilege(value: object) -> Privilege:
    known = tuple(Privilege)
    if value not in known:
        raise fault(f"must be one of {', '.join(known)}{suggestion(str(value), known)}")
    return Privilege(str(value))


def _at_least_one(values: tuple[T, ...]) -> tuple[T, ...]:
    """An empty selector would select nothing, and its limit would bind nobody."""
    if not values:
        raise fault("must name at least one")
    return values


def _format(value: object) -> int:
    if value != FORMAT or isinstance(value, bool):
        raise fault(f"must be {FORMAT}")
    return FORMAT


RuleId: TypeAlias = Annotated[str, PlainValidator(_rule_id)]
Text: TypeAlias = Annotated[str, PlainValidator(_text)]
Number: TypeAlias = Annotated[int | float, PlainValidator(_number)]
_List: Final = Field(strict=False)  # TOML has lists, the models have tuples
_Some: Final = AfterValidator(_at_least_one)
Texts: TypeAlias = Annotated[tuple[Text, ...], _List, _Some]
Who: TypeAlias = Annotated[tuple[Annotated[str, PlainValidator(_who)], ...], _List, _Some]
Capabilities: TypeAlias = Annotated[tuple[Annotated[str, PlainValidator(_capability)], ...], _List, _Some]
Readable: TypeAlias = Annotated[tuple[Annotated[str, PlainValidator(_readable)], ...], _List, _Some]
Options: TypeAlias = Annotated[tuple[Annotated[Scalar, PlainValidator(_scalar)], ...], _List, _Some]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class BoundsTable(_Table):
    """`{ min = 16, max = 23 }` (numbers, both ends belong to it), `{ one_of = ["heat", "off"] }`, or both."""

    min: Number | None = None
    max: Number | None = None
    one_of: Options | None = None

    @model_validator(mode="after")
    def _says_something_possible(self) -> BoundsTable:
        if self.min is None and self.max is None and self.one_of is None:
            raise fault("bounds nothing: give min, max or one_of")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise fault(f"can never be met: min {self.min} is above max {self.max}")
        if self.one_of is not None and (self.min is not None or self.max is not None):
            low = -math.inf if self.min is None else self.min
            high = math.inf if self.max is None else self.max
            for option in self.one_of:
                if isinstance(option, bool | str) or not low <= option <= high:
                    raise fault(f"can never be met: {option!r} in one_of is not within min and max")
        return self


class _Rule(_Table):
    id: RuleId
    why: Text
    things: Texts | None = None
    rooms: Texts | None = None
    labels: Texts | None = None


class AllowTable(_Rule):
    """`[[allow]]`: what somebody may do and see."""

    who: Who
    may: Capabilities | None = None
    see: Readable | None = None
    privilege: Annotated[Privilege, BeforeValidator(_privilege)] = Privilege.OPERATE

    @model_validator(mode="after")
    def _grants_something(self) -> AllowTable:
        if self.may is None and self.see is None:
            raise fault("allows nothing: give may (to use), see (to read) or both")
        if self.see is not None and SENSITIVE in self.see and all(map(is_exact, self.see)):
            raise fault('"sensitive" in see widens wildcards, and there is none beside it: add one, like "*"')
        return self


class LimitTable(_Rule):
    """`[[limit]]`: what every use that its selectors fit must keep to."""

    on: Capabilities
    who: Who | None = None
    hazard_min: Annotated[Hazard, BeforeValidator(_hazard)] = Hazard.COMFORT
    privilege: Annotated[Privilege, BeforeValidator(_privilege)] = Privilege.VIEW
    value: BoundsTable | None = None
    members: Annotated[dict[str, BoundsTable], Field(min_length=1)] | None = None
    never: bool = False

    @model_validator(mode="after")
    def _limits_something(self) -> LimitTable:
        bounds = self.value is not None or self.members is not None
        if not bounds and not self.never:
            raise fault("limits nothing: give value, members or never = true")
        if bounds and self.never:
            raise fault("never = true leaves nothing to bound: take value and members out")
        return self


class Document(_Table):
    """A whole rule file."""

    format: Annotated[int, PlainValidator(_format)]
    allow: Annotated[tuple[AllowTable, ...], Field(strict=False)] = ()
    limit: Annotated[tuple[LimitTable, ...], Field(strict=False)] = ()


class RuleSet(BaseModel):
    """A named document that has been checked: what `policies.parse` returns and `policies.compile_rules` takes."""

    model_config = ConfigDict(frozen=True)

    name: str
    document: Document
