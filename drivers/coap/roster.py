"""Which devices are Things, and over which way each of them is reached.

A line is believed more than a network: over UDP anybody can say that he is somebody else.
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


@dataclass(slots=True)
class Roster:
    _kept: frozenset[str] = frozenset()
    _active: dict[str, Session] = field(default_factory=dict)
    _ways: dict[str, list[Session]] = field(default_factory=dict)
    _on_lines: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def keep(self, devices: Collection[str]) -> frozenset[str]:
        """Returns those that became Things, or ceased to be."""
        kept = frozenset(devices)
        changed, self._kept = self._kept ^ kept, kept
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
        """Whether the session is to keep its device alive. One that has another way steps back for a line."""
        device = session.device
        if device not in self._kept or not self._believed(session):
            return False
        active = self._active.get(device)
        if active is None or active is session:
            self._active[device] = session
            return True
        if session.is_line and not active.is_line:
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
        return min(others, key=lambda one: not one.is_line, default=None)

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
        ]

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
