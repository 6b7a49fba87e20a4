"""SecuritySystem. Source: HomeKit Accessory Protocol Specification R2 (non-commercial), chapters 8 and 9."""

from __future__ import annotations

from typing import Final

from drivers.homekit import values
from drivers.homekit.sketch import Sketch

_STATES: Final = {0: "armed_home", 1: "armed_away", 2: "armed_night", 3: "disarmed", 4: "triggered"}
_ACTIONS: Final = {0: "arm_home", 1: "arm_away", 2: "arm_night", 3: "disarm"}


def security_system(sketch: Sketch) -> None:
    """It is told by its current state; the target state tells only what is wanted."""
    sketch.choice("state", "66", _STATES)
    if (target := sketch.take("67")) is not None:
        for value, name in values.offered(target, _ACTIONS).items():
            sketch.action(name, values.constant((target, value)), target, payload=value)
