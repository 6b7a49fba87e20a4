"""How far something is open: 0 % closed and 100 % open, whatever numbers its publisher has for it.

Source: Home Assistant, "MQTT Cover" and "MQTT Valve": `position_open`, `position_closed`, `tilt_min`, `tilt_max`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Encode
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import ValueTemplate, command_template, value_template
from drivers.mqtt.values import NO_VALUE, Convert, Nothing, as_float, number

FEW_STEPS: Final = 25
"""From here on the nearest step is within the tolerance with which a position counts as reached (2 %)."""

MAX_END: Final = 1_000_000
"""Of a range; publishers count to 65,535 at the most."""


class Range:
    """From `zero` (closed) to `full` (open), each a number of the publisher's; `zero` may be the larger."""

    def __init__(self, zero: float, full: float) -> None:
        self.zero, self.full = zero, full

    def percent(self, raw: float) -> int:
        return round((raw - self.zero) * 100 / (self.full - self.zero))

    def raw(self, percent: Json) -> int:
        return round(self.zero + as_float(percent) * (self.full - self.zero) / 100)

    def holds(self, raw: float) -> bool:
        return min(self.zero, self.full) <= raw <= max(self.zero, self.full)

    @property
    def schema(self) -> dict[str, Json]:
        """What few steps take: others could not be seen to be reached."""
        steps = int(abs(self.full - self.zero))
        if steps >= FEW_STEPS:
            return {}
        return {"enum": [round(step * 100 / steps) for step in range(steps + 1)]}

    def __str__(self) -> str:
        return f"{self.zero:g}..{self.full:g}"


def range_of(config: Config, zero: str, full: str) -> Range:
    """By the settings called `zero` and `full`. Raises `ConfigError` where there is nothing between them."""
    found = Range(config.number(zero, 0), config.number(full, 100))
    if max(abs(found.zero), abs(found.full)) > MAX_END:
        raise ConfigError(f"{zero} and {full} should be at most {MAX_END}")
    if abs(found.full - found.zero) < 1:
        raise ConfigError(f"{zero} and {full} should differ by at least 1")
    return found


def position_reader(span: Range, member: str = "position") -> Convert:
    """A position, or a JSON object that has one as `member`. What lies beyond the range is its end."""

    def convert(value: Json) -> Json | Nothing:
        read = _within(value, member)
        return read if isinstance(read, Nothing) else max(0, min(100, span.percent(as_float(read))))

    return convert


def tilt_reader(span: Range, member: str = "") -> Convert:
    """The same for slats; `member` where only an object tells it. What lies beyond the range is refused."""

    def convert(value: Json) -> Json | Nothing:
        read = _within(value, member) if not member or _object(value) is not None else NO_VALUE
        if isinstance(read, Nothing):
            return read
        if not span.holds(round(as_float(read))):
            raise ValueError(f"should be from {span.zero:g} to {span.full:g}")
        return max(0, min(100, span.percent(as_float(read))))

    return convert


def position_encoder(source: str | None, span: Range, name: str, names: Mapping[str, Json]) -> Encode:
    """A percentage as the publisher's number, or through its template, which sees that as `value`, the percentage as `name`,
    and `names`.
    """
    try:
        render = command_template(source, name, *names)
    except TemplateError as error:
        raise ConfigError(f"command template: {error}") from None

    def encode(value: Json) -> str:
        raw = span.raw(value)
        return str(raw) if render is None else render({**names, "value": raw, name: round(as_float(value))})

    return encode


def informed(config: Config, key: str, names: Mapping[str, Json]) -> ValueTemplate:
    """The template under `key`, which may name the ends of the range. Raises `ConfigError`."""
    source = config.source(key) or ""
    used = "".join(f"{{% set {name} = {value} %}}" for name, value in names.items() if name in source)
    try:
        return value_template(f"{used}{source}") if used else config.template(key)
    except TemplateError as error:
        raise ConfigError(f"{key}: {error}") from None


def payloads(config: Config, usual: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What can be done with its payload, out of `payload_<name>` and the `usual` one ("": none). Null: it cannot do that."""
    for name, default in usual.items():
        key = f"payload_{name}"
        if key not in config or config.has(key):
            payload = config.text(key, default)
            if payload:
                yield name, payload


def _within(value: Json, member: str) -> Json | Nothing:
    told = _object(value) if member else None
    if told is None:
        return number(value)
    if member not in told:
        return NO_VALUE
    return number(told[member])


def _object(value: Json) -> dict[str, Json] | None:
    """An object, or its text."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = orjson.loads(value)
    return value if isinstance(value, dict) else None
