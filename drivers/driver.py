"""The contract of a driver: one protocol stack between the gateway and its devices.

A driver is an async context manager: inside it the protocol runs, outside it nothing is left (no task, thread, socket, child).
It knows devices by its own stable ids and affordances by *points*, opaque strings it made up in a `Candidate`'s description;
what a Thing is called, who may use it and what is safe is not its business.

    DriverError                     what is known about the world after a failed command
    ├── NotSent                     it certainly did not go out
    ├── Rejected                    the device, or what stands before it, said no
    └── Uncertain                   it may have been sent, and may have been carried out
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from capabilities.components import ComponentDescription
from capabilities.readings import Observation
from capabilities.vocabulary import Json


class DriverError(Exception):
    """A command or read failed. The text is for a person: what happened, and what to do."""


class NotSent(DriverError):
    """No byte of the command reached the device: it is safe to try again."""


class Rejected(DriverError):
    """The device (or its bridge or broker) received the command and refused it."""


class Uncertain(DriverError):
    """The link was lost, or nothing was heard, after bytes went out: nobody knows."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a device is reached: a scheme (`mqtt`, `ble`) and an address in it. It may change; the candidate's id does not."""

    scheme: str
    address: str


@dataclass(frozen=True, slots=True)
class Asks:
    """What a person must bring before a device can be described, or used: `what` is `pin` (digits on a label), `key` (an
    encryption key), `password` or `credentials` (`user:password`, or a token). `hint` says where to find it and how it is
    written. `example` shows the form, and is no real one.
    """

    what: str
    hint: str
    example: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something found: not yet a Thing, until a person (or a rule) adopts it.

    `id` is stable and unique within the driver. `title`, `manufacturer`, `model` are untrusted text from the device.
    `identities` are hardware identities (`eui64:…`, `mac:…`, `serial:…`, lower case) that may match another candidate's.
    `members` are the ids of the candidates that a group commands together. `fingerprint` changes exactly when kinds, command
    addresses or payloads change: then an adopted Thing is suspended until a person accepts it. `problems` names what could
    not be understood and was left out, each as one readable line. `asks` says what is needed first: often nothing is known of
    its components until then. One that asks is nobody's: neither adopted by a rule, nor taken for what is announced again
    of a Thing; it says only that its Thing must be paired anew.
    """

    driver: str
    id: str
    endpoint: Endpoint
    title: str
    components: tuple[ComponentDescription, ...]
    fingerprint: str
    manufacturer: str = ""
    model: str = ""
    identities: frozenset[str] = frozenset()
    via: str = ""  # the id of the bridge it is reached through
    problems: tuple[str, ...] = ()
    room: str = ""  # the publisher's proposal, untrusted text
    members: tuple[str, ...] = ()
    asks: Asks | None = None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A candidate's announcement was taken back."""

    driver: str
    id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DriverHealth:
    """What `/health` shows of a driver. `detail` is one readable line; `counters` are monotonic (dropped, rejected …);
    `problems` are what it could not read, and why, a line each.
    """

    connected: bool
    detail: str = ""
    counters: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


class Driver(Protocol):
    """One protocol stack. Commands raise only `NotSent`, `Rejected` or `Uncertain`, each with a text to act on."""

    name: str

    async def __aenter__(self) -> Self:
        """Start. Returns as soon as the driver runs; a peer that cannot be reached is retried inside, not raised here."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def reports(self) -> AsyncIterator[Observation]:
        """What is seen, in order, from a bounded mailbox: when it is full the newest report of a point replaces the older
        one, occurrences and refusals queue, and what is lost is counted in `health`. One consumer at a time.
        """

    async def write(self, point: str, value: Json, deadline: float) -> None:
        """Write a property, `deadline` seconds at the most. Returns when the protocol accepted it, which is not when
        it is done. A no that comes later is a `Refusal` in `reports()`.
        """

    async def invoke(self, point: str, value: Json, deadline: float) -> None:
        """Invoke an action with input `value` (None: no input). As `write`."""

    async def read(self, point: str, deadline: float) -> None:
        """Ask the device for a property now. The answer arrives through `reports()`, with evidence `device`.
        Returns when the question went out; raises `Rejected` where the point is not readable.
        """

    def health(self) -> DriverHealth: ...


@dataclass(frozen=True, slots=True)
class Insight:
    """One thing that a driver found out about what it stands on. `level` is `ok`, `warning` or `failure`; `found` and `remedy`
    are sentences for a person, without secrets.
    """

    name: str
    level: str
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found, and texts that help, ready to use, by what they are for."""

    insights: tuple[Insight, ...]
    recipes: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Inspectable(Protocol):
    """A driver that can look at what it stands on: who else may command its devices."""

    async def inspect(self, adopted: Collection[str] | None = None) -> Inspection:
        """Tries it out, without moving anything. Takes some seconds at the most, and raises nothing. `adopted` are the ids of
        the devices that are Things (None: all are taken for such).
        """


@runtime_checkable
class Timed(Protocol):
    """A driver some of whose devices end by themselves what they were switched on for."""

    def longest_own_timer(self, point: str) -> float | None:
        """For how many seconds at the most the device can be told to stay on when `point` is written; None: it has no timer."""

    async def write_for(self, point: str, value: Json, seconds: float, deadline: float) -> None:
        """As `write`, and the device is told to switch itself off again after `seconds`."""


@runtime_checkable
class Pairable(Protocol):
    """A driver some of whose devices must be paired first."""

    async def pair(self, device: str, code: str, deadline: float) -> Candidate:
        """With what a person brought (see `Asks`): from now on the device can be used. Its description; what must be kept is
        kept before this returns. Raises `Rejected` (a wrong code, somebody else has it: what to do), `NotSent`, `Uncertain`.
        """

    async def unpair(self, device: str) -> None:
        """The Thing was forgotten: tells the device as far as it can be reached, and keeps nothing of it. Takes some seconds
        at the most. Raises `DriverError` where the device may believe itself still paired: what to do about that.
        """


@runtime_checkable
class Keeping(Protocol):
    """A driver that stays in touch only with the devices that are Things."""

    def keep(self, devices: Collection[str]) -> None:
        """All candidates' ids that are Things now. Called before the driver is entered, and whenever they change. Others are
        looked at no more than their description needs.
        """


@runtime_checkable
class Searching(Protocol):
    """A driver that can go and look."""

    async def search(self) -> None:
        """Asks around for devices, once. What answers comes as candidates."""


@runtime_checkable
class Tappable(Protocol):
    """A driver that lets somebody listen to what a device says."""

    def tap(self, device: str, heard: Callable[[str, Json], None]) -> Callable[[], None]:
        """From now on every message of the device as it came in, before anything was made of it: `heard(kind, data)`, with
        bytes as `{"hex": "…"}`, and without keys and passwords. Members are named by the protocol, for their names are kept:
        what somebody may have chosen belongs into values. First what its description was made of, as far as that is kept.
        Returns what ends it. The family's `replay.replayed(tape)` makes of these messages what the driver makes of them.
        Raises `KeyError` for a device that it does not know.
        """


@runtime_checkable
class Refreshing(Protocol):
    """A driver that can be asked again for what is kept of a device: its last states come once more."""

    def refresh(self, device: str) -> None: ...


@runtime_checkable
class Recalling(Protocol):
    """A scanner that can say again what it found."""

    def recall(self, device: str) -> Candidate | None:
        """The candidate as it is announced now; None where nothing announces it."""


@runtime_checkable
class Locating(Protocol):
    """A driver that looks for devices where hearth.toml says that they are."""

    def why_unseen(self, device: str) -> str:
        """Why nothing was heard of a device since the start, as far as that can be told: what does not answer of what
        hearth.toml names, as a line for a person. "" where only what announces it could tell.
        """


@runtime_checkable
class Scanner(Protocol):
    """Finds devices. Often the same object as the driver."""

    def candidates(self) -> AsyncIterator[Candidate | Withdrawn]:
        """What is found, changed (the same id again) or withdrawn. Bounded: the newest per id wins."""
