"""What several tools' answers have in common: short models, times, ranges, and a property's state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SerializerFunctionWrapHandler, model_serializer

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.api.problems import not_found
from gateway.api.wire import rfc3339
from gateway.context import Gateway
from gateway.mcp.resource import SCHEME
from gateway.mcp.tool import Answer
from gateway.mcp.tools.marking import Untrusted, foreign, is_word, marked
from gateway.state import Slot
from policies import Principal

LONGEST_NAME: Final = 200
_NULL: Final = {"type": "null"}
LONGEST_PURPOSE: Final = 500

ThingId = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_NAME, description="The Thing's id, as find_things gives it."),
]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Purpose = Annotated[
    str,
    Field(
        min_length=3,
        max_length=LONGEST_PURPOSE,
        description="Why, in one plain sentence for people: it is recorded, and shown to whoever has to approve.",
    ),
]
Cursor = Annotated[
    str, Field(max_length=LONGEST_NAME, description="`next` of the page before; left out: the first page.")
]
Key = Annotated[
    str,
    Field(
        min_length=8,
        max_length=120,
        pattern=r"^[A-Za-z0-9_.:-]+$",
        description="Made by you, a new one for each new intention; the same call again with the same key is the same"
        " command, is never done twice, and tells how it ended.",
    ),
]
Value = Annotated[
    JsonValue,
    Field(description="A text of more than one word stands in {untrusted}: a device or person wrote it."),
]


class Short(BaseModel):
    """A part of an answer: what is None is left out, but for what `KEPT` names."""

    model_config = ConfigDict(defer_build=True)

    KEPT: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _without_nulls(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        made: dict[str, Any] = handler(self)
        return {name: value for name, value in made.items() if value is not None or name in self.KEPT}


class ShortAnswer(Short, Answer):
    """A whole answer. Its schema is of what is told: members may be missing, and are never null for that."""

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def model_json_schema(cls, *args: Any, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = _never_null(super().model_json_schema(**{**more, "mode": "validation"}))
        return made


def _never_null(schema: Any) -> Any:
    """`schema` without the nulls that stand for what is left out."""
    if isinstance(schema, list):
        return [_never_null(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: _never_null(one) for name, one in schema.items() if (name, one) != ("default", None)}
    choices = kept.get("anyOf")
    if isinstance(choices, list) and _NULL in choices:
        others = [one for one in choices if one != _NULL]
        kept.pop("anyOf")
        kept |= others[0] if len(others) == 1 else {"anyOf": others}
    return kept


class Reading(Short):
    """What is known of one property. Before the first reading its value is null, and `quality` unknown."""

    KEPT: ClassVar[frozenset[str]] = frozenset({"value"})

    thing: str
    property: str
    value: Value = None
    unit: str | Untrusted | None = None
    quality: str = Field(description="good, or why not: stale (out of contact), uncertain, bad, unknown.")
    observed_at: str | None = Field(None, description="When it was so, RFC 3339.")
    age_s: float | None = Field(None, description="Seconds since then.")
    uncertainty: float | None = Field(
        None, description="One standard deviation, in the unit; left out where nobody knows it."
    )
    evidence: str | None = Field(
        None, description="device: it said so itself; bridge: something between says so."
    )


class Bounds(Short):
    """Values that are accepted; what is left out is not bounded."""

    minimum: float | None = None
    maximum: float | None = None
    one_of: list[JsonValue] | None = None
    members: dict[str, Bounds] | None = None


class Finding(Short):
    """A rule that stands in the way, and what would make it a yes."""

    rule: str | None = None
    verdict: str | None = None
    why: str | None = None
    seen: JsonValue = None
    remedy: JsonValue = None
    unknown: bool | None = None
    further: int | None = None


def reading_of(slot: Slot, now: float) -> Reading:
    thing, name = slot.topic
    unit, reading = slot.property.unit, slot.current
    if reading is None:
        return Reading(thing=thing, property=name, unit=_unit(unit), quality="unknown")
    return Reading(
        thing=thing,
        property=name,
        value=marked(reading.value),
        unit=_unit(unit),
        quality=reading.quality,
        observed_at=rfc3339(reading.observed_at),
        age_s=age(reading.observed_at, now),
        uncertainty=reading.uncertainty,
        evidence=slot.evidence,
    )


def _unit(unit: str | None) -> str | Untrusted | None:
    return unit if unit is None or is_word(unit) else foreign(unit)


def age(at: float, now: float) -> float:
    """Seconds, never below 0: clocks of devices run ahead."""
    return round(max(0.0, now - at), 1)


def bounds_of(accepted: Json) -> Bounds | None:
    """What all rules accept, as the API shows it (`minimum`, `maximum`, `one_of`, `members`)."""
    if not isinstance(accepted, dict) or not accepted:
        return None
    low, high, choices, members = (accepted.get(name) for name in ("minimum", "maximum", "one_of", "members"))
    made = {name: bounds_of(one) for name, one in members.items()} if isinstance(members, dict) else {}
    return Bounds(
        minimum=low if isinstance(low, int | float) else None,
        maximum=high if isinstance(high, int | float) else None,
        one_of=[marked(one) for one in choices] if isinstance(choices, list) else None,
        members={name: one for name, one in made.items() if one is not None} or None,
    )


def plain(gateway: Gateway, thing: str) -> str:
    """A Thing's id in this house, in whatever form it is named."""
    for prefix in (f"{SCHEME}things/", "/things/"):
        thing = thing.removeprefix(prefix)
    return gateway.names.plain(thing)


def seen_thing(gateway: Gateway, principal: Principal, thing: str) -> Adopted:
    """A Thing that shows for `principal`. Raises `Problem` (404): absent and hidden are the same."""
    ident = plain(gateway, thing)
    adopted = gateway.registry.get(ident)
    if adopted is None or not gateway.rights.of(principal).show(ident):
        raise not_found()
    return adopted


def seen_slot(gateway: Gateway, principal: Principal, thing: str, name: str) -> Slot:
    """A property that `principal` may read. Raises `Problem` (404)."""
    ident = plain(gateway, thing)
    slot = gateway.state.slot(ident, name)
    if slot is None or slot.topic not in gateway.rights.of(principal).sees:
        raise not_found()
    return slot
