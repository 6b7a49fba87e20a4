"""Where those stand who ask again and again (long polls) and cannot say so.

Common clients of the Web of Things send no `Last-Event-ID`, and between two of their requests nobody listens for them. So it is
remembered for a short while up to where each token was told of each affordance, and its next request goes on from there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

GAP_S: Final = 60.0
"""Between two requests of one client, at the most: after that it begins anew."""

PLACES_PER_TOKEN: Final = 64
"""As many as a token may have streams."""

TOKENS: Final = 256
"""A house has a dozen; 256 with all their places are some 3 MB."""

Place = tuple[str, str, str]
"""Kind of event, Thing, affordance."""


class Places:
    """`now` gives monotonic seconds. Whoever has too many places forgets its own, not those of others."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._of: OrderedDict[str, OrderedDict[Place, tuple[int, float]]] = OrderedDict()

    def get(self, token: str, place: Place) -> int | None:
        """The number of the event up to which it was told; None: it begins now."""
        places = self._of.get(token)
        kept = places.get(place) if places is not None else None
        return kept[0] if kept is not None and self._now() - kept[1] <= GAP_S else None

    def keep(self, token: str, place: Place, number: int) -> None:
        places = self._of.setdefault(token, OrderedDict())
        self._of.move_to_end(token)
        places[place] = number, self._now()
        places.move_to_end(place)
        if len(places) > PLACES_PER_TOKEN:
            places.popitem(last=False)
        if len(self._of) > TOKENS:
            self._of.popitem(last=False)

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))
