"""What an accessory says of its characteristics, as observations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from capabilities.readings import Observation, Occurrence, Reading, Report
from capabilities.vocabulary import Json
from drivers.discovery.tools import Clock
from drivers.homekit.points import Nothing, Point
from drivers.homekit.session import Row, Where


class Reporter:
    """Keeps the last values of the described characteristics, and makes points' values of them: no more than were described."""

    def __init__(self, clock: Clock, observe: Callable[[Observation], None], counters: Counter[str]) -> None:
        self._clock = clock
        self._observe = observe
        self._counters = counters
        self._values: dict[int, dict[int, Json]] = {}
        self._points: dict[Where, list[Point]] = {}
        self.unreadable: set[str] = set()  # points whose last value was none: bounded by the points

    def describe(self, points: Iterable[Point]) -> None:
        """These are all there are from now on."""
        self._points = {}
        for point in points:
            for iid in point.reads:
                self._points.setdefault((point.aid, iid), []).append(point)
        aids = {aid for aid, _ in self._points}
        self._values = {aid: values for aid, values in self._values.items() if aid in aids}
        self.unreadable.clear()

    def value(self, where: Where) -> Json:
        return self._values.get(where[0], {}).get(where[1])

    def values(self, aid: int) -> dict[int, Json]:
        """All that was told of an accessory last, by instance id."""
        return dict(self._values.get(aid, {}))

    def know(self, found: Iterable[Row]) -> None:
        """What is known already: nothing is reported."""
        for row in self._known(found):
            self._values.setdefault(row.where[0], {})[row.where[1]] = row.value

    def _known(self, found: Iterable[Row]) -> list[Row]:
        return [row for row in found if row.told and not row.status and row.where in self._points]

    def take(self, found: Iterable[Row], aids: frozenset[int], *, event: bool) -> None:
        """Reports what `found` tells of the accessories `aids`; `event`: it was told unasked, so buttons were pressed."""
        known = self._known(found)
        self.know(known)
        for point in self._touched(known):
            if point.aid in aids and (point.role == "property" or (event and point.role == "event")):
                self._tell(point)

    def _touched(self, found: list[Row]) -> Iterator[Point]:
        """Each point once, however many of its characteristics are told."""
        seen: set[str] = set()
        for row in found:
            for point in self._points[row.where]:
                if point.id not in seen:
                    seen.add(point.id)
                    yield point

    def _tell(self, point: Point) -> None:
        assert point.decode is not None
        now = self._clock.wall()
        try:
            value = point.decode(self._values.get(point.aid, {}))
        except ValueError:
            self._counters["unreadable"] += 1
            self.unreadable.add(point.id)
            return
        self.unreadable.discard(point.id)
        if isinstance(value, Nothing):
            return
        if point.role == "event":
            self._observe(Occurrence(point.id, value, now, now))
        else:
            self._observe(Report(point.id, Reading(value, point.unit, now, now)))
