"""Which announcement speaks for which entity: a unique_id is one publisher's, until it lets go of it.

Source: Home Assistant, "MQTT": `unique_id`; of two entities with the same one the second is not taken. Migration from single
components to a device: the first topic says `{"migrate_discovery": true}`, the device's message takes over, the first is
cleared.
"""

from __future__ import annotations

from typing import Final

from drivers.mqtt.config import Config

MAX_KEY_CHARS: Final = 200
"""Of a unique_id: four times the longest seen."""

MAX_WAITING: Final = 1000
"""Announcements that wait for a unique_id to become free; further ones are only reported."""

MAX_WAITING_BYTES: Final = 8192
"""Of one that waits: longer ones are few, and can be announced again."""

Settings = tuple[str, Config]
"""A component and its settings."""


def entity_key(component: str, config: Config, place: str) -> str:
    """What an entity is called for good: by its unique_id, so that it stays itself at another topic; else by its topic."""
    unique = config.text("unique_id")
    return f"{component}/{unique[:MAX_KEY_CHARS]}" if unique else place


class Claims:
    """Places (topics) and the entities' keys that they hold."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}  # place -> key
        self._holders: dict[str, str] = {}  # key -> place
        self._leaving: set[str] = set()  # places that migrate
        self._waiting: dict[str, tuple[str, str, Config]] = {}  # place -> key, component, settings

    def key_at(self, place: str) -> str | None:
        """The key that the announcement at `place` holds."""
        return self._keys.get(place)

    def holder(self, key: str) -> str:
        """The place that holds `key`; "" for none."""
        return self._holders.get(key, "")

    def of(self, source: str, *, whole: bool) -> list[str]:
        """The places that one topic speaks for: itself, or (`whole`) all components of its device, waiting ones too."""
        if not whole:
            return [source] if source in self._keys or source in self._waiting else []
        begin = f"{source}/"
        return [
            place
            for table in (self._keys, self._waiting)
            for place in table
            if place.startswith(begin) and "/" not in place[len(begin) :]
        ]

    def claim(self, place: str, key: str, settings: Settings) -> str | None:
        """None if `place` holds `key` now; else who does, and `place` waits for it."""
        holder = self._holders.get(key)
        if holder is not None and holder != place:
            if holder not in self._leaving:
                may = place in self._waiting or len(self._waiting) < MAX_WAITING
                if may and settings[1].size <= MAX_WAITING_BYTES:
                    self._waiting[place] = (key, *settings)
                return holder
            del self._keys[holder]
            self._leaving.discard(holder)
        self._keys[place], self._holders[key] = key, place
        self._leaving.discard(place)
        self._waiting.pop(place, None)
        return None

    def let_go(self, place: str) -> None:
        """`place` says that its entity will be announced elsewhere: until then it is as it was."""
        if place in self._keys:
            self._leaving.add(place)

    def release(self, place: str) -> tuple[str | None, tuple[str, str, Config] | None]:
        """The key that `place` held (None if none), and who waited for it: place, component, settings."""
        self._leaving.discard(place)
        self._waiting.pop(place, None)
        key = self._keys.pop(place, None)
        if key is None:
            return None, None
        del self._holders[key]
        heir = next((other for other, (wanted, *_) in self._waiting.items() if wanted == key), None)
        if heir is None:
            return key, None
        _, component, config = self._waiting.pop(heir)
        return key, (heir, component, config)
