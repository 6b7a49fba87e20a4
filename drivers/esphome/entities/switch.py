"""`switch` and `button`: what they feed or do is for a person to say.

Source: ESPHome, "Switch Component", "Button Component".
"""

from __future__ import annotations

from typing import Final

from aioesphomeapi.model import SwitchState

from capabilities.vocabulary import Hazard, Json, Privilege
from drivers.esphome.entities.entity import SETTING_HAZARD, About, Builder, Entity
from drivers.esphome.entities.names import FACTORY_RESET, RESTART, UPDATE, deed_of
from drivers.esphome.entities.values import UNKNOWN, Nothing, as_bool
from drivers.esphome.wire.messages import PB, Message

_ACTIONS: Final = frozenset({RESTART, UPDATE, FACTORY_RESET})
"""Deeds that the model has an action of their own for."""


def setting_privilege(deed: str) -> Privilege:
    return Privilege.ADMINISTER if deed else Privilege.MANAGE


def switch(about: About) -> Entity:
    """An outlet, a relay, or (where it is about the device itself) a setting."""
    info = about.info
    deed = deed_of(info.name, about.device_class)

    def get(state: SwitchState) -> Json | Nothing:
        return UNKNOWN if state.missing_state else state.state

    def make(value: Json) -> list[Message]:
        return [PB.SwitchCommandRequest(key=info.key, device_id=info.device_id, state=as_bool(value))]

    if deed or about.is_housekeeping:
        builder = Builder(about, "setting")
        builder.property(
            "value", get, make, schema={"type": "boolean"}, hazard=SETTING_HAZARD, privilege=setting_privilege(deed)
        )  # fmt: skip
        return builder.build(assumed=info.assumed_state)
    builder = Builder(about, "outlet" if about.device_class == "outlet" else "switch")
    builder.property("on", get, make)
    certain = about.device_class in ("outlet", "switch")
    return builder.build(certain=certain, assumed=info.assumed_state)


def button(about: About) -> Entity:
    info = about.info
    builder = Builder(about, "setting")

    def make(_: Json) -> list[Message]:
        return [PB.ButtonCommandRequest(key=info.key, device_id=info.device_id)]

    if about.device_class == "identify":
        builder.action("identify", make, hazard=Hazard.NUISANCE, privilege=setting_privilege(""))
        return builder.build()
    deed = deed_of(info.name, about.device_class)
    builder.action(
        deed if deed in _ACTIONS else "press", make, hazard=SETTING_HAZARD, privilege=setting_privilege(deed)
    )
    housekeeping = bool(deed) or about.is_housekeeping
    return builder.build(certain=housekeeping, proposal="" if housekeeping else "button")
