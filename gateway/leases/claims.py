"""Asking for a lease, keeping it, and giving it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from capabilities.errors import SchemaError
from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.ids import new_id
from gateway.leases.arbiter import Contest, Grant
from gateway.leases.causes import Cause
from gateway.leases.conflicts import span
from gateway.leases.desk import Desk
from gateway.leases.lease import LONGEST_PERSON_S, LONGEST_SOFTWARE_S, Lease, State
from gateway.leases.places import spots_of
from gateway.leases.ranges import EXCLUSIVE, Range
from gateway.leases.ranks import Rank, rank_of_principal
from gateway.leases.standbacks import Takeover
from gateway.leases.telling import paths, recorded
from gateway.roots import for_others, path_of, root_of
from policies.decision import Principal

MOST_OF_A_PARTY: Final = 64
"""Leases, held and waiting, of one person, or of one agent with all that it let in."""

MOST_IN_LINE: Final = 16
"""For one property. Who has no place is let in all the same, where another party has more than one: its last one goes."""

MOST_LEASES: Final = 1_000

SHORTEST_S: Final = 1.0


class NoLease(Exception):
    """It cannot be given; the text says why, and what would be right."""


class UnknownPlace(NoLease):
    """There is nothing to hold, or nothing that the caller may operate."""


class TooMany(NoLease):
    """So many at once nobody needs."""


class Taken(NoLease):
    """Others hold it and do not accept it; `proposal` is the range that they all accept."""

    def __init__(self, text: str, holders: Sequence[Lease], proposal: Json) -> None:
        super().__init__(text)
        self.holders = tuple(holders)
        self.proposal = proposal


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to hold. `for_s` counts from when it is given; `waits`: it stands in line where it must."""

    thing: str
    property: str = ""
    accepts: Range = EXCLUSIVE
    for_s: float = 1_800.0
    purpose: str = ""
    waits: bool = True
    scheduled: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a wish: the lease, held or in line; for whom it waits, and the range that would be given at once."""

    lease: Lease
    holders: tuple[Lease, ...] = ()
    proposal: Json = None


class Claims:
    """The caller sees to it that one is handled after the other."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def claim(self, principal: Principal, wish: Wish) -> Answer:
        """Raises `NoLease`, `LedgerUnavailable`, `sqlite3.Error`."""
        desk = self._desk
        adopted = self._place(principal, wish)
        desk.people[principal.id] = principal
        rank = rank_of_principal(principal, scheduled=wish.scheduled)
        place = (wish.thing, wish.property, rank)
        mine = desk.book.of_holder(principal.id)
        known = next((one for one in mine if (one.thing, one.property, one.rank) == place), None)
        if known is not None:
            return await self._again(known, wish, rank)
        now = desk.now
        lease = Lease(
            id=new_id(now),
            holder=principal.id,
            path=path_of(principal),
            rank=rank,
            thing=wish.thing,
            property=wish.property,
            accepts=wish.accepts,
            spots=spots_of(desk.parts.house, adopted, wish.property),
            made_at=now,
            for_s=_bounded(wish.for_s, rank),
            purpose=wish.purpose,
            at_box=principal.at_box,
            in_line_since=now,
            place=desk.number(),
        )
        self._room(lease)
        return await self._seat(lease, waits=wish.waits)

    async def renew(self, lease: Lease, for_s: float) -> Lease:
        """Holds it for `for_s` from now; who stands in line is not put off by it. Raises as `claim`."""
        until = self._desk.now + _bounded(for_s, lease.rank)
        fresh = lease.changed(until=until if lease.until else 0.0, for_s=_bounded(for_s, lease.rank))
        await self._desk.write(fresh, "renewed")
        return fresh

    async def accept(self, principal: Principal, lease: Lease) -> Answer:
        """Takes the range that those who hold it accept. Raises `NoLease` where there is none any more, and as `claim`."""
        desk = self._desk
        held = [one for one in desk.book.held_near(lease, desk.now) if lease.clashes(one)]
        proposal = desk.teller.common(held)
        if lease.state is State.HELD or not held:
            raise NoLease(
                "there is nothing to accept: it is yours"
                if lease.state is State.HELD
                else "nobody is in its way"
            )
        if proposal is None:
            raise NoLease("those who hold it accept nothing from anybody else; it stands in line")
        wish = Wish(lease.thing, lease.property, proposal, lease.for_s, lease.purpose)
        return await self.claim(principal, replace(wish, scheduled=lease.rank is Rank.SCHEDULE))

    # ---------------------------------------------------------------- inside

    def _place(self, principal: Principal, wish: Wish) -> Adopted:
        parts = self._desk.parts
        adopted = parts.registry.get(wish.thing)
        usable = (
            []
            if adopted is None
            else [o for o in adopted.operations() if _changes(o.property, o.effect, wish.property)]
        )
        policy = parts.policy()
        if adopted is None or not any(policy.may_use(principal, adopted.subject(one)) for one in usable):
            what = f"{wish.thing} {wish.property}".strip()
            raise UnknownPlace(f"there is no {what!r} that you may operate")
        if not wish.property:
            if not wish.accepts.is_exclusive:
                raise NoLease("what is accepted is said of one property; without one the whole Thing is held")
            return adopted
        _fits(adopted, wish)
        return adopted

    def _room(self, lease: Lease) -> None:
        """Agents share what their root may have; a person is not bound by what its agents hold."""
        book, people = self._desk.book, self._desk.people
        who = party_of(lease, people)
        mine = sum(1 for one in book if party_of(one, people) == who)
        most = for_others(MOST_LEASES) if lease.rank <= Rank.GUEST else MOST_LEASES
        if mine >= MOST_OF_A_PARTY:
            raise TooMany(f"{who} has {mine} leases already, {MOST_OF_A_PARTY} are the most; give some back")
        if len(book) >= most:
            raise TooMany(f"there are {len(book)} leases already, {most} are the most")

    async def _seat(self, lease: Lease, *, waits: bool) -> Answer:
        """Gives it, or a place in line. Who yields is recorded, whether it waits or not."""
        desk, now = self._desk, self._desk.now
        if (takeover := self._stands_back(lease, now)) is not None:
            cause = Cause("takeover", takeover.by, takeover.thing, takeover.name)
            fresh = lease.changed(state=State.SUSPENDED, suspended_until=takeover.until, because=cause)
            await desk.write(fresh, "suspended", back_ms=round(takeover.until * 1000), **recorded(cause))
            return Answer(fresh)
        verdict = desk.arbiter.judge(lease, now)
        if isinstance(verdict, Grant) and not (verdict.yields and desk.escalates(lease, verdict.yields)):
            granted = await desk.grant(verdict, "claimed")
            if not granted.rank.is_software:
                desk.settled(granted)
            return Answer(granted)
        contest = (
            verdict
            if isinstance(verdict, Contest)
            else Contest(lease, tuple((y, 0.0) for y in verdict.yields))
        )
        return await self._in_line(lease, contest, waits=waits)

    async def _in_line(self, lease: Lease, contest: Contest, *, waits: bool) -> Answer:
        desk, holders = self._desk, tuple(one for one, _ in contest.holders)
        line = [one for one in desk.book.near(lease) if one.state is State.WAITING]
        common = desk.teller.common([one for one in holders if one.state is State.HELD])
        proposal = None if common is None else common.shown()
        main = max(holders, key=lambda one: (one.rank, one.safe_until or one.until))
        cause = Cause("held", main.holder, main.thing, main.property, main.accepts.say())
        fresh = lease.changed(state=State.WAITING, because=cause)
        is_new = desk.book.get(lease.id) is None
        stays = waits and (len(line) < MOST_IN_LINE or (is_new and self._makes_room(lease, line)))
        if stays or not is_new:
            await desk.write(fresh, "waits", to=paths(holders), **recorded(cause))
        else:  # that it yielded counts all the same
            await desk.yielded(fresh, paths(holders))
        desk.contest(fresh, contest.holders)
        self._fought(fresh, holders, is_new=is_new)
        if not stays and is_new:
            full = "" if not waits else f"; {MOST_IN_LINE} others stand in line already"
            said = desk.teller.said(cause, desk.principal(lease.holder)) or "somebody else holds it"
            raise Taken(
                f"{said}, until it ends in {span(max(main.until - desk.now, 0))} at the latest{full}",
                holders,
                proposal,
            )
        return Answer(fresh, holders, proposal)

    def _makes_room(self, lease: Lease, line: Sequence[Lease]) -> bool:
        """Puts out the last one of the party that has most places, where that has more than `lease`'s would have then."""
        for level in range(1, len(lease.path) + 1):
            places: dict[tuple[str, ...], list[Lease]] = {}
            for one in line:
                if one.path[: level - 1] == lease.path[: level - 1]:
                    places.setdefault(one.path[:level], []).append(one)
            mine = len(places.pop(lease.path[:level], ()))
            most = max(places.values(), key=len, default=[])
            if len(most) > mine + 1:
                last = max(most, key=lambda one: (one.in_line_since, one.place))
                self._desk.end(last, "others wait, too, who had no place in line")
                return True
            if not mine:
                break
        return False

    def _fought(self, lease: Lease, holders: Sequence[Lease], *, is_new: bool) -> None:
        desk = self._desk
        held = [one for one in holders if one.state is State.HELD and one.rank == lease.rank]
        for one in held if is_new else ():
            desk.history.fought((lease.thing, lease.property), lease.path, one.path, desk.now, desk.apart_s)
        desk.escalates(lease, held)

    async def _again(self, known: Lease, wish: Wish, rank: Rank) -> Answer:
        """Whoever asks again keeps its place: in line, or with what it holds."""
        desk, now = self._desk, self._desk.now
        for_s = _bounded(wish.for_s, rank)
        fresh = known.changed(accepts=wish.accepts, purpose=wish.purpose, for_s=for_s)
        if known.state is State.SUSPENDED and not known.suspended_by:
            await desk.write(fresh, "changed")
            return Answer(fresh)
        if known.state is not State.HELD:
            return await self._seat(replace(fresh, state=State.WAITING), waits=True)
        blockers = [one for one in desk.book.held_near(fresh, now) if fresh.clashes(one)]
        if blockers:
            common = desk.teller.common(blockers)
            one = blockers[0]
            cause = Cause("held", one.holder, one.thing, one.property, one.accepts.say())
            text = desk.teller.said(cause, desk.principal(known.holder)) or "somebody else holds it"
            raise Taken(text, blockers, None if common is None else common.shown())
        fresh = replace(fresh, until=now + for_s)
        await desk.write(fresh, "changed")
        return Answer(fresh)

    def _stands_back(self, lease: Lease, now: float) -> Takeover | None:
        if not lease.rank.is_software:
            return None
        for thing, name in lease.spots:
            adopted = self._desk.parts.registry.get(thing)
            for slot in adopted.slots.values() if adopted is not None else ():
                found = self._desk.standbacks.of(thing, slot.property.component, now)
                if found is None or (name and name != slot.property.name):
                    continue
                if self._desk.may_learn(lease, thing, found.name, *found.values):
                    return found
        return None


def party_of(lease: Lease, people: Mapping[str, Principal]) -> str:
    """By whom it counts."""
    holder = people.get(lease.holder)
    return root_of(holder) if holder is not None else lease.path[min(1, len(lease.path) - 1)]


def _changes(changed: str | None, effect: object, name: str) -> bool:
    return not name or changed == name or getattr(effect, "property", None) == name


def _bounded(for_s: float, rank: Rank) -> float:
    most = LONGEST_SOFTWARE_S if rank.is_software else LONGEST_PERSON_S
    if not SHORTEST_S <= for_s <= most:
        raise NoLease(
            f"a lease lasts at least {span(SHORTEST_S)} and at most {span(most)}; it can be renewed"
        )
    return for_s


def _fits(adopted: Adopted, wish: Wish) -> None:
    """What is accepted must be something that the property can be. Raises `NoLease`."""
    slot = adopted.slots.get(wish.property)
    if slot is None:
        raise NoLease(f"{adopted.id} has no property {wish.property!r}")
    accepts = wish.accepts
    bounds = (accepts.minimum, accepts.maximum)
    values = accepts.one_of if accepts.one_of is not None else tuple(b for b in bounds if b is not None)
    for value in values:
        try:
            slot.property.check(value)
        except SchemaError as error:
            raise NoLease(f"{wish.property} cannot be {value!r}: {error}") from error
