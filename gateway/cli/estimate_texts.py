"""What is estimated of a property, in one line of text; and what makes it doubtful, in one more each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

_UNITS: Final = ((172_800.0, 86_400.0, "d"), (5400.0, 3600.0, "h"), (90.0, 60.0, "min"))


def estimate_texts(detail: dict[str, Json]) -> list[str]:
    """`detail` is a property's state as the API tells it. Nothing where nothing is known."""
    told = []
    deviation, rhythm = detail.get("uncertainty"), detail.get("reports_every")
    if isinstance(deviation, int | float) and detail.get("uncertainty_estimated"):
        told.append(f"± {deviation:.2g} (estimated)")
    if isinstance(rhythm, dict) and isinstance(every := rhythm.get("seconds"), int | float):
        told.append(f"reports about every {_lasting(every)}")
    lines = [", ".join(told)] if told else []
    return lines + [str(detail[name]) for name in ("reason", "unusual") if detail.get(name)]


def _lasting(seconds: float) -> str:
    for above, one, name in _UNITS:
        if seconds >= above:
            return f"{seconds / one:.0f} {name}"
    return f"{seconds:.2g} s"
