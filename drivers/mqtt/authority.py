"""Controls of a device or a bridge itself, which are for administrators: recognised by device class, topic and name.

What is recognised here only rises: a name that says nothing leaves an entity as it was.
Sources: Zigbee2MQTT, "MQTT topics and messages"; Z-Wave JS UI, "MQTT APIs"; Tasmota, "Commands"; OpenMQTTGateway, "MQTT
commands"; ESPHome, buttons restart, safe_mode and factory_reset.
"""

from __future__ import annotations

import re
from typing import Final

from drivers.mqtt.config import Config
from drivers.mqtt.topic_guard import is_order
from drivers.mqtt.words import listed, own_words, words

PERMIT_JOIN: Final = "permit_join"
RESTART: Final = "restart"
UPDATE: Final = "update"
FACTORY_RESET: Final = "factory_reset"
REMOVE: Final = "remove"
NETWORK: Final = "network"
LOG_LEVEL: Final = "log_level"
OTHER_ORDER: Final = "order"

DEEDS: Final[dict[str, tuple[str, ...]]] = {
    FACTORY_RESET: ("factory", "werksreset", "hard reset", "erase", "wipe", "nvs"),
    PERMIT_JOIN: ("permit join", "pairing", "inclusion", "exclusion", "commissioning", "anlernen", "appairage"),
    RESTART: ("restart", "reboot", "neustart", "redemarrer", "reiniciar", "riavvia", "safe mode"),
    UPDATE: ("firmware", "ota", "upgrade", "safeboot"),
    REMOVE: ("unpair", "remove device", "delete device", "remove failed node", "force remove"),
    LOG_LEVEL: ("log level", "loglevel", "debug level"),
    NETWORK: (
        "ssid", "wifi password", "wi fi password", "mqtt password", "mqtt host", "credentials", "network channel",
    ),
}  # fmt: skip
"""What is done → the words that say so: all words of one of these. The first deed that fits counts."""

_PHRASES: Final = {deed: tuple(map(words, phrases)) for deed, phrases in DEEDS.items()}

_ABOUT_A_DEED: Final = listed(
    "auto automatic behavior behaviour count delay indicator interval mode schedule status time timer"
)
"""Words that make a deed's name that of a setting: the restart status of a relay is what it does after a power cut."""

_ORDERS: Final = re.compile(
    r"""(?ix) (?:^|/)cmnd/(?:.+/)?(?: restart | reset | upgrade | otaurl | backlog\d? | (?:set)?option\d* | module | template
    | gpio\d* | ssid\d | password\d | webpassword | mqtt\w* | fulltopic | topic | rule\d )$
    | (?:^|/)commands/MQTTto(?:SYS|BT|RF|LORA)/config$""",
)
"""Topics of orders to the device itself: Tasmota's (in whatever order its full topic has), OpenMQTTGateway's."""


def deed_of(config: Config, payload: str = "") -> str:
    """What pressing, switching or setting this entity does to the device itself; "" where nothing says so."""
    device_class = config.text("device_class").lower()
    if device_class in {RESTART, UPDATE, FACTORY_RESET}:
        return device_class
    topic = config.topic("command_topic")
    said = own_words(config) | words(payload)
    ordered = is_order(topic) or _ORDERS.search(topic) is not None
    if ordered:
        said |= words(topic)
    for deed, phrases in _PHRASES.items():
        if any(phrase <= said and (ordered or not (said - phrase) & _ABOUT_A_DEED) for phrase in phrases):
            return deed
    return OTHER_ORDER if ordered else ""
