"""What a contract says: pydantic in, JSON in the database, and what it covers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from capabilities.vocabulary import Json, Privacy
from gateway.contracts.granularity import Every, Hold
from gateway.foreign import one_line
from policies.decision import Subject
from policies.fields import Capabilities, Distance, Number, Texts, fault
from policies.mandates import ReadTerms, Terms, compiled, mandate_of
from policies.patterns import matching
from policies.rules import Allow

MOST_PARTS: Final = 16
"""Of each granularity: what a person can still look through."""

LONGEST_PURPOSE: Final = 300
LONGEST_CONTRACT_S: Final = 366 * 86_400
"""What nobody has looked at for a year is looked at again."""

MOST_READS: Final = 3_600
"""A quarter hour: four a second."""

_UNITS: Final = {"m": 60, "h": 3_600, "d": 86_400}
_SPAN: Final = re.compile(r"(\d{1,6}) ?([mhd])")

Layer = Literal["stable", "snapshot", "working"]
LAYERS: Final[tuple[Layer, ...]] = ("stable", "snapshot", "working")

_Scalars: TypeAlias = "bool | int | float | str"


def span_s(text: str) -> int:
    """`15m`, `12h`, `30d` in seconds, a year at the most. Raises `ValueError`."""
    match = _SPAN.fullmatch(text)
    seconds = int(match[1]) * _UNITS[match[2]] if match is not None else 0
    if not 60 <= seconds <= LONGEST_CONTRACT_S:
        raise ValueError(f'"{text}" is no time from 1m to 366d, like "12h" or "30d"')
    return seconds


def _retention(text: str) -> str:
    if text != "none":
        span_s(text)
    return text


def _purpose(text: str) -> str:
    text = one_line(text)
    if not text:
        raise fault("says what it is for, in one line")
    return text


Purpose = Annotated[str, Field(max_length=LONGEST_PURPOSE), AfterValidator(_purpose)]
Retention = Annotated[str, Field(max_length=20), AfterValidator(_retention)]
Reads = Annotated[int, Field(ge=1, le=MOST_READS)]


class Place(BaseModel):
    """Things of which the stable layer tells; what is not given selects all."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    things: Texts | None = None
    rooms: Texts | None = None
    labels: Texts | None = None


class Raw(Place):
    """Properties (and events) as they are: of the capabilities `see`. What is sensitive must be named, as in rules."""

    see: Capabilities

    def read_terms(self) -> ReadTerms:
        return ReadTerms(see=self.see, things=self.things, rooms=self.rooms, labels=self.labels)

    def covers(self, subject: Subject) -> bool:
        return _covers(self.read_terms(), subject)

    def misses(self, subject: Subject) -> bool:
        """Whether it would cover `subject` if that were not sensitive."""
        if subject.privacy is not Privacy.SENSITIVE or self.covers(subject):
            return False
        return self.read_terms().where.fits(subject) and any(
            one in self.see for one in matching(subject.capability)
        )


class Aggregated(Raw):
    """Their mean, least and greatest value over windows of `every`, at the window's end, rounded to `step` (null: two
    significant digits). Of what is on or off: the share of the time.
    """

    every: Every = "15m"
    step: Distance | None = None


class Presence(Raw):
    """Whether something is so (on, there, above a threshold), told once it held for `hold`. What is not on or off needs
    `above`, `below` or the `values` that count.
    """

    above: Number | None = None
    below: Number | None = None
    values: (
        Annotated[tuple[_Scalars, ...], Field(strict=False, min_length=1, max_length=MOST_PARTS)] | None
    ) = None
    hold: Hold = "5m"

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Presence:
        if self.values is not None and (self.above is not None or self.below is not None):
            raise fault("has either values, or above and below")
        return self

    def state(self, value: Json) -> bool | None:
        """What `value` means; None where nothing says so."""
        if self.values is not None:
            return any(type(one) is type(value) and one == value for one in self.values)
        if isinstance(value, bool):
            return value if self.above is None and self.below is None else None
        if not isinstance(value, int | float) or (self.above is None and self.below is None):
            return None
        return (self.above is None or value > self.above) and (self.below is None or value < self.below)


Parts = Field(strict=False, max_length=MOST_PARTS)


class ContractTerms(BaseModel):
    """The whole of what a contract says, besides who and until when. `plan`: it ends with that plan. `retention`: how long the
    reader promises to keep what it reads ("none": not beyond the moment). `reads` is the budget for a quarter hour.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    purpose: Purpose
    raw: Annotated[tuple[Raw, ...], Parts] = ()
    aggregated: Annotated[tuple[Aggregated, ...], Parts] = ()
    presence: Annotated[tuple[Presence, ...], Parts] = ()
    stable: Annotated[tuple[Place, ...], Parts] = ()
    layers: Annotated[tuple[Layer, ...], Field(strict=False, min_length=1, max_length=3)] = LAYERS
    reads: Reads = 60
    retention: Retention = "none"
    plan: Annotated[str, Field(max_length=40)] = ""

    def shown(self) -> dict[str, Json]:
        document: dict[str, Json] = self.model_dump(mode="json", exclude_none=True)
        return document

    def text(self) -> str:
        return self.model_dump_json(exclude_defaults=True)

    def coarse(self) -> tuple[Aggregated | Presence, ...]:
        return (*self.aggregated, *self.presence)

    def knows_of(self, subject: Subject) -> bool:
        """Whether the stable layer tells of the Thing of `subject`, though nothing of its state."""
        return any(
            ReadTerms(things=one.things, rooms=one.rooms, labels=one.labels).where.fits(subject)
            for one in self.stable
        )

    def without(self, left_out: dict[str, list[int]]) -> ContractTerms:
        """The same without some parts, by their places: never more. Raises `ValueError`."""
        kept: dict[str, Json] = {}
        for name, places in left_out.items():
            if name not in {"raw", "aggregated", "presence", "stable"}:
                raise ValueError(f"{name!r} is not raw, aggregated, presence or stable")
            parts = getattr(self, name)
            if any(not 0 <= place < len(parts) for place in places):
                raise ValueError(f"{name} has {len(parts)} parts, counted from 0")
            kept[name] = tuple(one for at, one in enumerate(parts) if at not in places)  # type: ignore[assignment]
        return self.model_copy(update=kept)


def terms_from(text: str) -> ContractTerms:
    """Raises `pydantic.ValidationError` where somebody else wrote it."""
    return ContractTerms.model_validate_json(text)


@lru_cache(maxsize=1_024)
def _allows(terms: ReadTerms) -> tuple[Allow, ...]:
    return compiled(mandate_of("contract", Terms(read=(terms,)))).reads or ()


def _covers(terms: ReadTerms, subject: Subject) -> bool:
    patterns = matching(subject.capability)
    return any(one.covers_reading(subject, patterns) for one in _allows(terms))
