"""All Zigbee2MQTT bridges of a broker, and what follows from their words for the devices that they announce.

A device that is renamed is announced with other topics. It is still the same one where the bridge says whose the new name is:
its commands then have a `lasting` fingerprint, in which names stand for addresses. A group's members are known from the bridge
alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

import orjson

from capabilities.components import ComponentDescription
from capabilities.vocabulary import Hazard, Json
from drivers.mqtt.config import clean
from drivers.mqtt.device import Device
from drivers.mqtt.entity import Entity
from drivers.mqtt.groups import highest
from drivers.mqtt.zigbee2mqtt.bridge import Bridge, device_candidate

MAX_BRIDGES: Final = 16
"""Networks of one broker: eight times the most that has been seen in a house."""

PATIENCE_S: Final = 2.0
"""A bridge announces a renamed device and tells its new name within milliseconds, in either order; at the start the broker
hands both out. Who waits longer waits for nothing."""

_CANDIDATE: Final = re.compile(
    r"zigbee2mqtt_(?:bridge_0x[0-9a-f]{16}|(?P<address>0x[0-9a-f]{16})|\d+_(?P<group>\d+))"
)
_STATE: Final = "/bridge/state"


class Bridges:
    """`devices` are all that are announced, by id. `now` is the loop's time, in seconds."""

    def __init__(self, devices: Mapping[str, Device]) -> None:
        self.topics: dict[str, Bridge] = {}
        """What is to be listened to, and whose it is: a message there is for `message`."""
        self._bridges: dict[str, Bridge] = {}  # by base
        self._devices = devices
        self._silent_until: dict[str, float] = {}  # base -> when its silence is taken for an answer
        self._overflow = ""

    def message(self, topic: str, payload: bytes) -> bool:
        """Take a message in. True if devices should be looked at again. Never raises."""
        bridge = self.topics[topic]
        return bridge.message(topic[len(bridge.base) + 1 :], payload)

    @property
    def pending(self) -> bool:
        """Whether a bridge said something that is still to be read."""
        return any(bridge.is_pending for bridge in self._bridges.values())

    def take(self, now: float) -> set[str]:
        """The ids of the devices and groups of whom bridges say something else since the last call."""
        told = {one for bridge in self._bridges.values() for one in bridge.take(now)}
        return told | self._strangers() if told else told

    def groups_with(self, members: Iterable[str]) -> set[str]:
        """The groups that one of `members` belongs to."""
        wanted = set(members)
        return {
            bridge.group_candidate(group.number)
            for bridge in self._bridges.values()
            for group in (bridge.groups or {}).values()
            if not wanted.isdisjoint(map(device_candidate, group.members))
        }

    def meet(self, device: Device, now: float) -> list[str]:
        """Take note of a device. Returns the topics of a bridge that is new by it."""
        fresh: list[str] = []
        for base in bases(device):
            if base in self._bridges:
                continue
            if len(self._bridges) >= MAX_BRIDGES:
                self._overflow = f"{clean(base)}: there are {MAX_BRIDGES} Zigbee2MQTT bridges already"
                continue
            bridge = self._bridges[base] = Bridge(base)
            self._silent_until[base] = now + PATIENCE_S
            self.topics.update(dict.fromkeys(bridge.topics, bridge))
            fresh += bridge.topics
        return fresh

    def waits(self, device: Device, now: float) -> bool:
        """Whether a bridge should be heard first. Ends by itself when it stays silent, not when it says something else."""
        bridges = self._of(device)
        for bridge in bridges:
            told = bridge.groups if _is_group(device.id) else bridge.devices
            if told is None:
                if now < self._silent_until[bridge.base]:
                    return True
            elif any(
                (owner := bridge.owner(topic)) is None or owner[0] != device.id
                for topic in _commanded(device)
                if _is_below(bridge, topic)
            ):
                return True
        return False

    def look(self, device: Device, *, contested: bool) -> None:
        """Say of a device what its bridges say of it. `contested`: its commands go where another device's go."""
        bridges = self._of(device)
        if not bridges:
            device.members = self.others(device)
            return
        for entity in device.entities.values():
            _outlast(entity, bridges, contested=contested)
        if _is_group(device.id):
            self._look_at_group(device, bridges)
        else:
            device.members = self.others(device)

    def others(self, device: Device) -> tuple[str, ...]:
        """Whose topics a device's commands go to besides its own: whoever commands it commands them, as with a group."""
        found: dict[str, None] = {}
        for topic in _commanded(device):
            for bridge in self._bridges.values():
                owner = bridge.owner(topic) if _is_below(bridge, topic) else None
                if owner is not None and owner[0] != device.id:
                    found[owner[0]] = None
        return tuple(found)

    def _strangers(self) -> set[str]:
        """Devices that are none of a bridge's, and send where bridges listen."""
        return {
            device.id
            for device in self._devices.values()
            if not _CANDIDATE.fullmatch(device.id)
            and any(
                _is_below(bridge, topic) for topic in _commanded(device) for bridge in self._bridges.values()
            )
        }

    def unreachable(self, device: Device) -> str:
        """Why a device cannot be reached whatever its availability says; "" if it may be."""
        address = _part(device.id, "address")
        for bridge in self._of(device) if address else ():
            if bridge.devices is None:
                continue
            known = bridge.devices.get(address)
            if known is None:
                return f"it is not in the network of Zigbee2MQTT ({bridge.base}) any more"
            if known.disabled:
                return f"it is disabled in Zigbee2MQTT ({bridge.base})"
        return ""

    def own_timer(self, device: str, topic: str) -> float | None:
        """For how many seconds at the most a device can be told, at its command's `topic`, to stay on; None: it cannot."""
        address = _part(device, "address")
        for bridge in self._bridges.values() if address else ():
            if _is_below(bridge, topic) and bridge.owner(topic) == (device, "/set"):
                known = (bridge.devices or {}).get(address)
                return known.own_timer_s or None if known is not None else None
        return None

    def lines(self) -> list[str]:
        """What a person should know of the bridges: what could not be read, who may join, what happened."""
        found = [self._overflow] if self._overflow else []
        for base, bridge in sorted(self._bridges.items()):
            found += [f"{base}/{topic}: {why}" for topic, why in bridge.problems.items()]
            if bridge.info is not None and bridge.info.open:
                found.append(f"{base}: the network is open, strangers may join")
            if bridge.info is not None and bridge.info.restart_required:
                found.append(f"{base}: Zigbee2MQTT wants to be restarted")
            found += [f"{base}: {event}" for event in bridge.events]
        return found

    def _of(self, device: Device) -> list[Bridge]:
        return [self._bridges[base] for base in bases(device) if base in self._bridges]

    def _look_at_group(self, device: Device, bridges: list[Bridge]) -> None:
        members: list[str] = []
        known = False
        for bridge in bridges:
            number = bridge.group_of(device.id)
            group = (bridge.groups or {}).get(number) if number is not None else None
            if group is not None:
                known = True
                members += map(device_candidate, group.members)
        device.members = tuple(dict.fromkeys((*members, *self.others(device))))
        device.is_group = True
        device.hazard = highest(map(self._components, device.members)) if known else Hazard.PROPERTY

    def _components(self, member: str) -> list[ComponentDescription]:
        device = self._devices.get(member)
        return [] if device is None else list(device.components())


def bases(device: Device) -> list[str]:
    """The base topics of the bridges that announce a device; none for what is no device or group of Zigbee2MQTT's."""
    if not _CANDIDATE.fullmatch(device.id):
        return []
    topics = {item.topic for entity in device.entities.values() for item in entity.availability}
    return sorted(topic.removesuffix(_STATE) for topic in topics if topic.endswith(_STATE))


def _commanded(device: Device) -> Iterator[str]:
    for _, command in device.commands():
        yield command.topic
        yield from command.others


def _is_group(candidate: str) -> bool:
    return bool(_part(candidate, "group"))


def _part(candidate: str, name: str) -> str:
    found = _CANDIDATE.fullmatch(candidate)
    return (found[name] or "") if found else ""


def _is_below(bridge: Bridge, topic: str) -> bool:
    return topic.startswith(f"{bridge.base}/") and not topic.startswith(f"{bridge.base}/bridge/")


def _outlast(entity: Entity, bridges: list[Bridge], *, contested: bool) -> None:
    """Set the component's `lasting` fingerprint. Where bridges do not know a name it stays what it is: nothing was announced
    anew, or it would not be there.
    """
    component = entity.component
    if component is None or not entity.commands:
        return
    lasting = "" if contested else _lasting(component.kind, entity, bridges)
    if lasting is not None and lasting != component.lasting:
        entity.component = replace(component, lasting=lasting)


def _lasting(kind: str, entity: Entity, bridges: list[Bridge]) -> str | None:
    """Over what commands do, with owners for names. None where an owner is not known."""
    parts: list[Json] = []
    for point, command in sorted(entity.commands.items()):
        addresses = [_address(topic, bridges) for topic in (command.topic, *command.others)]
        if None in addresses:
            return None
        parts.append([point, addresses, command.recipe, command.retain])
    told: list[Json] = []
    if entity.reading:
        told = [_address(topic, bridges) for topic in entity.state_topics()]
        if None in told:
            return None
    return hashlib.sha256(orjson.dumps(["zigbee2mqtt", kind, parts, entity.reading, told])).hexdigest()[:32]


def _address(topic: str, bridges: list[Bridge]) -> Json:
    """Whose it is, by base, owner and rest; else the topic itself, which nobody can take for the former."""
    for bridge in bridges:
        if _is_below(bridge, topic):
            owner = bridge.owner(topic)
            return [bridge.base, *owner] if owner is not None else None
    return topic
