"""A reason to trust a reading less than its device says."""

from __future__ import annotations

from typing import Final, NamedTuple

from capabilities.vocabulary import Quality


class Doubt(NamedTuple):
    """`reason` is a sentence for people."""

    quality: Quality
    reason: str


_RANK: Final = {Quality.GOOD: 0, Quality.UNCERTAIN: 1, Quality.STALE: 2, Quality.BAD: 3}


def worse(one: Quality, other: Quality) -> Quality:
    """The worse of the two."""
    return one if _RANK[one] >= _RANK[other] else other
