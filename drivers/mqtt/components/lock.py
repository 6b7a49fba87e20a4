"""Component `lock`. Source: Home Assistant, "MQTT Lock"."""

from __future__ import annotations

from typing import Final

from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Builder, Entity, constant
from drivers.mqtt.values import mapped

_STATES: Final = {
    "jammed": "JAMMED", "locking": "LOCKING", "unlocking": "UNLOCKING", "open": "OPEN", "opening": "OPENING",
    "unlocked": "UNLOCKED", "locked": "LOCKED",
}  # fmt: skip
"""Each state and its usual payload; `state_<state>` overrides it. Later ones win where two share a payload."""

_ACTIONS: Final = {"lock": "LOCK", "unlock": "UNLOCK", "open": ""}
"""Each action and its usual payload; `payload_<action>` overrides it. A lock that can be opened (the latch drawn) says so."""


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "lock", config)
    template = config.template("value_template")
    state = config.topic("state_topic")
    if state:
        by_payload = {config.text(f"state_{name}", usual): name for name, usual in _STATES.items()}
        builder.property("state", mapped(by_payload), state=state, template=template, query=template.subject)
    if config.has("code_format"):
        builder.problem("locks that want a code with each command are not supported; only its state is read")
        return builder.build(title(config))
    for name, usual in _ACTIONS.items():
        payload = config.text(f"payload_{name}", usual)
        command = (
            builder.command("command_topic", constant(payload), f"{name}={payload}", "command_template")
            if payload
            else None
        )
        if command is not None:
            builder.action(name, command, observed=bool(state))
    return builder.build(title(config))
