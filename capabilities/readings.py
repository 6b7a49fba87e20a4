"""What was seen: the values that cross upward from a driver.

All times are seconds since the Unix epoch (UTC), as floats.
"""

from __future__ import annotations

from dataclasses import dataclass

from capabilities.vocabulary import Evidence, Json, Quality


@dataclass(frozen=True, slots=True)
class Reading:
    """One observed value of one property.

    `unit` is the unit that the affordance declares. `observed_at` is when it was true at the device (as far as
    known), `received_at` when it reached the gateway. `uncertainty` is one standard deviation in `unit`.
    """

    value: Json
    unit: str | None
    observed_at: float
    received_at: float
    quality: Quality = Quality.GOOD
    uncertainty: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A reading at a driver's `point`.

    A value of None with quality `bad` says that the last one is not known to hold any more. `retained` marks what a broker kept
    from an unknown earlier time: it tells a state, and confirms nothing.
    """

    point: str
    reading: Reading
    evidence: Evidence = Evidence.DEVICE
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event at a driver's `point`: a button was pressed, a tag was read."""

    point: str
    data: Json
    observed_at: float
    received_at: float


@dataclass(frozen=True, slots=True)
class Contact:
    """Whether a device (a candidate's `id`) can be reached, from `at` on."""

    device: str
    reachable: bool
    at: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command to a `point` of a device (a candidate's `id`) had been taken, and was refused at `at`: a bridge did not
    reach its device, say. Where the protocol answers commands, the driver raises instead. `reason` is for a person.
    """

    device: str
    point: str
    at: float
    reason: str


Observation = Report | Occurrence | Contact | Refusal
