"""`lock` and `alarm_control_panel`. Source: ESPHome, "Lock Component", "Alarm Control Panel Component".

A code goes to the device and nowhere else; whether it is right only the device knows, and it does not say.
"""

from __future__ import annotations

from typing import Final

from aioesphomeapi.model import (
    AlarmControlPanelEntityFeature,
    AlarmControlPanelEntityState,
    AlarmControlPanelState,
    LockEntityState,
    LockState,
)

from capabilities.patterns import PatternError, compile_pattern
from capabilities.vocabulary import Json
from drivers.esphome.entities.entity import About, Builder, Entity
from drivers.esphome.entities.values import Nothing
from drivers.esphome.wire.messages import PB, Message

_LOCK_STATES: Final[dict[LockState, Json]] = {
    LockState.NONE: "unknown", LockState.LOCKED: "locked", LockState.UNLOCKED: "unlocked", LockState.JAMMED: "jammed",
    LockState.LOCKING: "locking", LockState.UNLOCKING: "unlocking", LockState.OPENING: "opening", LockState.OPEN: "open",
}  # fmt: skip

_LOCK_COMMANDS: Final = {"unlock": 0, "lock": 1, "open": 2}
_ALARM_COMMANDS: Final = {
    "disarm": 0, "arm_away": 1, "arm_home": 2, "arm_night": 3, "arm_vacation": 4, "arm_custom_bypass": 5, "trigger": 6,
}  # fmt: skip


def lock(about: About) -> Entity:
    info = about.info
    builder = Builder(about, "lock")

    def state(told: LockEntityState) -> Json | Nothing:
        return "unknown" if told.state is None else _LOCK_STATES[told.state]

    builder.property("state", state)
    schema = _code(builder, info.code_format) if info.requires_code else {}
    for name in ("lock", "unlock", *(("open",) if info.supports_open else ())):

        def make(value: Json, command: int = _LOCK_COMMANDS[name]) -> list[Message]:
            code = _given(value)
            fields = {} if code is None else {"has_code": True, "code": code}
            return [PB.LockCommandRequest(key=info.key, device_id=info.device_id, command=command, **fields)]

        builder.action(name, make, recipe=[bool(info.requires_code)], schema=schema)
    return builder.build(assumed=info.assumed_state)


def alarm_control_panel(about: About) -> Entity:
    info = about.info
    builder = Builder(about, "alarm")

    def state(told: AlarmControlPanelEntityState) -> Json | Nothing:
        return "unknown" if told.state is None else AlarmControlPanelState(told.state).name.lower()

    builder.property("state", state)
    features = AlarmControlPanelEntityFeature(info.supported_features & 0x3F)
    able = [feature.name.lower() for feature in features if feature.name]
    for name in ("disarm", *(one for one in _ALARM_COMMANDS if one in able)):

        def make(value: Json, command: int = _ALARM_COMMANDS[name]) -> list[Message]:
            code = _given(value)
            fields = {} if code is None else {"code": code}
            return [
                PB.AlarmControlPanelCommandRequest(
                    key=info.key, device_id=info.device_id, command=command, **fields
                )
            ]

        required = (
            info.requires_code_to_arm if name.startswith("arm_") else info.requires_code and name == "disarm"
        )
        schema = _code(builder, "", required=required) if info.requires_code else {}
        builder.action(name, make, recipe=bool(required), schema=schema)
    return builder.build()


def _code(builder: Builder, pattern: str, *, required: bool = True) -> dict[str, Json]:
    """What an action that takes a code adds to its model."""
    code: dict[str, Json] = {}
    if pattern:
        try:
            compile_pattern(f"^(?:{pattern})")
            code["pattern"] = f"^(?:{pattern})"
        except PatternError as error:
            builder.problem(f"its code_format {error}: codes are not held to it")
    schema: dict[str, Json] = {"properties": {"code": code}}
    if required:
        schema["required"] = ["code"]
    return schema


def _given(value: Json) -> str | None:
    code = value.get("code") if isinstance(value, dict) else None
    if code is not None and not isinstance(code, str):
        raise ValueError("should have a code as text")
    return code
