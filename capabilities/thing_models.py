"""The Thing Models that ship with Hearth: one file a kind, read at its first use, checked by the tests.

`contract(kind)` is what `compose` works with; `model(kind)` is the same file as a TD 1.1 Thing Model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import orjson

from capabilities.effects import INPUT, Effect
from capabilities.errors import ModelError, nearest
from capabilities.vocabulary import KINDS, Hazard, Json, Privacy, Privilege, Reversibility

if TYPE_CHECKING:
    from capabilities.td import ThingModel

ROLES: Final = {"properties": "property", "actions": "action", "events": "event"}
_SCHEMA_OF: Final = {
    "action": "input",
    "event": "data",
}  # where an affordance keeps its schema; a property is one itself
_TEXTS: Final = ("title", "description")
_FLAGS: Final = ("idempotent", "safe", "synchronous", "observable", "readOnly", "writeOnly")


@dataclass(frozen=True, slots=True)
class ModelAffordance:
    """One affordance of a kind. `schema` is None for an action without input and an event without data."""

    name: str
    role: str  # property | action | event
    schema: Mapping[str, Json] | None
    title: str
    description: str
    writable: bool
    privilege: Privilege
    hazard: Hazard
    privacy: Privacy
    reversibility: Reversibility
    idempotent: bool = False
    effects: tuple[Effect, ...] = ()  # the first whose property can be observed counts
    toward_safe: bool = False
    toward_safe_value: Json = None
    has_panic: bool = False
    panic: Json = None
    absolute: str | None = None
    base: str | None = None  # with `absolute`: the property that is written
    parts: Mapping[str, str] | None = None

    @property
    def is_operation(self) -> bool:
        return self.role == "action" or self.writable


@dataclass(frozen=True, slots=True)
class Contract:
    """What a kind can have. Properties, actions and events share one namespace; the order is the model's."""

    kind: str
    title: str
    affordances: Mapping[str, ModelAffordance]


@cache
def contract(kind: str) -> Contract:
    """The contract of `kind`. Raises `ModelError` for a word that is no kind."""
    document = _document(kind)
    affordances: dict[str, ModelAffordance] = {}
    for group, role in ROLES.items():
        for name, member in _object(document.get(group)).items():
            if name in affordances:
                raise ModelError(f"model {kind}: {name} stands in two groups; one name means one affordance")
            affordances[name] = _affordance(kind, name, role, _object(member))
    return Contract(kind, str(document["title"]), affordances)


def model(kind: str) -> ThingModel:
    """The Thing Model of `kind` (TD 1.1, chapter 9). Raises `ModelError` for a word that is no kind."""
    return _model(kind)


def all_models() -> Mapping[str, ThingModel]:
    """Every Thing Model, by kind."""
    return {kind: model(kind) for kind in KINDS}


@cache
def _model(kind: str) -> ThingModel:
    from capabilities.td import ThingModel  # noqa: PLC0415  (only tools and tests look at models as models)

    return ThingModel.from_dict(_document(kind))


def _document(kind: str) -> dict[str, Json]:
    if kind not in KINDS:
        raise ModelError(f"{kind!r} is no kind; known: {nearest(kind, KINDS)}")
    return _object(orjson.loads((files("capabilities") / "models" / f"{kind}.tm.jsonld").read_bytes()))


def _affordance(kind: str, name: str, role: str, member: Mapping[str, Json]) -> ModelAffordance:
    absolute, parts = _object(member.get("hearth:absolute")), _object(member.get("hearth:parts"))
    safe, panic = member.get("hearth:towardSafe"), member.get("hearth:panic")
    try:
        return ModelAffordance(
            name=name,
            role=role,
            schema=_schema(role, member),
            title=str(member["title"]),
            description=str(member.get("description", "")),
            writable=role == "property" and not member.get("readOnly", False),
            privilege=Privilege(str(member["hearth:privilege"])),
            hazard=_hazard(member["hearth:hazard"]),
            privacy=Privacy(str(member["hearth:privacy"])),
            reversibility=Reversibility(str(member.get("hearth:reversibility", "reversible"))),
            idempotent=member.get("idempotent", False) is True,
            effects=tuple(_effects(member.get("hearth:effect"))),
            toward_safe=safe is not None,
            toward_safe_value=safe["value"] if isinstance(safe, dict) else None,
            has_panic=panic is not None,
            panic=panic["value"] if isinstance(panic, dict) else None,
            absolute=str(absolute["by"]) if absolute else None,
            base=str(absolute["property"]) if absolute else None,
            parts={part: str(of) for part, of in parts.items()} or None,
        )
    except (KeyError, ValueError) as error:
        raise ModelError(f"model {kind}: {name} lacks or misstates {error}") from None


def _schema(role: str, member: Mapping[str, Json]) -> Mapping[str, Json] | None:
    if role == "property":
        skipped = {*_TEXTS, *_FLAGS}
        return {key: value for key, value in member.items() if key not in skipped and ":" not in key}
    schema = member.get(_SCHEMA_OF[role])
    return None if schema is None else _object(schema)


def _hazard(value: Json) -> Hazard:
    if not isinstance(value, int):
        raise ValueError("hearth:hazard")
    return Hazard(value)


def _effects(value: Json) -> list[Effect]:
    found = value if isinstance(value, list) else [] if value is None else [value]
    return [_effect(_object(one)) for one in found]


def _effect(value: Mapping[str, Json]) -> Effect:
    within, tolerance = value["within"], value.get("tolerance", 0)
    also, failed = value.get("oneOf", []), value.get("failed", [])
    if (
        not isinstance(within, int | float)
        or not isinstance(tolerance, int | float)
        or not isinstance(also, list)
        or not isinstance(failed, list)
    ):
        raise ValueError("hearth:effect")
    expected = value.get("expected", INPUT)
    return Effect(
        str(value["property"]), expected, float(within), float(tolerance), tuple(also), tuple(failed)
    )


def _object(value: Json) -> dict[str, Json]:
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise ModelError(f"a Thing Model has {value!r} where an object belongs")
