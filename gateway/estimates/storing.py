"""Estimates outlive a restart: one row of hearth.db for each Thing, in JSON.

`{"device": which, "thing": [numbers], "properties": {name: [capability, unit, [numbers], [numbers of the hours] or null]}}`.
What does not fit any more (another device, kind or unit, another version's columns) is learnt anew.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from typing import Final

import orjson

from gateway.adopted import Adopted
from gateway.estimates.hours import Hours
from gateway.estimates.pulse import Pulse
from gateway.estimates.rows import COUNT, EVERY, LIVED, Row, begin_again
from gateway.estimates.track import Track
from gateway.storage.database import Database

DIGITS: Final = 6
"""Significant digits that are kept: no estimate is that good."""

_SAVE: Final = """
INSERT INTO estimates (thing, body) VALUES (?, ?) ON CONFLICT (thing) DO UPDATE SET body = excluded.body
"""


class EstimateRows:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> dict[str, str]:
        """Bodies by Thing: most are read when their Thing is heard. Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all("SELECT thing, body FROM estimates")
        return {str(thing): str(body) for thing, body in rows}

    async def save(self, bodies: Iterable[tuple[str, str]], gone: Iterable[str]) -> None:
        """All in one transaction. Raises `sqlite3.Error`."""
        async with self._database.transaction() as transaction:
            await transaction.execute_many(_SAVE, list(bodies))
            await transaction.execute_many("DELETE FROM estimates WHERE thing = ?", [(one,) for one in gone])


def body_of(adopted: Adopted) -> str:
    properties = {
        slot.topic[1]: [
            slot.property.capability,
            slot.property.unit,
            _numbers(slot.track.row),
            _numbers(slot.track.hours) if isinstance(slot.track, Track) and slot.track.hours else None,
        ]
        for slot in adopted.slots.values()
        if slot.track is not None
    }
    pulse = adopted.reach.pulse
    body = {
        "device": _device(adopted),
        "thing": _numbers(pulse.row) if pulse is not None else None,
        "properties": properties,
    }
    return orjson.dumps(body).decode()


def take_up(adopted: Adopted, pulse: Pulse, body: str) -> None:
    """Puts what was learnt before into the rows of `adopted`, which has a track for each property that it knows."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    if not isinstance(found, dict) or found.get("device") != _device(adopted):
        return
    _restore(pulse.row, found.get("thing"))
    properties = found.get("properties")
    for slot in adopted.slots.values():
        stored = properties.get(slot.topic[1]) if isinstance(properties, dict) else None
        prop, track = slot.property, slot.track
        if track is None or not isinstance(stored, list) or stored[:2] != [prop.capability, prop.unit]:
            continue
        _restore(track.row, stored[2] if len(stored) > 2 else None)
        if isinstance(track, Track) and track.hours is not None and len(stored) > 3:
            _fill(track.hours, stored[3])


def _device(adopted: Adopted) -> str:
    """Another one in the Thing's place has a noise and a rhythm of its own."""
    return f"{adopted.driver} {adopted.device}"


def _numbers(row: Row | Hours) -> list[float | None]:
    """For JSON, which knows neither nan nor infinity."""
    return [float(f"{x:.{DIGITS}g}") if math.isfinite(x) else None for x in row]


def _restore(row: Row, stored: object) -> None:
    fresh = array("d", row)
    is_sound = _fill(fresh, stored) and min(fresh[COUNT:LIVED]) >= 0.0 and fresh[LIVED] >= 0.0
    if is_sound and (fresh[COUNT] == 0.0 or fresh[EVERY] > 0.0):
        row[:] = fresh
    begin_again(row)


def _fill(row: Row | Hours, stored: object) -> bool:
    """Where a number is missing, what stands there stays."""
    if not isinstance(stored, list) or len(stored) != len(row):
        return False
    if not all(one is None or isinstance(one, int | float) for one in stored):
        return False
    for at, one in enumerate(stored):
        if one is not None:
            row[at] = one
    return True
