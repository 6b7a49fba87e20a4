"""What the house was like."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.shapes.decisions import Time


class KeptSeries(TypedDict):
    """One property of which a history is kept. `keeps` are seconds by level, null for ever. `rows` and `bytes` are what is
    rolled up; null for who may not see all of it.
    """

    thing: str
    property: str
    type: Literal["number", "boolean", "state"]
    unit: str | None
    first: Time
    last: Time | None
    rows: int | None
    bytes: int | None
    keeps: dict[str, float | None]
    forgotten: NotRequired[Literal[True]]


class KeptAll(TypedDict):
    """`file_bytes` is what all takes together; told to owners and adults."""

    series: list[KeptSeries]
    file_bytes: NotRequired[int]


class Unusual(TypedDict):
    """A value that was not as its history makes one expect, and why."""

    at: float
    value: float | None
    reason: str


class PastColumns(TypedDict):
    """Columns: one place in each for one window (`step` seconds wide; a day may be an hour longer or shorter), or, with
    `step` null, for one report, from which on the value held. Times are seconds since the epoch. `min`, `mean` (weighted by
    time) and `max` are over the covered part; of what is on or off, `mean` is the share of the time that it was on. Null:
    nothing is known. `count`: reports that said another value than before. `quality`: which share of the covered time it
    was good. `covered`: of which share of the window something is known. `gaps`: from and to, of which nothing is known. Of
    states there are `state` (the place in `states`) at the end of each window instead.
    """

    level: Literal["raw", "1min", "15min", "1h", "1d"]
    step: float | None
    t: list[float]
    min: NotRequired[list[float | None]]
    mean: NotRequired[list[float | None]]
    max: NotRequired[list[float | None]]
    state: NotRequired[list[int | None]]
    states: NotRequired[list[str]]
    count: list[int]
    quality: list[float | None]
    covered: list[float]
    gaps: list[list[float]]
    unusual: list[Unusual]


class Compared(PastColumns):
    """A second period. Its times are as if it had been in the first one: `shift` seconds were added to them."""

    shift: float


Span = TypedDict("Span", {"from": float, "to": float})
"""Seconds since the epoch."""


class Past(PastColumns, Span):
    """The past of one property, from `from` to `to`."""

    thing: str
    property: str
    type: Literal["number", "boolean", "state"]
    unit: str | None
    compare: NotRequired[Compared]
