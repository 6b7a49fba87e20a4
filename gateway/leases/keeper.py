"""The leases of a house: who holds what, until when, and what they accept; and where software stands back for a person."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Iterator, Sequence

from gateway.adopted import Adopted
from gateway.commands import Command, Execution, Outcome, Reason, Result
from gateway.leases import restoring
from gateway.leases.causes import Cause
from gateway.leases.claims import Answer, Claims, Wish
from gateway.leases.conflicts import Clash, span
from gateway.leases.desk import Desk
from gateway.leases.lease import Lease, State, fence_of
from gateway.leases.places import touched
from gateway.leases.ranks import Rank, rank_of, rank_of_principal, same_side
from gateway.leases.standbacks import StandBacks, Takeover, changes_nothing
from gateway.leases.telling import NOT_RECORDED
from gateway.normalise import Target
from gateway.notify.timer import Alarm
from gateway.parts import Parts
from gateway.roots import path_of
from policies.decision import Principal

SET_BACK_S = 60.0
"""A lease that has more left than it was given for, and this much: the clock was set back, and it begins anew."""

REVIEW_S = 60.0
"""While there are leases: how often it is looked whether their holders may still hold them."""

AGAIN_S = 5.0
"""After a write that failed."""

log = logging.getLogger(__name__)


class LeaseKeeper:
    """`gateway.parties.Leases`, and all that one can do with a lease."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._desk = Desk(parts)
        self._claims = Claims(self._desk)
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self._alarm = Alarm(parts.clock, self._wake.set)
        parts.identity.on_revoked(self._revoked)

    # ---------------------------------------------------------------- what a command meets

    def conflict(
        self, command: Command, adopted: Adopted, target: Target, *, last: bool = False
    ) -> Outcome | None:
        """The refusal where somebody else holds it and does not accept it, or a person has just changed it. A look-up:
        nothing is changed or recorded by it, so that a preview may ask, too. `last`: it is about to be sent. Who may not
        see what the person changed learns of it only then, and whatever the state is.
        """
        if not (self._desk.any or command.lease) or target.toward_safe or command.by_house:
            return None
        desk, now = self._desk, self._desk.now
        if command.lease and (stale := self._stale(command, now)) is not None:
            return stale
        rank = rank_of_principal(command.principal, scheduled=command.scheduled)
        clashes: list[Clash] = []
        for one, aimed in touched(self._parts.house, adopted, target):
            if rank.is_software and (found := self._stands_back(command.principal, one, aimed, last=last)):
                return desk.teller.of_takeover(command, one, found, aimed)
            clashes += self._clashes(command.principal, rank, one, aimed, now)
        if not clashes:
            return None
        frozen = any(
            spot in desk.frozen for clash in clashes for lease in clash.leases for spot in lease.spots
        )
        return desk.teller.of_leases(command, clashes, frozen=frozen)

    def sees(self, principal: Principal, thing: str, name: str) -> bool:
        """Whether a lease of this ("": of all of a Thing) is told to one whose it is not."""
        adopted = self._parts.registry.get(thing)
        return adopted is not None and self._desk.teller.sees(principal, adopted, name)

    def because(self, lease: Lease, reader: Principal) -> str:
        """Why it stands as it does, as far as `reader` may know; "" for nothing."""
        return self._desk.teller.because(lease, reader)

    @property
    def standbacks(self) -> StandBacks:
        return self._desk.standbacks

    @property
    def any(self) -> bool:
        """Whether there is a lease, or somewhere software stands back."""
        return self._desk.any

    # ---------------------------------------------------------------- what callers do

    async def claim(self, principal: Principal, wish: Wish) -> Answer:
        """The lease, held or in line; it is durable. Raises `NoLease`, `LedgerUnavailable`, `sqlite3.Error`."""
        async with self._lock:
            await self._advance()
            answer = await self._claims.claim(principal, wish)
            await self._advance()
        return self._fresh(answer)

    async def accept(self, principal: Principal, lease: Lease) -> Answer:
        """Takes what those who hold it accept. Raises as `claim`."""
        async with self._lock:
            answer = await self._claims.accept(principal, lease)
            await self._advance()
        return self._fresh(answer)

    async def renew(self, lease: str, for_s: float) -> Lease:
        """Raises `KeyError` where it has ended, and as `claim`."""
        async with self._lock:
            fresh = await self._claims.renew(self._known(lease), for_s)
            self._set_alarm()
        return fresh

    async def release(self, lease: str, by: str) -> None:
        """Gives it back: whoever is next has it when this returns. Raises `KeyError`, and as `claim`."""
        async with self._lock:
            known = self._known(lease)
            if by != known.holder:
                self._desk.settled(known)
            self._desk.end(known, "given back" if by == known.holder else f"ended by {by}")
            await self._advance()

    async def advance(self) -> None:
        """Does what is due by now: ends what is over, gives what is free to who is next. Raises as `claim`."""
        async with self._lock:
            await self._advance()

    def get(self, lease: str) -> Lease | None:
        """A lease that has not ended."""
        known = self._desk.book.get(lease)
        return None if known is None or known.is_over(self._desk.now) else known

    def __iter__(self) -> Iterator[Lease]:
        now = self._desk.now
        return (lease for lease in self._desk.book if not lease.is_over(now))

    def told(self, lease: Lease, reader: Principal) -> dict[str, object]:
        """Who holds it and what for, as far as `reader` may know."""
        return dict(self._desk.teller.holder(lease, reader))

    def line(self, lease: Lease) -> list[Lease]:
        """Those who wait for it, in the order of their turns."""
        rivals = [
            one for one in self._desk.book.near(lease) if one.state is State.WAITING and one.clashes(lease)
        ]
        return self._desk.history.in_order(rivals)

    def holders(self, lease: Lease) -> list[Lease]:
        """Those who keep it waiting."""
        return [one for one in self._desk.book.held_near(lease, self._desk.now) if lease.clashes(one)]

    def is_frozen(self, lease: Lease) -> bool:
        """Whether people were asked about it."""
        now = self._desk.now
        return any(self._desk.frozen.get(spot, 0.0) > now for spot in lease.spots)

    # ---------------------------------------------------------------- what the authors of changes tell

    def stand_back(self, takeover: Takeover) -> None:
        """A person changed something: software keeps off it, and its leases of it are suspended."""
        desk = self._desk
        desk.standbacks.put(takeover)
        desk.look()
        adopted = self._parts.registry.get(takeover.thing)
        if adopted is None:
            return
        for lease in desk.book.on(takeover.thing):
            if lease.rank.is_software and self._concerns(lease, adopted, takeover):
                if lease.state is State.SUSPENDED and lease.suspended_until >= takeover.until - 1:
                    continue
                if desk.may_learn(lease, takeover.thing, *takeover.values, takeover.name):
                    cause = Cause("takeover", takeover.by, takeover.thing, takeover.name)
                    desk.suspend(lease, takeover.until, cause)
        self._wake.set()

    def hand_back(self, thing: str, component: str) -> None:
        """A person went on through Hearth: software need not stand back for what was changed at the device."""
        if self._desk.standbacks.end(thing, component) is not None:
            for lease in self._desk.book.on(thing):
                if lease.state is State.SUSPENDED and not lease.suspended_by:
                    self._desk.back_in_line(lease)
            self._desk.look()
            self._wake.set()

    def overruled(self, execution: Execution, adopted: Adopted, target: Target) -> bool:
        """A command went out: leases of a lower rank that do not accept what it did are suspended. Whether there were any."""
        if not self._desk.any:
            return False
        command, desk, now = execution.command, self._desk, self._desk.now
        rank = rank_of(command, toward_safe=target.toward_safe)
        found = [
            lease
            for one, aimed in touched(self._parts.house, adopted, target)
            for clash in self._clashes(command.principal, rank, one, aimed, now, under=True)
            for lease in clash.leases
        ]
        who = command.principal.id if not command.by_house else f"the house ({command.by_house})"
        cause = Cause("used", who, command.thing, command.affordance)
        shows = [aim.slot.property.name for aim in target.aims]
        for lease in {one.id: one for one in found}.values():
            if not desk.may_learn(lease, command.thing, *shows):
                continue
            if rank is Rank.SAFETY or not desk.stand_back_s:
                desk.overridden(lease, cause)
            else:
                desk.suspend(lease, now + desk.stand_back_s, cause, "overridden")
        if found:
            self._wake.set()
        return bool(found)

    # ---------------------------------------------------------------- from start to end

    async def restore(self) -> int:
        """The leases of the run before that are still good; how many. Raises `sqlite3.Error`, `LedgerUnavailable`."""
        count = await restoring.restore(self._desk)
        self._parts.supervisor.keep("leases", self._work)
        return count

    async def _work(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self.advance()
            except (*NOT_RECORDED, sqlite3.Error) as error:
                log.warning("leases wait for the disk: %s", error)
                self._alarm.set(AGAIN_S)
            await self._wake.wait()

    # ---------------------------------------------------------------- inside

    async def _advance(self) -> None:
        desk = self._desk
        self._lapse()
        while (given := desk.arbiter.next(desk.now)) is not None:
            if not (given.yields and desk.escalates(given.lease, given.yields)):
                await desk.grant(given, "granted")
        await desk.flush()
        self._set_alarm()

    def _lapse(self) -> None:
        """What is over is over, whether somebody comes for it or not."""
        desk, now = self._desk, self._desk.now
        for spot in [spot for spot, until in desk.frozen.items() if until <= now]:
            del desk.frozen[spot]
        desk.standbacks.prune(now)
        for lease in desk.book:
            if lease.state is State.HELD and lease.until - now > lease.for_s + SET_BACK_S:
                lease = lease.changed(until=now + lease.for_s)  # noqa: PLW2901  the clock was set back
                desk.book.put(lease)
            if lease.is_over(now):
                desk.end(lease, "its time is over" if lease.until else "it waited for too long")
            elif (fresh := desk.refreshed(lease)) is None:
                desk.end(lease, f"{lease.thing} was removed")
            else:
                if fresh is not lease:
                    desk.book.put(fresh)
                if fresh.state is State.SUSPENDED and fresh.suspended_until <= now:
                    desk.back_in_line(fresh)
        desk.look()

    def _set_alarm(self) -> None:
        desk, now = self._desk, self._desk.now
        if not desk.any:
            self._alarm.stop()
            return
        due = [now + REVIEW_S, *desk.frozen.values(), *(one.until for one in desk.standbacks)]
        for lease in desk.book:
            times = (lease.until, lease.suspended_until, lease.safe_until)
            due += [at for at in times if at > now]
        self._alarm.set(max(min(due) - now, 0.0) + 0.001)

    def _stands_back(
        self, principal: Principal, adopted: Adopted, target: Target, *, last: bool
    ) -> Takeover | None:
        """The person's change that `target` would go against. What is so already changes nothing, and passes."""
        found = self._desk.standbacks.of(adopted.id, target.operation.component, self._desk.now)
        if found is None:
            return None
        teller, shows = self._desk.teller, [aim.slot.property.name for aim in target.aims]
        if not teller.sees_cause(principal, found) or not all(
            teller.sees(principal, adopted, name) for name in shows
        ):
            return found if last else None
        return None if changes_nothing(target) else found

    def _clashes(
        self,
        principal: Principal,
        rank: Rank,
        adopted: Adopted,
        target: Target,
        now: float,
        *,
        under: bool = False,
    ) -> Iterator[Clash]:
        """What of `target` others do not accept: those of its rank and above, or (`under`) those below."""
        path = path_of(principal)
        others = [
            lease
            for lease in self._desk.book.on(adopted.id)
            if lease.holds(now) and not lease.is_of(principal) and _counts(lease, rank, path, under=under)
        ]
        if not others:
            return
        aims = [(aim.slot.property.name, aim.expected) for aim in target.aims]
        for name, wish in aims or [(target.operation.property or "", target.value)]:
            standing = [one for one in others if _is_about(one, adopted.id, name)]
            against = tuple(one for one in standing if not one.accepts.accepts(wish))
            if against:
                yield Clash(adopted, name, wish, against, tuple(standing))

    def _stale(self, command: Command, now: float) -> Outcome | None:
        named = fence_of(command.lease)
        if named is None:
            detail = 'Hearth-Lease names a lease and its fence, as in "5h2k…;fence=12"'
            return Outcome(Result.REFUSED, Reason.STALE_LEASE, detail)
        lease = self._desk.book.get(named[0])
        if lease is None or not lease.is_of(command.principal) or lease.is_over(now):
            return Outcome(Result.REFUSED, Reason.STALE_LEASE, "that lease has ended; claim it again")
        if lease.holds(now) and lease.fence == named[1]:
            return None
        if lease.state is State.HELD:
            detail = f"it was given anew meanwhile: its fence is {lease.fence} now; look at the Thing before you go on"
        elif lease.state is State.SUSPENDED:
            detail = (
                f"it is suspended for another {span(max(lease.suspended_until - now, 0))}"
                f": {self.because(lease, command.principal)}"
            )
        else:
            detail = f"it stands in line: {self.because(lease, command.principal)}"
        return Outcome(Result.REFUSED, Reason.STALE_LEASE, detail)

    def _concerns(self, lease: Lease, adopted: Adopted, takeover: Takeover) -> bool:
        for thing, name in lease.spots:
            slot = adopted.slots.get(name)
            if thing == adopted.id and (not name or (slot and slot.property.component == takeover.component)):
                return True
        return False

    def _revoked(self, _: frozenset[str]) -> None:
        """Tokens are no longer good: leases end with the last one of their holder."""
        if not len(self._desk.book):
            return
        good = {principal.id for principal in self._parts.identity.principals()}
        for lease in self._desk.book:
            if not lease.at_box and lease.holder not in good:
                self._desk.end(lease, f"{lease.holder} has no token any more")
        self._wake.set()

    def _known(self, lease: str) -> Lease:
        known = self.get(lease)
        if known is None:
            raise KeyError(lease)
        return known

    def _fresh(self, answer: Answer) -> Answer:
        """As it is now: it may have been given meanwhile."""
        known = self._desk.book.get(answer.lease.id) or answer.lease
        return Answer(known) if known.state is State.HELD else Answer(known, answer.holders, answer.proposal)


def _counts(lease: Lease, rank: Rank, path: Sequence[str], *, under: bool) -> bool:
    if under:
        return lease.rank < rank
    if lease.rank == rank:
        return not same_side(lease.path, tuple(path))
    return lease.rank > rank


def _is_about(lease: Lease, thing: str, name: str) -> bool:
    return any(spot[0] == thing and spot[1] in {"", name} for spot in lease.spots)
