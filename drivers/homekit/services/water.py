"""Valves and taps. Source: HomeKit Accessory Protocol Specification R2 (non-commercial), chapters 8 and 9."""

from __future__ import annotations

from drivers.homekit import values
from drivers.homekit.sketch import Sketch


def valve(sketch: Sketch) -> None:
    """Water flows where it is in use; that it is active says only that it may. A tap tells no more than that."""
    active = sketch.service.get("B0")
    shown = sketch.take("D2") or active
    if shown is not None:
        names = {0: "closed", 1: "open"}
        sketch.property("state", shown, decode=values.choice(shown, names))
    if active is not None:
        sketch.used.add(active.iid)
        sketch.action("open", values.constant((active, 1)), active, payload=1)
        sketch.action("close", values.constant((active, 0)), active, payload=0)
