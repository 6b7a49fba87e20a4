"""The values that stand in a rule file, each with its check and what editors are told of it."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Annotated, Final, TypeAlias, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from capabilities.vocabulary import Hazard, Json, Privilege
from policies.decision import Role
from policies.patterns import fault_in
from policies.times import DAYS, MODES, Rate, Span, minutes_of, rate_of, seconds_of
from policies.words import is_one_slip_from, suggestion

RESERVED_IDS: Final = frozenset({"no-allow", "evaluation-error"})
"""Findings that come from no rule carry these."""

SENSITIVE: Final = "sensitive"
"""The word in `see` that lets wildcards reach what is sensitive."""

EXPLICIT_ID: Final = "id:"
MOST_APPROVALS: Final = 5
"""Different people for one use: a household has no more who could all be asked."""

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


def written_id(name: str) -> str:
    """How a rule names the principal with the id `name`: with `id:` where it looks like a role."""
    try:
        plain = name not in set(Role) and not name.startswith(EXPLICIT_ID) and _who(name) == name
    except PydanticCustomError:
        plain = False
    return name if plain else f"{EXPLICIT_ID}{name}"


def _approvals(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_APPROVALS:
        raise fault(f"must be a number from 1 to {MOST_APPROVALS}: so many different people say yes")
    return value


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fault("must be a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise fault("must be a finite number: nan and inf bound nothing")
    return value


def _distance(value: object) -> int | float:
    number = _number(value)
    if number <= 0:
        raise fault("must be above 0: the farthest that one use may move it")
    return number


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


def _one_of(known: tuple[str, ...], value: object) -> str:
    if value not in known:
        raise fault(f"must be one of {', '.join(known)}{suggestion(str(value), known)}")
    return str(value)


def _privilege(value: object) -> Privilege:
    return Privilege(_one_of(tuple(Privilege), value))


def _mode(value: object) -> str:
    return _one_of(MODES, value)


def _day(value: object) -> str:
    return _one_of(DAYS, value)


def _duration(value: object) -> Span:
    try:
        return Span(_text(value), seconds_of(_text(value)))
    except ValueError as error:
        raise fault(str(error)) from None


def _rate(value: object) -> Rate:
    try:
        return rate_of(_text(value))
    except ValueError as error:
        raise fault(str(error)) from None


def _time_of_day(value: object) -> str:
    try:
        minutes_of(_text(value))
    except ValueError as error:
        raise fault(str(error)) from None
    return _text(value)


def _at_least_one(values: tuple[T, ...]) -> tuple[T, ...]:
    """An empty selector would select nothing, and its limit would bind nobody."""
    if not values:
        raise fault("must name at least one")
    return values


def _shown(**schema: Json) -> WithJsonSchema:
    return WithJsonSchema(schema)


def _as_written(value: Span | Rate) -> str:
    return value.text


_AS_WRITTEN: Final = PlainSerializer(_as_written, return_type=str)
_List: Final = Field(strict=False)  # TOML has lists, the models have tuples
_Some: Final = AfterValidator(_at_least_one)
_TEXT: Final[dict[str, Json]] = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT_CHARS}

RuleId: TypeAlias = Annotated[
    str, PlainValidator(_rule_id), _shown(type="string", pattern=f"^{_ID.pattern}$")
]
RuleIds: TypeAlias = Annotated[tuple[RuleId, ...], _List, _Some]
Text: TypeAlias = Annotated[str, PlainValidator(_text), _shown(**_TEXT)]
Number: TypeAlias = Annotated[int | float, PlainValidator(_number), _shown(type="number")]
Distance: TypeAlias = Annotated[
    int | float, PlainValidator(_distance), _shown(type="number", exclusiveMinimum=0)
]
Texts: TypeAlias = Annotated[tuple[Text, ...], _List, _Some]
_OneWho: TypeAlias = Annotated[
    str, PlainValidator(_who), _shown(anyOf=[{"type": "string", "enum": list(Role)}, _TEXT])
]
Who: TypeAlias = Annotated[tuple[_OneWho, ...], _List, _Some]
_Capability: TypeAlias = Annotated[str, PlainValidator(_capability), _shown(**_TEXT)]
Capabilities: TypeAlias = Annotated[tuple[_Capability, ...], _List, _Some]
_Readable: TypeAlias = Annotated[str, PlainValidator(_readable), _shown(**_TEXT)]
Readable: TypeAlias = Annotated[tuple[_Readable, ...], _List, _Some]
AnyScalar: TypeAlias = Annotated[
    Scalar, PlainValidator(_scalar), _shown(type=["number", "string", "boolean"])
]
Options: TypeAlias = Annotated[tuple[AnyScalar, ...], _List, _Some]
HazardLevel: TypeAlias = Annotated[
    Hazard, BeforeValidator(_hazard), _shown(type="integer", minimum=0, maximum=3)
]
PrivilegeLevel: TypeAlias = Annotated[
    Privilege, BeforeValidator(_privilege), _shown(type="string", enum=list(Privilege))
]
Approvals: TypeAlias = Annotated[
    int, PlainValidator(_approvals), _shown(type="integer", minimum=1, maximum=MOST_APPROVALS)
]
_Mode: TypeAlias = Annotated[str, PlainValidator(_mode), _shown(type="string", enum=list(MODES))]
Modes: TypeAlias = Annotated[tuple[_Mode, ...], _List, _Some]
_Day: TypeAlias = Annotated[str, PlainValidator(_day), _shown(type="string", enum=list(DAYS))]
Days: TypeAlias = Annotated[tuple[_Day, ...], _List, _Some]
Duration: TypeAlias = Annotated[
    Span, PlainValidator(_duration), _AS_WRITTEN, _shown(type="string", pattern="^[0-9]+ ?(s|m|h|d)$")
]
RateText: TypeAlias = Annotated[
    Rate,
    PlainValidator(_rate),
    _AS_WRITTEN,
    _shown(type="string", pattern="^[0-9]+ ?/ ?([0-9]+ ?)?(s|m|h|d)$"),
]
TimeOfDay: TypeAlias = Annotated[
    str, PlainValidator(_time_of_day), _shown(type="string", pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")
]
