"""The contracts of a house: made, asked for, ended; what they bind, and what they collect. Used from one event loop."""

from __future__ import annotations

import asyncio
import logging
import math
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from capabilities.readings import Reading
from gateway.contracts.book import Book
from gateway.contracts.contract import UNCONTRACTED, Contract, State
from gateway.contracts.counting import Tally
from gateway.contracts.covering import coarse
from gateway.contracts.recording import Recorder
from gateway.contracts.series import LiveSeries, Series
from gateway.contracts.storing import ContractRows, erase_in_copies
from gateway.contracts.terms import ContractTerms
from gateway.ids import new_id
from gateway.ledger import LedgerUnavailable
from gateway.notify.timer import Alarm
from gateway.parts import Parts
from gateway.state import Slot

LOOK_S: Final = 30.0
"""While there are contracts the clock is looked at so often: it may have been put right, a device be lost, a plan over."""

AGAIN_S: Final = 5.0
"""Where the disk failed."""

log = logging.getLogger(__name__)


class NotInForce(Exception):
    """It ended, or is not accepted yet."""


class Contracts:
    """What only narrows (an end) holds at once, even where the disk fails; what gives is durable before it holds."""

    def __init__(self, parts: Parts, *, required: bool = False) -> None:
        """`required`: software without a contract reads nothing."""
        self._parts = parts
        self._unsaid = (UNCONTRACTED,) if required else ()
        self.rows = ContractRows(parts.database)
        self.record = Recorder(parts)
        self.book = Book()
        self.tally = Tally()
        self._live = LiveSeries(parts.state, parts.clock)
        self.series: Series = self._live
        self._followed: object = None
        self._unsaved: dict[str, Contract] = {}
        self._erase: dict[str, str] = {}  # contracts whose notes go, with their readers
        self._changing = asyncio.Lock()
        self._due = asyncio.Event()
        self._alarm = Alarm(parts.clock, self._rings)
        self._works = False

    # ---------------------------------------------------------------- giving

    async def make(self, reader: str, terms: ContractTerms, expires_at: float, by: str) -> Contract:
        """A contract that is in force when this returns. Who may, is asked before. Raises `Full`, `TooMuch`,
        `LedgerUnavailable`, `sqlite3.Error`.
        """
        now = self._parts.clock.wall()
        fresh = Contract(new_id(now), reader, by, State.IN_FORCE, now, now, expires_at, terms, binds=True)
        async with self._changing:
            await self._give(fresh, "made", by)
        return fresh

    async def ask(self, reader: str, terms: ContractTerms, expires_at: float, person: str) -> Contract:
        """Software asks for one; people are told. Nothing is given. Raises as `make`."""
        now = self._parts.clock.wall()
        fresh = Contract(new_id(now), reader, "", State.ASKED, now, 0.0, expires_at, terms)
        async with self._changing:
            self.book.check_asking(reader, now)
            await self.record.commit(fresh, "asked", reader)
            await self.rows.save(fresh)
            self.book.put(fresh)
        self.record.tell_asked(fresh, person)
        self._look()
        return fresh

    async def accept(self, ident: str, terms: ContractTerms, expires_at: float, by: str) -> Contract:
        """A person gives what was asked for, or less. Raises as `make`; `NotInForce` where it waits no longer."""
        async with self._changing:
            asked, now = self.book.get(ident), self._parts.clock.wall()
            if asked is None or asked.state is not State.ASKED or now >= asked.expires_at:
                raise NotInForce("it waits for nobody any more")
            fresh = replace(
                asked,
                maker=by,
                state=State.IN_FORCE,
                begins_at=now,
                expires_at=min(expires_at, asked.expires_at),
                terms=terms,
                binds=True,
            )
            await self._give(fresh, "accepted", by)
        return fresh

    async def release(self, reader: str, by: str) -> None:
        """All contracts of `reader` end, and the rules alone bind it. Raises `LedgerUnavailable`, `sqlite3.Error`."""
        async with self._changing:
            for one in self.book:
                if one.reader == reader and one.state is not State.ENDED:
                    self._end(one, f"{by} released {reader}", by)
            await self.settle()
            await self.record.commit_release(reader, by)
            await self.rows.release(reader)
            self.book.release(reader)
            self._bind()

    async def _give(self, fresh: Contract, change: str, by: str) -> None:
        self.book.check_room(fresh, self._parts.clock.wall())
        before = self.book.get(fresh.id)
        await self.record.commit(fresh, change, by)
        await self.rows.save(fresh)
        if (over := self.book.get(fresh.id)) is not before:  # it was withdrawn while this was written
            if over is not None:
                self._unsaved[over.id] = over
            self._due.set()
            raise NotInForce("it was withdrawn meanwhile")
        self.book.put(fresh)
        self._bind()
        self._follow()
        self._look()

    # ---------------------------------------------------------------- ending

    async def end(self, contract: Contract, because: str, by: str) -> None:
        """At once; its notes are erased when this returns. Raises `sqlite3.Error`: it is tried again by itself."""
        self._end(contract, because, by)
        await self.settle()

    def _end(self, contract: Contract, because: str, by: str = "") -> None:
        if contract.state is State.ENDED:
            return
        over = contract.ended(self._parts.clock.wall(), because)
        self.book.put(over)
        self._unsaved[over.id] = over
        self._erase[over.id] = over.reader
        self._bind()
        self._follow()
        self.record.if_possible(over, "ended", by)
        self._due.set()

    def _revoked(self, _: frozenset[str]) -> None:
        """Whose last token ended (panic, too) has no working set any more, and waits for nothing."""
        for one in self.book:
            if one.state is State.ENDED or self._parts.identity.role_of(one.reader) is not None:
                continue
            if one.state is State.ASKED:
                self._end(one, f"{one.reader} has no token any more")
            else:
                self._erase[one.id] = one.reader
        if self._erase:
            self._due.set()

    # ---------------------------------------------------------------- reading

    async def in_force(self, ident: str) -> Contract:
        """The contract, if it is in force at this moment. Raises `NotInForce`, `sqlite3.Error`."""
        self.look()
        found = self.book.get(ident)
        if found is not None and found.terms.plan and found.state is State.IN_FORCE:
            await self._end_with_plans([found])
            found = self.book.get(ident)
        if found is None or not found.is_in_force(self._parts.clock.wall()):
            raise NotInForce("this contract is not in force")
        return found

    def spend(self, contract: Contract) -> float:
        """Takes one read from its budget: 0, or in how many seconds there is a next one."""
        self._tell_reads()
        wait = self.tally.spend(contract, self._parts.clock.wall())
        self._set_alarm()
        return wait

    async def put_notes(self, contract: Contract, text: str) -> None:
        """Raises `NotInForce`, `sqlite3.Error`."""
        await self.rows.put_notes(contract.id, text)
        now = self.book.get(contract.id)
        has_token = self._parts.identity.role_of(contract.reader) is not None
        if now is None or not now.is_in_force(self._parts.clock.wall()) or not has_token:
            await self._erase_notes(contract.id, contract.reader)  # it ended while they were written
            raise NotInForce("this contract is not in force")

    def changed(self, slot: Slot, before: Reading | None, reading: Reading) -> None:
        """A device reported another value: `gateway.ingest` calls it for each."""
        self._live.changed(slot, before, reading)

    # ---------------------------------------------------------------- from start to end

    async def load(self) -> None:
        """What the run before left. Raises `sqlite3.Error`."""
        self.book = Book(await self.rows.load(), await self.rows.readers())
        for ident in await self.rows.noted():
            one = self.book.get(ident)
            reader = one.reader if one is not None else ""
            if one is None or one.state is State.ENDED or self._parts.identity.role_of(reader) is None:
                self._erase[ident] = reader
        self.look()
        self._bind()
        await self.settle()
        self._parts.identity.on_revoked(self._revoked)

    def close(self) -> None:
        """What was read is recorded."""
        self._alarm.stop()
        self._tell_reads(at_once=True)

    def look(self) -> None:
        """Looks at the clock: what is over ends now."""
        for one in self.book.over(self._parts.clock.wall()):
            because = "its time was over" if one.state is State.IN_FORCE else "nobody answered in time"
            self._end(one, because)
        self._follow()
        self._live.advance()
        self._tell_reads()

    async def settle(self) -> None:
        """Ends are durable, and their notes gone. Raises `sqlite3.Error`."""
        for ident, contract in list(self._unsaved.items()):
            await self.rows.save(contract)
            if self._unsaved.get(ident) is contract:
                del self._unsaved[ident]
        for ident, reader in list(self._erase.items()):
            await self._erase_notes(ident, reader)
            self._erase.pop(ident, None)

    async def _erase_notes(self, ident: str, reader: str) -> None:
        if await self.rows.erase_notes(ident):
            await self.record.erased(ident, reader)

    async def _end_with_plans(self, contracts: Iterable[Contract]) -> None:
        for one in contracts:
            if (
                one.terms.plan
                and one.state is State.IN_FORCE
                and await self.rows.plan_is_over(one.terms.plan)
            ):
                self._end(one, "its plan is over")

    def _tell_reads(self, *, at_once: bool = False) -> None:
        now = self._parts.clock.wall()
        counts = self.tally.due(now, at_once=at_once)
        for at, count in enumerate(counts):
            try:
                self.record.read(count, now)
            except (LedgerUnavailable, ValueError) as error:
                log.error("reads under contracts are not recorded: %s", error)
                self.tally.put_back(counts[at:])
                return

    def _follow(self) -> None:
        """Follows what contracts in force give coarser, after they or the Things have changed."""
        current = self.book.in_force(self._parts.clock.wall())
        mark = (self._parts.registry.version, tuple(one.id for one in current))
        if mark != self._followed:
            self._followed = mark
            self.series.want(coarse(self._parts.registry, current))

    def _bind(self) -> None:
        now = self._parts.clock.wall()
        self._parts.identity.bind(self.book.mandates(now), unsaid=self._unsaid)

    def _look(self) -> None:
        """There is something to look after."""
        if not self._works:
            self._works = True
            self._parts.supervisor.keep("contracts", self._work)
        self._set_alarm()

    def _rings(self) -> None:
        self.look()
        self._set_alarm()
        self._due.set()

    async def _work(self) -> None:
        while True:
            self._due.clear()
            self.look()
            try:
                await self._end_with_plans(self.book)
                if self._unsaved or self._erase:
                    await self.settle()
                    await self.rows.prune()
                    self.book.prune()
            except sqlite3.Error as error:
                log.warning("contracts wait for the disk: %s", error)
                self._alarm.set(AGAIN_S)
            else:
                self._set_alarm()
            await self._due.wait()

    def _set_alarm(self) -> None:
        now, due = self._parts.clock.wall(), self.tally.next_due
        ends = min(self.book.next_end(), math.inf if due is None else due)
        if ends == math.inf:
            self._alarm.stop()
        else:
            self._alarm.set(min(max(ends - now, 0.0), LOOK_S))


@asynccontextmanager
async def open_contracts(parts: Parts) -> AsyncIterator[Contracts]:
    """What the contracts bind holds before anybody can ask. Raises `sqlite3.Error`."""
    await asyncio.to_thread(erase_in_copies, parts.config.state_dir)
    contracts = Contracts(parts, required=parts.config.context.required)
    await contracts.load()
    if len(contracts.book):
        contracts._look()
    try:
        yield contracts
    finally:
        contracts.close()
