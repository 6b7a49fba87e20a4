"""Component `button`: something that can be pressed. Source: Home Assistant, "MQTT Button".

What it does is for a person to say. Restart, update and factory reset are for administrators.
"""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Hazard
from drivers.mqtt.authority import FACTORY_RESET, RESTART, UPDATE, deed_of
from drivers.mqtt.components.setting import SETTING_HAZARD, setting_privilege
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity, constant
from drivers.mqtt.kinds import class_of, is_housekeeping
from drivers.mqtt.words import listed, own_words

IDENTIFY: Final = "identify"
_ACTIONS: Final = frozenset({RESTART, UPDATE, FACTORY_RESET})
"""Deeds that the model has an action of their own for."""

_UPKEEP: Final = listed(
    "bind bottom calibrate calibration clear collect convert dismiss identify learn learning limit mute poll query read record"
    " refresh report reset scan self selftest set silence sync synchronise synchronize test track upper"
)
"""Words of buttons that keep a device in order and control nothing of the house, or that silence an alarm."""


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "setting", config)
    payload = config.text("payload_press", "PRESS")
    command = builder.command("command_topic", constant(payload), payload, "command_template")
    if command is None:
        raise ConfigError("command_topic is missing")
    if class_of(config) == IDENTIFY:
        builder.action(
            IDENTIFY, command, observed=False, hazard=Hazard.NUISANCE, privilege=setting_privilege("")
        )
        return builder.build(title(config))
    deed = deed_of(config, payload)
    builder.action(
        deed if deed in _ACTIONS else "press",
        command,
        observed=False,
        hazard=SETTING_HAZARD,
        privilege=setting_privilege(deed),
    )
    housekeeping = bool(deed) or is_housekeeping(config) or bool(own_words(config) & _UPKEEP)
    return builder.build(title(config), certain=housekeeping, proposal="" if housekeeping else "button")
