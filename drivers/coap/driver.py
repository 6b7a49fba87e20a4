"""The CoAP driver: endpoints on serial lines and over UDP that describe themselves.

One session a way (a line, an announced or configured address); a device that is reached over several ways is one candidate.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, nullcontext
from types import TracebackType
from typing import Final, Self

from capabilities.readings import Contact, Observation
from capabilities.vocabulary import Json
from drivers.coap import recorded
from drivers.coap.calls import Answer, Call, TooLarge
from drivers.coap.candidates import Candidates
from drivers.coap.commands import command, judge, payload
from drivers.coap.conversation import Unanswered
from drivers.coap.counters import Counters
from drivers.coap.description import Access, Description, device_of
from drivers.coap.lines import Lines
from drivers.coap.link import Link
from drivers.coap.opening import Opener
from drivers.coap.reading import Unreadable, observed
from drivers.coap.roster import Roster
from drivers.coap.session import Session
from drivers.coap.settings import CoapSettings
from drivers.coap.tame import line
from drivers.coap.values import MAX_VALUE_BYTES
from drivers.coap.ways import Way
from drivers.coap.whereabouts import Whereabouts
from drivers.discovery.tools import Tools
from drivers.driver import Candidate, DriverHealth, NotSent, Rejected, Withdrawn
from drivers.mailbox import Mailbox, observations
from drivers.recording.taps import Taps

MAX_PROBLEMS: Final = 40

MAX_NAMED: Final = 3
"""Ways in one line of why a device was not seen."""

LOOKED_AT_AT_ONCE: Final = 16
"""Announced devices that are no Things, whose descriptions are fetched at a time: some 20 kB each."""


def open_driver(settings: CoapSettings, tools: Tools) -> CoapDriver:
    return CoapDriver(settings, tools)


class CoapDriver:
    """Driver, Scanner, Recalling, Keeping, Searching, Tappable."""

    name = "coap"

    def __init__(self, settings: CoapSettings, tools: Tools) -> None:
        self._tools = tools
        self._opener = Opener(tools.ports)
        self._roster = Roster()
        self._candidates = Candidates(self.name)
        self._observations: Mailbox[Observation] = observations()
        self._sessions: dict[str, Session] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._where = Whereabouts(settings, tools, self)
        self._lines = Lines(tools.vault)
        self._reading: set[asyncio.Task[None]] = set()
        self._looks = asyncio.Semaphore(LOOKED_AT_AT_ONCE)
        self._reached: dict[str, bool] = {}
        self._taps = Taps()
        self._unreadable = 0
        self._entered = False

    async def __aenter__(self) -> Self:
        self._observations = observations()
        self._candidates = Candidates(self.name)
        self._entered = True
        for device in await self._lines.load():
            self._roster.met_on_line(device)
        self._where.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered = False
        self._where.stop()
        tasks = [*self._tasks.values(), *self._reading, *self._lines.tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        self._sessions.clear()
        self._roster.clear()
        self._reached.clear()
        self._observations.close()
        self._candidates.close()

    # ------------------------------------------------------------------ what the gateway asks

    def reports(self) -> AsyncIterator[Observation]:
        return self._observations

    def candidates(self) -> AsyncIterator[Candidate | Withdrawn]:
        return self._candidates.mailbox

    def recall(self, device: str) -> Candidate | None:
        return self._candidates.known.get(device)

    def why_unseen(self, device: str) -> str:
        lines = [
            f"{line(str(one.way), 80)}: {one.problem}"
            for one in self._sessions.values()
            if one.problem and one.device in {"", device} and (one.is_line or _configured(one))
        ]
        return "; ".join(lines[:MAX_NAMED])

    def keep(self, devices: Collection[str]) -> None:
        changed = self._roster.keep(devices)
        self._reached = {device: so for device, so in self._reached.items() if device in devices}
        self._lines.keep(devices)
        for session in self._sessions.values():
            if session.device in changed:
                session.nudge()

    def tap(self, device: str, heard: Callable[[str, Json], None]) -> Callable[[], None]:
        session = self._roster.session_of(device)
        if session is None or session.description is None:
            raise KeyError(device)
        heard(recorded.DESCRIPTION, recorded.description(session.description, is_line=session.is_line))
        return self._taps.add(device, heard)

    async def search(self) -> None:
        """Ways that are being waited for are tried at once."""
        for session in self._sessions.values():
            if session.live is None:
                session.nudge()

    async def write(self, point: str, value: Json, deadline: float) -> None:
        session, access = self._found(point)
        if access.write is None or access.role != "property":
            raise Rejected(f"{access.title} can only be read.")
        body = payload(value, access.point, needed=True)
        await command(self._roster.live(session), access.write, body, deadline)

    async def invoke(self, point: str, value: Json, deadline: float) -> None:
        session, access = self._found(point)
        if access.write is None or access.role != "action":
            raise Rejected(f"{access.title} is nothing that can be invoked.")
        body = payload(value, access.point, needed=bool(access.point.schema))
        await command(self._roster.live(session), access.write, body, deadline)

    async def read(self, point: str, deadline: float) -> None:
        session, access = self._found(point)
        target = access.read
        if target is None or access.role != "property":
            raise Rejected(f"{access.title} cannot be asked for.")
        live = self._roster.live(session)
        call = Call(target.code, target.path, target.query)

        async def ask() -> None:
            try:
                told = await live.caller.call(call, deadline, most=MAX_VALUE_BYTES)
                judge(told)
            except (Unanswered, TooLarge, Rejected, NotSent):
                return
            self.told(session, access, told)

        task = asyncio.create_task(ask(), name=f"coap: reads {line(point, 40)}")
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    def health(self) -> DriverHealth:
        sessions = list(self._sessions.values())
        live = sum(session.live is not None for session in sessions)
        totals = Counters()
        for session in sessions:
            totals.add(session.counters)
        counters = {
            **totals.as_mapping(),
            "dropped": self._observations.dropped,
            "unreadable": self._unreadable,
            **self._where.counters,
        }
        return DriverHealth(
            connected=self._entered and live > 0,
            detail=f"{live} of {len(sessions)} ways to endpoints are in use",
            counters=counters,
            problems=tuple(
                [*self._where.problems, *self._lines.problems, *self._problems(sessions)][:MAX_PROBLEMS]
            ),
        )

    def _problems(self, sessions: list[Session]) -> list[str]:
        found = []
        for session in sessions:
            said = f' It prints: "{session.said}"' if session.said else ""
            if session.problem:
                found.append(f"{line(str(session.way), 80)}: {session.problem}.{said}")
            found += [f"{line(str(session.way), 80)}: {one}" for one in session.counters.problems()]
        return found + self._roster.problems()

    def _found(self, point: str) -> tuple[Session, Access]:
        """Raises `NotSent`."""
        session = self._roster.session_of(device_of(point))
        access = session.description.accesses.get(point) if session and session.description else None
        if session is None or access is None:
            raise NotSent("This is not known here (any more). Wait until its device is found.")
        return session, access

    # ------------------------------------------------------------------ what the whereabouts tell

    def add(self, way: Way) -> None:
        if not self._entered:
            return
        session = self._sessions.get(way.key)
        if session is not None:
            moved, session.way = session.way != way, way
            if moved or (session.live is None and self._roster.is_kept(session.device)):
                session.nudge()
            return
        self._sessions[way.key] = session = Session(way, self)
        task = asyncio.create_task(session.run(), name=f"coap: {line(way.key, 60)}")
        self._tasks[way.key] = task

    def nudge(self, key: str) -> None:
        session = self._sessions.get(key)
        if session is not None:
            session.nudge()

    def withdraw(self, key: str, reason: str) -> None:
        """Nothing announces it any more. What is a Thing is still looked for where it was."""
        session = self._sessions.get(key)
        if session is None:
            return
        self._candidates.lost(session.device, key, reason)
        if not self._roster.is_kept(session.device):
            self.remove(key)

    def remove(self, key: str) -> None:
        session, task = self._sessions.pop(key, None), self._tasks.pop(key, None)
        if session is not None:
            self._roster.forget(session)
            self._candidates.lost(session.device, key, "nothing announces it any more")
        if task is not None:
            task.cancel()

    def spare(self) -> str | None:
        """The way that can be given up for a new one: the oldest that leads to no Thing."""
        return next(
            (
                key
                for key, session in self._sessions.items()
                if not session.is_line
                and not self._roster.is_kept(session.device)
                and not _configured(session)
            ),
            None,
        )

    # ------------------------------------------------------------------ what sessions tell

    def link(self, way: Way, counters: Counters) -> AbstractAsyncContextManager[Link]:
        return self._opener.link(way, counters)

    def looking(self, session: Session) -> AbstractAsyncContextManager[object]:
        free = session.is_line or self._roster.is_kept(session.device) or _configured(session)
        return nullcontext() if free else self._looks

    def found(self, session: Session, description: Description) -> None:
        self._roster.met(session, description)
        self._candidates.found(session, description)

    def wanted(self, session: Session) -> bool:
        return self._roster.claim(session)

    def up(self, session: Session) -> None:
        if session.is_line:
            self._lines.met(session.device)
        self._contact(session.device, True, "")

    def down(self, session: Session, reason: str) -> None:
        device = session.device
        if session.is_line and reason and self._opener.is_gone(session.way):
            self._candidates.lost(device, session.way.key, reason)
        heir = self._roster.release(session)
        if heir is not None:
            heir.nudge()
        if device and self._roster.is_kept(device) and self._roster.is_dark(device):
            self._contact(device, False, reason or "it is not reached any more")

    def restarted(self, session: Session) -> None:
        self._contact(session.device, False, "it restarted, or had lost its link: its state is read anew")

    def _contact(self, device: str, reachable: bool, reason: str) -> None:
        """Told when it changes: a port that is not there is looked for several times a second."""
        if self._reached.get(device) is not reachable:
            self._reached[device] = reachable
            self._observations.put_nowait(Contact(device, reachable, self._tools.clock.wall(), reason))

    def told(self, session: Session, access: Access, answer: Answer) -> None:
        if session.device in self._taps:
            self._taps.tell(session.device, recorded.ANSWER, recorded.answer(access, answer))
        try:
            self._observations.put_nowait(observed(access, answer, self._tools.clock.wall()))
        except Unreadable as error:
            self._unreadable += 1
            session.counters.unreadable = f"{line(access.title, 40)} {error}"


def _configured(session: Session) -> bool:
    return bool(getattr(session.way, "configured", False))
