"""The devices that are known, by MAC address, and what the gateway was told of each."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from drivers.driver import Asks, Candidate, Endpoint, Withdrawn
from drivers.esphome.description import DRIVER, Described
from drivers.esphome.hearing import LISTING, LOCKED, STATE, Said, is_state, state_message
from drivers.esphome.listing import Listing
from drivers.esphome.secret import ASKS_KEY, ASKS_PASSWORD, Secret
from drivers.esphome.sightings import Sighting
from drivers.esphome.wire.connection import Connection
from drivers.esphome.wire.errors import LinkError, LostSecret, NeedsKey, NeedsPassword, NotEncrypted, WrongKey
from drivers.esphome.wire.messages import Message
from drivers.mailbox import Mailbox
from drivers.recording.taps import Hears, Taps

MAX_DEVICES: Final = 512
"""Several times the largest house. Things are always among them; of others the first ones."""

MAX_SIGHTINGS: Final = 4
"""Of one MAC address: its announcement, one at an address that was written down, and somebody else's."""

CANDIDATES_CAPACITY_ITEMS: Final = 1024

MAX_SAID_BYTES: Final = 64 * 1024
"""Of a listing that is kept for recordings: the largest node seen has half of that."""

_DOWNGRADE: Final = (
    "it was paired with an encryption key and answers without encryption now: somebody else may be pretending to be it. Nothing"
    " is read from it or sent to it. If you took the key out of its configuration yourself, forget the device and adopt it anew"
)
_NEW_KEY: Final = "it is encrypted with another key than the one that is known: give its new key"
_LOST: Final = (
    "what was kept of its key cannot be read any more, so nothing is read from it or sent to it: give its key again. If it"
    " never had one, forget the device and adopt it anew"
)
_PLAIN: Final = (
    "it announced itself with encryption, and without it at another time: somebody else may be pretending to be it, so only its"
    " key lets it in. If you took the key out of its configuration yourself, start the gateway anew"
)
_NEEDS_KEY: Final = "it speaks only encrypted now: give its key"


@dataclass(slots=True)
class Device:
    place: str
    secret: Secret = field(default_factory=Secret)
    sightings: dict[str, Sighting] = field(default_factory=dict)
    is_kept: bool = False
    described: Described | None = None
    connection: Connection | None = None
    address: tuple[str, int] | None = None  # where it was reached last
    asks: Asks | None = None
    trouble: str = ""
    is_encrypted: bool = False  # it was once, as far as anybody said
    published: Candidate | None = None
    said: Said | None = None  # what it was described by
    taps: Taps = field(default_factory=Taps, repr=False)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    pairing: asyncio.Lock = field(default_factory=asyncio.Lock)  # or letting it go

    def where(self) -> list[tuple[str, int]]:
        """Its addresses: the one that worked last, those announced last, those before. Where somebody else announces so much in
        its name that its own announcement has no room, the one that worked last is tried all the same.
        """
        told = [(address, one.port) for one in reversed(self.sightings.values()) for address in one.addresses]
        if self.address is None:
            return list(dict.fromkeys(told))
        return list(dict.fromkeys([self.address, *told] if self.address in told else [*told, self.address]))

    @property
    def sighting(self) -> Sighting | None:
        return next(reversed(self.sightings.values()), None)

    def refused(self, error: LinkError) -> None:
        """What a failure means for a person."""
        asks, text = {
            NeedsKey: (ASKS_KEY, _NEEDS_KEY if self.described else ""),
            WrongKey: (ASKS_KEY, _NEW_KEY),
            NotEncrypted: (ASKS_KEY, _DOWNGRADE if self.secret.key else _PLAIN),
            LostSecret: (ASKS_KEY, _LOST),
            NeedsPassword: (
                ASKS_PASSWORD,
                "it wants a password" if not self.secret.password else "it has another password",
            ),
        }.get(type(error), (None, str(error)))
        self.trouble = text or str(error)
        self.is_encrypted = self.is_encrypted or isinstance(error, NeedsKey)
        if asks is not None:
            self.asks = asks

    def is_doubtful(self) -> bool:
        """It is no Thing, and there is no key to an encryption that it had: who answers without may be anybody."""
        return self.is_encrypted and not self.is_kept and not self.secret.key

    def forget(self) -> None:
        """A person let it go: what it was does not count any more, only what is announced now."""
        self.secret, self.asks, self.described, self.trouble = Secret(), None, None, ""
        self.published = None
        self.is_encrypted = any(one.is_encrypted for one in self.sightings.values())
        if self.connection is not None:
            self.connection.fail("the device was forgotten")

    def understood(self, described: Described) -> None:
        self.described, self.asks, self.trouble = described, None, ""

    def listed(self, listing: Listing, endpoint: Endpoint) -> None:
        """For whoever records it."""
        said = Said(self.place, endpoint.address, listing)
        self.said = said if listing.size <= MAX_SAID_BYTES else None
        if self.place in self.taps:
            self.taps.tell(self.place, LISTING, said.message())

    def heard(self, message: Message) -> None:
        """For whoever records it."""
        if self.place in self.taps and self.said is not None and is_state(message):
            self.taps.tell(self.place, STATE, state_message(message, self.said.numbers))

    def recall(self, heard: Hears) -> None:
        """What is known of it."""
        if self.said is not None and self.asks is None:
            heard(LISTING, self.said.message())
        elif self.asks is not None:
            sighting = self.sighting
            address, port = next(iter(self.where()), ("", 0))
            about = {
                "title": sighting.title if sighting else "",
                "model": sighting.model if sighting else "",
                "asks": self.asks.what,
                "trouble": self.trouble,
            }
            heard(LOCKED, {"id": self.place, "seen_at": address, "port": port, **about})

    def candidate(self) -> Candidate | None:
        """As it stands now; None while nothing can be said."""
        if self.asks is None:
            return self.described.candidate if self.described else None
        sighting = self.sighting
        known = self.described.candidate if self.described else None
        where = self.where()
        bare = Candidate(
            driver=DRIVER,
            id=self.place,
            endpoint=Endpoint(DRIVER, endpoint_of(*where[0]) if where else ""),
            title=known.title if known else sighting.title if sighting else self.place,
            components=(),
            fingerprint="",
            manufacturer=known.manufacturer if known else "",
            model=known.model if known else sighting.model if sighting else "",
            identities=frozenset({f"mac:{self.place}"}),
            room=known.room if known else "",
        )
        return replace(bare, asks=self.asks, problems=(self.trouble,) if self.trouble else ())


class Book:
    def __init__(self, taps: Taps) -> None:
        self._taps = taps
        self.candidates: Mailbox[Candidate | Withdrawn] = new_mailbox()
        self.refused = 0  # announcements there was no room for
        self._devices: dict[str, Device] = {}

    def __iter__(self) -> Iterator[Device]:
        return iter(tuple(self._devices.values()))

    def get(self, place: str) -> Device | None:
        return self._devices.get(place)

    def keep(self, places: Collection[str], secrets: dict[str, Secret]) -> None:
        """All Things, whether they were seen or not."""
        for place in places:
            device = self._devices.get(place)
            if device is None:
                device = self._devices[place] = self._new(place, secrets.get(place))
            device.is_kept = True
        for device in self._devices.values():
            device.is_kept = device.place in places

    def see(self, sighting: Sighting, secret: Secret | None) -> Device | None:
        """The device that was seen; None where there is no room for it."""
        device = self._devices.get(sighting.place)
        if device is None:
            if not self._has_room():
                self.refused += 1
                return None
            device = self._devices[sighting.place] = self._new(sighting.place, secret)
        device.sightings.pop(sighting.source, None)  # the newest comes last
        device.sightings[sighting.source] = sighting
        device.is_encrypted = device.is_encrypted or sighting.is_encrypted
        while len(device.sightings) > MAX_SIGHTINGS:
            del device.sightings[next(iter(device.sightings))]
        return device

    def _new(self, place: str, secret: Secret | None) -> Device:
        return Device(place, secret or Secret(), taps=self._taps)

    def _has_room(self) -> bool:
        if len(self._devices) < MAX_DEVICES:
            return True
        gone = next((one for one in self._devices.values() if not one.is_kept and not one.sightings), None)
        if gone is not None:
            del self._devices[gone.place]
        return gone is not None

    def found_components(self) -> int:
        """Of all that are no Things."""
        known = (one.described for one in self._devices.values() if not one.is_kept)
        return sum(len(one.candidate.components) for one in known if one is not None)

    def lose(self, source: str) -> list[Device]:
        """Whose announcement ended."""
        found = [device for device in self._devices.values() if source in device.sightings]
        for device in found:
            del device.sightings[source]
        return found

    def publish(self, device: Device) -> None:
        candidate = device.candidate()
        if candidate is not None and candidate != device.published:
            device.published = candidate
            self.candidates.put_nowait(candidate)

    def settle(self, device: Device) -> None:
        """Of one that neither announces itself nor is connected nothing is said any more. It is known all the same, so that it
        need not be looked at anew each time that it comes back; who needs room has its place.
        """
        if device.sightings or device.connection is not None:
            return
        if device.published is not None:
            device.published = None
            self.candidates.put_nowait(Withdrawn(DRIVER, device.place, "it is not announced any more"))

    def close(self) -> None:
        for device in self._devices.values():
            device.connection = None
            device.published = None
            device.sightings.clear()


def new_mailbox() -> Mailbox[Candidate | Withdrawn]:
    return Mailbox(CANDIDATES_CAPACITY_ITEMS, lambda item: item.id)


def endpoint_of(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
