"""Temperatures and humidities as thermostats, water heaters and humidifiers announce them. °C on our side."""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from drivers.classes.units import FAHRENHEIT, SAME, Scale
from drivers.mqtt.components.parts import Keys, Theirs, part, reading, span
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder
from drivers.mqtt.values import Convert, Nothing, as_float, neat, number, scaled, text_of

FINE_STEP_F: Final = 1.0
"""Up to here half a step is within the tolerance of a target temperature (0.3 °C)."""


def temperature_scale(config: Config) -> Scale:
    """From the publisher's unit to °C. Home Assistant takes its own where none is said: here that is °C."""
    unit = config.text("temperature_unit", "C").strip().upper()
    if unit in ("C", "°C", "CELSIUS"):
        return SAME
    if unit in ("F", "°F", "FAHRENHEIT"):
        return FAHRENHEIT
    raise ConfigError(f"temperature_unit should be C or F, not {unit[:40]!r}")


def target_temperature(
    builder: Builder, name: str, prefix: str, usual_c: tuple[float, float], kind_c: tuple[float, float]
) -> None:
    """A temperature that can be set, in the publisher's range (`usual_c` where it says none; `kind_c`: the model's)."""
    config = builder.config
    scale = temperature_scale(config)
    low, high = (
        (config.number(key, (usual - scale.offset) / scale.factor))
        for key, usual in zip(("min_temp", "max_temp"), usual_c, strict=True)
    )
    low_c, high_c = (raw * scale.factor + scale.offset for raw in (low, high))
    schema = span(builder, "min_temp and max_temp", (low_c, high_c), kind_c)
    step = config.number("temp_step", 0)
    if schema and scale is SAME and step > 0 and _is_multiple(low, step):
        schema["multipleOf"] = neat(step)
    fine = step if scale is not SAME and 0 < step <= FINE_STEP_F else 0.0
    limits = (low, high) if schema else (float("-inf"), float("inf"))
    part(
        builder, name, Keys.of(prefix), scaled(scale.factor, scale.offset, 2), _temperature(scale, fine, limits),
        recipe="°C" if scale is SAME else f"°F {fine:g}", schema=schema, unit="°C",
    )  # fmt: skip


def _temperature(scale: Scale, step: float, limits: tuple[float, float]) -> Theirs:
    """°C → theirs, on their steps where these are finer than what counts as reached."""

    def theirs(value: Json) -> Json:
        raw = (as_float(value) - scale.offset) / scale.factor
        if step:
            raw = min(max(round(raw / step) * step, limits[0]), limits[1])
        return neat(round(raw, 2))

    return theirs


def _is_multiple(value: float, step: float) -> bool:
    """The steps count from 0, as JSON Schema's do; ones that count from elsewhere cannot be said."""
    return abs(value / step - round(value / step)) < 1e-6


def measured(builder: Builder, name: str, prefix: str, convert: Convert, unit: str) -> None:
    """`<prefix>_topic` with `<prefix>_template`: what is only read."""
    config = builder.config
    topic = config.topic(f"{prefix}_topic")
    if topic:
        template = reading(config, f"{prefix}_template")
        builder.property(name, convert, state=topic, template=template, unit=unit, query=template.subject)


def measured_temperature(builder: Builder) -> None:
    scale = temperature_scale(builder.config)
    measured(builder, "temperature", "current_temperature", scaled(scale.factor, scale.offset, 2), "°C")


def target_humidity(builder: Builder, usual: tuple[float, float], reset: str = "") -> None:
    """In whole percent; `reset` is what the publisher tells while there is none."""
    config = builder.config
    low, high = config.number("min_humidity", usual[0]), config.number("max_humidity", usual[1])
    schema = span(builder, "min_humidity and max_humidity", (low, high), (0, 100))
    part(
        builder, "target_humidity", Keys.of("target_humidity"), humidity(reset), lambda v: round(as_float(v)),
        recipe="%", schema=schema, unit="%",
    )  # fmt: skip


def humidity(reset: str = "") -> Convert:
    """A percentage; no longer known at `reset`."""

    def convert(value: Json) -> Json | Nothing:
        if reset and text_of(value) == reset:
            return Nothing.UNKNOWN
        read = number(value)
        if not isinstance(read, Nothing) and not 0 <= as_float(read) <= 100:
            raise ValueError("should be a percentage, from 0 to 100")
        return read

    return convert
