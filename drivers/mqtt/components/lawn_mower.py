"""Component `lawn_mower`. Source: Home Assistant, "MQTT Lawn mower"."""

from __future__ import annotations

from typing import Final

from drivers.mqtt.components.robots import activity
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Builder, Entity, constant

_ACTIVITIES: Final = ("mowing", "paused", "docked", "returning", "error")
_ACTIONS: Final = {"start": "start_mowing", "pause": "pause", "dock": "dock"}
"""Each action and what it is called in `<name>_command_topic`, which also is its payload."""


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "mower", config)
    state, template = config.topic("activity_state_topic"), config.template("activity_value_template")
    if state:
        words = activity({name: name for name in _ACTIVITIES})
        builder.property("state", words, state=state, template=template, query=template.subject)
    for name, word in _ACTIONS.items():
        command = builder.command(f"{word}_command_topic", constant(word), word, f"{word}_command_template")
        if command is not None:
            builder.action(name, command, observed=bool(state))
    return builder.build(title(config))
