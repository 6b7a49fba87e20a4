"""The Things of the house, the inbox of what was found, and the way from one to the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from capabilities.components import ComponentDescription
from capabilities.naming import allot_names, slug
from capabilities.stored import components_from_json, components_to_json
from capabilities.vocabulary import Json
from drivers.driver import Candidate, Withdrawn
from gateway.adopted import Adopted
from gateway.announcements import AdoptionRule, adopt_none, can_move, moves_anew
from gateway.arranging import NEW, Arrangement, Check, changes, recast
from gateway.changes import AnnouncedOtherwise, NothingWaits, differences, reason, seal
from gateway.chronicle import Chronicle
from gateway.clock import Clock
from gateway.doorman import Doorman
from gateway.inbox import CandidateKey, Inbox
from gateway.kinds import AdoptionError, KindError, Kinds, chosen, fitting, seen_as
from gateway.ledger import Ledger
from gateway.making import SUSPENDED, free_id, made_of, refuse_other_names, spelled
from gateway.names import Names
from gateway.observers import Observers
from gateway.reception import has_moved, is_as_before, nothing_waits, received, taken_in
from gateway.replacing import heirs, inherited, left_behind
from gateway.roster import Roster
from gateway.state import StateStore
from gateway.storage import IgnoredCandidates, ThingRepository, ThingRow

__all__ = ["AdoptionError", "CandidateKey", "KindError", "Registry"]

log = logging.getLogger(__name__)


class _Said(NamedTuple):
    """What a person says of what becomes a Thing."""

    title: str
    room: str
    labels: frozenset[str]
    kinds: Kinds


class Registry(Roster):
    """All adopted Things, and `inbox`, the candidates that wait."""

    def __init__(
        self,
        *,
        rows: ThingRepository,
        ignored: IgnoredCandidates,
        state: StateStore,
        ledger: Ledger,
        observers: Observers,
        clock: Clock,
        names: Names,
        rule: AdoptionRule = adopt_none,
        label_new: bool = True,
        doorman: Doorman | None = None,
    ) -> None:
        super().__init__(state, Chronicle(ledger, observers, clock), names)
        self._rows = rows
        self._ledger = ledger
        self._clock = clock
        self._rule = rule
        self._label_new = label_new
        self._doorman = doorman
        # Removed Things by id: it stays their device's, for rules and history name it.
        self._former: dict[str, ThingRow] = {}
        self._adopting = asyncio.Lock()
        self.inbox = Inbox(ignored, clock)

    # ------------------------------------------------------------------ discovery

    async def load(self) -> None:
        """Brings back every stored Thing, before any driver runs: known, not yet reached."""
        await self.inbox.load()
        async for row in self._rows.each():
            if row.state == "removed":
                self._former[row.id] = replace(row, description=b"")
                continue
            try:
                self._install(made_of(row, components_from_json(row.description)))
            except (AdoptionError, ValueError, KeyError, TypeError) as error:
                log.error("%s is no Thing any more, and must be adopted anew: %s", row.id, error)
                await self._retire(row)

    async def see(self, candidate: Candidate, *, by_rule: bool = True) -> None:
        """A driver found or re-announced a device. Without `by_rule` it waits for a person, whatever the rule says."""
        key = (candidate.driver, candidate.id)
        if candidate.asks is not None:
            self._keep_waiting(candidate)
        elif self.by_device(*key) is not None:
            async with self._adopting:  # what a person changes meanwhile is not overwritten
                if (adopted := self.by_device(*key)) is not None:
                    await self._announced_again(adopted, candidate)
        elif self.inbox.overlooks(candidate):
            return
        elif (
            candidate.components  # of one without, nothing is understood yet
            and by_rule
            and self._rule(candidate)
            and (self._doorman is None or self._doorman.lets_in(candidate.driver))
        ):
            await self.adopt(candidate)
        else:
            self._keep_waiting(candidate)

    def withdraw(self, gone: Withdrawn) -> None:
        """A device's announcement was taken back: it leaves the inbox; an adopted Thing stays."""
        key = (gone.driver, gone.id)
        if key in self.inbox:
            self._chronicle.gone(*key)
        self.inbox.withdraw(key)

    async def ignore(self, driver: str, candidate: str, *, by: str) -> None:
        """Takes a candidate out of the inbox, until it is wanted back unless it is a suspended Thing's. Raises `KeyError`."""
        key = (driver, candidate)
        if self.by_device(*key) is None:
            await self.inbox.ignore(key, by=by)
        elif self.inbox.take(key) is None:
            raise KeyError(key)

    async def restore(self, driver: str, candidate: str) -> None:
        """Brings an ignored candidate back; one that is not announced now comes when it is. Raises `KeyError`."""
        found = await self.inbox.restore((driver, candidate))
        if found is not None:
            self.inbox.put(found)

    # ------------------------------------------------------------------ adoption

    async def adopt(
        self,
        candidate: Candidate,
        *,
        title: str = "",
        room: str = "",
        labels: frozenset[str] = frozenset(),
        kinds: Mapping[str, str] | None = None,
        open_: bool = False,
        by: str = "rule",
    ) -> Adopted:
        """Makes a candidate a Thing; one that can move something gets the label `new`, unless it is to be `open_` at once.
        `kinds` are those that a person gives its components, each named as in `kinds.chosen`. Raises `AdoptionError` where it
        is a Thing, or its description does not hold together, `KindError`.
        """
        if self._label_new and not open_ and moves_anew((), candidate.components):
            labels |= {NEW}
        given = chosen(candidate.components, {}, kinds or {})
        async with self._adopting:
            return await self._adopt(candidate, _Said(title, room, labels, given), by)

    async def _adopt(self, candidate: Candidate, said: _Said, by: str) -> Adopted:
        key = (candidate.driver, candidate.id)
        if (known := self.by_device(*key)) is not None:
            raise AdoptionError(f"{candidate.title or candidate.id} is adopted already, as {known.id}")
        name = said.title or candidate.title or candidate.id
        ident = free_id(slug(name), key, self._things.keys(), self._former)
        former = self._former.get(ident)
        row = ThingRow(
            id=ident,
            driver=candidate.driver,
            candidate=candidate.id,
            title=name,
            room=self._room(said.room or candidate.room),
            labels=tuple(sorted(said.labels)),
            kind_overrides=said.kinds,
            members=candidate.members,
            names=allot_names(seen_as(candidate.components, said.kinds), former.names if former else {}),
            fingerprint=candidate.fingerprint,
            description=components_to_json(candidate.components),
            created_at=self._clock.wall(),
            updated_at=self._clock.wall(),
        )
        adopted = made_of(row, candidate.components)
        # First on disk: a command to a Thing that a crash forgets could never be settled.
        await self._rows.save(row)
        self._install(adopted)
        self._former.pop(ident, None)
        self.inbox.take(key)
        body: dict[str, Json] = {"driver": candidate.driver, "device": candidate.id}
        body |= {"kind": adopted.thing.kind} | ({"kinds": dict(said.kinds)} if said.kinds else {})
        self._chronicle.record("adoption", adopted, by, body)
        return adopted

    async def accept(self, thing: str, *, by: str, seen: str = "") -> Adopted:
        """A person looked at a suspended Thing and takes it as it is announced now, or takes in what had to wait outside of
        one that is not. `seen` is the `changes.seal` of what was looked at ("": whatever is announced now). Raises `KeyError`,
        `NothingWaits`, `AnnouncedOtherwise`, `AdoptionError`.
        """
        async with self._adopting:
            return await self._accept(self._things[thing], by, seen)

    async def _accept(self, adopted: Adopted, by: str, seen: str) -> Adopted:
        key = (adopted.driver, adopted.device)
        candidate = self.inbox.get(key)
        if candidate is None:
            raise NothingWaits(nothing_waits(adopted))
        if seen not in {"", seal(candidate)}:
            raise AnnouncedOtherwise(f"{adopted.id} is announced otherwise meanwhile: look at it again")
        row = await self._row(adopted)
        components, names = taken_in(adopted, candidate, row.names)
        lines = differences(adopted.components, candidate.components)
        row = replace(row, members=candidate.members, names=names)
        if moves_anew(adopted.components, components):
            row = self._closed(row)
        self.inbox.take(key)
        fresh = await self._reinstall(row, components)
        body = {"accepted": True, "changes": list[Json](lines), **changes(adopted, fresh)}
        self._chronicle.record("thing", fresh, by, body)
        return fresh

    async def replace(
        self, thing: str, candidate: Candidate, check: Check | None = None, *, by: str, open_: bool = False
    ) -> Adopted:
        """Another device takes a Thing's place: id, title, room and labels stay; so do the names and kinds of components that
        have an heir (`replacing.heirs`). `check` sees it as it is and as it would be: what it raises stops it. Raises
        `KeyError`; `AdoptionError` where the device is a Thing, or badly described.
        """
        async with self._adopting:
            old = self._things[thing]
            if (known := self.by_device(candidate.driver, candidate.id)) is not None:
                raise AdoptionError(f"{candidate.title or candidate.id} is adopted already, as {known.id}")
            found, row = heirs(old.components, candidate.components), await self._row(old)
            row = replace(
                row,
                driver=candidate.driver,
                candidate=candidate.id,
                members=candidate.members,
                names=inherited(row.names, found),
                kind_overrides=inherited(row.kind_overrides, found),
                fingerprint=candidate.fingerprint,
            )
            if not open_ and moves_anew((), candidate.components):
                row = self._closed(row)
            if check is not None:
                check(old, made_of(_settled(row, candidate.components), candidate.components))
            fresh = await self._reinstall(row, candidate.components)
            fresh.begin_anew()
            self.inbox.take((candidate.driver, candidate.id))
        body: dict[str, Json] = {"replaced": {"driver": old.driver, "device": old.device}}
        body |= {"driver": candidate.driver, "device": candidate.id, **changes(old, fresh)}
        body["left_behind"] = list[Json](left_behind(old.components, found))
        self._chronicle.record("adoption", fresh, by, body)
        return fresh

    async def forget(self, thing: str, *, by: str) -> None:
        """Removes a Thing. Raises `KeyError`."""
        async with self._adopting:
            adopted = self._things[thing]
            await self._retire(await self._row(adopted))
            self._uninstall(adopted)
        self._chronicle.record("thing", adopted, by, {"forgotten": True})

    async def arrange(self, thing: str, wanted: Arrangement, check: Check, *, by: str) -> Adopted:
        """A person changes how a Thing is called, where it is, or its labels. `check` sees it as it is and as it would be: what
        it raises stops the change, what it returns is recorded as what somebody gains by it, and such a change is made only
        if it can be recorded. Raises `KeyError`, `AdoptionError`, `LedgerUnavailable`, `sqlite3.Error`.
        """
        async with self._adopting:
            old = self._things[thing]
            row = await self._row(old)
            fresh_row = wanted.applied(row, old, partial(self._room, but=thing), at=self._clock.wall())
            fresh = made_of(fresh_row, old.components)
            refuse_other_names(old, fresh, recast(old.kinds, fresh.kinds))
            fresh.suspended = old.suspended
            gains = check(old, fresh)
            entry = wanted.entry(row, fresh_row, gains, by)
            if not entry.body:
                return old
            if gains:
                self._ledger.append(entry)
            await self._rows.save(fresh_row)
            self._install(fresh, replaces=old)
        if not gains:
            self._chronicle.append(entry)
        return fresh

    # ------------------------------------------------------------------ inside

    def _keep_waiting(self, candidate: Candidate) -> None:
        """For a person. One that asks for something says nothing else of its Thing, if it is one."""
        key = (candidate.driver, candidate.id)
        known = self.by_device(*key)
        if known is None and self.inbox.overlooks(candidate):
            return
        is_new = key not in self.inbox
        self.inbox.put(candidate)
        if is_new:
            self._chronicle.found(candidate, known.id if known is not None else "")

    async def _row(self, adopted: Adopted) -> ThingRow:
        """What is stored of a Thing: seldom needed, and so not kept in memory, too."""
        row = await self._rows.get(adopted.id)
        if row is None:
            raise AdoptionError(f"{adopted.id} is no longer stored; restart the gateway, and adopt it anew")
        return row

    async def _retire(self, row: ThingRow) -> None:
        await self._rows.delete(row.id)
        self._former[row.id] = replace(row, description=b"", state="removed")

    async def _announced_again(self, adopted: Adopted, candidate: Candidate) -> None:
        if (
            adopted.suspended
            and is_as_before(adopted.components, candidate)
            and self._chronicle.is_calm(adopted)
        ):
            await self._resume(adopted)
        if adopted.suspended or has_moved(adopted.components, candidate):
            await self._suspend(adopted, candidate)
            return
        merged, members, waits = received(adopted, candidate, closed=not self._rule(candidate))
        if waits:
            self.inbox.put(candidate)
            self._chronicle.tell(waits, adopted)
        else:
            self.inbox.take((candidate.driver, candidate.id))
        if tuple(merged.values()) != adopted.components or members != adopted.members:
            await self._merge(adopted, tuple(merged.values()), members)
        else:  # the driver's own, instead of a second copy from the disk
            adopted.components = tuple(merged.values())

    async def _merge(
        self, adopted: Adopted, components: tuple[ComponentDescription, ...], members: tuple[str, ...]
    ) -> None:
        row = replace(await self._row(adopted), members=members)
        if not any(can_move(c) for c in adopted.components) and moves_anew((), components):
            row = self._closed(row)
        fresh = await self._reinstall(row, components)
        if body := changes(adopted, fresh):
            self._chronicle.record("thing", fresh, "gateway", body)

    def _closed(self, row: ThingRow) -> ThingRow:
        """With the label of what has just arrived: something moves now that did not before."""
        labels = {*row.labels, NEW} if self._label_new else row.labels
        return replace(row, labels=tuple(sorted(labels)))

    async def _suspend(self, adopted: Adopted, candidate: Candidate) -> None:
        """It is announced with other commands, or again with others than were adopted."""
        lines = differences(adopted.components, candidate.components)
        known, adopted.suspended = adopted.suspended, reason(lines)
        self.inbox.put(candidate)
        if known in {adopted.suspended, SUSPENDED}:  # the latter: recorded before the start
            return
        adopted.version += 1
        if known:  # and once more otherwise: a device may do that for ever
            self._chronicle.tell("suspended", adopted)
            return
        # With where its commands went, which may not have been known when it was adopted.
        await self._save(await self._row(adopted), adopted.components, suspended=True)
        body: dict[str, Json] = {"suspended": adopted.suspended, "changes": list[Json](lines)}
        self._chronicle.incident(adopted, body)
        self._chronicle.tell("suspended", adopted)

    async def _resume(self, adopted: Adopted) -> None:
        await self._save(await self._row(adopted), adopted.components)
        adopted.suspended = ""
        adopted.version += 1
        self._chronicle.record("thing", adopted, "gateway", {"resumed": "announced as before again"})
        self._chronicle.tell("updated", adopted)

    async def _reinstall(self, row: ThingRow, components: tuple[ComponentDescription, ...]) -> Adopted:
        old, row = self._things[row.id], _settled(row, components)
        fresh = made_of(row, components)
        self._install(fresh, replaces=old)
        await self._save(row, components)
        return fresh

    async def _save(
        self, row: ThingRow, parts: tuple[ComponentDescription, ...], *, suspended: bool = False
    ) -> None:
        stands = replace(row, state="suspended" if suspended else "active", updated_at=self._clock.wall())
        await self._rows.save(replace(stands, description=components_to_json(parts)))

    def _room(self, wanted: str, *, but: str = "") -> str:
        """The room as the house writes it already (the Thing `but` aside)."""
        return spelled(wanted, (adopted.room for adopted in self._things.values() if adopted.id != but))


def _settled(row: ThingRow, components: tuple[ComponentDescription, ...]) -> ThingRow:
    """With the names and kinds that hold for these components."""
    return replace(
        row,
        kind_overrides=fitting(components, row.kind_overrides),
        names=allot_names(seen_as(components, row.kind_overrides), row.names),
        state="active",
    )
