"""JSON Schemas (2020-12, as OpenAPI 3.1 has them) of models, all in one place. pydantic makes them, on demand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal, cast

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from capabilities.vocabulary import Json

REF: Final = "#/components/schemas/{model}"

Mode = Literal["validation", "serialization"]


class Plain(GenerateJsonSchema):
    """Without titles that only repeat the names of members."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


class Schemas:
    """The schemas of `shapes`: pairs of a mode and a type, or a bare schema, which stays as it is."""

    def __init__(self, shapes: Iterable[tuple[str, Any]]) -> None:
        self._keys: dict[tuple[str, str], str] = {}
        inputs: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = []
        for mode, shape in shapes:
            name = _name(mode, shape)
            if isinstance(shape, dict) or name in self._keys:
                continue
            self._keys[name] = key = str(len(self._keys))
            inputs.append((key, cast(JsonSchemaMode, mode), TypeAdapter(shape)))
        made, definitions = TypeAdapter.json_schemas(inputs, ref_template=REF, schema_generator=Plain)
        self._made = {key: _shortly(schema) for (key, _), schema in made.items()}
        components = {_short(name): _shortly(one) for name, one in definitions.get("$defs", {}).items()}
        self.components: dict[str, Json] = dict(sorted(components.items()))

    def of(self, mode: Mode, shape: object) -> Json:
        """The schema of one of them, mostly a reference into `components`."""
        if isinstance(shape, dict):
            return cast(Json, shape)
        return cast(Json, self._made[self._keys[_name(mode, shape)]])


def _name(mode: str, shape: object) -> tuple[str, str]:
    """Types are told apart by what they are called: `list[X]` is made anew wherever it is written."""
    return mode, repr(shape)


def _short(name: str) -> str:
    """Pydantic calls models of one name by their modules too: `a__b__leases__RenewBody` is `LeasesRenewBody`."""
    parts = name.split("__")
    return name if len(parts) == 1 else parts[-2].title().replace("_", "") + parts[-1]


def _shortly(value: Any) -> Any:
    """A schema whose references are short."""
    if isinstance(value, list):
        return [_shortly(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: REF.format(model=_short(one.rpartition("/")[2])) if name == "$ref" else _shortly(one)
        for name, one in value.items()
    }
