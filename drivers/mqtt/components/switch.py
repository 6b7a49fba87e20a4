"""Component `switch`: an outlet, a relay, or (where it looks like neither) a setting.

What a relay feeds is for a person to say: its kind is a guess, and its name a proposal.
Source: Home Assistant, "MQTT Switch".
"""

from __future__ import annotations

from drivers.mqtt.authority import PERMIT_JOIN, deed_of
from drivers.mqtt.components.setting import SETTING_HAZARD, setting_privilege
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Builder, Entity, switching
from drivers.mqtt.kinds import class_of, is_housekeeping
from drivers.mqtt.proposals import proposed_switch
from drivers.mqtt.templates import ValueTemplate
from drivers.mqtt.values import mapped
from drivers.mqtt.words import own_words


def describe(key: str, config: Config) -> Entity:
    template = config.template("value_template")
    deed = deed_of(config)
    kind = _kind(config, template, deed)
    builder = Builder(key, kind, config)
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    states = mapped({config.text("state_off", off): False, config.text("state_on", on): True})
    command = builder.command("command_topic", switching(on, off), f"{on}|{off}", "command_template")
    state = config.topic("state_topic")
    if kind == "setting":
        opens_network = deed == PERMIT_JOIN and "join" in own_words(config)
        name = PERMIT_JOIN if opens_network else "value"
        builder.property(
            name, states, state=state, template=template, command=command, query=template.subject,
            schema={"type": "boolean"}, hazard=SETTING_HAZARD, privilege=setting_privilege(deed),
        )  # fmt: skip
        proposal = "" if deed or is_housekeeping(config) else proposed_switch(config)
        return builder.build(title(config), certain=not proposal, proposal=proposal)
    builder.property("on", states, state=state, template=template, command=command, query=template.subject)
    proposal = proposed_switch(config)
    named = kind == "outlet" or class_of(config) == "switch"
    return builder.build(title(config), certain=named and proposal in {"", kind}, proposal=proposal)


def _kind(config: Config, template: ValueTemplate, deed: str) -> str:
    """A child lock and a self-test are switches to a publisher too. Zigbee2MQTT calls a real one `state` (`state_l1` …)."""
    if is_housekeeping(config):
        return "setting"
    if class_of(config) == "outlet":
        return "outlet"
    member = template.member or ""
    if config.origin.lower() == "zigbee2mqtt" and member != "state" and not member.startswith("state_"):
        return "setting"
    return "setting" if deed else "switch"
