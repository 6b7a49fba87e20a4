"""What would be decided if the world were already as earlier steps will have made it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeAlias

from capabilities.readings import Reading
from capabilities.vocabulary import Evidence, Json, Quality
from gateway.state import Slot

World: TypeAlias = Mapping[Slot, tuple[int, Reading]]
"""What is foreseen of properties, each with the place of the step that made it so: a later step's effect counts."""


@contextmanager
def supposed(world: World, monotonic: float) -> Iterator[None]:
    """While this is entered, every property of `world` shows what is foreseen. Nothing may be awaited in it: all that runs
    meanwhile would believe it.
    """
    kept = [
        (slot, slot.reading, slot.evidence, slot.live, slot.expectations, slot.off_since) for slot in world
    ]
    try:
        for slot, (_, shown) in world.items():
            slot.reading = shown
            slot.evidence, slot.live, slot.expectations = Evidence.DEVICE, True, []
            slot.off_since = None if shown.value else monotonic
        yield
    finally:
        for slot, reading, evidence, live, expectations, off_since in kept:
            slot.reading, slot.evidence, slot.live = reading, evidence, live
            slot.expectations, slot.off_since = expectations, off_since


def merged(worlds: list[World]) -> dict[Slot, tuple[int, Reading]]:
    """What holds when all of it has happened."""
    whole: dict[Slot, tuple[int, Reading]] = {}
    for world in worlds:
        for slot, made in world.items():
            if slot not in whole or whole[slot][0] <= made[0]:
                whole[slot] = made
    return whole


def foreseen(before: Reading | None, value: Json, wall: float) -> Reading:
    """What a property will show. `wall` in seconds since the epoch."""
    if before is None:
        return Reading(value, None, wall, wall)
    return replace(
        before, value=value, observed_at=wall, received_at=wall, quality=Quality.GOOD, uncertainty=None
    )
