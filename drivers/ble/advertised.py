"""One device that advertises what it measures: its parser, its components, its last values."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from capabilities.components import ComponentDescription
from capabilities.readings import Occurrence, Reading, Report
from capabilities.vocabulary import Json, Quality
from drivers.ble.bounds import MAX_COMPONENTS, SIGNAL_S
from drivers.ble.decoders.decoder import Counting, Decoded, Decoder
from drivers.ble.decoders.table import Row
from drivers.ble.meanings import SIGNAL_KEY, Channel, channel_of, event_of, signal_of
from drivers.ble.rhythm import Rhythm
from drivers.discovery.seen import Advertisement

_LOG = logging.getLogger(__name__)

WRONG_KEY: Final = 20
"""So many advertisements in a row that cannot be opened, and no other since the device counts as silent: it has another key.
Fewer may be anybody's, sent to make a device look so."""

RELABELLED_S: Final = 10.0
"""How often its title, manufacturer and model are taken anew: the name that tells the model may come later, and need not change
with each advertisement.
"""

EXAMPLES: Final = 4
"""Encrypted advertisements that a key is tried on: one of them may be somebody else's, sent to confuse."""

Marked = tuple[tuple[object, bytes], ...]


class Advertised:
    """`secret`: what comes in the clear is not its own. Not thread-safe; times are wall-clock seconds where they are called
    `at`, monotonic where they are called `now`.
    """

    def __init__(
        self, address: str, row: Row, decoder: Decoder, *, keyed: bool, secret: bool = False
    ) -> None:
        self.address, self.row, self.keyed = address, row, keyed
        self.title = self.manufacturer = self.model = ""
        self.encrypted = False
        self.failures = 0
        self.rhythm = Rhythm()
        self.locked_ones: deque[Advertisement] = deque(maxlen=EXAMPLES)
        self.decoded: Decoded | None = None  # what the last advertisement said, if it was understood
        self.told_first: list[tuple[Advertisement, Decoded]] = []  # with a new component each
        self._decoder, self._secret = decoder, secret
        self._unopened = 0
        self._marked: Marked = ()
        self._labelled_at = float("-inf")
        self._signal = signal_of(address)
        self._signal_at = float("-inf")
        self._channels: dict[str, Channel] = {}
        self._values: dict[str, Reading] = {}  # by point
        self._told: dict[str, float] = {}  # by point: when it was last told, monotonic
        self._overflow = False

    def repeats(self, advertisement: Advertisement) -> bool:
        """It is what was heard last, word for word: a device says everything several times."""
        return self._marked == _marked(self.row, advertisement)

    def hear(self, advertisement: Advertisement, now: float) -> tuple[list[Report | Occurrence], bool] | None:
        """What it tells, and whether the description changed. None: it was not understood, or is somebody else's."""
        self.decoded = None
        if self.repeats(advertisement):
            if self.encrypted or not self._channels:
                return None  # an encrypted one that is repeated later proves nothing: anybody can do that
            self.rhythm.heard(now)
            return self._tell_signal(advertisement, now), False
        self._marked = _marked(self.row, advertisement)
        try:
            decoded = self._decoder.decode(advertisement, now)
        except Exception as error:
            self.failures += 1
            _LOG.debug("%s: %s cannot read its advertisement: %r", self.address, self.row.name, error)
            return None
        if decoded is not None and self._secret and not decoded.encrypted:
            decoded = None
        if decoded is not None and decoded.encrypted:
            self.locked_ones.append(advertisement)
        if decoded is None or (decoded.encrypted and not decoded.opened):
            return self._not_opened(decoded)
        self._unopened, self.decoded = 0, decoded
        self.rhythm.sleepy = decoded.sleepy
        self.rhythm.heard(now)
        known = len(self._channels)
        changed = self._describe(decoded, now)
        if len(self._channels) > known:
            self.told_first.append((replace(advertisement, handle=None), decoded))
        return [*self._read(decoded, advertisement, now), *self._tell_signal(advertisement, now)], changed

    def _not_opened(self, decoded: Decoded | None) -> tuple[list[Report | Occurrence], bool] | None:
        if decoded is None:
            return None
        if self.keyed:
            self._unopened += 1
        if self._channels:
            return None  # known in the clear, or with the key: what cannot be opened is not its own
        first = not self.encrypted
        self.encrypted = True
        self.title, self.manufacturer, self.model = decoded.title, decoded.manufacturer, decoded.model
        return ([], True) if first else None

    def locked(self, now: float) -> bool:
        """It is encrypted, and there is no key, or the key fits no more."""
        if not self.keyed:
            return self.encrypted and not self._channels
        silent = now - self.rhythm.heard_at > self.rhythm.stale_after_s or not self._channels
        return self._unopened >= WRONG_KEY and silent

    @property
    def counter(self) -> int:
        """How far it has counted; -1 where it does not count."""
        return self._decoder.counter if isinstance(self._decoder, Counting) else -1

    def components(self) -> tuple[ComponentDescription, ...]:
        """In a stable order, the strength of the signal last."""
        found = [self._channels[key].component for key in sorted(self._channels)]
        return (*found, self._signal.component) if found else ()

    def values(self, now: float, at: float) -> list[Report]:
        """All that is known, as it stands now."""
        stale = now - self.rhythm.heard_at > self.rhythm.stale_after_s
        return [
            Report(point, _aged(reading, at) if stale else reading) for point, reading in self._values.items()
        ]

    def problems(self) -> tuple[str, ...]:
        if self._overflow:
            return (f"it tells more than {MAX_COMPONENTS} values: the others are left out",)
        return ()

    def _describe(self, decoded: Decoded, now: float) -> bool:
        before = (self.title, self.manufacturer, self.model, self.encrypted, len(self._channels))
        self.encrypted = decoded.encrypted
        if now - self._labelled_at > RELABELLED_S:
            self._labelled_at = now
            self.title = decoded.title or self.title
            self.manufacturer = decoded.manufacturer or self.manufacturer
            self.model = decoded.model or self.model
        for channel in _channels(self.address, decoded):
            key = channel.component.key
            if key in self._channels or key == SIGNAL_KEY:
                continue
            if len(self._channels) >= MAX_COMPONENTS:
                self._overflow = True
                break
            self._channels[key] = channel
        return before != (self.title, self.manufacturer, self.model, self.encrypted, len(self._channels))

    def _read(self, decoded: Decoded, advertisement: Advertisement, now: float) -> list[Report | Occurrence]:
        at, found = advertisement.at, []
        for told in decoded.values:
            channel = self._channels.get(told.key)
            value = channel.value(told.value) if channel is not None else None
            if channel is not None and value is not None:
                found += self._tell(channel, value, at, now)
        for event in decoded.events:
            if (channel := self._channels.get(event.key)) is not None:
                data: dict[str, Json] = {"event_type": event.type, **event.properties}
                found.append(Occurrence(channel.point, data, at, at))
        return found

    def _tell(self, channel: Channel, value: Json, at: float, now: float) -> list[Report | Occurrence]:
        """A value that is the same is told again when a minute passed: that it is as fresh."""
        before = self._values.get(channel.point)
        reading = Reading(value, channel.unit or None, at, at)
        self._values[channel.point] = reading
        if (
            before is not None
            and before.value == value
            and now - self._told.get(channel.point, now) < SIGNAL_S
        ):
            return []
        self._told[channel.point] = now
        return [Report(channel.point, reading)]

    def _tell_signal(self, advertisement: Advertisement, now: float) -> list[Report | Occurrence]:
        if now - self._signal_at < SIGNAL_S or not -127 < advertisement.rssi <= 20:
            return []  # 127 and -127 say that it is not known
        self._signal_at = now
        reading = Reading(advertisement.rssi, "dBm", advertisement.at, advertisement.at)
        self._values[self._signal.point] = reading
        return [Report(self._signal.point, reading)]


def _channels(address: str, decoded: Decoded) -> Iterable[Channel]:
    yield from (channel_of(address, told) for told in decoded.values)
    yield from (event_of(address, told) for told in decoded.events)


def _aged(reading: Reading, at: float) -> Reading:
    return Reading(reading.value, reading.unit, reading.observed_at, at, Quality.STALE)


def _marked(row: Row, advertisement: Advertisement) -> Marked:
    data, companies = advertisement.service_data or {}, advertisement.manufacturer_data or {}
    return (
        *((uuid, data[uuid]) for uuid in row.service_data if uuid in data),
        *((company, companies[company]) for company in row.manufacturers if company in companies),
    )
