"""A property's state as the API shows it."""

from __future__ import annotations

from capabilities.readings import Reading
from capabilities.vocabulary import Evidence, Json
from gateway.api.estimated import estimated
from gateway.api.wire import rfc3339
from gateway.state import Slot


def reading_headers(reading: Reading, evidence: Evidence) -> dict[str, str]:
    """What stands beside a bare value."""
    return {
        "Hearth-Quality": reading.quality,
        "Hearth-Observed-At": rfc3339(reading.observed_at),
        "Hearth-Evidence": evidence,
    }


def detail(slot: Slot, now: float | None = None) -> dict[str, Json]:
    """Everything about a property's state. `quality` is `unknown`, and `value` null, before the first reading. With `now`
    (monotonic seconds) also what is estimated of its rhythm and noise.
    """
    reading = slot.current
    if reading is None:
        return {"value": None, "quality": "unknown", "unit": slot.property.unit}
    return {
        "value": reading.value,
        "unit": slot.property.unit,
        "quality": reading.quality,
        "observed_at": rfc3339(reading.observed_at),
        "received_at": rfc3339(reading.received_at),
        "uncertainty": reading.uncertainty,
        "evidence": slot.evidence,
        **slot.remarks(),
        **(estimated(slot, now) if now is not None else {}),
    }


def short(slot: Slot) -> dict[str, Json]:
    """What a screen shows of a property's state: `at` in seconds since the epoch, `unusual` and `reason` where there is
    something to remark. Nothing before the first reading.
    """
    reading = slot.current
    if reading is None:
        return {}
    known: dict[str, Json] = {"value": reading.value, "quality": reading.quality}
    return known | {"at": round(reading.observed_at, 3)} | slot.remarks()
