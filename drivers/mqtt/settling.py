"""From announcements to candidates: when they come out, in which order, and what has to be heard before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from drivers.driver import Candidate, Withdrawn
from drivers.mqtt.availability import Availabilities
from drivers.mqtt.budgets import CHANGE_EVERY_S, ChangeBudget
from drivers.mqtt.connection import Connection
from drivers.mqtt.device import Device
from drivers.mqtt.discovery import Discovery
from drivers.mqtt.tasmota.natives import Natives
from drivers.mqtt.unread import Unread
from drivers.mqtt.wiring import CommandTopics, Switchboard
from drivers.mqtt.zigbee2mqtt.bridges import PATIENCE_S, Bridges

CANDIDATE_DEBOUNCE_S: Final = 0.1
"""A publisher announces a device's entities one after the other, a broker all devices' mixed: so long after the last
announcement it counts as complete."""

CANDIDATE_PATIENCE_S: Final = 2.0
"""After so long candidates come out although announcements keep coming."""

LOOK_AGAIN_S: Final = 0.5
"""At devices that wait for their bridge, and at what bridges say too often to be read each time."""


class Settling:
    """Collects announcements until they are complete, then makes candidates of the devices that changed. `put` takes them."""

    def __init__(
        self,
        name: str,
        put: Callable[[Candidate | Withdrawn], None],
        *,
        discovery: Discovery,
        board: Switchboard,
        availability: Availabilities,
        connection: Connection,
        unread: Unread,
    ) -> None:
        self.bridges = Bridges(discovery.devices)
        self.budget = ChangeBudget()
        self.natives: Natives | None = None
        self.kept = frozenset[str]()  # topics that the driver itself listens to, whatever devices do
        self._name = name
        self._discovery, self._board = discovery, board
        self._availability, self._connection = availability, connection
        self._put, self._unread = put, unread
        self._command_topics = CommandTopics()
        self._timer: asyncio.TimerHandle | None = None
        self._first_at = self._latest_at = 0.0  # of the announcements at hand, on the loop's clock
        self._held: dict[str, float] = {}  # device -> until when it waits for its bridge
        self._restless: set[str] = set()  # devices whose changes come too often
        self._again: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """Whether announcements keep coming, or bridges are still to be heard."""
        return self._timer is not None or bool(self._held)

    def close(self) -> None:
        for timer in (self._timer, self._again):
            if timer is not None:
                timer.cancel()
        self._timer = self._again = None

    def announced(self) -> None:
        """Something changed: look at it when no more comes."""
        loop = asyncio.get_running_loop()
        self._latest_at = loop.time()
        if self._timer is None:
            self._first_at = self._latest_at
            self._timer = loop.call_later(CANDIDATE_DEBOUNCE_S, self._quiet)

    def _quiet(self) -> None:
        """One timer, set again only when it rings too early: cheaper than one for each announcement."""
        loop = asyncio.get_running_loop()
        rest = self._latest_at + CANDIDATE_DEBOUNCE_S - loop.time()
        if rest > 0 and loop.time() - self._first_at < CANDIDATE_PATIENCE_S:
            self._timer = loop.call_later(rest, self._quiet)
        else:
            self._timer = None
            self._settle()

    def _settle(self) -> None:
        """Make candidates of what changed: told first, then listened to, so that their states come after them."""
        now = asyncio.get_running_loop().time()
        changed = {device.id: device for device in self._discovery.take_changed()}
        if self.natives is not None and self.natives.meet(changed.values()):
            changed |= {device.id: device for device in self._discovery.take_changed()}
        self._add_others(changed, now)
        new_topics: dict[str, int] = {}
        old_topics: set[str] = set()
        plugged: list[str] = []
        for device in sorted(changed.values(), key=_groups_last):
            if device.is_empty:
                old_topics |= self._withdraw(device)
                continue
            new_topics |= dict.fromkeys(self.bridges.meet(device, now), 0)
            if self._is_held(device, now) or not self._describe(device, now):
                continue
            fresh, stale = self._board.plug(device)
            self._availability.veto(device.id, self.bridges.unreachable(device))
            new_topics |= fresh
            old_topics |= stale
            plugged.append(device.id)
        self._listen(new_topics, old_topics, plugged)
        self._look_again()

    def _add_others(self, changed: dict[str, Device], now: float) -> None:
        """Who waits, of whom a bridge says something else, and the groups of all these."""
        others = self.bridges.take(now) | self._held.keys() | self._restless
        others |= self.bridges.groups_with(changed.keys() | others)
        self._restless.clear()
        for id_ in others - changed.keys():
            device = self._discovery.devices.get(id_)
            if device is not None:
                changed[id_] = device
            else:
                self._held.pop(id_, None)

    def _withdraw(self, device: Device) -> set[str]:
        """Returns the topics that nobody reads any more."""
        self._held.pop(device.id, None)
        _, stale = self._board.unplug(device)
        self._command_topics.release(device.id)
        if device.candidate is not None:
            self._put(Withdrawn(self._name, device.id, "its publisher took the announcement back"))
        return stale

    def _is_held(self, device: Device, now: float) -> bool:
        if self.bridges.waits(device, now) and now < self._held.setdefault(device.id, now + PATIENCE_S):
            return True
        self._held.pop(device.id, None)
        return False

    def _describe(self, device: Device, now: float) -> bool:
        """False if the device changes so often that this change has to wait."""
        remarks = self._command_topics.claim(device)
        self.bridges.look(device, contested=bool(remarks))
        remarks += [
            f"its commands go to topics of {other!r}, which obeys them: look twice"
            for other in self.bridges.others(device)
        ]
        candidate = device.describe(self._name, remarks)
        if candidate == device.candidate:
            return True
        if device.candidate is not None and not self.budget.take(device.id, now):
            self._restless.add(device.id)
            return False
        if device.candidate is not None:
            self._unread.changed(candidate)
        device.candidate = candidate
        self._put(candidate)
        return True

    def _listen(self, new: dict[str, int], old: set[str], plugged: Iterable[str]) -> None:
        gone = old - new.keys() - self.kept - self.bridges.topics.keys()
        if gone:
            self._connection.unsubscribe(gone)
        if new:
            self._connection.subscribe(new.items(), lambda: self._availability.listening(plugged))
        else:
            self._availability.listening(plugged)

    def _look_again(self) -> None:
        if self._again is not None:
            self._again.cancel()
            self._again = None
        if self._held or self._restless or self.bridges.pending:
            delay = LOOK_AGAIN_S if self._held or self.bridges.pending else CHANGE_EVERY_S
            self._again = asyncio.get_running_loop().call_later(delay, self.announced)


def _groups_last(device: Device) -> bool:
    """A group is as its members are: they come first."""
    return "_0x" not in device.id
