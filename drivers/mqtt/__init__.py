"""MQTT 5 and 3.1.1, with Home Assistant's discovery format as the description of devices."""

from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings

__all__ = ["MqttDriver", "MqttSettings"]
