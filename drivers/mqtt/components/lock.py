"""Component `lock`. Source: Home Assistant, "MQTT Lock"."""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.components.codes import code_pattern, code_schema, takes_code, with_code
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity
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
    state, template = config.topic("state_topic"), config.template("value_template")
    if state:
        by_payload: dict[str, Json] = {config.text("payload_reset", "None"): "unknown"}
        by_payload |= {config.text(f"state_{name}", usual): name for name, usual in _STATES.items()}
        builder.property("state", mapped(by_payload), state=state, template=template, query=template.subject)
    try:
        schema = _input(config)
    except ConfigError as error:
        builder.problem(f"{error}: only its state is read")
        return builder.build(title(config))
    topic, source = config.topic("command_topic"), config.source("command_template")
    for name, usual in _ACTIONS.items():
        payload = config.text(f"payload_{name}", usual)
        if topic and payload:
            recipe = f"{name}={payload} | {source} | {config.text('code_format')}"
            command = builder.command_at(topic, with_code(payload, source, "value"), recipe)
            builder.action(name, command, observed=bool(state), schema=schema)
    return builder.build(title(config))


def _input(config: Config) -> dict[str, Json]:
    """A lock with a code format wants a code each time; without one its template may still have a place for it."""
    if config.has("code_format"):
        return code_schema(pattern=code_pattern(config.text("code_format")), required=True)
    return code_schema(required=False) if takes_code(config.source("command_template")) else {}
