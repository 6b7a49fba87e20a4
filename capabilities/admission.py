"""One described affordance, admitted: checked against its Thing Model, narrowed, raised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import orjson

from capabilities.components import AffordanceDescription
from capabilities.effects import INPUT, Effect
from capabilities.errors import ComposeError, SchemaError, nearest
from capabilities.narrow import narrow
from capabilities.schema import accepts, compile_schema
from capabilities.secrets import secrets_of
from capabilities.thing_models import ROLES, Contract, ModelAffordance
from capabilities.vocabulary import Hazard, Json, Privacy, Privilege, Reversibility

MAX_SCHEMA_BYTES: Final = 16_384  # the longest real ones list some hundred effects of a lamp
UNKNOWN_KINDS: Final = ("setting", "other")
MOMENTS: Final = ("date", "date-time")  # formats of texts that say when, and no more
NO_SECRETS: Final = (
    "firmware",
    "latest_firmware",
    "release",
)  # free texts of those kinds that are known to be harmless
UNKNOWN_EFFECT_SECONDS: Final = 10.0  # what an unknown property may take to show what was written to it
MAX_TITLE_CHARACTERS: Final = 64  # a title is foreign text: a line on a phone, not more


@dataclass(frozen=True, slots=True)
class Described:
    """An `AffordanceDescription` without its point, as a key."""

    name: str
    role: str
    schema: str
    title: str
    observable: bool
    readable: bool
    writable: bool
    shown: tuple[str, ...]
    hazard: Hazard
    privilege: Privilege

    @classmethod
    def of(cls, one: AffordanceDescription) -> Described:
        try:
            # As text: orjson hands out bytes with a kilobyte or more of room behind them, for as long as they live.
            schema = orjson.dumps(dict(one.schema), option=orjson.OPT_SORT_KEYS).decode()
        except TypeError as error:
            raise ComposeError(
                f"{one.name} has a schema that is not JSON ({error}); describe it in JSON values"
            ) from None
        if len(schema) > MAX_SCHEMA_BYTES:
            raise ComposeError(
                f"{one.name} has a schema of {len(schema)} bytes; describe it in at most {MAX_SCHEMA_BYTES}"
            )
        return cls(
            one.name, one.role, schema, clean(one.title), one.observable, one.readable, one.writable,
            one.shown, one.hazard, one.privilege,
        )  # fmt: skip


def clean(title: str) -> str:
    """Foreign text as one short line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in title).split())
    return line[:MAX_TITLE_CHARACTERS].rstrip()


def cautious(one: AffordanceDescription) -> AffordanceDescription:
    """What nobody has looked at may be anything: a garage door that calls itself a cover."""
    if one.writable or one.role == "action":
        return replace(one, hazard=max(one.hazard, Hazard.PROPERTY))
    return one


def admit(model: Contract, one: Described, *, guarded: bool = False) -> ModelAffordance:
    """The affordance of `model` as this device has it. A name that the model lacks is admitted with care: what it can do
    is unknown, so it is hazard 2 and for whoever manages the house. Raises `ComposeError`.
    """
    known = model.affordances.get(one.name)
    schema = _own_schema(one)
    if known is None:
        known = _unknown(model, one, schema)
    if known.absolute:
        raise ComposeError(
            "is added by itself where its property can be written and seen; do not describe it"
        )
    if known.role != one.role:
        raise ComposeError(
            f"is described as a role {one.role!r}; in the model {model.kind} it is {known.role!r}"
        )
    _refuse_contradiction(known, one)
    narrowed = _narrowed(known, schema)
    admitted = replace(
        known,
        schema=narrowed,
        privacy=_privacy(model, known, narrowed, guarded=guarded),
        title=one.title or known.title,
        writable=one.writable,
        hazard=max(known.hazard, one.hazard),
        privilege=max(known.privilege, one.privilege, key=lambda privilege: privilege.rank),
    )
    return _with_fitting_values(admitted if admitted.is_operation else _read_only(admitted, one))


def _own_schema(one: Described) -> dict[str, Json]:
    """The described schema, by itself sound. Its texts are left out: what people read comes from the model."""
    schema: dict[str, Json] = orjson.loads(one.schema)
    try:
        compile_schema(schema)
    except SchemaError as error:
        raise ComposeError(f"has a schema whose {error}") from None
    return {member: value for member, value in schema.items() if member not in {"title", "description"}}


def _unknown(model: Contract, one: Described, schema: Mapping[str, Json]) -> ModelAffordance:
    if one.role not in ROLES.values():
        raise ComposeError(f"is described as a role {one.role!r}; known: {', '.join(ROLES.values())}")
    if one.role == "property" and not schema.keys() & {"type", "enum", "const", "oneOf"}:
        known = nearest(one.name, [name for name, of in model.affordances.items() if of.role == one.role])
        raise ComposeError(
            f"is not in the model {model.kind} (known: {known}) and has no type; describe it wholly"
        )
    operation = one.role == "action" or one.writable
    return ModelAffordance(
        name=one.name,
        role=one.role,
        schema={} if schema or one.role != "action" else None,
        title=one.name.replace("_", " ").capitalize(),
        description="",
        writable=one.writable,
        privilege=Privilege.MANAGE if operation else Privilege.VIEW,
        hazard=Hazard.PROPERTY if operation else Hazard.COMFORT,
        privacy=Privacy.PERSONAL,
        reversibility=Reversibility.COSTLY if operation else Reversibility.REVERSIBLE,
        effects=(Effect(one.name, INPUT, UNKNOWN_EFFECT_SECONDS),) if one.role == "property" else (),
    )


def _refuse_contradiction(known: ModelAffordance, one: Described) -> None:
    if one.role != "property":
        if one.writable:
            raise ComposeError(f"is described as writable; only a property is, and this is an {one.role}")
        return
    if one.writable and not known.writable:
        raise ComposeError("is described as writable; its model only reads it")
    if not (one.writable or one.observable or one.readable):
        raise ComposeError("can be neither seen, read nor written; leave it out")


def _narrowed(known: ModelAffordance, schema: Mapping[str, Json]) -> Mapping[str, Json] | None:
    if known.schema is None:
        if schema and known.role == "action":
            raise ComposeError("has an input; in its model it takes none")
        return narrow({}, schema) if schema else None
    narrowed = narrow(known.schema, schema)
    properties = narrowed.get("properties")
    if known.parts and "properties" not in schema and isinstance(properties, dict):
        narrowed["properties"] = {name: inner for name, inner in properties.items() if name in known.parts}
    return narrowed if known.role != "action" else _without_codes(narrowed, schema)


def _without_codes(narrowed: dict[str, Json], described: Mapping[str, Json]) -> dict[str, Json] | None:
    """A code that the device does not describe is none that it wants; an action that would take nothing else takes nothing."""
    secrets = secrets_of(narrowed)
    if not secrets or "properties" in described:
        return narrowed
    properties = narrowed["properties"]
    rest = (
        {name: one for name, one in properties.items() if name not in secrets}
        if isinstance(properties, dict)
        else {}
    )
    return {**narrowed, "properties": rest} if rest else None


def _privacy(
    model: Contract, known: ModelAffordance, schema: Mapping[str, Json] | None, *, guarded: bool
) -> Privacy:
    """What no model knows may be the log of a lock, and where it is a free text, a code or a name. A moment is neither."""
    if known.name in model.affordances and model.kind not in UNKNOWN_KINDS:
        return known.privacy
    free_text = (
        schema is not None
        and schema.get("type") == "string"
        and "enum" not in schema
        and schema.get("format") not in MOMENTS
    )
    return Privacy.SENSITIVE if guarded or (free_text and known.name not in NO_SECRETS) else known.privacy


def _read_only(admitted: ModelAffordance, one: Described) -> ModelAffordance:
    """A property that this device only shows: nobody can do harm with it."""
    return replace(admitted, privilege=one.privilege, hazard=one.hazard, toward_safe=False, has_panic=False)


def _with_fitting_values(of: ModelAffordance) -> ModelAffordance:
    """Without a safe or panic value that this device does not take."""
    if of.role == "property" and of.schema is not None:
        check = compile_schema(of.schema)
        if of.toward_safe and not accepts(check, of.toward_safe_value):
            of = replace(of, toward_safe=False, toward_safe_value=None)
        if of.has_panic and not accepts(check, of.panic):
            of = replace(of, has_panic=False, panic=None)
    return of
