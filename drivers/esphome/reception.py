"""States as they come from one connected device → what the gateway is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from capabilities.readings import Observation, Occurrence, Reading, Report
from capabilities.vocabulary import Json, Quality
from drivers.discovery.tools import Clock
from drivers.esphome.description import Described
from drivers.esphome.entities.entity import Entity, Source
from drivers.esphome.entities.values import Nothing
from drivers.esphome.wire.messages import PB, Message

MAX_PICTURE_BYTES: Final = 8 * 1024 * 1024
_SIGNATURES: Final = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"BM", "image/bmp"))

Answered = Callable[[Message], None]


@dataclass(slots=True)
class Pictured:
    """What a camera's property is made of."""

    reference: str


class Reception:
    """`unread` counts states that made no sense; `complaint` is the last of them."""

    def __init__(
        self,
        described: Described,
        clock: Clock,
        tell: Callable[[Observation], None],
        answered: Answered,
        heard: Callable[[Message], None] = lambda message: None,
    ) -> None:
        self.unread = 0
        self.complaint = ""
        self._described = described
        self._clock = clock
        self._tell = tell
        self._answered = answered
        self._heard = heard
        self._pictures: dict[int, _Picture] = {}

    def told(self, message: Message) -> None:
        self._heard(message)
        sort = type(message)
        if sort is PB.CameraImageResponse:
            self._camera(message)
        elif sort is PB.ExecuteServiceResponse:
            self._answered(message)
        else:
            route = self._described.routes.get(
                (sort, getattr(message, "device_id", 0), getattr(message, "key", 0))
            )
            if route is not None:
                make, entity = route
                self._state(entity, lambda: make(message))

    def _state(self, entity: Entity, make: Callable[[], Any]) -> None:
        at = self._clock.wall()
        try:
            state = make()
        except Exception as error:  # a device says what it likes
            self._complain(entity, error)
            return
        for source in entity.sources:
            try:
                value = source.get(state)
            except Exception as error:
                self._complain(entity, error)
                continue
            observation = _observed(source, value, entity, at)
            if observation is not None:
                self._tell(observation)

    def _camera(self, message: Any) -> None:
        """In pieces; only the digest of what came so far is kept."""
        entity = self._described.cameras.get(message.key)
        if entity is None:
            return
        picture = self._pictures.setdefault(message.key, _Picture())
        picture.add(message.data)
        if message.done:
            del self._pictures[message.key]
            if 0 < picture.size <= MAX_PICTURE_BYTES:
                reference = picture.reference(entity.component.key, entity.sources[0].point)
                self._state(entity, lambda: Pictured(reference))

    def _complain(self, entity: Entity, error: Exception) -> None:
        self.unread += 1
        self.complaint = f"a state of {entity.component.key[:60]} makes no sense ({type(error).__name__})"


class _Picture:
    def __init__(self) -> None:
        self.size = 0
        self._digest = hashlib.sha256()
        self._head = b""

    def add(self, data: bytes) -> None:
        self.size += len(data)
        if self.size <= MAX_PICTURE_BYTES:
            self._digest.update(data)
            self._head = self._head or data[:8]

    def reference(self, key: str, point: str) -> str:
        """`esphome:<MAC address>/<component>?type=…&size=…&sha256=…`"""
        sort = next(
            (sort for begin, sort in _SIGNATURES if self._head.startswith(begin)), "application/octet-stream"
        )
        begin = f"esphome:{quote(point.partition('|')[0], safe=':')}/{quote(key)}"
        return f"{begin}?type={sort}&size={self.size}&sha256={self._digest.hexdigest()}"


def _observed(source: Source, value: Json | Nothing, entity: Entity, at: float) -> Observation | None:
    if source.is_event:
        return None if isinstance(value, Nothing) else Occurrence(source.point, value, at, at)
    if value is Nothing.NO_VALUE:
        return None
    if isinstance(value, Nothing):
        reading = Reading(None, source.unit, at, at, Quality.BAD)
    else:
        reading = Reading(value, source.unit, at, at)
    return Report(source.point, reading, entity.evidence)
