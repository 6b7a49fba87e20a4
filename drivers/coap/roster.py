"""Which devices are Things, and over which way each of them is reached.

A line is believed more than a network: over UDP anybody can say that he is somebody else. There an address that a person
configured is believed most, then those that the device was first reached at. Who says the same elsewhere is used only while
nobody answers there, and gives way.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from drivers.coap.description import Description
from drivers.coap.live import Live
from drivers.coap.session import Session
from drivers.coap.tame import line
from drivers.coap.ways import UdpWay
from drivers.driver import NotSent

MAX_ON_LINES: Final = 256
"""Ids that were met on a line: as many as a box has ports in its life."""

ELSEWHERE, AT_HOME, CONFIGURED, ON_A_LINE = range(4)
"""How much a way is believed."""


@dataclass(slots=True)
class Roster:
    _kept: frozenset[str] = frozenset()
    _active: dict[str, Session] = field(default_factory=dict)
    _ways: dict[str, list[Session]] = field(default_factory=dict)
    _on_lines: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _homes: dict[str, frozenset[str]] = field(default_factory=dict)  # addresses, of Things over UDP

    def keep(self, devices: Collection[str]) -> frozenset[str]:
        """Returns those that became Things, or ceased to be."""
        kept = frozenset(devices)
        changed, self._kept = self._kept ^ kept, kept
        self._homes = {device: home for device, home in self._homes.items() if device in kept}
        for device in changed - kept:
            active = self._active.get(device)
            if active is not None and active.live is not None:
                active.live.stand_down()
        return changed

    def is_kept(self, device: str) -> bool:
        return device in self._kept

    def met(self, session: Session, description: Description) -> None:
        for device, sessions in list(self._ways.items()):  # on this line there may be another device now
            if device != description.id and session in sessions:
                self._drop(device, session)
        sessions = self._ways.setdefault(description.id, [])
        if session not in sessions:
            sessions.append(session)
        if session.is_line:
            self.met_on_line(description.id)

    def met_on_line(self, device: str) -> None:
        """Now, or before the last start."""
        self._on_lines[device] = None
        self._on_lines.move_to_end(device)
        if len(self._on_lines) > MAX_ON_LINES:
            self._on_lines.popitem(last=False)

    def claim(self, session: Session) -> bool:
        """Whether the session is to keep its device alive: that which is believed most."""
        device = session.device
        if device not in self._kept or not self._believed(session):
            return False
        active = self._active.get(device)
        if active is None or active is session:
            self._active[device] = session
            if isinstance(session.way, UdpWay):
                self._homes.setdefault(device, frozenset(session.way.addresses))
            return True
        if self._belief(session) > self._belief(active):
            self._active[device] = session
            if active.live is not None:
                active.live.stand_down()
            return True
        return False

    def release(self, session: Session) -> Session | None:
        """It lost its device. Returns another session that can have it."""
        device = session.device
        if self._active.get(device) is not session:
            return None
        del self._active[device]
        others = [one for one in self._ways.get(device, ()) if one is not session and self._believed(one)]
        return max(others, key=self._belief, default=None)

    def is_dark(self, device: str) -> bool:
        active = self._active.get(device)
        return active is None or active.live is None

    def session_of(self, device: str) -> Session | None:
        active = self._active.get(device)
        return active or next(iter(self._ways.get(device, ())), None)

    def live(self, session: Session) -> Live:
        """Raises `NotSent`."""
        if session.live is None:
            why = session.problem or "it is not reached over any way now"
            raise NotSent(f"The device cannot be reached: {why}. Nothing was sent.")
        return session.live

    def forget(self, session: Session) -> None:
        self.release(session)
        for device in list(self._ways):
            self._drop(device, session)

    def clear(self) -> None:
        self._active.clear()
        self._ways.clear()

    def problems(self) -> list[str]:
        return [
            f"{line(device, 60)} is known from a serial line, and {line(str(one.way), 60)} says it is the same: anybody "
            "there can say so. It is not used; if it is yours, write its address into [coap] endpoints"
            for device, sessions in self._ways.items()
            for one in sessions
            if not self._believed(one)
        ] + [
            self._elsewhere(device, one)
            for device, sessions in self._ways.items()
            for one in sessions
            if device in self._homes and self._believed(one) and self._belief(one) == ELSEWHERE
        ]

    def _elsewhere(self, device: str, session: Session) -> str:
        where = line(", ".join(sorted(self._homes[device])), 100)
        used = (
            "It is used until the device answers there"
            if self._active.get(device) is session
            else "It is not used"
        )
        return (
            f"{line(str(session.way), 60)} says that it is {line(device, 60)}, which was at {where}: anybody on the network "
            f"can say so. {used}; if it moved, write its address into [coap] endpoints"
        )

    def _belief(self, session: Session) -> int:
        way = session.way
        if not isinstance(way, UdpWay):
            return ON_A_LINE
        if way.configured:
            return CONFIGURED
        home = self._homes.get(session.device)
        return AT_HOME if home is None or home.issuperset(way.addresses) else ELSEWHERE

    def _believed(self, session: Session) -> bool:
        way = session.way
        return not isinstance(way, UdpWay) or way.configured or session.device not in self._on_lines

    def _drop(self, device: str, session: Session) -> None:
        if self._active.get(device) is session:
            del self._active[device]
        sessions = self._ways.get(device, [])
        if session in sessions:
            sessions.remove(session)
        if not sessions:
            self._ways.pop(device, None)
