"""What was found, and how it is with looking around."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.shapes.things import ComponentShown, Guess, Member, Waiting


class Asks(TypedDict):
    """What a device asks for before it can be a Thing."""

    what: str
    hint: str
    example: str


class WavedAway(TypedDict):
    """One that was waved away and is not announced at present."""

    driver: str
    id: str
    title: str
    components: list[ComponentShown]
    thing: str | None


class CandidateShown(WavedAway):
    """A device that could become a Thing. `announced` names what is looked at."""

    href: str
    manufacturer: str
    model: str
    room: str
    endpoint: str
    announced: str
    components_left_out: int
    via: Member | None
    members: list[Member]
    problems: list[str]
    asks: Asks | None
    same_as: list[str]
    suspended: str
    waiting: Waiting | None


class AdoptedThing(TypedDict):
    """A new Thing; `paired` where it is one that had to be paired anew."""

    id: str
    title: str
    paired: NotRequired[bool]
    labels: NotRequired[list[str]]
    kind: NotRequired[str]
    unconfirmed: NotRequired[list[Guess]]


class DriverState(TypedDict):
    """How a driver or a watcher does."""

    connected: bool
    detail: str
    counters: dict[str, int]
    problems: list[str]


class Family(TypedDict):
    """One family of devices."""

    name: str
    title: str
    state: Literal["off", "looking", "running", "missing", "failed", "blind"]
    advice: str | None
    seen: int
    candidates: int
    things: int
    driver: DriverState | None


class AdapterShown(TypedDict):
    """What is plugged in there."""

    title: str
    what: str
    advice: str


class Port(TypedDict):
    """A serial port. `closed` is why it cannot be opened."""

    path: str
    identity: str
    made_by: str
    usb: str | None
    since: str
    used_by: str | None
    closed: str | None
    adapter: AdapterShown | None


class Unread(TypedDict):
    """A device of which nothing was understood."""

    driver: str
    id: str
    title: str
    problems: list[str]


class Looking(TypedDict):
    """How it is with looking around."""

    families: list[Family]
    watchers: dict[str, DriverState]
    ports: list[Port]
    unread: list[Unread]


class Searched(TypedDict):
    """The families that went and looked."""

    searched: list[str]


class Insight(TypedDict):
    """One thing that was tried out."""

    name: str
    level: Literal["ok", "warning", "failure"]
    found: str
    remedy: str | None


class Inspection(TypedDict):
    """What was found, and lines of text by what they are for."""

    insights: list[Insight]
    recipes: dict[str, list[str]]
