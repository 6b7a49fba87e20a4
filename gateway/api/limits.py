"""How often somebody who has shown no right may ask: for each address, and in all.

Each limit is a budget: so many at once, then one more each so many seconds. In any window of W seconds that lets
`at_once + W / each_s` through at the most (the generic cell rate algorithm, ITU-T I.371, with one number for each address).

Limits are for strangers. Who shows a good token is never counted, nor refused for what others did: a right that is held is
looked at first, and only what fails is spent here.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.api.problems import Problem
from gateway.clock import Clock
from gateway.networks import network_of

REMEMBERED_ADDRESSES: Final = 4_096
"""For each limiter: some 0.6 MB. Whoever asked for nothing for longest is forgotten first, and has all of its budget again: who
has more addresses than this is held by what there is in all.
"""

QUIET_S: Final = 300.0
"""Who had nothing for so long comes as for the first time."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, then one more each so many seconds."""

    at_once: int
    each_s: float

    def most_in(self, window_s: float) -> int:
        """In any window of this length."""
        return self.at_once + math.floor(window_s / self.each_s)


@dataclass(frozen=True, slots=True)
class Limit:
    """What one address may have, and all of them. `in_all` should be wide enough for every address of a network of 254,
    so that no single machine of the house can use it up.
    """

    per_address: Rate
    in_all: Rate


class Limiter:
    """Counts against one `Limit`. Used from one event loop."""

    def __init__(self, clock: Clock, limit: Limit, *, remembered: int = REMEMBERED_ADDRESSES) -> None:
        self._clock = clock
        self._limit = limit
        self._remembered = remembered
        self._full_at: OrderedDict[str, float] = OrderedDict()  # monotonic: when nothing is missing any more
        self._all_full_at = 0.0

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, address: str) -> float:
        """Takes one for `address`: 0, or the seconds until there is one; then nothing was taken."""
        key, now = network_of(address), self._clock.monotonic()
        wait = self._wait_s(key, now)
        if wait > 0:
            return wait
        one, everybody = self._limit.per_address, self._limit.in_all
        self._all_full_at = max(self._all_full_at, now) + everybody.each_s
        self._full_at[key] = max(self._full_at.get(key, 0.0), now) + one.each_s
        self._full_at.move_to_end(key)
        if len(self._full_at) > self._remembered:
            self._full_at.popitem(last=False)
        return 0.0

    def wait_s(self, address: str) -> float:
        """Seconds until there is one for `address`; 0 where there is one now."""
        return self._wait_s(network_of(address), self._clock.monotonic())

    def spend(self, request: web.BaseRequest) -> None:
        """Takes one for whoever sent `request`. Raises `Problem` (429)."""
        if (wait := self.take(address_of(request))) > 0:
            raise too_many(wait)

    def check(self, request: web.BaseRequest) -> None:
        """As `spend`, and takes nothing: for what counts only where it fails."""
        if (wait := self.wait_s(address_of(request))) > 0:
            raise too_many(wait)

    def _wait_s(self, key: str, now: float) -> float:
        """One address first: what it is refused costs the others nothing. Half of what there is in all is kept for addresses
        that have asked for nothing of late: a few that never stop take nothing from who comes for the first time.
        """
        one, everybody = self._full_at.get(key, -math.inf) - now, self._limit.in_all
        if one > -QUIET_S:
            everybody = Rate(max(1, everybody.at_once // 2), everybody.each_s)
        return max(_missing_s(self._limit.per_address, one), _missing_s(everybody, self._all_full_at - now))


def _missing_s(rate: Rate, until_full_s: float) -> float:
    return max(0.0, until_full_s - (rate.at_once - 1) * rate.each_s)


def too_many(wait_s: float) -> Problem:
    """RFC 6585, section 4."""
    wait = str(max(1, math.ceil(wait_s)))
    return Problem(
        "too-many-requests", f"too many of these; try again in {wait} s", headers={"Retry-After": wait}
    )


def address_of(request: web.BaseRequest) -> str:
    """The address at the other end of the connection, whatever headers say of it; "" on the Unix socket."""
    return request.remote or ""
