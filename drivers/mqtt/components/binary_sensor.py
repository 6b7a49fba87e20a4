"""Component `binary_sensor`. Source: Home Assistant, "MQTT binary sensor"; what it tells: [kinds.py](../kinds.py)."""

from __future__ import annotations

from capabilities.vocabulary import Json
from drivers.classes.tables import BINARY_CLASSES, OTHER_BINARY_CLASSES
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity
from drivers.mqtt.kinds import class_of, sign_of
from drivers.mqtt.proposals import proposed_sign
from drivers.mqtt.values import mapped


def describe(key: str, config: Config) -> Entity:
    sign, device_class = sign_of(config), class_of(config)
    builder = Builder(key, sign.kind, config)
    state = config.topic("state_topic")
    if not state:
        raise ConfigError("state_topic is missing")
    if device_class and device_class not in BINARY_CLASSES.keys() | OTHER_BINARY_CLASSES:
        builder.problem(f"the device class {device_class[:40]!r} is not known: true is whatever it calls on")
    schema: dict[str, Json] = (
        {"type": "boolean"} if isinstance(sign.on, bool) else {"type": "string", "enum": [sign.on, sign.off]}
    )
    builder.property(
        sign.name,
        mapped({config.text("payload_off", "OFF"): sign.off, config.text("payload_on", "ON"): sign.on}),
        state=state,
        template=config.template("value_template"),
        schema=schema,
        off_delay_s=max(0.0, config.number("off_delay", 0)),
        expire_after_s=max(0.0, config.number("expire_after", 0)),
    )
    proposal = "" if device_class else proposed_sign(config)
    return builder.build(title(config), certain=not proposal, proposal=proposal)
