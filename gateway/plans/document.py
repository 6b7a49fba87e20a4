"""A plan as it is proposed: what its author writes. Mistakes are named by step and member, many of them at once."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    field_validator,
    model_validator,
)

from capabilities.vocabulary import KINDS, Json
from gateway.foreign import one_line
from gateway.kind_words import no_such_kind
from gateway.plans.mistakes import BadPlan, Mistake, Mistakes
from gateway.plans.moments import instant_of, moment_of
from gateway.plans.wording import mistakes_of
from policies.times import DAYS, minutes_of, seconds_of

MOST_STEPS: Final = 50
"""As they are written; a selection may become more of them (`expanding.MOST_EXPANDED`)."""

MOST_NAMED: Final = 400
"""Things that all selections of a plan name together: twice as many as its steps may become."""

LONGEST_TITLE: Final = 120
LONGEST_PURPOSE: Final = 500
LONGEST_NAME: Final = 200

MOST_EVIDENCE_BYTES: Final = 4 * 1024
MOST_VALUE_BYTES: Final = 8 * 1024

MOST_RETRIES: Final = 10

MODES: Final = ("compensate", "stop", "continue")

_STEP_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$"


def _moment(text: str) -> str:
    moment_of(text)
    return text


def _instant(text: str) -> str:
    instant_of(text)
    return text


def _duration(text: str) -> str:
    seconds_of(text)
    return text


def _size(value: JsonValue) -> int:
    try:
        return len(orjson.dumps(value))
    except TypeError as error:  # a number beyond 64 bits, half of a surrogate pair
        raise ValueError(f"it is no JSON that could be kept ({error})") from error


def _small(value: JsonValue) -> JsonValue:
    if _size(value) > MOST_VALUE_BYTES:
        raise ValueError(f"it may have {MOST_VALUE_BYTES} bytes as JSON")
    return value


MomentText = Annotated[str, Field(max_length=40), AfterValidator(_moment)]
Instant = Annotated[str, Field(max_length=40), AfterValidator(_instant)]
Duration = Annotated[str, Field(max_length=20), AfterValidator(_duration)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Line = Annotated[str, AfterValidator(one_line)]
Value = Annotated[JsonValue, AfterValidator(_small)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class Retry(_Document):
    """So many times more, with a pause; then as `then` says (none: as the plan does)."""

    retry: int = Field(ge=1, le=MOST_RETRIES)
    pause: Duration = "5s"
    then: Literal["compensate", "stop", "continue", ""] = ""


class Opposite(_Document):
    """What undoes a step: on its own Thing, unless another is named."""

    thing: Name | None = None
    property: Name | None = None
    action: Name | None = None
    value: Value = None

    @model_validator(mode="after")
    def _one(self) -> Opposite:
        _one_affordance(self)
        return self


class Selection(_Document):
    """Things by what they are, where they are, and what is said of them. All that is given must fit."""

    kind: Name | None = None
    capability: Name | None = None
    room: Name | None = None
    labels: list[Name] = Field(default_factory=list, max_length=10)
    things: list[Name] = Field(default_factory=list, max_length=200)

    @model_validator(mode="after")
    def _something(self) -> Selection:
        if self.kind and self.capability:
            raise ValueError('give either kind, like "light", or capability, like "light.on"')
        if not (self.kind or self.capability or self.things or self.labels):
            raise ValueError("give a kind, a capability, labels or things")
        if self.kind and self.kind not in KINDS:
            raise ValueError(no_such_kind(one_line(self.kind)))
        return self


class StepDocument(_Document):
    """One operation, or the same on all that a selection finds."""

    id: str = Field("", pattern=_STEP_ID)
    thing: Name | None = None
    select: Selection | None = None
    property: Name | None = None
    action: Name | None = None
    value: Value = None
    after: list[Name] | None = Field(None, max_length=MOST_STEPS)
    not_before: MomentText | None = None
    deadline: MomentText | None = None
    on_failure: Literal["compensate", "stop", "continue"] | Retry | None = None
    compensate: Literal["restore", "none"] | Opposite | None = None

    @model_validator(mode="after")
    def _whole(self) -> StepDocument:
        if (self.thing is None) == (self.select is None):
            raise ValueError("give either thing, one id, or select, which finds Things")
        _one_affordance(self)
        return self


class Schedule(_Document):
    """Once (`at`), every day of `days` at a time of the house's clock (`daily`), or again and again (`every`).

    On the day on which the clock jumps over the time it is so much later by the clock; of an hour that comes twice it is the
    first.
    `late`: how late a run may begin that was missed while the gateway was down. At the most one is made up for.
    """

    at: Instant | None = None
    daily: str | None = None
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(
        default_factory=list, max_length=len(DAYS)
    )
    every: Duration | None = None
    until: Instant | None = None
    count: int | None = Field(None, ge=1, le=100_000)
    late: Duration = "15m"

    @field_validator("daily")
    @classmethod
    def _time(cls, text: str | None) -> str | None:
        if text is not None:
            minutes_of(text)
        return text

    @model_validator(mode="after")
    def _one_kind(self) -> Schedule:
        given = [name for name in ("at", "daily", "every") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError('give one of at (a time), daily ("19:00") and every ("30m")')
        if self.days and not self.daily:
            raise ValueError('days go with daily, as in daily = "07:00", days = ["mon", "fri"]')
        if self.at and (self.until or self.count):
            raise ValueError("until and count are for what recurs; at is once")
        if self.every and seconds_of(self.every) < SHORTEST_EVERY_S:
            raise ValueError(f"every must be at least {SHORTEST_EVERY_S} s")
        return self


SHORTEST_EVERY_S: Final = 60
"""What is done more often than that is no plan, but an automation's business."""


class PlanDocument(_Document):
    """A whole plan."""

    title: Annotated[Line, Field(min_length=1, max_length=LONGEST_TITLE)]
    purpose: Annotated[Line, Field(max_length=LONGEST_PURPOSE)] = ""
    evidence: JsonValue = None
    steps: list[StepDocument] = Field(min_length=1, max_length=MOST_STEPS)
    on_failure: Literal["compensate", "stop", "continue"] = "compensate"
    deadline: MomentText | None = None
    schedule: Schedule | None = None
    task: Annotated[str, Field(max_length=64)] = ""

    @field_validator("steps")
    @classmethod
    def _not_too_many(cls, steps: list[StepDocument]) -> list[StepDocument]:
        count = sum(len(step.select.things) for step in steps if step.select is not None)
        if count > MOST_NAMED:
            raise ValueError(f"their selections name {count} Things; a plan names {MOST_NAMED} at the most")
        return steps

    @field_validator("evidence")
    @classmethod
    def _short(cls, value: JsonValue) -> JsonValue:
        if _size(value) > MOST_EVIDENCE_BYTES:
            raise ValueError(f"it may have {MOST_EVIDENCE_BYTES} bytes as JSON; refer to what is longer")
        return value


def read(value: Json) -> PlanDocument:
    """Raises `BadPlan`."""
    try:
        return PlanDocument.model_validate(value)
    except ValidationError as error:
        mistakes = Mistakes()
        try:
            mistakes.extend(mistakes_of(error, value, _MEMBERS, mistakes))
            mistakes.settle()
        except BadPlan as bad:
            raise bad from error
        raise


def named(document: PlanDocument) -> list[tuple[str, StepDocument]]:
    """The steps with their ids: the place where none is given. Raises `BadPlan`."""
    steps = [(step.id or str(place), step) for place, step in enumerate(document.steps, 1)]
    seen: set[str] = set()
    twice = []
    for name, _ in steps:
        if name in seen:
            twice.append(name)
        seen.add(name)
    if twice:
        raise BadPlan(
            [Mistake(name, "id", "another step is called so; each needs its own") for name in twice]
        )
    return steps


def _one_affordance(given: StepDocument | Opposite) -> None:
    if (given.property is None) == (given.action is None):
        raise ValueError("give either property, to write it, or action, to invoke it")


_MEMBERS: Final = {
    "": tuple(PlanDocument.model_fields),
    "steps": tuple(StepDocument.model_fields),
    "schedule": tuple(Schedule.model_fields),
    "select": tuple(Selection.model_fields),
    "compensate": tuple(Opposite.model_fields),
    "on_failure": tuple(Retry.model_fields),
}
"""By where they stand."""
