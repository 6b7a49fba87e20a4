"""A recording of one device (`hearing` says how it is written) → what the driver makes of it. No network."""

from __future__ import annotations

from typing import Final

from capabilities.readings import Observation
from capabilities.vocabulary import Json
from drivers.driver import Candidate, Endpoint
from drivers.esphome import hearing
from drivers.esphome.book import Device
from drivers.esphome.description import DRIVER, described_at_once
from drivers.esphome.reception import Reception
from drivers.esphome.secret import ASKS_KEY
from drivers.esphome.sightings import Sighting
from drivers.esphome.wire.errors import NeedsKey, NeedsPassword
from drivers.esphome.wire.messages import Message
from drivers.recording.heard import Heard, HeardTape, Replayed
from drivers.recording.members import text, whole
from drivers.recording.replaying import TapeClock, play

MAX_PORT: Final = 65_535


def replayed(tape: HeardTape) -> Replayed:
    """Raises `HeardError`."""
    clock = TapeClock()
    scene = _Scene(clock)
    play(tape, DRIVER, clock, scene.hear)
    return Replayed(tuple(scene.candidates), tuple(scene.observations))


class _Scene:
    def __init__(self, clock: TapeClock) -> None:
        self.candidates: list[Candidate] = []
        self.observations: list[Observation] = []
        self._clock = clock
        self._reception: Reception | None = None

    def hear(self, message: Heard) -> None:
        match message.kind:
            case hearing.LISTING:
                self._listed(message.data)
            case hearing.LOCKED:
                self._locked(message.data)
            case hearing.STATE:
                if self._reception is not None:
                    self._reception.told(hearing.read_message(message.data))

    def _listed(self, data: Json) -> None:
        listing = hearing.read_listing(data)
        device = Device(text(data, "id"))
        found = described_at_once(device.place, Endpoint(DRIVER, text(data, "endpoint")), listing)
        device.understood(found)
        self._reception = Reception(found, self._clock, self.observations.append, _nobody_asked)
        self._show(device)

    def _locked(self, data: Json) -> None:
        device = Device(text(data, "id"))
        title, model, port = text(data, "title"), text(data, "model"), whole(data, "port", 0, MAX_PORT)
        wants_key = text(data, "asks") == ASKS_KEY.what
        where = tuple(one for one in (text(data, "seen_at"),) if one)
        device.sightings[""] = Sighting("", device.place, where, port, wants_key, title, model)
        device.refused(NeedsKey("") if wants_key else NeedsPassword(""))
        device.trouble = text(data, "trouble")
        self._show(device)

    def _show(self, device: Device) -> None:
        """If it is news."""
        candidate = device.candidate()
        if candidate is not None and candidate not in self.candidates[-1:]:
            self.candidates.append(candidate)


def _nobody_asked(message: Message) -> None:
    """Answers to user-defined actions are not in a recording."""
