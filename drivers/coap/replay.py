"""A recording of one endpoint (`recorded` says how it is written) → what the driver makes of it. No network."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from capabilities.readings import Observation
from capabilities.vocabulary import Json
from drivers.coap import recorded
from drivers.coap.candidates import candidate_of
from drivers.coap.description import Access, Description, DescriptionError, described_at_once
from drivers.coap.looking import listed
from drivers.coap.reading import Unreadable, observed
from drivers.driver import Candidate, Endpoint
from drivers.recording.heard import Heard, HeardError, HeardTape, Replayed
from drivers.recording.members import members, text
from drivers.recording.replaying import TapeClock, play
from drivers.wot import hearing

FAMILY: Final = "coap"


def replayed(tape: HeardTape) -> Replayed:
    """Raises `HeardError`."""
    scene = _Scene(TapeClock())
    play(tape, FAMILY, scene.clock, scene.hear)
    if not scene.candidates:
        raise HeardError("the recording does not say how the endpoint describes itself")
    return Replayed(tuple(scene.candidates), tuple(scene.observations))


class _Scene:
    def __init__(self, clock: TapeClock) -> None:
        self.clock = clock
        self.candidates: list[Candidate] = []
        self.observations: list[Observation] = []
        self._accesses: dict[str, Access] = {}

    def hear(self, message: Heard) -> None:
        if message.kind == recorded.DESCRIPTION:
            try:
                found = _description(message.data)
            except DescriptionError as error:
                raise ValueError(str(error)) from None
            self._accesses = {one.point.where: one for one in found.accesses.values()}
            scheme = "serial" if members(message.data).get("line") is True else "coap"
            self.candidates.append(candidate_of(FAMILY, found, Endpoint(scheme, "recording")))
        elif message.kind == recorded.ANSWER:
            for group, said in members(message.data).items():
                for name, one in members(said).items():
                    self._told(f"{group}/{name}", one)

    def _told(self, where: str, said: Json) -> None:
        """What cannot be read tells nothing, as in the driver."""
        answer = recorded.answer_of(said)
        access = self._accesses.get(where)
        if access is None or answer is None:
            return
        try:
            self.observations.append(observed(access, answer, self.clock.wall()))
        except Unreadable:
            return


def _description(data: Json) -> Description:
    device, host = text(data, "device"), urlsplit(text(data, "url")).hostname or ""
    if "links" in members(data):
        return listed(text(data, "links"), device, device)
    if "td" not in members(data):
        raise ValueError("its description is not in the recording: it was too long to be kept")
    return described_at_once(hearing.read(members(data)["td"]), host, device)
