"""`fan`. Source: ESPHome, "Fan Component": a speed counts from 1 to the number of speeds; what is off keeps its speed."""

from __future__ import annotations

from typing import Final

from aioesphomeapi.model import FanDirection, FanState

from capabilities.vocabulary import Json
from drivers.esphome.entities.entity import About, Builder, Entity
from drivers.esphome.entities.values import NO_VALUE, UNKNOWN, Nothing, as_bool, as_float, choices, one_of
from drivers.esphome.wire.messages import PB, Message

FINE_SPEEDS: Final = 23
"""From here on each percentage, the smallest too, is within 4 % of a speed: with that it counts as reached."""

MAX_PRESETS: Final = 64

NONE: Final = "none"
_DIRECTIONS: Final = {FanDirection.FORWARD: "forward", FanDirection.REVERSE: "reverse"}


def fan(about: About) -> Entity:
    info = about.info
    builder = Builder(about, "fan")

    def order(**fields: Json) -> list[Message]:
        return [PB.FanCommandRequest(key=info.key, device_id=info.device_id, **fields)]

    def on(state: FanState) -> Json | Nothing:
        return state.state

    builder.property("on", on, lambda value: order(has_state=True, state=as_bool(value)))
    if info.supports_speed:
        _speed(builder, info.supported_speed_count or 3)
    presets = choices(info.supported_preset_modes, MAX_PRESETS)
    if presets:

        def preset(state: FanState) -> Json | Nothing:
            if not state.preset_mode:
                return NONE
            return state.preset_mode if state.preset_mode in presets else UNKNOWN

        builder.property(
            "preset", preset, lambda value: order(has_preset_mode=True, preset_mode=one_of(value, presets)),
            recipe=list(presets), schema={"enum": list(presets)}, shown=() if NONE in presets else (NONE,),
        )  # fmt: skip
    if info.supports_oscillation:

        def oscillating(state: FanState) -> Json | Nothing:
            return state.oscillating

        builder.property(
            "oscillating", oscillating, lambda value: order(has_oscillating=True, oscillating=as_bool(value))
        )
    if info.supports_direction:

        def direction(state: FanState) -> Json | Nothing:
            return NO_VALUE if state.direction is None else _DIRECTIONS[state.direction]

        def turned(value: Json) -> list[Message]:
            wanted = one_of(value, ("forward", "reverse"))
            return order(has_direction=True, direction=0 if wanted == "forward" else 1)

        builder.property("direction", direction, turned)
    return builder.build()


def _speed(builder: Builder, steps: int) -> None:
    info = builder.about.info
    if not 1 <= steps <= 1000:
        builder.problem(f"it has {steps} speeds; 1 to 1000 are possible: its speed is left out")
        return

    def speed(state: FanState) -> Json | Nothing:
        if not state.state:
            return 0
        return _share(state.speed_level, steps) if 0 <= state.speed_level <= steps else UNKNOWN

    def make(value: Json) -> list[Message]:
        """0 is off; a speed switches it on."""
        share = as_float(value)
        if not 0 <= share <= 100:
            raise ValueError("should be a percentage, from 0 to 100")
        fields: dict[str, Json] = {"has_state": True, "state": share > 0}
        if share > 0:
            fields |= {"has_speed_level": True, "speed_level": max(1, round(share * steps / 100))}
        return [PB.FanCommandRequest(key=info.key, device_id=info.device_id, **fields)]

    schema: dict[str, Json] = {"minimum": 0, "maximum": 100}
    if steps < FINE_SPEEDS:
        schema = {"enum": [_share(step, steps) for step in range(steps + 1)]}
    builder.property("speed", speed, make, recipe=steps, schema=schema)


def _share(step: int, steps: int) -> int:
    return 0 if step <= 0 else max(1, round(step * 100 / steps))
