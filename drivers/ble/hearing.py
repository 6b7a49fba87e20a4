"""From an advertisement to what it tells, and from silence to what that says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from capabilities.readings import Contact, Observation
from drivers.ble.advertised import Advertised
from drivers.ble.bounds import DECODED_BURST, DECODED_PER_S, LOOKED_AT_S, Allowance
from drivers.ble.decoders.decoder import Counting, Opens
from drivers.ble.decoders.table import ROWS, Row, rows_for
from drivers.ble.device import Device
from drivers.ble.keys import Key
from drivers.ble.rhythm import UNKNOWN_S
from drivers.discovery.seen import Advertisement


@dataclass(frozen=True, slots=True)
class Heard:
    """What an advertisement tells, and whether it changed what is known of the device."""

    observations: tuple[Observation, ...] = ()
    changed: bool = False


NOTHING: Final = Heard()


class Bindings(Protocol):
    def of(self, device: str, row: Row) -> Key | None:
        """The key that opens what the device advertises."""

    def allows(self, device: str, row: Row) -> bool:
        """Whether this may be the row of what the device says."""

    def is_secret(self, device: str) -> bool:
        """It is encrypted: what comes in the clear is not its own."""


class Openers(Protocol):
    def opener(self, row: Row) -> Opens | None:
        """The decoder's module, if it is loaded."""


class Hearing:
    """Decodes as much as a device is worth: a Thing's all, up to a rate; a stranger's now and then."""

    def __init__(self, keys: Bindings, parsers: Openers, rows: tuple[Row, ...] = ROWS) -> None:
        self.unreadable = 0
        self.skipped = 0
        self._keys, self._parsers, self._rows = keys, parsers, rows

    def hear(self, device: Device, advertisement: Advertisement, now: float) -> Heard | None:
        """What it tells; None: it is nothing that a decoder understands."""
        known = device.advertised
        if known is not None and known.repeats(advertisement):
            return self._told(device, known, advertisement, now)
        nobody = NOTHING if self._keys.is_secret(device.address) else None
        rows = [known.row] if known is not None else self._rows_of(device, advertisement)
        if not rows:
            return nobody
        if not self._worth(device, now):
            self.skipped += 1
            return NOTHING
        if known is not None:
            return self._told(device, known, advertisement, now)
        for row in rows:
            module = self._parsers.opener(row)
            if module is None:
                device.looked_at = float("-inf")
                return NOTHING  # it is being loaded; what is advertised comes again
            fresh = self._opened(device, row, module)
            heard = self._told(device, fresh, advertisement, now)
            if fresh.components() or fresh.locked(now):
                device.advertised = fresh
                return Heard(heard.observations, changed=True)
        return nobody

    def _rows_of(self, device: Device, advertisement: Advertisement) -> list[Row]:
        found = rows_for(advertisement, self._rows)
        return [row for row in found if self._keys.allows(device.address, row)]

    def _opened(self, device: Device, row: Row, module: Opens) -> Advertised:
        key = self._keys.of(device.address, row)
        decoder = module.open_decoder(key.secret if key is not None else None)
        if key is not None and key.counter >= 0 and isinstance(decoder, Counting):
            decoder.resume(key.counter)
        secret = self._keys.is_secret(device.address)
        return Advertised(device.address, row, decoder, keyed=key is not None, secret=secret)

    def _told(self, device: Device, told: Advertised, advertisement: Advertisement, now: float) -> Heard:
        failures = told.failures
        heard = told.hear(advertisement, now)
        self.unreadable += told.failures - failures
        if heard is None:
            return NOTHING
        if not told.components():
            return Heard((), heard[1])
        device.stale = False
        return Heard((Contact(device.address, True, advertisement.at), *heard[0]), heard[1])

    def _worth(self, device: Device, now: float) -> bool:
        if device.is_thing:
            if device.allowance is None:
                device.allowance = Allowance(DECODED_PER_S, DECODED_BURST)
            return device.allowance.take(now)
        if now - device.looked_at < LOOKED_AT_S:
            return False
        device.looked_at = now
        return True


def silence(device: Device, now: float, at: float, since: float) -> list[Observation]:
    """What is to be told of a Thing that has not been heard for some time. `since`: when listening began."""
    if not device.is_thing or device.link is not None:
        return []
    told = device.advertised
    heard_at = told.rhythm.heard_at if told is not None and told.rhythm.heard_at else since
    stale_after, lost_after = (
        (told.rhythm.stale_after_s, told.rhythm.lost_after_s) if told is not None else (UNKNOWN_S, UNKNOWN_S)
    )
    silent = now - heard_at
    found: list[Observation] = []
    if told is not None and silent > stale_after and not device.stale:
        device.stale = True
        found += told.values(now, at)
    if silent > lost_after and device.reachable is not False:
        why = f"nothing was heard of it for {silent / 60:.0f} minutes: look at its battery, and at what stands between"
        found.append(Contact(device.address, False, at, why))
    return found
