"""What `number`, `select` and `text` share: what a device lets be set, of which nobody knows what it does.

Hazard 2 and privilege manage, until a person gives such a component a kind of its own; what is about a bridge or the device
itself takes privilege administer.
"""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Hazard, Json, Privilege
from drivers.mqtt.authority import deed_of
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Encode, Entity
from drivers.mqtt.values import Convert

SETTING_HAZARD: Final = Hazard.PROPERTY


def setting_privilege(deed: str) -> Privilege:
    """For what `deed_of` found."""
    return Privilege.ADMINISTER if deed else Privilege.MANAGE


def describe_value(
    key: str,
    config: Config,
    convert: Convert,
    encode: Encode,
    *,
    schema: dict[str, Json],
    recipe: str,
    unit: str | None = None,
    proposal: str = "",
) -> Entity:
    """A setting that has one value. With a `proposal` somebody should look at it."""
    builder = Builder(key, "setting", config)
    template = config.template("value_template")
    command = builder.command("command_topic", encode, recipe, "command_template")
    if command is None:
        raise ConfigError("command_topic is missing")
    deed = deed_of(config)
    proposal = "" if deed else proposal
    builder.property(
        "value", convert, state=config.topic("state_topic"), template=template, command=command, schema=schema, unit=unit,
        query=template.subject, hazard=SETTING_HAZARD, privilege=setting_privilege(deed),
    )  # fmt: skip
    return builder.build(title(config), certain=not proposal, proposal=proposal)


def text_command(value: Json) -> str:
    """A command that is a text as it is. Raises `ValueError`."""
    if not isinstance(value, str):
        raise ValueError("should be text")
    return value
