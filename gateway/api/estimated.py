"""What is estimated of a property, beside what its device told: of this property's own reports alone."""

from __future__ import annotations

from capabilities.vocabulary import Json
from gateway.estimates.rhythm import reports_every
from gateway.estimates.rows import LAST
from gateway.state import Slot


def estimated(slot: Slot, now: float) -> dict[str, Json]:
    """`now` in monotonic seconds. Empty before it was heard in this run."""
    track = slot.track
    if track is None:
        return {}
    reading, rhythm, silent = slot.reading, reports_every(track.row), now - track.row[LAST]
    every: Json = None
    if rhythm is not None:
        every = {"seconds": round(rhythm[0], 1), "spread": round(rhythm[1], 1)}
    return {
        "uncertainty_estimated": track.uncertainty is not None
        and reading is not None
        and reading.uncertainty is None,
        "noise": _short(track.jitter),
        "reports_every": every,
        "quiet_for": round(silent, 1) if silent >= 0.0 else None,
    }


def _short(x: float | None) -> float | None:
    return None if x is None else float(f"{x:.3g}")
