"""Components `number`, `select`, `text` and `button`: what a device lets be set, of which nobody knows what it does.

Hazard 2 and privilege manage, until a person gives such a component a kind of its own.
Source: Home Assistant, "MQTT Number", "MQTT Select", "MQTT Text", "MQTT Button".
"""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Hazard, Json, Privilege
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Encode, Entity, constant
from drivers.mqtt.values import Convert, as_float, mapped, neat, number, plain_text

SETTING_HAZARD: Final = Hazard.PROPERTY
SETTING_PRIVILEGE: Final = Privilege.MANAGE

_ACTIONS: Final = {"identify": "identify", "restart": "restart", "update": "update"}
"""Device classes of buttons → the model's names of what they do."""


_PRIVILEGES: Final = {
    "identify": Privilege.OPERATE, "restart": Privilege.ADMINISTER, "update": Privilege.ADMINISTER,
    "factory_reset": Privilege.ADMINISTER,
}  # fmt: skip
_HAZARDS: Final = {"identify": Hazard.NUISANCE}


def describe_number(key: str, config: Config) -> Entity:
    low, high = config.number("min", 1), config.number("max", 100)
    if low > high:
        raise ConfigError("min is above max")
    schema: dict[str, Json] = {"type": "number", "minimum": neat(low), "maximum": neat(high)}
    unit = config.title("unit_of_measurement")
    if unit:
        schema["unit"] = unit
    return _value(
        key, config, number, _number_text, schema=schema, recipe=f"{low:g}..{high:g}", unit=unit or None
    )


def describe_select(key: str, config: Config) -> Entity:
    options = config.texts("options")
    if not options:
        raise ConfigError("options should name at least one option")
    schema: dict[str, Json] = {"type": "string", "enum": list(options)}
    return _value(
        key,
        config,
        mapped({option: option for option in options}),
        _plain,
        schema=schema,
        recipe="|".join(options),
    )


def describe_text(key: str, config: Config) -> Entity:
    low, high = int(config.number("min", 0)), int(config.number("max", 255))
    schema: dict[str, Json] = {"type": "string", "maxLength": max(high, 0)}
    if low > 0:
        schema["minLength"] = low
    return _value(key, config, plain_text, _plain, schema=schema, recipe="text")


def describe_button(key: str, config: Config) -> Entity:
    builder = Builder(key, "setting", config)
    payload = config.text("payload_press", "PRESS")
    command = builder.command("command_topic", constant(payload), payload, "command_template")
    if command is None:
        raise ConfigError("command_topic is missing")
    name = _ACTIONS.get(config.text("device_class"), "press")
    if name == "press" and "factory" in f"{payload} {command.topic} {config.text('name')}".lower():
        name = "factory_reset"
    builder.action(
        name,
        command,
        observed=False,
        hazard=_HAZARDS.get(name, SETTING_HAZARD),
        privilege=_PRIVILEGES.get(name, SETTING_PRIVILEGE),
    )
    return builder.build(title(config))


def _value(
    key: str,
    config: Config,
    convert: Convert,
    encode: Encode,
    *,
    schema: dict[str, Json],
    recipe: str,
    unit: str | None = None,
) -> Entity:
    builder = Builder(key, "setting", config)
    template = config.template("value_template")
    command = builder.command("command_topic", encode, recipe, "command_template")
    if command is None:
        raise ConfigError("command_topic is missing")
    builder.property(
        "value", convert, state=config.topic("state_topic"), template=template, command=command, schema=schema, unit=unit,
        query=template.subject, hazard=SETTING_HAZARD, privilege=SETTING_PRIVILEGE,
    )  # fmt: skip
    return builder.build(title(config))


def _number_text(value: Json) -> str:
    return str(neat(as_float(value)))


def _plain(value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError("should be text")
    return value
