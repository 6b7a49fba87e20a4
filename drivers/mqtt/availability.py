"""Whether devices can be reached: what their publishers say, and whether we have a link to the broker at all.

Source: Home Assistant, "MQTT", availability (`availability`, `availability_topic`, `availability_mode`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from capabilities.readings import Contact
from drivers.mqtt.entity import Availability
from drivers.mqtt.ingest import Clock, Complaints
from drivers.mqtt.templates import Message
from drivers.mqtt.values import Nothing, text_of

Rule = tuple[tuple[Availability, ...], str]
"""The topics of one entity, and how they are combined: all, any or latest."""


class Presence:
    """What is known of one device. A device with several rules is there if any of its entities is."""

    __slots__ = ("_latest", "_rules", "_said", "device", "reachable")

    def __init__(self, device: str, rules: set[Rule]) -> None:
        self.device = device
        self.reachable: bool | None = None
        self._rules = sorted(rules, key=repr)
        self._said: dict[str, bool] = {}
        self._latest: dict[str, bool] = {}

    @property
    def topics(self) -> set[str]:
        return {item.topic for items, _ in self._rules for item in items}

    def forget(self) -> None:
        """The link is gone: nothing is known any more."""
        self._said.clear()
        self._latest.clear()
        self.reachable = None

    def hear(self, topic: str, message: Message) -> None:
        """Take a message in. Raises `ValueError` for a payload that says neither."""
        for items, _ in self._rules:
            for item in items:
                if item.topic == topic:
                    raw = item.template.extract(message)
                    text = "" if isinstance(raw, Nothing) else text_of(raw).strip()
                    if text not in (item.available, item.not_available):
                        raise ValueError(
                            f"should be {item.available!r} or {item.not_available!r}, not {text[:40]!r}"
                        )
                    self._said[topic] = text == item.available
                    self._latest = {topic: self._said[topic]}

    def verdict(self) -> bool | None:
        """None: not known yet."""
        verdicts = [self._of(items, mode) for items, mode in self._rules]
        if not verdicts or any(verdict is True for verdict in verdicts):
            return True
        return None if any(verdict is None for verdict in verdicts) else False

    def _of(self, items: tuple[Availability, ...], mode: str) -> bool | None:
        if not items:
            return True
        said = [self._said.get(item.topic) for item in items]
        if mode == "latest":
            topic, value = next(iter(self._latest.items()), ("", None))
            return (
                value
                if any(item.topic == topic for item in items)
                else next((s for s in said if s is not None), None)
            )
        if mode == "any":
            return True if True in said else None if None in said else False
        return False if False in said else None if None in said else True


class Availabilities:
    """All devices. `put` takes each change of contact, once; `returned` is told of a device that was lost, and is back."""

    def __init__(
        self,
        clock: Clock,
        put: Callable[[Contact], None],
        complaints: Complaints,
        returned: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._clock = clock
        self._put = put
        self._complaints = complaints
        self._returned = returned
        self._devices: dict[str, Presence] = {}
        self._by_topic: dict[str, dict[str, Presence]] = {}
        self._linked = False

    def set(self, device: str, rules: set[Rule]) -> set[str]:
        """(Re)place a device's rules. Returns the topics to listen to."""
        old = self._devices.get(device)
        presence = Presence(device, rules)
        if old is not None:
            self.drop(device)
            presence._said, presence._latest, presence.reachable = old._said, old._latest, old.reachable
        self._devices[device] = presence
        for topic in presence.topics:
            self._by_topic.setdefault(topic, {})[device] = presence
        return presence.topics

    def listening(self, devices: Iterable[str]) -> None:
        """The broker has answered for all topics of these devices: now they may count as reachable."""
        for device in devices if self._linked else ():
            presence = self._devices.get(device)
            if presence is not None:
                self._tell(presence)

    def drop(self, device: str) -> None:
        presence = self._devices.pop(device, None)
        for topic in presence.topics if presence is not None else ():
            listeners = self._by_topic[topic]
            del listeners[device]
            if not listeners:
                del self._by_topic[topic]

    def message(self, topic: str, payload: bytes) -> None:
        """Never raises."""
        listeners = self._by_topic.get(topic)
        if not listeners or not payload:
            return
        message = Message(payload)
        for presence in listeners.values():
            try:
                presence.hear(topic, message)
            except (ValueError, TypeError, ArithmeticError, LookupError) as error:
                self._complaints.add(topic, "availability", str(error))
            else:
                self._tell(presence, f"its publisher says so at {topic}")

    def link_up(self) -> None:
        """Devices of which nobody tells more are reachable again."""
        self._linked = True
        for presence in self._devices.values():
            self._tell(presence)

    def link_down(self, reason: str) -> None:
        """Nobody can be reached."""
        self._linked = False
        now = self._clock.wall()
        for presence in self._devices.values():
            presence.forget()
            presence.reachable = False
            self._put(Contact(presence.device, False, now, reason))

    def _tell(self, presence: Presence, reason: str = "") -> None:
        verdict = presence.verdict()
        if verdict is not None and verdict is not presence.reachable:
            if presence.reachable is False:
                self._returned(presence.device)
            presence.reachable = verdict
            self._put(Contact(presence.device, verdict, self._clock.wall(), "" if verdict else reason))
