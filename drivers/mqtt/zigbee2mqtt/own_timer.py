"""Devices that switch themselves off again: Zigbee's command OnWithTimedOff, as Zigbee2MQTT takes it.

`{"state": "ON", "on_time": 300, "off_wait_time": 0}`: `on_time` in seconds, which the bridge sends in tenths as a 16-bit number
(Zigbee Cluster Library 8, section 3.8.2.3.6); 0xFFFF would mean "for ever". Whether a device can do that is up to its firmware;
only what its bridge says of it counts, see the README.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt.entity import Command

LONGEST_S: Final = 6553.0
"""0xFFFE tenths of a second, in whole seconds."""

MOST_FEATURES: Final = 500
"""Looked at of one device; a colour lamp with all its settings has 60."""

_SET_ONLY: Final = 2  # of an expose's `access`: it can be set, and is no setting that stays and is told


def own_timer_of(definition: Json) -> float:
    """For how many seconds at the most a device of this definition can be told to stay on; 0 where it does not say so."""
    exposes = definition.get("exposes") if isinstance(definition, dict) else None
    for count, feature in enumerate(_features(exposes)):
        if count >= MOST_FEATURES:
            break
        if feature.get("property") == "on_time" and feature.get("type") == "numeric":
            most = feature.get("value_max", LONGEST_S)
            is_sure = feature.get("access") == _SET_ONLY and feature.get("unit") == "s"
            if is_sure and isinstance(most, int | float) and not isinstance(most, bool) and most > 0:
                return min(float(most), LONGEST_S)
    return 0.0


def switches_on(command: Command) -> bool:
    """Whether true, written there, is nothing else than `state` ON."""
    try:
        return command.plan is None and _state(command.encode(True)) == "ON"
    except (ValueError, TypeError, ArithmeticError, LookupError):
        return False


def on_for(seconds: float) -> str:
    """The payload. Rounded up to a tenth: the gateway itself ends what lasts longer."""
    return orjson.dumps({"state": "ON", "on_time": math.ceil(seconds * 10) / 10, "off_wait_time": 0}).decode()


def _features(exposes: Json) -> Iterator[Mapping[str, Json]]:
    """Those of a device itself, and those of its switches and lamps."""
    for one in exposes if isinstance(exposes, list) else ():
        if isinstance(one, dict):
            yield one
            inner = one.get("features")
            yield from (f for f in (inner if isinstance(inner, list) else ()) if isinstance(f, dict))


def _state(text: str) -> Json:
    try:
        value: Json = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return value["state"] if isinstance(value, dict) and value.keys() == {"state"} else None
