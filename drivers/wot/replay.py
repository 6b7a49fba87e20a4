"""A recording of one Thing (`hearing` says how it is written) → what the driver makes of it. No network."""

from __future__ import annotations

from typing import Final

from capabilities.readings import Observation
from capabilities.vocabulary import Json
from drivers.driver import Candidate
from drivers.recording.heard import Heard, HeardTape, Replayed
from drivers.recording.members import members, text, whole
from drivers.recording.replaying import TapeClock, play
from drivers.wot import hearing
from drivers.wot.content import ContentError
from drivers.wot.described import Point
from drivers.wot.device import candidate_at, locked_candidate
from drivers.wot.directory import directory_described
from drivers.wot.document import document_of
from drivers.wot.exchange import value_of
from drivers.wot.origins import Origin, Reach
from drivers.wot.outlet import occurrence_of, report_of
from drivers.wot.reading import describe_at_once
from drivers.wot.security import Need
from drivers.wot.watching import event_value

MAX_LISTED: Final = 100_000
"""Things of a directory: a recording that says more is none."""

_GROUPS: Final = ("properties", "actions", "events")


def replayed(tape: HeardTape) -> Replayed:
    """Raises `HeardError`."""
    clock = TapeClock()
    scene = _Scene(clock)
    play(tape, "wot", clock, scene.hear)
    return Replayed(tuple(scene.candidates), tuple(scene.observations))


class _Scene:
    def __init__(self, clock: TapeClock) -> None:
        self._clock = clock
        self._points: dict[str, Point] = {}
        self.candidates: list[Candidate] = []
        self.observations: list[Observation] = []

    def hear(self, message: Heard) -> None:
        match message.kind:
            case hearing.DESCRIPTION:
                self._described(message.data)
            case hearing.LOCKED:
                self._locked(message.data)
            case hearing.LISTED:
                count = whole(message.data, "things", 0, MAX_LISTED)
                self.observations += [
                    report_of(one, count, self._clock.wall()) for one in self._points.values()
                ]
            case hearing.ANSWER | hearing.EVENT:
                self._body(message.data, is_event=message.kind == hearing.EVENT)

    def _described(self, data: Json) -> None:
        device, reach = text(data, "device"), _reach(data)
        document = document_of(hearing.read(members(data).get("td")))
        described = describe_at_once(device, document, reach)
        if members(data).get("directory") is True or document.is_directory:
            described = directory_described(device, reach, described)
        self._points = {one.where: one for one in described.points.values()}
        self._found(
            candidate_at(
                "wot",
                device,
                reach.home,
                described,
                via=text(data, "via"),
                is_paired=members(data).get("paired") is True,
            )
        )

    def _locked(self, data: Json) -> None:
        asks = members(data).get("asks")
        need = Need(text(asks, "scheme"), text(asks, "place"), text(asks, "header"))
        home = Origin.of(text(data, "url"))
        self._found(locked_candidate("wot", text(data, "device"), home, need, text(data, "why")))

    def _found(self, candidate: Candidate) -> None:
        """If it is news."""
        if candidate not in self.candidates[-1:]:
            self.candidates.append(candidate)

    def _body(self, data: Json, *, is_event: bool) -> None:
        """What cannot be read tells nothing, as in the driver."""
        content_type = text(data, "content_type")
        for group in _GROUPS:
            for name, said in members(members(data).get(group, {})).items():
                point = self._points.get(f"{group}/{name}")
                body = hearing.body_of(members(said))
                if point is None or body is None:
                    continue
                try:
                    value = event_value(point, body) if is_event else value_of(point, body, content_type)
                except ContentError:
                    continue
                tell = occurrence_of if point.is_event else report_of
                self.observations.append(tell(point, value, self._clock.wall()))


def _reach(data: Json) -> Reach:
    """Raises `OriginError`, which is a `ValueError`."""
    url = text(data, "url")
    aliases = frozenset(_texts(data, "aliases"))
    further = frozenset(map(Origin.of, _texts(data, "further")))
    return Reach(Origin.of(url), url, aliases, further)


def _texts(data: Json, name: str) -> list[str]:
    found = members(data).get(name)
    if not isinstance(found, list):
        raise ValueError(f"{name} should be a list of texts")
    return [one for one in found if isinstance(one, str)]
