"""States as a contract shows them: raw ones as they are, coarse ones as windows, or as what held."""

from __future__ import annotations

from datetime import UTC, datetime

from capabilities.vocabulary import Json, Quality
from gateway.contracts.accumulating import Window
from gateway.contracts.granularity import HOLDS_S, counted, rounded, share
from gateway.contracts.series import Series
from gateway.contracts.terms import Aggregated, Presence
from gateway.state import Slot

MOSTLY = 0.75
"""A window of which so much is known is good; one of which less is known is uncertain."""


def time_text(at: float) -> str:
    """Seconds since the epoch as UTC text (RFC 3339)."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def raw_state(slot: Slot, since: float) -> dict[str, Json] | None:
    """With `observed` (seconds since the epoch) for whoever works out its age; None for what is not newer than `since`."""
    thing, name = slot.topic
    state: dict[str, Json] = {
        "ref": f"/things/{thing}/properties/{name}",
        "thing": thing,
        "property": name,
        "granularity": "raw",
        "unit": slot.property.unit,
    }
    reading = slot.current
    if reading is None:
        return None if since else state | {"value": None, "quality": "unknown"}
    if reading.received_at <= since:
        return None
    return state | {
        "value": reading.value,
        "quality": reading.quality,
        "observed_at": time_text(reading.observed_at),
        "uncertainty": reading.uncertainty,
        "evidence": slot.evidence,
        "observed": reading.observed_at,
    }


def aggregated_state(
    series: Series, slot: Slot, part: Aggregated, begins: float, since: float
) -> dict[str, Json] | None:
    """The last window that is over (those after `since`, where that is given), none from before the contract `begins`."""
    thing, name = slot.topic
    covers = series.covers_since(slot, part)
    state: dict[str, Json] = {
        "thing": thing,
        "property": name,
        "granularity": "aggregated",
        "every": part.every,
        "unit": slot.property.unit,
        "covers_since": None if covers is None else time_text(covers),
    }
    found = [one for one in series.windows(slot, part) if one.begin >= begins and one.end > since]
    if not found:
        return None if since else state | {"windows": [], "quality": "unknown"}
    shown = found if since else found[-1:]
    last = found[-1]
    is_share = _is_share(slot)
    return state | {
        "windows": [_window(one, part.step, is_share=is_share) for one in shown],
        "quality": _quality(last),
        "observed_at": time_text(last.end),
        "observed": last.end,
    }


def presence_state(
    series: Series, slot: Slot, part: Presence, begins: float, since: float
) -> dict[str, Json] | None:
    """What held through a whole slot since the contract `begins`."""
    thing, name = slot.topic
    state: dict[str, Json] = {
        "thing": thing,
        "property": name,
        "granularity": "presence",
        "hold": part.hold,
        "means": meaning(part),
    }
    held = series.state(slot, part)
    if (
        held is None
        or held.told is None
        or held.since is None
        or held.told_at is None
        or held.told_at <= begins
    ):
        return None if since else state | {"state": None, "quality": "unknown"}
    if since and held.since + HOLDS_S[part.hold] <= since:
        return None
    return state | {
        "state": held.told,
        # That it began earlier is not this contract's to tell.
        "since": time_text(held.since) if held.since >= begins else None,
        "quality": str(Quality.GOOD),
        "observed_at": time_text(held.told_at),
        "observed": held.told_at,
    }


def meaning(part: Presence) -> dict[str, Json]:
    """What counts as so."""
    if part.values is not None:
        return {"values": list[Json](part.values)}
    bounds = {"above": part.above, "below": part.below}
    return {name: bound for name, bound in bounds.items() if bound is not None} or {"values": [True]}


def _window(one: Window, step: float | None, *, is_share: bool) -> dict[str, Json]:
    shown: dict[str, Json] = {
        "from": time_text(one.begin),
        "to": time_text(one.end),
        "known": share(one.known),
    }
    if not one.known:
        return shown
    if is_share:
        return shown | {"share": share(one.mean)}
    return shown | {
        "mean": rounded(one.mean, step),
        "min": rounded(one.low, step),
        "max": rounded(one.high, step),
        "reports": counted(one.reports),
    }


def _quality(one: Window) -> str:
    if not one.known:
        return "unknown"
    return str(Quality.GOOD if one.known >= MOSTLY else Quality.UNCERTAIN)


def _is_share(slot: Slot) -> bool:
    return slot.reading is not None and isinstance(slot.reading.value, bool)
