"""The values that stand in a case file, each with its check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from capabilities.vocabulary import Json, Privacy
from policies.decision import Role
from policies.documents import FORMAT
from policies.facts import LocalTime
from policies.fields import Texts, fault
from policies.times import DAYS, minutes_of
from policies.words import suggestion

UNKNOWN: Final = "unknown"
RUNNING: Final = "on"
LONGEST_RULES_CHARS: Final = 100_000
"""Some 400 rules in one case; a case has one or two."""


def one_of(*known: str) -> PlainValidator:
    def check(value: object) -> str:
        if value not in known:
            raise fault(f"must be one of {', '.join(known)}{suggestion(str(value), known)}")
        return str(value)

    return PlainValidator(check)


def _format(value: object) -> int:
    if value != FORMAT or isinstance(value, bool):
        raise fault(f"must be {FORMAT}")
    return FORMAT


def _role(value: object) -> Role:
    if not isinstance(value, str) or value not in set(Role):
        raise fault(f"must be a role: {', '.join(Role)}{suggestion(str(value), list(Role))}")
    return Role(value)


def _moment(value: object) -> LocalTime | None:
    """`fri 23:10`; None for `unknown`."""
    if value == UNKNOWN:
        return None
    day, _, time = value.partition(" ") if isinstance(value, str) else ("", "", "")
    try:
        if day in DAYS:
            return LocalTime(minutes_of(time), DAYS.index(day))
    except ValueError as error:
        raise fault(str(error)) from None
    raise fault(f'must be a day and a time, like "fri 23:10", or "{UNKNOWN}"; days: {", ".join(DAYS)}')


def _json(value: object) -> Json:
    """Everything that TOML has but dates."""
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_json(one) for one in value]
    if isinstance(value, dict):
        return {str(name): _json(one) for name, one in value.items()}
    raise fault("must be a number, text, true, false, a list or a table")


def _scalar(value: object) -> bool | int | float | str:
    if isinstance(value, bool | int | float | str):
        return value
    raise fault("must be a number, text, true or false")


def _property(value: object) -> str:
    if not isinstance(value, str) or not all(value.rpartition(".")[::2]):
        raise fault('must be a Thing and its property, like "tank.level" (in quotes)')
    return value


def _off_for(value: object) -> object:
    return None if value == RUNNING else value


def listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def tabled(key: str) -> BeforeValidator:
    """A value that stands for a table with one key."""

    def table(value: object) -> object:
        return value if isinstance(value, dict) else {key: value}

    return BeforeValidator(table)


def _given_yeses(value: object) -> object:
    """One yes, or several: each a role or a table."""
    each = value if isinstance(value, list) else [value]
    return [one if isinstance(one, dict) else {"by": one} for one in each]


def _given_ages(value: object) -> object:
    return {"each": value} if isinstance(value, list | str) else value


OneRole: TypeAlias = Annotated[Role, PlainValidator(_role)]
Moment: TypeAlias = Annotated[LocalTime | None, PlainValidator(_moment)]
Names: TypeAlias = Annotated[Texts, BeforeValidator(listed)]
Scalar: TypeAlias = Annotated[bool | int | float | str, PlainValidator(_scalar)]
RuleText: TypeAlias = Annotated[str, Field(max_length=LONGEST_RULES_CHARS)]
FormatNumber: TypeAlias = Annotated[int, PlainValidator(_format)]
PropertyName: TypeAlias = Annotated[str, PlainValidator(_property)]
PrivacyLevel: TypeAlias = Annotated[Privacy, one_of(*Privacy), AfterValidator(Privacy)]
Listed: Final = BeforeValidator(listed)
"""One may stand without its brackets."""
OrOn: Final = BeforeValidator(_off_for)
OrAges: Final = BeforeValidator(_given_ages)
Yeses: Final = BeforeValidator(_given_yeses)

if TYPE_CHECKING:
    JsonValue: TypeAlias = Json
else:  # pydantic does not follow the type into itself, and need not: the check does
    JsonValue = Annotated[object, PlainValidator(_json)]
