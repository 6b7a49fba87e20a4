"""`climate` and `water_heater`. Source: ESPHome, "Climate Component", "Water Heater Component". Here in °C.

Older firmware counts in °C only; newer says its unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, Final

from aioesphomeapi.model import (
    APIVersion,
    ClimateAction,
    ClimateFanMode,
    ClimateFeature,
    ClimateMode,
    ClimatePreset,
    ClimateSwingMode,
    TemperatureUnit,
    WaterHeaterFeature,
    WaterHeaterMode,
    WaterHeaterState,
    WaterHeaterStateFlag,
)

from capabilities.vocabulary import Json
from drivers.classes.units import FAHRENHEIT, SAME, Scale
from drivers.esphome.entities.entity import About, Builder, Entity, Get, NotUnderstoodError
from drivers.esphome.entities.values import (
    NO_VALUE,
    UNKNOWN,
    Nothing,
    as_bool,
    as_float,
    choices,
    number,
    one_of,
    scaled,
)
from drivers.esphome.wire.messages import PB, Message

_KELVIN: Final = Scale(1.0, -273.15)
_SCALES: Final = {
    TemperatureUnit.CELSIUS: SAME, TemperatureUnit.FAHRENHEIT: FAHRENHEIT, TemperatureUnit.KELVIN: _KELVIN,
}  # fmt: skip

_MODES: Final = {
    ClimateMode.OFF: "off", ClimateMode.HEAT_COOL: "heat_cool", ClimateMode.COOL: "cool", ClimateMode.HEAT: "heat",
    ClimateMode.FAN_ONLY: "fan_only", ClimateMode.DRY: "dry", ClimateMode.AUTO: "auto",
}  # fmt: skip
_ACTIONS: Final = {
    ClimateAction.OFF: "off", ClimateAction.COOLING: "cooling", ClimateAction.HEATING: "heating",
    ClimateAction.IDLE: "idle", ClimateAction.DRYING: "drying", ClimateAction.FAN: "fan",
    ClimateAction.DEFROSTING: "defrosting",
}  # fmt: skip

MAX_CHOICES: Final = 64
"""Of presets or fan modes."""

Order = Callable[..., list[Message]]


def climate(about: About) -> Entity:
    info = about.info
    builder = Builder(about, "thermostat")
    flags = info.supported_feature_flags_compat(APIVersion(*about.api))
    scale = _scale(info)

    def order(**fields: Json) -> list[Message]:
        return [PB.ClimateCommandRequest(key=info.key, device_id=info.device_id, **fields)]

    two = (
        ClimateFeature.REQUIRES_TWO_POINT_TARGET_TEMPERATURE
        | ClimateFeature.SUPPORTS_TWO_POINT_TARGET_TEMPERATURE
    )
    targets = {"target": "target_temperature"}
    if flags & two:
        targets = {"target_low": "target_temperature_low", "target_high": "target_temperature_high"}
        if not flags & ClimateFeature.REQUIRES_TWO_POINT_TARGET_TEMPERATURE:
            targets["target"] = "target_temperature"
    for name, member in targets.items():
        _target(
            builder, name, member, order, scale,
            limits=(info.visual_min_temperature, info.visual_max_temperature), kind_c=(-50.0, 100.0),
        )  # fmt: skip
    if flags & ClimateFeature.SUPPORTS_CURRENT_TEMPERATURE:
        builder.property("temperature", _temperature("current_temperature", scale), unit="°C")
    if flags & ClimateFeature.SUPPORTS_CURRENT_HUMIDITY:
        builder.property("humidity", lambda state: number(state.current_humidity), unit="%")
    if flags & ClimateFeature.SUPPORTS_TARGET_HUMIDITY:
        _humidity(builder, order)
    _choice(builder, "mode", {one: _MODES[one] for one in info.supported_modes}, order, "mode")
    _presets(builder, order)
    _fan_modes(builder, order)
    swings = {
        one: one.name.lower() for one in info.supported_swing_modes or [] if isinstance(one, ClimateSwingMode)
    }
    _choice(builder, "swing_mode", swings, order, "swing_mode")
    if flags & ClimateFeature.SUPPORTS_ACTION:
        builder.property("action", lambda state: _ACTIONS.get(state.action, UNKNOWN))
    return builder.build()


def water_heater(about: About) -> Entity:
    info = about.info
    builder = Builder(about, "water-heater")
    features, scale = WaterHeaterFeature(info.supported_features & 0x3F), _scale(info)

    def order(has_fields: int, **fields: Json) -> list[Message]:
        return [
            PB.WaterHeaterCommandRequest(
                key=info.key, device_id=info.device_id, has_fields=has_fields, **fields
            )
        ]

    def aimed(**fields: Json) -> list[Message]:
        return order(1 << 1, target_temperature=fields["target_temperature"])

    if features & WaterHeaterFeature.SUPPORTS_TARGET_TEMPERATURE:
        limits = (info.min_temperature, info.max_temperature)
        _target(builder, "target", "target_temperature", aimed, scale, limits=limits, kind_c=(0.0, 100.0))
    if features & WaterHeaterFeature.SUPPORTS_CURRENT_TEMPERATURE:
        builder.property("temperature", _temperature("current_temperature", scale), unit="°C")
    modes = {one: one.name.lower() for one in info.supported_modes if isinstance(one, WaterHeaterMode)}
    if features & WaterHeaterFeature.SUPPORTS_OPERATION_MODE or modes:
        _choice(builder, "mode", modes, lambda **fields: order(1, mode=fields["mode"]), "mode")
    for name, feature, flag, field in (
        ("away", WaterHeaterFeature.SUPPORTS_AWAY_MODE, WaterHeaterStateFlag.AWAY, 1 << 6),
        ("on", WaterHeaterFeature.SUPPORTS_ON_OFF, WaterHeaterStateFlag.ON, 1 << 5),
    ):
        if features & feature:

            def get(state: WaterHeaterState, flag: int = flag) -> Json | Nothing:
                return UNKNOWN if state.missing_state else bool(state.state & flag)

            def make(value: Json, flag: int = flag, field: int = field) -> list[Message]:
                return order(field, state=int(flag) if as_bool(value) else 0)

            builder.property(name, get, make)
    if features & WaterHeaterFeature.SUPPORTS_TWO_POINT_TARGET_TEMPERATURE:
        builder.problem(
            "it has two target temperatures, of which a water heater here has one: they are left out"
        )
    return builder.build()


def _scale(info: Any) -> Scale:
    found = _SCALES.get(info.temperature_unit)
    if found is None:
        raise NotUnderstoodError("it counts temperatures in a unit that is not known here")
    return found


def _temperature(member: str, scale: Scale) -> Get:
    def get(state: Any) -> Json | Nothing:
        if state.missing_state:
            return UNKNOWN
        raw = getattr(state, member)
        return number(raw) if scale is SAME else scaled(raw, scale.factor, scale.offset)

    return get


def _target(
    builder: Builder,
    name: str,
    member: str,
    order: Order,
    scale: Scale,
    *,
    limits: tuple[float, float],
    kind_c: tuple[float, float],
) -> None:
    low, high = (round(raw * scale.factor + scale.offset, 2) for raw in limits)
    schema: dict[str, Json] = {}
    if low < high and max(low, kind_c[0]) < min(high, kind_c[1]):
        schema = {"minimum": max(low, kind_c[0]), "maximum": min(high, kind_c[1])}
    elif low != high:
        builder.problem(f"its temperatures from {low:g} to {high:g} °C make no sense: they are not held to")

    def make(value: Json) -> list[Message]:
        raw = round((as_float(value) - scale.offset) / scale.factor, 2)
        return order(**{f"has_{member}": True, member: raw})

    builder.property(
        name, _temperature(member, scale), make, recipe=[*limits, scale.factor], schema=schema, unit="°C"
    )


def _humidity(builder: Builder, order: Order) -> None:
    info = builder.about.info
    low, high = max(0.0, info.visual_min_humidity), min(100.0, info.visual_max_humidity)
    schema: dict[str, Json] = {"minimum": low, "maximum": high} if low < high else {}
    builder.property(
        "target_humidity", lambda state: number(state.target_humidity),
        lambda value: order(has_target_humidity=True, target_humidity=as_float(value)),
        recipe=[low, high], schema=schema, unit="%",
    )  # fmt: skip


def _choice(builder: Builder, name: str, known: Mapping[Any, str], order: Order, member: str) -> None:
    """One of a fixed list, by its number."""
    if not known:
        return
    numbers = {word: int(one) for one, word in known.items()}

    def get(state: Any) -> Json | Nothing:
        if state.missing_state:
            return UNKNOWN
        return known.get(getattr(state, member), UNKNOWN)

    def make(value: Json) -> list[Message]:
        return order(**{f"has_{member}": True, member: numbers[one_of(value, list(numbers))]})

    builder.property(name, get, make, recipe=[*sorted(numbers)], schema={"enum": [*numbers]})


def _presets(builder: Builder, order: Order) -> None:
    info, api = builder.about.info, APIVersion(*builder.about.api)
    _mixed(
        builder, "preset", {one: one.name.lower() for one in info.supported_presets_compat(api)},
        info.supported_custom_presets, order=order, members=("preset", "custom_preset"), sort=ClimatePreset,
    )  # fmt: skip


def _fan_modes(builder: Builder, order: Order) -> None:
    info = builder.about.info
    _mixed(
        builder, "fan_mode", {one: one.name.lower() for one in info.supported_fan_modes},
        info.supported_custom_fan_modes, order=order, members=("fan_mode", "custom_fan_mode"), sort=ClimateFanMode,
    )  # fmt: skip


def _mixed(
    builder: Builder,
    name: str,
    fixed: Mapping[Any, str],
    custom: list[str],
    *,
    order: Order,
    members: tuple[str, str],
    sort: type[IntEnum],
) -> None:
    """A fixed list beside words of the device's own; where both have a word, the fixed one counts."""
    numbers = {word: int(one) for one, word in fixed.items()}
    own = [word for word in choices(custom, MAX_CHOICES) if word not in numbers]
    options: list[Json] = [*numbers, *own]
    if not options:
        return

    def get(state: Any) -> Json | Nothing:
        if state.missing_state:
            return UNKNOWN
        said = getattr(state, members[1])
        if said:
            return said if said in options else UNKNOWN
        one = getattr(state, members[0])
        return NO_VALUE if one is None else sort(one).name.lower()

    def make(value: Json) -> list[Message]:
        word = one_of(value, [str(option) for option in options])
        member, sent = (members[0], numbers[word]) if word in numbers else (members[1], word)
        return order(**{f"has_{member}": True, member: sent})

    none = sort(0).name.lower() if sort(0).name == "NONE" else ""
    shown = (none,) if none and none not in options else ()
    builder.property(name, get, make, recipe=options, schema={"enum": options}, shown=shown)
