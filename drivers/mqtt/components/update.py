"""Component `update`: the firmware's version, whether there is a newer one, and the command to install it.

A setting whose command takes privilege administer. Source: Home Assistant, "MQTT Update".
"""

from __future__ import annotations

import orjson

from capabilities.vocabulary import Hazard, Json, Privilege
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Builder, Entity, constant
from drivers.mqtt.values import NO_VALUE, Nothing, plain_text


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "setting", config)
    state = config.topic("state_topic")
    if state:
        template = config.template("value_template")
        builder.property("firmware", _installed, state=state, template=template, schema={"type": "string"})
        builder.property(
            "update_available", _newer, state=state, template=template, schema={"type": "boolean"}
        )
    payload = config.text("payload_install")
    command = builder.command("command_topic", constant(payload), payload) if payload else None
    if command is not None:
        builder.action(
            "update", command, observed=False, hazard=Hazard.PROPERTY, privilege=Privilege.ADMINISTER
        )
    if config.has("latest_version_topic"):
        builder.problem("latest_version_topic is not supported yet")
    return builder.build(title(config) or "Firmware")


def _installed(value: Json) -> Json | Nothing:
    return plain_text(_versions(value).get("installed_version"))


def _newer(value: Json) -> Json | Nothing:
    installed, latest = (
        plain_text(_versions(value).get("installed_version")),
        plain_text(_versions(value).get("latest_version")),
    )
    if isinstance(installed, Nothing) or isinstance(latest, Nothing):
        return NO_VALUE
    return installed != latest


def _versions(value: Json) -> dict[str, Json]:
    """A JSON object, or its text, or the installed version alone."""
    if isinstance(value, str) and value.startswith("{"):
        value = orjson.loads(value)
    if isinstance(value, dict):
        return value
    return {"installed_version": value}
