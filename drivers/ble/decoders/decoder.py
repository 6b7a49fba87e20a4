"""The seam between an advertisement and what it says, the same for every parser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from capabilities.vocabulary import Json
from drivers.discovery.seen import Advertisement


@dataclass(frozen=True, slots=True)
class Measured:
    """One value. `key` is stable and unique within the device; `device_class` and `unit` are Home Assistant's ("" where there
    is none). `binary`: a yes or no, whose class is one of binary sensors.
    """

    key: str
    device_class: str
    value: Json
    unit: str = ""
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: `sort` is what it comes from (`button`, `dimmer`, `motion`), `type` what was done (`press`)."""

    key: str
    sort: str
    type: str
    properties: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one advertisement says. All text is untrusted.

    `sleepy`: the device speaks only when something happens. `encrypted`: it is, and a key is needed; `opened`: the key fits.
    Of one that is encrypted and not opened there are no values. `doubtful`: the parser cannot know that the key fits, it only
    looks so.
    """

    title: str = ""
    manufacturer: str = ""
    model: str = ""
    values: tuple[Measured, ...] = ()
    events: tuple[Happened, ...] = ()
    sleepy: bool = False
    encrypted: bool = False
    opened: bool = False
    doubtful: bool = False


class Opens(Protocol):
    """A decoder's module."""

    def open_decoder(self, key: bytes | None) -> Decoder: ...


class Decoder(Protocol):
    """For one device: it may remember counters, against repeats and replays."""

    def decode(self, advertisement: Advertisement, now: float) -> Decoded | None:
        """None: it says nothing that is understood. `now` is monotonic, in seconds. May raise anything: the caller expects
        it, counts it, and takes the advertisement for one that is not understood.
        """


@runtime_checkable
class Counting(Protocol):
    """A decoder whose device counts what it encrypts, so that nothing can be played back."""

    @property
    def counter(self) -> int:
        """The last that was believed; -1 before the first."""

    def resume(self, counter: int) -> None:
        """Believes only what comes after."""
