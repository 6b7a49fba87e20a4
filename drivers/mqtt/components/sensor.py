"""Component `sensor`: numbers in canonical units, moments, states out of a list, and what nobody has a name for.

Source: Home Assistant, "MQTT Sensor". What is measured: [kinds.py](../kinds.py). `suggested_display_precision`, `force_update`
and the difference between the state classes are for displays and statistics: values here are as exact as they are told.
"""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from drivers.classes.tables import NUMBER_CLASSES, SENSOR_CLASSES, TEXT_CLASSES
from drivers.classes.units import SAME, scale_to
from drivers.mqtt import moments
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity
from drivers.mqtt.kinds import class_of, meaning_of, unit_of
from drivers.mqtt.values import Convert, guess, mapped, number, plain_text, scaled
from drivers.mqtt.words import listed, own_words, plain_names

SECRET_WORDS: Final = listed(
    "pin code codes password passcode passwort key token secret user users ssid credentials"
)
"""Words of texts that may be secrets: they are declared as free texts, which are sensitive."""

_NO_SECRET_WORDS: Final = listed("alarm error fault status warning")
"""Words that make a code one of a machine's."""

AIR_QUALITY: Final = "air_quality"
"""What publishers call the quality of the air in words (`excellent`), for which there is no device class."""

_TEXTS: Final = "| string"
"""In a template: what comes out is a text, even if it looks like a number."""


def describe(key: str, config: Config) -> Entity:
    if not config.topic("state_topic"):
        raise ConfigError("state_topic is missing")
    unit, meaning = unit_of(config), meaning_of(config)
    if meaning is not None:
        if meaning.name == "power_factor" and unit == "%":
            return _add(Builder(key, meaning.kind, config), meaning.name, scaled(0.01))
        scale = scale_to(meaning.unit, unit) if meaning.unit or not unit else None
        if scale is not None:
            convert = number if scale is SAME else scaled(scale.factor, scale.offset)
            return _add(Builder(key, meaning.kind, config), meaning.name, convert, meaning.unit)
    return _other(key, config, unit)


def _other(key: str, config: Config, unit: str) -> Entity:
    """What no kind has, as exactly as it is declared."""
    builder, device_class = Builder(key, "other", config), class_of(config)
    if device_class and device_class not in SENSOR_CLASSES.keys() | NUMBER_CLASSES | TEXT_CLASSES.keys():
        builder.problem(
            f"the device class {device_class[:40]!r} is not known: its values are shown as they are"
        )
    options = config.texts("options")
    if options:
        schema: dict[str, Json] = {"type": "string", "enum": list(options)}
        return _add(builder, "value", mapped({option: option for option in options}), schema=schema)
    if form := TEXT_CLASSES.get(device_class, ""):
        convert = moments.date if form == "date" else moments.timestamp
        return _add(builder, "value", convert, schema={"type": "string", "format": form})
    if unit or config.has("state_class") or device_class in SENSOR_CLASSES.keys() | NUMBER_CLASSES:
        return _add(
            builder, "value", number, unit, {"type": "number", "unit": unit} if unit else {"type": "number"}
        )
    if AIR_QUALITY in plain_names(config):
        return _add(Builder(key, "air", config), "quality", plain_text)
    if _TEXTS in (config.source("value_template") or "") or _may_be_secret(own_words(config)):
        return _add(builder, "value", plain_text, schema={"type": "string"})
    return _add(builder, "value", guess)


def _may_be_secret(named: frozenset[str]) -> bool:
    return bool(named & SECRET_WORDS) and not named & _NO_SECRET_WORDS


def _add(
    builder: Builder, name: str, convert: Convert, unit: str = "", schema: dict[str, Json] | None = None
) -> Entity:
    config = builder.config
    state, expires = config.topic("state_topic"), max(0.0, config.number("expire_after", 0))
    builder.property(
        name, convert, state=state, template=config.template("value_template"), schema=schema, unit=unit or None,
        expire_after_s=expires,
    )  # fmt: skip
    if config.has("last_reset_value_template"):
        builder.property(
            "last_reset", moments.timestamp, state=state, template=config.template("last_reset_value_template"),
            schema={"type": "string", "format": "date-time"}, expire_after_s=expires,
        )  # fmt: skip
    return builder.build(title(config))
