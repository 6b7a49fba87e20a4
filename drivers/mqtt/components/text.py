"""Component `text`: a setting that is any text of some length and pattern. Source: Home Assistant, "MQTT Text".

`mode` is for displays: every free text counts as sensitive here, as a password does.
"""

from __future__ import annotations

from capabilities.patterns import PatternError, compile_pattern
from capabilities.vocabulary import Json
from drivers.mqtt.components.setting import describe_value, text_command
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Entity
from drivers.mqtt.values import plain_text


def describe(key: str, config: Config) -> Entity:
    low, high = int(config.number("min", 0)), int(config.number("max", 255))
    if low > high:
        raise ConfigError("min is above max")
    schema: dict[str, Json] = {"type": "string", "maxLength": max(high, 0)}
    if low > 0:
        schema["minLength"] = low
    pattern = config.text("pattern")
    refusal = _refusal(pattern)
    if pattern and not refusal:
        schema["pattern"] = _from_the_start(pattern)
    entity = describe_value(key, config, plain_text, text_command, schema=schema, recipe="text")
    if refusal:
        entity.problems.append(f"its pattern {refusal}: texts are not held to it")
    return entity


def _refusal(pattern: str) -> str:
    try:
        compile_pattern(_from_the_start(pattern))
    except PatternError as error:
        return str(error)
    return ""


def _from_the_start(pattern: str) -> str:
    """Home Assistant matches from the start of the text on; a schema searches anywhere."""
    return pattern if pattern.startswith("^") else f"^(?:{pattern})"
