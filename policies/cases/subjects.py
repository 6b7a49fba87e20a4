"""What a case asks for: a use or a reading, with what the Thing Model of its kind says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from capabilities.errors import SchemaError
from capabilities.schema import compile_schema
from capabilities.thing_models import ModelAffordance, contract
from capabilities.vocabulary import KINDS, Hazard, Json, Privacy, Privilege
from policies.cases.documents import WhenTable
from policies.decision import Subject
from policies.patterns import fault_in, is_exact


@dataclass(frozen=True, slots=True)
class Asked:
    """`subject` is to take `value` (None where it is only read). `parts` are the writes of an input that has several."""

    subject: Subject
    is_use: bool
    value: Json = None
    becomes: Json = None
    toward_safe: bool = False
    parts: Mapping[str, Asked] | None = None


def asked(when: WhenTable) -> Asked:
    """Raises ValueError, whose text says what is wrong and what would be right."""
    capability = when.see or when.use or ""
    kind, _, name = capability.partition(".")
    of = contract(kind).affordances.get(name) if kind in KINDS else None
    if of is None:
        return _own(when, capability)
    if when.see is not None:
        return _reading(when, capability, of)
    if not of.is_operation:
        raise ValueError(f"{capability} can only be read: write see instead of use")
    if of.absolute:
        raise ValueError(f"the gateway makes {capability} a write of {kind}.{of.base}: write that instead")
    value = _fitting(capability, of, when.value)
    becomes = next((one.value_for(None) for one in of.effects if not one.expects_input()), None)
    safe = of.toward_safe and (of.toward_safe_value is None or value == of.toward_safe_value)
    return Asked(
        _subject(when, capability, of.privilege, of.hazard, of.privacy),
        True,
        value,
        becomes if of.role == "action" else None,
        safe if when.toward_safe is None else when.toward_safe,
        _parts(when, kind, of, value),
    )


def _reading(when: WhenTable, capability: str, of: ModelAffordance) -> Asked:
    if of.role == "action":
        raise ValueError(f"{capability} is an action, and shows nothing: write use instead of see")
    privilege = Privilege.VIEW if of.writable else of.privilege
    return Asked(_subject(when, capability, privilege, of.hazard, of.privacy), False)


def _own(when: WhenTable, capability: str) -> Asked:
    """What no model knows: a name of a device's own, or a slip of the pen."""
    kind, _, name = capability.partition(".")
    told = when.privacy is not None if when.see is not None else None not in (when.hazard, when.privilege)
    if kind not in KINDS or not name or not is_exact(capability) or not told:
        beside = "privacy" if when.see is not None else "hazard and privilege"
        wrong = fault_in(capability) or f'"{capability}" is several capabilities: name one'
        raise ValueError(f"{wrong}. A name of a device's own needs {beside} beside it")
    subject = _subject(when, capability, Privilege.VIEW, Hazard.COMFORT, Privacy.PERSONAL)
    return Asked(subject, when.use is not None, when.value, None, bool(when.toward_safe))


def _subject(
    when: WhenTable, capability: str, privilege: Privilege, hazard: Hazard, privacy: Privacy
) -> Subject:
    return Subject(
        when.thing,
        when.room,
        frozenset(when.labels or ()),
        capability,
        when.privilege or privilege,
        hazard if when.hazard is None else when.hazard,
        when.privacy or privacy,
    )


def _fitting(capability: str, of: ModelAffordance, value: Json) -> Json:
    """The input as the gateway would hand it to the rules: checked against the model."""
    if of.schema is None:
        if value is not None:
            raise ValueError(f"{capability} takes no value")
        return None
    if value is None and of.role == "property":
        raise ValueError(f"{capability} needs a value")
    try:
        return compile_schema(of.schema)({} if value is None else value)
    except SchemaError as error:
        raise ValueError(f"{capability}: {error}") from None


def _parts(when: WhenTable, kind: str, of: ModelAffordance, value: Json) -> dict[str, Asked] | None:
    if not of.parts or not isinstance(value, dict):
        return None
    found = {}
    for member, name in of.parts.items():
        if member in value:
            write = contract(kind).affordances[name]
            subject = _subject(when, f"{kind}.{name}", write.privilege, write.hazard, write.privacy)
            found[member] = Asked(subject, True, value[member])
    return found
