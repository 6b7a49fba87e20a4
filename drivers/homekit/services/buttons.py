"""Buttons and doorbells. Source: HomeKit Accessory Protocol Specification R2 (non-commercial), chapters 8 and 9."""

from __future__ import annotations

from typing import Final

from drivers.homekit import values
from drivers.homekit.sketch import EVENT_TYPE, Sketch

_PRESSES: Final = {0: "single", 1: "double", 2: "long"}


def button(sketch: Sketch) -> None:
    """Several of one accessory are told apart by their label's index."""
    one = sketch.take(EVENT_TYPE)
    if one is not None and one.tells:
        options = values.offered(one, _PRESSES)
        sketch.event(
            "pressed", one, values.choice(one, options), {"type": "string", "enum": [*options.values()]}
        )
    index = sketch.take("CB")
    if index is not None and isinstance(index.value, int) and 0 < index.value < 256 and not sketch.title:
        sketch.title = f"Button {index.value}"


def doorbell(sketch: Sketch) -> None:
    button(sketch)
    sketch.title = sketch.title or "Doorbell"
