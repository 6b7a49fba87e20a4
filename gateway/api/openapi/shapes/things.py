"""Things: their descriptions, and in short."""

from __future__ import annotations

from typing import Final, NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.operation import AnyJson, JsonSchema
from gateway.api.openapi.shapes.decisions import Time

THING_DESCRIPTION: Final[JsonSchema] = {
    "type": "object",
    "description": "A Thing Description 1.1 (W3C), with what the caller may use, and forms for it",
    "required": ["@context", "id", "title", "security", "securityDefinitions"],
    "externalDocs": {"url": "https://www.w3.org/TR/wot-thing-description11/"},
}


class Member(TypedDict):
    """What a group commands: the device as its driver calls it, and the Thing that it is."""

    device: str
    thing: str | None


class Guess(TypedDict):
    """A component whose kind nobody has confirmed. `means` is what that means."""

    component: str
    title: str
    kind: str
    proposal: str | None
    means: str


class Waiting(TypedDict):
    """What of a Thing waits for a person: `changes` in sentences; `announced` names what they were looking at."""

    changes: list[str]
    announced: str
    hazard: int


class ThingSummary(TypedDict):
    """A Thing in short. `unconfirmed` and `waiting` are for owners and adults."""

    id: str
    title: str
    kind: str
    room: str
    labels: list[str]
    state: dict[str, AnyJson]
    reachable: bool | None
    out_of_reach: str
    suspended: str
    members: list[Member]
    unconfirmed: list[Guess]
    uncertain: bool
    waiting: Waiting | None


class ThingCard(TypedDict):
    """A Thing as a screen shows it. A property or action has members of its description, without their prefix; a property
    `value`, `quality` and `at` (seconds since the epoch) besides, and `writes` where the caller may set it.
    """

    id: str
    title: str
    kind: str
    room: str
    properties: dict[str, dict[str, AnyJson]]
    actions: dict[str, dict[str, AnyJson]]
    labels: NotRequired[list[str]]
    out_of_reach: NotRequired[str]
    suspended: NotRequired[str]
    group: NotRequired[bool]
    uncertain: NotRequired[bool]
    waits: NotRequired[bool]


class AcceptedThing(ThingSummary):
    """A Thing as it is accepted now, and what became of names and kinds."""

    kinds_dropped: dict[str, str]
    names_dropped: list[str]
    names_new: list[str]


class ArrangedThing(ThingSummary):
    """A Thing as it is called now; `widened` says who may do more."""

    widened: list[str]


class Forgotten(TypedDict):
    """What is left for a person to do."""

    id: str
    note: str


class ComponentShown(TypedDict):
    """One component: its kind, whether that is certain, the proposal, and what it could be."""

    key: str
    kind: str
    title: str
    certain: bool
    proposal: str | None
    kinds: list[str]
    means: str | None
    affordances: list[str]


class ThingComponent(ComponentShown):
    """`announced` is what its device is understood as, `said` whether a person gave it its kind."""

    announced: str
    said: bool


class Rhythm(TypedDict):
    """How often it is reported: the typical time between two reports, and by how much that varies."""

    seconds: float
    spread: float


class ReadingDetail(TypedDict):
    """A property's state. Before the first reading `quality` is `unknown`. `uncertainty` is one standard deviation. `reason`
    says why it is trusted less than its device says, `unusual` what is unusual about its value. `noise` (a standard deviation),
    `reports_every` and `quiet_for` (seconds) are estimated from its reports; null before there are enough.
    """

    value: AnyJson
    unit: str | None
    quality: str
    observed_at: NotRequired[Time]
    received_at: NotRequired[Time]
    uncertainty: NotRequired[float | None]
    evidence: NotRequired[str]
    reason: NotRequired[str]
    unusual: NotRequired[str]
    uncertainty_estimated: NotRequired[bool]
    noise: NotRequired[float | None]
    reports_every: NotRequired[Rhythm | None]
    quiet_for: NotRequired[float | None]
