"""What puts a property back to an earlier value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from capabilities.errors import SchemaError
from capabilities.thing import Operation
from capabilities.vocabulary import Json, Reversibility
from gateway.adopted import Adopted
from gateway.plans.plan import Call

SHUTS: Final = frozenset(
    {"lock.lock", "garage.close", "valve.close", "alarm.arm_home", "alarm.arm_away", "alarm.arm_night"}
)
"""What keeps people or water out. That another step failed is no reason to open it again: its author has to say so."""


def shown_in(operation: Operation, value: Json) -> dict[str, str]:
    """The properties in which it shows that `operation` was used with `value`, each with the member of the input that sets it
    ("" where it is the whole).
    """
    if operation.parts is not None and isinstance(value, dict):
        return {name: member for member, name in operation.parts.items() if member in value}
    name = operation.property or (operation.effect.property if operation.effect else None)
    return {name: ""} if name else {}


def restoring(
    adopted: Adopted, operation: Operation, value: Json, earlier: Mapping[str, Json]
) -> Call | None:
    """What makes the properties that `operation` with `value` changes `earlier` again; None where nothing on this Thing does,
    or an earlier value is not known.
    """
    shown = shown_in(operation, value)
    if not shown or any(name not in earlier for name in shown):
        return None
    if operation.parts is not None:
        back: dict[str, Json] = {member: earlier[name] for name, member in shown.items()}
        for name, member in shown.items():
            if _is_switch(adopted, name) and earlier[name] is False:
                back = {
                    member: False
                }  # off is off: to set the brightness besides would switch many a lamp on again
        return _fitting(adopted, operation, back)
    (name,) = shown
    write = adopted.thing.writes.get(name)
    if write is not None:
        return _fitting(adopted, write, earlier[name])
    for action in adopted.thing.actions.values():
        effect = action.effect
        if action.component != operation.component or effect is None or effect.expects_input():
            continue
        if effect.property == name and effect.expected == earlier[name]:
            return _fitting(adopted, action, None)
    return None


def why_not(adopted: Adopted, operation: Operation, value: Json, *, insists: bool) -> str:
    """Why it cannot be put back as it was, whatever that is; "" where it can. `insists`: its author wants it even where it
    costs something.
    """
    if operation.reversibility is Reversibility.IRREVERSIBLE:
        return f"{operation.name} cannot be undone"
    names = shown_in(operation, value)
    if not names:
        return f"no property shows what {operation.name} changes"
    for name in names:
        prop = adopted.thing.properties.get(name)
        if prop is None or name not in adopted.slots:
            return f"what {name} was before cannot be read"
        if name not in adopted.thing.writes and not _acts_on(adopted, operation, name):
            return f"{name} can be read, not written"
    if operation.capability in SHUTS and not insists:
        return f'to undo {operation.name} would open it: say "compensate": "restore" where that is meant'
    if operation.reversibility is Reversibility.COSTLY and not insists:
        return f'to undo {operation.name} costs something: say "compensate": "restore", or what undoes it'
    return ""


def _acts_on(adopted: Adopted, operation: Operation, name: str) -> bool:
    return any(
        action is not operation
        and action.component == operation.component
        and action.effect is not None
        and not action.effect.expects_input()
        and action.effect.property == name
        for action in adopted.thing.actions.values()
    )


def _is_switch(adopted: Adopted, name: str) -> bool:
    prop = adopted.thing.properties.get(name)
    return prop is not None and prop.capability.endswith(".on")


def _fitting(adopted: Adopted, operation: Operation, value: Json) -> Call | None:
    """The call, where the device takes it: what is reported may lie beyond what can be written."""
    try:
        return Call(adopted.id, operation.name, operation.is_action, operation.check(value))
    except SchemaError:
        return None
