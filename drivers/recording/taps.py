"""Who listens to which device. A driver asks `if device in taps` before it makes anything for them: else it costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from capabilities.vocabulary import Json

MAX_LISTENERS: Final = 16
"""To one device: each is a manager who waits for a recording."""

Hears = Callable[[str, Json], None]


class Taps:
    def __init__(self) -> None:
        self._by_device: dict[str, list[Hears]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_device)

    def __contains__(self, device: str) -> bool:
        return device in self._by_device

    def add(self, device: str, heard: Hears) -> Callable[[], None]:
        """What ends it may be called twice. Beyond `MAX_LISTENERS` the oldest one hears no more."""
        listeners = self._by_device.setdefault(device, [])
        listeners.append(heard)
        del listeners[:-MAX_LISTENERS]

        def stop() -> None:
            if heard in listeners:
                listeners.remove(heard)
            if not listeners and self._by_device.get(device) is listeners:
                del self._by_device[device]

        return stop

    def tell(self, device: str, kind: str, data: Json) -> None:
        for heard in tuple(self._by_device.get(device, ())):
            heard(kind, data)
