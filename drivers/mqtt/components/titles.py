"""What a component is called: the publisher's name for it, "" for the device's main function."""

from __future__ import annotations

from drivers.mqtt.config import Config


def title(config: Config) -> str:
    """A null name is the main function (Home Assistant, "MQTT", name); without a name the device class speaks."""
    if config.has("name"):
        return config.title("name")
    if "name" in config:
        return ""
    return config.title("device_class").replace("_", " ").capitalize()
