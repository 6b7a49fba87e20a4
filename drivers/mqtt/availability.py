"""Whether devices can be reached: what their publishers say, and whether we have a link to the broker at all.

Source: Home Assistant, "MQTT", availability (`availability`, `availability_topic`, `availability_mode`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from itertools import islice
from time import perf_counter

from capabilities.readings import Contact
from drivers.mqtt.entity import Availability
from drivers.mqtt.ingest import MAX_TEMPLATES_S, Clock, Complaints
from drivers.mqtt.templates import Message
from drivers.mqtt.values import Nothing, text_of

Rule = tuple[tuple[Availability, ...], str]
"""The topics of one entity, and how they are combined: all, any or latest."""


class Presence:
    """What is known of one device. A device with several rules is there if any of its entities is; entities that say nothing
    do not count beside others that do. `veto` is why it cannot be reached whatever its publisher says.
    """

    __slots__ = ("_latest", "_rules", "_said", "device", "reachable", "veto")

    def __init__(self, device: str, rules: set[Rule]) -> None:
        self.device = device
        self.reachable: bool | None = None
        self.veto = ""
        self._rules = sorted((rule for rule in rules if rule[0]), key=repr)
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

    def hear(self, topic: str, message: Message, until: float) -> None:
        """Take a message in. Raises `ValueError` for a payload that says neither, and when it takes too long."""
        for items, _ in self._rules:
            for item in items:
                if item.topic == topic:
                    if item.template.render is not None and perf_counter() > until:
                        raise ValueError("is told by templates that take too long")
                    text = _word(item, message)
                    if text not in (item.available, item.not_available):
                        raise ValueError(
                            f"should be {item.available!r} or {item.not_available!r}, not {text[:40]!r}"
                        )
                    self._said[topic] = text == item.available
                    self._latest = {topic: self._said[topic]}

    def verdict(self) -> bool | None:
        """None: not known yet."""
        if self.veto:
            return False
        verdicts = [self._of(items, mode) for items, mode in self._rules]
        if not verdicts or any(verdict is True for verdict in verdicts):
            return True
        return None if any(verdict is None for verdict in verdicts) else False

    def take_over(self, old: Presence) -> bool:
        """Continue for `old`. False where the rules are others: what was said is to be heard again."""
        self.reachable, self.veto = old.reachable, old.veto
        if self._rules != old._rules:
            return False
        self._said, self._latest = old._said, old._latest
        return True

    def _of(self, items: tuple[Availability, ...], mode: str) -> bool | None:
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

    def set(self, device: str, rules: set[Rule]) -> tuple[set[str], bool]:
        """(Re)place a device's rules. Returns the topics to listen to, and whether they must all be heard again."""
        old = self._devices.get(device)
        presence = Presence(device, rules)
        anew = False
        if old is not None:
            self.drop(device)
            anew = not presence.take_over(old)
        self._devices[device] = presence
        for topic in presence.topics:
            self._by_topic.setdefault(topic, {})[device] = presence
        return presence.topics, anew

    def beside(self, topics: Collection[str]) -> frozenset[str]:
        """The first devices that all of these topics speak for, where each speaks for several: who tells of several devices
        at once, and of none of them alone, is none of them.
        """
        listeners = [self._by_topic.get(topic, {}) for topic in topics]
        if not listeners or any(len(devices) < 2 for devices in listeners):
            return frozenset()
        return frozenset(device for devices in listeners for device in islice(devices, 2))

    def veto(self, device: str, reason: str) -> None:
        """Somebody who knows better says that the device cannot be reached ("": nothing against it)."""
        presence = self._devices.get(device)
        if presence is not None and presence.veto != reason:
            presence.veto = reason
            if self._linked:
                self._tell(presence, reason)

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
        message, until = Message(payload), perf_counter() + MAX_TEMPLATES_S
        for presence in listeners.values():
            try:
                presence.hear(topic, message, until)
            except (ValueError, TypeError, ArithmeticError, LookupError) as error:
                self._complaints.add(topic, "availability", str(error))
            else:
                self._tell(presence, _reason(topic))

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
            why = "" if verdict else presence.veto or reason
            self._put(Contact(presence.device, verdict, self._clock.wall(), why))


def _word(item: Availability, message: Message) -> str:
    """What is said. Bridges change between `online` and `{"state":"online"}` with their settings, and what the broker kept is
    of the day before: both are understood wherever one is announced.
    """
    words = (item.available, item.not_available)
    try:
        raw = item.template.extract(message)
    except ValueError:
        if message.text.strip() not in words:
            raise
        return message.text.strip()
    text = "" if isinstance(raw, Nothing) else text_of(raw).strip()
    if text not in words:
        with suppress(ValueError):
            document = message.document
            if isinstance(document, dict) and "state" in document:
                return text_of(document["state"])
    return text


def _reason(topic: str) -> str:
    if topic.endswith("/bridge/state"):
        return f"its bridge is away, as {topic} says"
    return f"its publisher says so at {topic}"
