"""What a component is called: the publisher's name for it, "" for the device's main function."""

from __future__ import annotations

import re
from typing import Final

from drivers.mqtt.config import Config
from drivers.mqtt.kinds import NAMED_OTHERWISE, class_of
from drivers.mqtt.words import member, words

_ENDPOINT: Final = re.compile(r"_(\d{1,3}|l\d{1,2}|left|right|center|phase_[abc])$")


def title(config: Config) -> str:
    """A null name is the main function (Home Assistant, "MQTT", name). Without a name the device class speaks, or the member
    that is read where it says more: `local_temperature`. The number of an endpoint is kept: there may be fifteen batteries.
    """
    if config.has("name"):
        return config.title("name")
    if "name" in config:
        return ""
    device_class, named = class_of(config), member(config)
    if device_class and (words(device_class) & words(named) or named in NAMED_OTHERWISE):
        return _for_people(named)
    endpoint = _ENDPOINT.search(named) if device_class else None
    return _for_people(f"{device_class[:40]} {endpoint.group(1)}" if endpoint else device_class[:40])


def _for_people(name: str) -> str:
    return name.replace("_", " ").strip().capitalize()
