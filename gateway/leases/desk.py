"""The leases as they stand, and how a change of one is written: the ledger first, then the database, then it counts.

What cannot wait (a person took over, a token was revoked) counts at once, is appended to the ledger, and is written to the
database by the keeper's worker; a start after a crash in between believes the ledger, whose entry has the later version.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from capabilities.vocabulary import Json
from gateway.failpoints import failpoint
from gateway.leases.arbiter import Arbiter, Grant
from gateway.leases.book import Book
from gateway.leases.causes import NO_CAUSE, Cause
from gateway.leases.conflicts import Teller, span
from gateway.leases.history import History
from gateway.leases.lease import Lease, Spot, State
from gateway.leases.places import spots_of
from gateway.leases.standbacks import StandBacks
from gateway.leases.telling import Voice, entry, how_it_stands, paths, recorded
from gateway.parts import Parts
from gateway.storage.leases import LeaseRepository
from policies.decision import Principal

ASK_AGAIN_S: Final = 12 * 3600.0
"""Where nobody answered, turns go on, and people are left alone for so long."""


class Desk:
    """What the parts of the keeper share. `any` is false where a command need not look any further."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.config.arbitration
        self.parts = parts
        self.book = Book()
        self.history = History()
        self.standbacks = StandBacks()
        self.frozen: dict[Spot, float] = {}  # until when, in seconds since the epoch
        self.people: dict[str, Principal] = {}
        """The holders, by id."""
        self.asked: dict[Spot, float] = {}  # when people were asked last
        self.apart_s = settings.seconds("tenure") * 0.9
        self.arbiter = Arbiter(self.book, self.history, settings.seconds("tenure"), self.frozen)
        self.teller = Teller(parts)
        self.voice = Voice(parts)
        self.rows = LeaseRepository(parts.database)
        self.stand_back_s = settings.seconds("stand_back")
        self.fence = 0
        self.any = False
        self._dirty: set[str] = set()
        self._settings = settings

    @property
    def now(self) -> float:
        return self.parts.clock.wall()

    def number(self) -> int:
        """A number that is higher than all before it, also those of earlier runs: a fence, or a place in line."""
        self.fence += 1
        return self.fence

    def look(self) -> None:
        """After every change: whether there is anything to look at."""
        self.any = bool(len(self.book) or len(self.standbacks))

    # ---------------------------------------------------------------- what may wait for the disk

    async def write(self, lease: Lease, change: str, **more: Json) -> None:
        """A change that counts once it is written. Raises `LedgerUnavailable`, `ValueError`, `sqlite3.Error`."""
        await self.parts.ledger.commit(entry(lease, change, self.now, **more))
        failpoint("leased")
        await self.rows.change([lease.row()], [], self.fence)
        self.book.put(lease)
        self.look()

    async def yielded(self, lease: Lease, to: list[Json]) -> None:
        """Somebody yielded and does not wait: that it did is remembered. Raises as `write`."""
        more = recorded(lease.because)
        await self.parts.ledger.commit(entry(lease, "waits", self.now, to=to, left=True, **more))

    async def grant(self, given: Grant, change: str) -> Lease:
        """Gives it, and takes it from those who yield. Raises as `write`."""
        now = self.now
        lease = given.lease.changed(
            state=State.HELD,
            fence=self.number(),
            since=now,
            until=given.lease.until or now + given.lease.for_s,
            tenure_s=given.tenure_s,
            contested_at=now if given.safe_until else 0.0,
            safe_until=given.safe_until,
            suspended_until=0.0,
            suspended_by="",
            because=NO_CAUSE,
        )
        out = [self._out(one, lease) for one in given.yields]
        under = [self._under(one, lease) for one in given.suspends]
        ledger = self.parts.ledger
        for one in (*out, *under):
            what = "yielded" if one.state is State.WAITING else "suspended"
            ledger.append(entry(one, what, now, to=paths([lease]), **recorded(one.because)))
        over = [*given.yields, *given.others]
        await ledger.commit(entry(lease, change, now, over=paths(over)))
        failpoint("leased")
        changed = [lease, *out, *under]
        await self.rows.change([one.row() for one in changed], [], self.fence)
        for loser in over:
            self.history.had(lease.spots, lease.path, loser.path, now)
        for loser in given.yields:
            self.history.fought(_spot(lease), lease.path, loser.path, now, self.apart_s)
        for one in changed:
            before = self.book.get(one.id)
            if one is lease or (
                before is not None and before.version < one.version
            ):  # it may have ended meanwhile
                self.book.put(one)
                what = change if one is lease else "yielded" if one.state is State.WAITING else "suspended"
                self.voice.changed(
                    one, what, "" if change == "claimed" and one is lease else self._stands(one)
                )
        self.look()
        return lease

    async def flush(self) -> None:
        """Writes what did not wait. Raises `sqlite3.Error`: it is tried again."""
        if not self._dirty:
            return
        names, self._dirty = self._dirty, set()  # what changes while it is written is written next time
        kept = [lease.row() for name in names if (lease := self.book.get(name)) is not None]
        ended = [name for name in names if self.book.get(name) is None]
        try:
            await self.rows.change(kept, ended, self.fence)
        except BaseException:
            self._dirty |= names
            raise

    # ---------------------------------------------------------------- what counts at once

    def put(self, lease: Lease, change: str, text: str = "", **more: Json) -> None:
        """A change that cannot wait."""
        self.book.put(lease)
        self._dirty.add(lease.id)
        self.voice.record(entry(lease, change, self.now, **more))
        self.voice.changed(lease, change, text)
        self.look()

    def end(self, lease: Lease, because: str) -> None:
        """It is over."""
        if self.book.remove(lease.id) is None:
            return
        self._dirty.add(lease.id)
        over = lease.changed()
        self.voice.record(entry(over, "ended", self.now, because=because))
        self.voice.changed(over, "ended", f"it has ended: {because}")
        for one in self.book:  # what it had suspended may come back
            if one.suspended_by == lease.id:
                self.back_in_line(one)
        self.look()

    def overridden(self, lease: Lease, cause: Cause) -> None:
        """Somebody did otherwise once, and it goes on."""
        text = f"overridden, and still yours: {self.teller.said(cause, self.principal(lease.holder))}"
        self.put(lease.changed(), "overridden", text, **recorded(cause))

    def suspend(self, lease: Lease, until: float, because: Cause, change: str = "suspended") -> None:
        """Somebody of a higher rank took over."""
        fresh = lease.changed(
            state=State.SUSPENDED,
            suspended_until=until,
            suspended_by="",
            because=because,
            safe_until=0.0,
            contested_at=0.0,
        )
        self.put(fresh, change, self._stands(fresh), back_ms=round(until * 1000), **recorded(because))

    def back_in_line(self, lease: Lease) -> None:
        """It is suspended no longer: it gets its turn, with a new fence."""
        now = self.now
        fresh = lease.changed(
            state=State.WAITING, in_line_since=now, place=self.number(), suspended_until=0.0, suspended_by=""
        )
        self.put(fresh, "resumed")

    def contest(self, lease: Lease, holders: Iterable[tuple[Lease, float]]) -> None:
        """Those who hold are asked for it: from now on their tenure counts."""
        for holder, safe in holders:
            known = self.book.get(holder.id)
            if known is None or known.state is not State.HELD or known.rank != lease.rank:
                continue
            self.history.had(known.spots, known.path, lease.path, self.now)
            if known.safe_until != safe or not known.contested_at:
                self.book.put(known.changed(safe_until=safe, contested_at=known.contested_at or self.now))
                self._dirty.add(known.id)

    # ---------------------------------------------------------------- people are asked

    def escalates(self, wanting: Lease, holders: Iterable[Lease]) -> bool:
        """Whether those have fought so often that people are asked, and everything stays as it is until they have answered,
        or for a while: then they are.
        """
        most = self._settings.escalate_after
        for holder in holders:
            spot = _spot(wanting)
            times = self.history.fights(spot, wanting.path, holder.path, self.now)
            is_new = self.now - self.asked.get(spot, 0.0) >= ASK_AGAIN_S
            if most and times >= most and holder.rank == wanting.rank and is_new:
                self._escalate(wanting, holder, times)
                return True
        return False

    def settled(self, lease: Lease) -> None:
        """A person has spoken about it."""
        for spot in lease.spots:
            self.frozen.pop(spot, None)
            self.history.forgive(spot)

    def _escalate(self, wanting: Lease, holder: Lease, times: int) -> None:
        until = self.now + self._settings.seconds("freeze")
        for spot in wanting.spots:
            self.frozen[spot], self.asked[spot] = until, self.now
        self.history.forgive(_spot(wanting))
        self.voice.record(
            entry(
                wanting,
                "escalated",
                self.now,
                to=paths([holder]),
                times=times,
                back_ms=round(until * 1000),
                because=f"they fought {times} times within an hour",
            )
        )
        self.voice.escalate(wanting, holder, times, until)

    # ---------------------------------------------------------------- inside

    def principal(self, holder: str) -> Principal | None:
        """Who that is; None for somebody who has no token any more."""
        known = self.people.get(holder)
        if known is None:
            known = next((one for one in self.parts.identity.principals() if one.id == holder), None)
            if known is not None:
                self.people[holder] = known
        return known

    def may_learn(self, lease: Lease, thing: str, *names: str) -> bool:
        """Whether the holder may know that these properties of a Thing changed, and when: a lease is no way to see them."""
        holder, adopted = self.principal(lease.holder), self.parts.registry.get(thing)
        if holder is None or adopted is None:
            return True
        return all(self.teller.sees(holder, adopted, name) for name in names or ("",))

    def _stands(self, lease: Lease) -> str:
        said = self.teller.said(lease.because, self.principal(lease.holder))
        return how_it_stands(lease, self.now, said)

    def refreshed(self, lease: Lease) -> Lease | None:
        """With the members that its group has now; None where there is no such Thing any more."""
        adopted = self.parts.registry.get(lease.thing)
        if adopted is None:
            return None
        spots = spots_of(self.parts.house, adopted, lease.property)
        return lease if spots == lease.spots else lease.changed(spots=spots)

    def _out(self, lease: Lease, winner: Lease) -> Lease:
        now = self.now
        return lease.changed(
            state=State.WAITING,
            in_line_since=now,
            place=self.number(),
            safe_until=0.0,
            contested_at=0.0,
            because=Cause("turn", winner.holder, words=span(winner.tenure_s)),
        )

    def _under(self, lease: Lease, higher: Lease) -> Lease:
        return lease.changed(
            state=State.SUSPENDED,
            suspended_until=higher.until,
            suspended_by=higher.id,
            safe_until=0.0,
            contested_at=0.0,
            because=Cause("held", higher.holder, words=higher.accepts.say()),
        )


def _spot(lease: Lease) -> Spot:
    return lease.thing, lease.property
