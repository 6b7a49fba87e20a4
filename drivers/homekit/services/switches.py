"""Switches, outlets, fans, purifiers.

Source: HomeKit Accessory Protocol Specification R2 (non-commercial), chapters 8 and 9.
"""

from __future__ import annotations

from typing import Final

from drivers.homekit import values
from drivers.homekit.services.light import with_switch
from drivers.homekit.sketch import Sketch

_TARGET: Final = {0: "manual", 1: "auto"}


def switch(sketch: Sketch) -> None:
    sketch.flag("on", "25")


def active(sketch: Sketch) -> None:
    """What is switched on and off as a whole: an irrigation system."""
    sketch.flag("on", "B0")


def outlet(sketch: Sketch) -> None:
    sketch.flag("on", "25")
    sketch.flag("in_use", "26")


def fan(sketch: Sketch) -> None:
    """Both versions: the older one is switched by On, the newer one by Active."""
    main = sketch.service.get("B0") or sketch.service.get("25")
    if main is not None:
        sketch.flag("on", main.type)
    if (one := sketch.take("29")) is not None:
        sketch.property(
            "speed", one, decode=values.number(one), encode=with_switch(values.write_number(one, 0, 100), main),
            writes=(one,) if main is None else (one, main), schema=values.span(one, 0, 100, "%"), unit="%",
        )  # fmt: skip
    sketch.choice("direction", "28", {0: "forward", 1: "reverse"}, write=True)
    sketch.flag("oscillating", "B6")
    sketch.choice("preset", "BF", _TARGET, write=True)
    sketch.choice("current_fan_state", "AF", {0: "inactive", 1: "idle", 2: "blowing"})


def purifier(sketch: Sketch) -> None:
    fan(sketch)
    sketch.choice("preset", "A8", _TARGET, write=True)
    sketch.choice("current_air_purifier_state", "A9", {0: "inactive", 1: "idle", 2: "purifying"})
