"""Where software stands back for a while, because a person has just changed something: by component of a Thing.

By component, and not by property: who switched a lamp off does not want it on again because somebody sets its brightness.
The other gang of a double switch is another component, and free.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from capabilities.vocabulary import Json
from gateway.normalise import Target


@dataclass(slots=True)
class Takeover:
    """A person changed the property `name` of `thing` to `value`, at `at`: at the device (`by` ""), or through Hearth.
    Software keeps off until `until` (seconds since the epoch).
    """

    id: str
    thing: str
    component: str
    name: str
    value: Json
    before: Json
    at: float
    until: float
    by: str = ""
    changed_at: float = 0.0  # the newest of its changes
    values: dict[str, Json] = field(default_factory=dict)  # of all properties that changed, as they are now

    @property
    def who(self) -> str:
        return self.by or "a person at the device"

    def against(self, target: Target) -> tuple[str, Json]:
        """What the person set, of what `target` would change: the property and its value."""
        names = [aim.slot.property.name for aim in target.aims]
        name = next((name for name in names if name in self.values), self.name)
        return name, self.values.get(name, self.value)


class StandBacks:
    def __init__(self) -> None:
        self._by_place: dict[tuple[str, str], Takeover] = {}

    def __len__(self) -> int:
        return len(self._by_place)

    def __iter__(self) -> Iterator[Takeover]:
        return iter(list(self._by_place.values()))

    def put(self, takeover: Takeover) -> None:
        self._by_place[takeover.thing, takeover.component] = takeover

    def of(self, thing: str, component: str, now: float) -> Takeover | None:
        found = self._by_place.get((thing, component))
        return found if found is not None and now < found.until else None

    def end(self, thing: str, component: str) -> Takeover | None:
        return self._by_place.pop((thing, component), None)

    def prune(self, now: float) -> list[Takeover]:
        """Forgets those that are over, and gives them."""
        over = [one for one in self._by_place.values() if now >= one.until]
        for one in over:
            del self._by_place[one.thing, one.component]
        return over


def changes_nothing(target: Target) -> bool:
    """Whether everything that it aims at is known to be so already."""
    for aim in target.aims:
        reading = aim.slot.trusted
        if reading is None or not aim.effect.met_by(reading.value, aim.expected):
            return False
    return bool(target.aims)
