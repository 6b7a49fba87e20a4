"""One Zigbee2MQTT bridge: what it said last of its devices and groups, and whose name is whose."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, TypeVar

from drivers.mqtt.zigbee2mqtt.network import (
    BridgeInfo,
    ZigbeeDevice,
    ZigbeeGroup,
    read_devices,
    read_event,
    read_groups,
    read_info,
)

DEVICES, GROUPS, INFO, EVENT = "bridge/devices", "bridge/groups", "bridge/info", "bridge/event"
TOPICS: Final = (DEVICES, GROUPS, INFO, EVENT)
"""Below the bridge's base topic."""

MAX_EVENTS: Final = 20
"""What happened last in a network, for a person who looks."""

READ_EVERY_S: Final = 1.0
"""While devices join, the bridge tells all of them again each time: 500 take 40 ms to read, 160 ms on a small computer."""

T = TypeVar("T")


class Bridge:
    """Of the base topic `base`. What comes is kept as it is, the newest of each topic, and read when somebody asks: while a
    network settles, the bridge tells all of its devices again and again.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self.devices: dict[str, ZigbeeDevice] | None = None  # None: not told yet
        self.groups: dict[int, ZigbeeGroup] | None = None
        self.info: BridgeInfo | None = None
        self.events: deque[str] = deque(maxlen=MAX_EVENTS)
        self.problems: dict[str, str] = {}  # by topic
        self._pending: dict[str, bytes] = {}
        self._read_at = float("-inf")  # on the loop's clock
        self._owners: dict[str, str] = {}  # name -> candidate's id; "" where two have it
        self._digests: dict[str, int] = {}

    @property
    def topics(self) -> list[str]:
        return [f"{self.base}/{topic}" for topic in TOPICS]

    def message(self, topic: str, payload: bytes) -> bool:
        """Take a message at `topic` (below the base) in. True if devices should be looked at again. Never raises."""
        if topic == EVENT:
            event = self._read(EVENT, read_event, payload)
            if event:
                self.events.append(event)
            return False
        digest = hash(payload)
        if self._digests.get(topic) == digest:
            return False
        self._digests[topic] = digest
        if topic == INFO:
            self.info = self._read(INFO, read_info, payload)
            return False
        self._pending[topic] = payload
        return True

    @property
    def is_pending(self) -> bool:
        """Whether something came that is still to be read."""
        return bool(self._pending)

    def take(self, now: float) -> set[str]:
        """Read what came, but not all the time. Returns the ids of the candidates of whom something else is said now."""
        if not self._pending or now < self._read_at + READ_EVERY_S:
            return set()
        self._read_at = now
        devices, groups = self.devices or {}, self.groups or {}
        if (payload := self._pending.pop(DEVICES, None)) is not None:
            self.devices = self._read(DEVICES, read_devices, payload)
        if (payload := self._pending.pop(GROUPS, None)) is not None:
            self.groups = self._read(GROUPS, read_groups, payload)
        self._owners = self._own()
        now_devices, now_groups = self.devices or {}, self.groups or {}
        changed = {
            device_candidate(address)
            for address in devices.keys() | now_devices.keys()
            if devices.get(address) != now_devices.get(address)
        }
        return changed | {
            self.group_candidate(number)
            for number in groups.keys() | now_groups.keys()
            if groups.get(number) != now_groups.get(number)
        }

    def owner(self, topic: str) -> tuple[str, str] | None:
        """Whose a topic below the base is, by the longest name that it begins with: the candidate's id, and the rest of the
        topic. None where the bridge knows no such name, or gives it to two.
        """
        rest = topic.removeprefix(f"{self.base}/")
        end = len(rest)
        while end > 0:
            owner = self._owners.get(rest[:end])
            if owner is not None:
                return (owner, rest[end:]) if owner else None
            end = rest.rfind("/", 0, end)
        return None

    def group_candidate(self, number: int) -> str:
        return f"zigbee2mqtt_{encoded(self.base)}_{number}"

    def group_of(self, candidate: str) -> int | None:
        """The number of the group that is announced as `candidate`; None for what is none of ours."""
        begin = f"zigbee2mqtt_{encoded(self.base)}_"
        number = candidate.removeprefix(begin)
        return int(number) if number != candidate and number.isascii() and number.isdigit() else None

    def _own(self) -> dict[str, str]:
        """Names are their devices', and a device's address is another name of it."""
        owners = {address: device_candidate(address) for address in self.devices or {}}
        named = [(one.name, device_candidate(one.address)) for one in (self.devices or {}).values()]
        named += [(one.name, self.group_candidate(one.number)) for one in (self.groups or {}).values()]
        for name, candidate in named:
            owners[name] = candidate if owners.get(name, candidate) == candidate else ""
        return owners

    def _read(self, topic: str, reader: Callable[[bytes], T], payload: bytes) -> T | None:
        """None for a message that says nothing, and for one that cannot be read, which is a problem."""
        self.problems.pop(topic, None)
        if not payload:
            return None
        try:
            return reader(payload)
        except ValueError as error:
            self.problems[topic] = str(error)
            return None


def device_candidate(address: str) -> str:
    """The id under which Zigbee2MQTT announces the device of this address."""
    return f"zigbee2mqtt_{address}"


def encoded(base: str) -> str:
    """As in the ids of groups and bridges: each character's number, one after the other."""
    return "".join(str(ord(character)) for character in base)
