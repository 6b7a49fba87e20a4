"""Component `switch`: an outlet, a relay, or (where it looks like neither) a setting.

Source: Home Assistant, "MQTT Switch".
"""

from __future__ import annotations

from drivers.mqtt.components.setting import SETTING_HAZARD, SETTING_PRIVILEGE
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Builder, Entity, switching
from drivers.mqtt.templates import ValueTemplate
from drivers.mqtt.values import mapped


def describe(key: str, config: Config) -> Entity:
    template = config.template("value_template")
    kind = _kind(config, template)
    builder = Builder(key, kind, config)
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    states = mapped({config.text("state_off", off): False, config.text("state_on", on): True})
    command = builder.command("command_topic", switching(on, off), f"{on}|{off}", "command_template")
    state = config.topic("state_topic")
    if kind == "setting":
        builder.property(
            "value", states, state=state, template=template, command=command, query=template.subject,
            schema={"type": "boolean"}, hazard=SETTING_HAZARD, privilege=SETTING_PRIVILEGE,
        )  # fmt: skip
    else:
        builder.property(
            "on", states, state=state, template=template, command=command, query=template.subject
        )
    return builder.build(title(config), certain=kind == "setting" or config.has("device_class"))


def _kind(config: Config, template: ValueTemplate) -> str:
    """A child lock and a self-test are switches to a publisher too. Zigbee2MQTT calls a real one `state` (`state_l1` …)."""
    if config.has("entity_category"):
        return "setting"
    if config.text("device_class") == "outlet":
        return "outlet"
    member = template.member or ""
    if config.origin.lower() == "zigbee2mqtt" and member != "state" and not member.startswith("state_"):
        return "setting"
    return "switch"
