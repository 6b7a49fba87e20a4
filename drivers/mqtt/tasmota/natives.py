"""The Tasmota devices that announce themselves in their own format, handed to the discovery in Home Assistant's words.

A device that announces itself in Home Assistant's format as well (SetOption19) is one device: that one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.config import Config
from drivers.mqtt.device import Device, identities
from drivers.mqtt.discovery import Discovery
from drivers.mqtt.tasmota.controls import controls
from drivers.mqtt.tasmota.inputs import inputs
from drivers.mqtt.tasmota.reading import Tasmota, read_config, read_sensors
from drivers.mqtt.tasmota.sensors import sensors

MAX_DEVICES: Final = 1000
"""Ten times a large house."""


class Natives:
    """`prefix` is where they announce themselves ("" for nowhere)."""

    def __init__(self, prefix: str, discovery: Discovery) -> None:
        self._begin = f"{prefix}/" if prefix else "\0"  # which no topic has
        self._prefix = prefix
        self._discovery = discovery
        self._configs: dict[str, Tasmota] = {}  # by MAC
        self._sensors: dict[str, dict[str, Json]] = {}
        self._others: dict[str, str] = {}  # MAC, or its end -> who announces it in the other format
        self._digests: dict[str, int] = {}  # topic -> hash of its message
        self._names: dict[str, tuple[str, ...]] = {}  # device of the other format -> its keys there

    def filters(self) -> list[str]:
        """The topic filters to subscribe to."""
        return [f"{self._prefix}/+/config", f"{self._prefix}/+/sensors"] if self._prefix else []

    def is_ours(self, topic: str) -> bool:
        return topic.startswith(self._begin)

    def topics(self) -> list[str]:
        """Where what counts now was announced."""
        return [f"{self._prefix}/{mac}/config" for mac in self._configs]

    def knows(self, topic: str) -> bool:
        return topic.split("/")[-2] in self._configs

    def feed(self, topic: str, payload: bytes) -> bool:
        """Take one message in. True if some device may have changed. Never raises."""
        mac, _, what = topic[len(self._begin) :].partition("/")
        digest = hash(payload)
        if self._digests.get(topic) == digest:
            return False
        self._digests.pop(topic, None)
        try:
            if what == "config":
                self._configured(mac, payload)
            elif what == "sensors":
                self._measured(mac, payload)
        except ValueError as error:
            self._discovery.reject(topic, str(error))
            return False
        self._discovery.accept(topic)
        if payload:
            self._digests[topic] = digest  # no more of them than devices
        return self._announce(mac)

    def meet(self, devices: Iterable[Device]) -> bool:
        """Devices that changed: those of the other format are not announced twice. True if some changed by that."""
        macs = {mac for device in devices for mac in self._met(device)}
        changed = False
        for mac in macs:
            changed |= self._announce(mac)
        return changed

    def _configured(self, mac: str, payload: bytes) -> None:
        if not payload:
            self._configs.pop(mac, None)
            return
        config = read_config(mac, payload)
        if len(self._configs) >= MAX_DEVICES and mac not in self._configs:
            raise ValueError(f"there are {MAX_DEVICES} Tasmota devices already")
        self._configs[mac] = config

    def _measured(self, mac: str, payload: bytes) -> None:
        if not payload:
            self._sensors.pop(mac, None)
            return
        told = read_sensors(payload)
        if len(self._sensors) >= MAX_DEVICES and mac not in self._sensors:
            raise ValueError(f"there are {MAX_DEVICES} Tasmota devices already")
        self._sensors[mac] = told

    def _announce(self, mac: str) -> bool:
        device, entities = self._configs.get(mac), {}
        if device is not None and not self._is_announced_otherwise(mac):
            entities = dict(self._entities(device))
        return self._discovery.announce(f"tasmota/discovery/{mac}", entities)

    def _entities(self, device: Tasmota) -> Iterator[tuple[str, tuple[str, Config]]]:
        told = self._sensors.get(device.mac, {})
        for entries in (controls(device), inputs(device), sensors(device, told)):
            for name, component, config in entries:
                yield f"tasmota/discovery/{device.mac}/{name.replace('/', '%2F')}", (component, config)

    def _is_announced_otherwise(self, mac: str) -> bool:
        return mac in self._others or mac[-6:] in self._others

    def _met(self, device: Device) -> set[str]:
        """The devices of ours that are meant by one of the other format, or were."""
        if not self._prefix or device.id in self._configs:
            return set()
        before, now = self._names.pop(device.id, ()), tuple(_names(device))
        for name in before:
            self._others.pop(name, None)
        if now:
            self._names[device.id] = now
            self._others |= dict.fromkeys(now, device.id)
        names = {*before, *now}
        return {mac for mac in self._configs if mac in names or mac[-6:] in names}


def _names(device: Device) -> Iterator[str]:
    """What a device of the other format is called here: by its MAC, or by the end of it, as Tasmota does there."""
    info = next((config.device for config in device.configs.values() if config.device), {})
    for identity in identities(info):
        kind, _, value = identity.partition(":")
        if kind == "mac":
            yield value.replace(":", "").upper()
    if str(info.get("manufacturer", "")).lower() == "tasmota" and len(device.id) == 6:
        yield device.id.upper()
