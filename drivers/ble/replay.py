"""A recording of one device (`recorded` says how it is written) → what the driver makes of it. No radio."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, cast

from capabilities.readings import Contact, Observation
from capabilities.vocabulary import Json
from drivers.ble import recorded
from drivers.ble.decoders.decoder import Decoded, Decoder, Opens
from drivers.ble.decoders.table import ROWS, Row
from drivers.ble.device import NAME, Device
from drivers.ble.gatt.description import described
from drivers.ble.hearing import Hearing
from drivers.discovery.seen import Advertisement
from drivers.driver import Candidate
from drivers.recording.heard import Heard, HeardTape, Replayed
from drivers.recording.members import bytes_of, members, text
from drivers.recording.replaying import TapeClock, play

ADDRESS: Final = "02:00:00:00:00:01"
"""What the recorder makes of a device's address, in its messages too."""


def replayed(tape: HeardTape) -> Replayed:
    """Raises `HeardError`."""
    scene = _Scene(TapeClock())
    play(tape, NAME, scene.clock, scene.hear)
    return Replayed(tuple(scene.candidates), tuple(scene.observations))


class _Scene:
    def __init__(self, clock: TapeClock) -> None:
        self.clock = clock
        self.candidates: list[Candidate] = []
        self.observations: list[Observation] = []
        self._device = Device(ADDRESS, 0.0, is_thing=True)
        self._decoders = _Decoders()
        self._hearing = Hearing(self._decoders, self._decoders)
        self._opened = 0

    def hear(self, message: Heard) -> None:
        match message.kind:
            case recorded.DEVICE:
                self._device.rename(text(message.data, "name"), self.clock.monotonic())
            case recorded.KNOWN:
                self._advertised(message.data, tell=False)
            case recorded.ADVERTISEMENT | recorded.OPENED:
                self._advertised(message.data, tell=True)
            case recorded.SERVICES:
                self._device.gatt = described(recorded.looked_of(message.data), ADDRESS)
            case recorded.VALUE:
                self._values(message.data)
        self._announce()

    def _advertised(self, data: Json, *, tell: bool) -> None:
        advertisement = recorded.advertisement_of(data, ADDRESS, self.clock.wall())
        opened = members(data).get("decoder")
        if opened is not None:
            advertisement = self._marked(advertisement, members(opened))
        now = self.clock.monotonic()
        self._device.rename(advertisement.name, now)
        if not tell:
            self._device.allowance = None  # they were heard one after the other
        try:
            heard = self._hearing.hear(self._device, advertisement, now)
        finally:
            self._decoders.opened = None
        for one in heard.observations if heard is not None and tell else ():
            self._told(one)

    def _marked(self, advertisement: Advertisement, opened: Mapping[str, Json]) -> Advertisement:
        """One that its decoder is asked about, and that is no repetition: what was encrypted is not in the recording."""
        row = next((one for one in ROWS if one.name in opened), None)
        if row is None:
            raise ValueError(f"decoder should be one of {', '.join(one.name for one in ROWS)}")
        self._opened += 1
        self._decoders.opened = recorded.decoded_of(opened[row.name])
        return replace(advertisement, service_data={row.service_data[0]: self._opened.to_bytes(4, "big")})

    def _told(self, one: Observation) -> None:
        if isinstance(one, Contact):
            if self._device.reachable is one.reachable:
                return
            self._device.reachable = one.reachable
        self.observations.append(one)

    def _values(self, data: Json) -> None:
        for at, raw in members(data).items():
            if self._device.gatt is not None:
                self.observations += self._device.gatt.reports(at, bytes_of(raw, at), self.clock.wall())

    def _announce(self) -> None:
        candidate = self._device.candidate(self.clock.monotonic())
        if candidate is not None and candidate not in self.candidates[-1:]:
            self.candidates.append(candidate)


class _Decoders:
    """Keys and parsers, as the driver has them, without keys: `opened` is what the next advertisement says."""

    def __init__(self) -> None:
        self.opened: Decoded | None = None

    def of(self, device: str, row: Row) -> None:
        return None

    def allows(self, device: str, row: Row) -> bool:
        return True

    def is_secret(self, device: str) -> bool:
        return False

    def opener(self, row: Row) -> Opens:
        try:
            module = cast(Opens, importlib.import_module(row.module))
        except ImportError as error:
            raise ValueError(
                f"the parser for {row.name} cannot be loaded: install `hearth-gateway[ble]`"
            ) from error
        return _Module(self, module)


class _Module:
    def __init__(self, said: _Decoders, module: Opens) -> None:
        self._said, self._module = said, module

    def open_decoder(self, key: bytes | None) -> Decoder:
        return _Decoder(self._said, self._module.open_decoder(key))


class _Decoder:
    def __init__(self, said: _Decoders, real: Decoder) -> None:
        self._said, self._real = said, real

    def decode(self, advertisement: Advertisement, now: float) -> Decoded | None:
        return self._said.opened or self._real.decode(advertisement, now)
