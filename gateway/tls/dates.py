"""From when until when a certificate is good, also where nobody knows what time it is. Seconds since the epoch.

A box without a battery starts in 1970, or where it was switched off. Whoever connects has a clock of its own, so a
certificate must not be dated by a clock that is wrong: while the time is not known, what there is stays in use, and what
has to be made is made to be good both by this clock and by the last time that was known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DAY_S: Final = 86_400.0

LEAF_LIFE_S: Final = 90 * DAY_S
RENEWED_AFTER: Final = 2 / 3
"""Of its life: a month is left for a gateway that is switched off, or a disk that is full."""

BACKDATED_S: Final = DAY_S
"""Clocks of phones and the box differ."""

LONGEST_LEAF_S: Final = 820 * DAY_S
"""Apple's systems refuse certificates of servers that are good for more than 825 days, whoever signed them."""

AUTHORITY_LIFE_S: Final = 20 * 365 * DAY_S
"""It is installed by hand on every phone of the house."""

EARLIEST: Final = 1_767_225_600.0
"""2026-01-01: no gateway of this kind ran before, so a clock that says so is wrong."""


@dataclass(frozen=True, slots=True)
class Span:
    """Good from `begins` until `ends`."""

    begins: float
    ends: float

    @property
    def made_at(self) -> float:
        """When a leaf was made, as far as it was known then: its end is reckoned from there."""
        return self.ends - LEAF_LIFE_S

    @property
    def renewed_at(self) -> float:
        return self.made_at + LEAF_LIFE_S * RENEWED_AFTER


def is_due(leaf: Span, now: float, *, known: bool) -> bool:
    """Whether there should be a new one. `known`: whether `now` can be believed."""
    if now >= leaf.renewed_at:
        return True
    provisional = leaf.ends - leaf.begins > LEAF_LIFE_S + 2 * BACKDATED_S
    return known and (provisional or now < leaf.begins)


def leaf_span(now: float, *, known: bool, last: Span | None) -> Span:
    """For one that is made now, after `last`."""
    if known:
        return Span(now - BACKDATED_S, now + LEAF_LIFE_S)
    floor = max(EARLIEST, last.made_at if last is not None else 0.0)
    ends = max(now, floor) + LEAF_LIFE_S
    return Span(max(min(now, floor) - BACKDATED_S, ends - LONGEST_LEAF_S), ends)


def authority_span(now: float) -> Span:
    """It begins at a time that is past everywhere, whatever the clock says: on the first day of a box it is often wrong."""
    return Span(EARLIEST - DAY_S, max(now, EARLIEST) + AUTHORITY_LIFE_S)
