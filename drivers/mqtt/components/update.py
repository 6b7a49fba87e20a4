"""Component `update`: the firmware's version, whether there is a newer one, and the command to install it.

A setting whose command takes privilege administer. Two topics may tell it, each a part. Its title, summary and picture are for
Home Assistant's own page and are left out. Source: Home Assistant, "MQTT Update".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import orjson

from capabilities.vocabulary import Hazard, Json, Privilege
from drivers.mqtt.components.pictures import address
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Builder, Entity, constant
from drivers.mqtt.messages import Message
from drivers.mqtt.templates import ValueTemplate
from drivers.mqtt.values import NO_VALUE, Convert, Nothing, number, plain_text

MAX_VERSION_CHARS: Final = 256

NO_VERSION: Final = "-1"
"""What Zigbee2MQTT says before a device has told its version."""

_VERSION: Final[dict[str, Json]] = {"type": "string", "maxLength": MAX_VERSION_CHARS}
_PERCENT: Final[dict[str, Json]] = {"type": "number", "minimum": 0, "maximum": 100, "unit": "%"}
_ADDRESS: Final[dict[str, Json]] = {"type": "string", "maxLength": 2048, "format": "uri"}
_FLAG: Final[dict[str, Json]] = {"type": "boolean"}

_MEMBERS: Final = {
    "latest_firmware": "latest_version", "update_available": "latest_version", "updating": "progress",
    "update_progress": "update_percentage", "release": "release_url",
}  # fmt: skip
"""What a template must mention to tell each property."""


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "setting", config)
    state, latest = config.topic("state_topic"), config.topic("latest_version_topic")
    versions = _Versions()
    if state:
        template = rendered_once(config.template("value_template"))
        source = config.source("value_template") or ""
        readers: dict[str, tuple[Convert, dict[str, Json]]] = {
            "firmware": (_member("installed_version", _version), _VERSION),
            "latest_firmware": (_member("latest_version", _version), _VERSION),
            "update_available": (versions.from_state, _FLAG),
            "updating": (_updating, _FLAG),
            "update_progress": (_member("update_percentage", number), _PERCENT),
            "release": (_member("release_url", address), _ADDRESS),
        }
        for name, (convert, schema) in readers.items():
            if template.render is not None and _MEMBERS.get(name, "") not in source:
                continue  # it never tells that
            unit = "%" if name == "update_progress" else None
            builder.property(name, convert, state=state, template=template, schema=schema, unit=unit)
    if latest:
        template = config.template("latest_version_template")
        if state:
            builder.also("latest_firmware", latest, template, _version)
            builder.also("update_available", latest, template, versions.from_latest)
        else:
            builder.property("latest_firmware", _version, state=latest, template=template, schema=_VERSION)
    _install(builder)
    return builder.build(title(config) or "Firmware")


def _install(builder: Builder) -> None:
    config = builder.config
    payload = config.text("payload_install")
    if not payload:
        if config.has("command_topic"):
            builder.problem("payload_install is missing: what would install an update is not known")
        return
    command = builder.command("command_topic", constant(payload), payload)
    if command is not None:
        builder.action(
            "update", command, observed=False, hazard=Hazard.PROPERTY, privilege=Privilege.ADMINISTER
        )


def rendered_once(template: ValueTemplate) -> ValueTemplate:
    """For all properties that read the same rendering: the last one is remembered, by its payload."""
    render = template.render
    if render is None:
        return template
    last: tuple[int, str | Nothing] | None = None

    def remembered(message: Message) -> str | Nothing:
        nonlocal last
        payload = hash(message.payload)
        if last is None or last[0] != payload:
            last = payload, render(message)
        return last[1]

    return replace(template, render=remembered)


class _Versions:
    """Both versions, as the topics tell them one after the other."""

    def __init__(self) -> None:
        self._installed: Json | Nothing = NO_VALUE
        self._latest: Json | Nothing = NO_VALUE

    def from_state(self, value: Json) -> Json | Nothing:
        told = _told(value)
        if "installed_version" in told:
            self._installed = _version(told["installed_version"])
        if "latest_version" in told:
            self._latest = _version(told["latest_version"])
        return self._compared()

    def from_latest(self, value: Json) -> Json | Nothing:
        self._latest = _version(value)
        return self._compared()

    def _compared(self) -> Json | Nothing:
        if isinstance(self._installed, Nothing) or isinstance(self._latest, Nothing):
            return NO_VALUE
        return self._installed != self._latest


def _version(value: Json) -> Json | Nothing:
    read = plain_text(value)
    if read == NO_VERSION:
        return NO_VALUE
    if isinstance(read, str) and len(read) > MAX_VERSION_CHARS:
        raise ValueError(f"is longer than {MAX_VERSION_CHARS} characters")
    return read


def _member(name: str, convert: Callable[[Json], Json | Nothing]) -> Convert:
    def read(value: Json) -> Json | Nothing:
        told = _told(value)
        return convert(told[name]) if name in told else NO_VALUE

    return read


def _updating(value: Json) -> Json | Nothing:
    """As it says; else whether there is a percentage."""
    told = _told(value)
    if isinstance(told.get("in_progress"), bool):
        return told["in_progress"]
    return told["update_percentage"] is not None if "update_percentage" in told else NO_VALUE


def _told(value: Json) -> dict[str, Json]:
    """A JSON object, or its text, or the installed version alone."""
    if isinstance(value, str) and value.startswith("{"):
        value = orjson.loads(value)
    return value if isinstance(value, dict) else {"installed_version": value}
