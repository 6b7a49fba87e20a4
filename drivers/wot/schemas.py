"""Schemas of descriptions as schemas here: only members that are known, only what compiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from capabilities.admission import MAX_SCHEMA_BYTES
from capabilities.errors import ComposeError, SchemaError
from capabilities.narrow import narrow
from capabilities.schema import compile_schema
from capabilities.td import DataSchema
from capabilities.vocabulary import Json
from drivers.classes.units import SAME, Scale
from drivers.wot.meanings import unit_of

MAX_OPTIONS: Final = 256
_KEPT: Final = (
    "type", "const", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
    "maxLength", "minItems", "maxItems", "required", "format", "pattern", "unit", "default",
)  # fmt: skip
_BARE: Final[tuple[str, ...]] = ("type", "unit")


def schema_of(node: DataSchema | None) -> dict[str, Json]:
    """The schema of a value. Where the whole cannot be used, its type and unit alone."""
    if node is None:
        return {}
    given: dict[str, Json] = orjson.loads(node.to_json())
    schema = _kept(given)
    if _sound(schema):
        return schema
    bare: dict[str, Json] = {name: schema[name] for name in _BARE if name in schema}
    return bare if _sound(bare) else {}


def _kept(given: Mapping[str, Json]) -> dict[str, Json]:
    schema: dict[str, Json] = {name: given[name] for name in _KEPT if given.get(name) is not None}
    if "unit" in schema:
        schema["unit"] = unit_of(str(schema["unit"]))
        if not schema["unit"]:
            del schema["unit"]
    options = schema.get("enum")
    if isinstance(options, list) and len(options) > MAX_OPTIONS:
        del schema["enum"]
    members = given.get("properties")
    if isinstance(members, dict) and schema.get("type") == "object":
        schema["properties"] = {name: _kept(one) for name, one in members.items() if isinstance(one, dict)}
    elif "required" in schema:
        del schema["required"]
    items = given.get("items")
    if isinstance(items, dict):
        schema["items"] = _kept(items)
    choices = given.get("oneOf")
    if isinstance(choices, list):
        schema["oneOf"] = [_kept(one) for one in choices if isinstance(one, dict)]
    return schema


def _sound(schema: Mapping[str, Json]) -> bool:
    try:
        compile_schema(schema)
        narrow({}, schema)
    except (SchemaError, ComposeError, RecursionError, OverflowError):
        return False
    return len(orjson.dumps(schema)) <= MAX_SCHEMA_BYTES


def fitted(value: Json, schema: Mapping[str, Json]) -> Json:
    """`value` without the members that `schema` does not describe: JSON Schema lets them be, and here they are refused."""
    members, items = schema.get("properties"), schema.get("items")
    if isinstance(value, dict) and isinstance(members, dict):
        return {
            name: fitted(one, inner)
            for name, one in value.items()
            if isinstance(inner := members.get(name), dict)
        }
    if isinstance(value, list) and isinstance(items, dict):
        return [fitted(one, items) for one in value]
    return value


@dataclass(frozen=True, slots=True)
class Measure:
    """How a device's number becomes one here, and back. `whole`: the device takes integers."""

    scale: Scale = SAME
    whole: bool = False

    def seen(self, value: Json) -> Json:
        if self.scale is SAME or isinstance(value, bool) or not isinstance(value, int | float):
            return value
        return round(value * self.scale.factor + self.scale.offset, 6)

    def sent(self, value: Json) -> Json:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        raw = value if self.scale is SAME else (value - self.scale.offset) / self.scale.factor
        return round(raw) if self.whole else raw

    @property
    def recipe(self) -> str:
        """For a fingerprint."""
        return "" if self.scale is SAME else f"{self.scale.factor:g},{self.scale.offset:g},{self.whole}"


PLAIN: Final = Measure()
