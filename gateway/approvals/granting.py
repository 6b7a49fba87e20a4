"""The grants of a house: given, used, and over by themselves. What counts is asked at each use, and is one look-up."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.approvals.chores import Chores
from gateway.approvals.counting import sent_under
from gateway.approvals.grants import MOST_GRANTS, BadGrant, Grant
from gateway.approvals.stored import NOT_READABLE, grant_from, grant_row
from gateway.commands import Command
from gateway.ledger import Entry, LedgerUnavailable
from gateway.normalise import Target
from gateway.panicked import last_press
from gateway.parties import Given
from gateway.parts import Parts
from gateway.storage.approvals import GrantRepository
from policies.decision import Principal
from policies.facts import Approval

KIND: Final = "grant"

log = logging.getLogger(__name__)


class Grants:
    """By id, and by holder."""

    def __init__(self, parts: Parts, chores: Chores) -> None:
        self._parts = parts
        self._chores = chores
        self._rows = GrantRepository(parts.database)
        self._grants: dict[str, Grant] = {}
        self._by_holder: dict[str, list[Grant]] = {}

    def __iter__(self) -> Iterator[Grant]:
        self._drop_ended()
        return iter(tuple(self._grants.values()))

    def get(self, grant: str) -> Grant | None:
        self._drop_ended()
        return self._grants.get(grant)

    def standing(self, command: Command, adopted: Adopted, target: Target) -> Sequence[Given]:
        """What has been said yes to for a while. The giver must still be a person of the house who may say it."""
        held = self._by_holder.get(command.principal.id)
        if not held or not self._parts.house.time.is_known:  # without a clock nobody knows what is over
            return ()
        found: list[Given] = []
        now = self._parts.clock.wall()
        for grant in held:
            giver = self._giver(grant)
            if giver is None or self._is_over(grant) or grant.left <= 0:
                continue
            if grant.covers(command, adopted, target):
                age = max(0.0, now - grant.given_at)
                found.append(Given(grant.id, Approval(giver, grant.asks, age, standing=True)))
        return found

    def used(self, given: Sequence[Given]) -> None:
        """Each counts one use more."""
        for ident in dict.fromkeys(one.id for one in given):
            if (grant := self._grants.get(ident)) is not None:
                grant.used += 1

    def given_back(self, ids: Sequence[str]) -> None:
        """It certainly was not sent, and used up nothing."""
        for ident in ids:
            if (grant := self._grants.get(ident)) is not None:
                grant.used = max(0, grant.used - 1)

    async def give(self, grant: Grant, channel: dict[str, Json]) -> Grant:
        """It is on disk before it counts. `channel` says how it was answered. Raises `BadGrant`, `LedgerUnavailable`,
        `sqlite3.Error`.
        """
        self._drop_ended()
        if len(self._grants) >= MOST_GRANTS:
            raise BadGrant(f"there are {MOST_GRANTS} grants already; end one")
        body = grant.document() | {"given": grant.id, "approval": grant.approval, **channel}
        body |= {"until_ms": round(grant.until * 1000), "principal": grant.holder.id}
        grant.since = await self._parts.ledger.commit(
            Entry(KIND, grant.given_at, body, grant.approval, grant.giver.id, next(iter(grant.seals)))
        )
        await self._rows.save(grant_row(grant))
        self._add(grant)
        return grant

    def end(self, grant: Grant, why: str, by: str) -> None:
        """Ends one at once."""
        if self._grants.pop(grant.id, None) is None:
            return
        held = self._by_holder[grant.holder.id]
        held.remove(grant)
        if not held:
            del self._by_holder[grant.holder.id]
        body: dict[str, Json] = {"ended": grant.id, "because": why, "used": grant.used}
        try:
            at = self._parts.clock.wall()
            self._parts.ledger.append(Entry(KIND, at, body, grant.approval, by, next(iter(grant.seals))))
        except LedgerUnavailable as error:
            log.error("not recorded: grant %s ended (%s): %s", grant.id, why, error)
        self._chores.do(f"forget grant {grant.id}", self._rows.delete(grant.id))

    def review(self) -> None:
        """Ends those whose giver or holder is nobody any more, and whose Things are not what they were."""
        for grant in self:
            if self._giver(grant) is None:
                self.end(grant, f"{grant.giver.id} has no token any more", "")
            elif self._parts.identity.role_of(grant.holder.id) is None and not grant.holder.at_box:
                self.end(grant, f"{grant.holder.id} has no token any more", "")
            else:
                self._review_things(grant)

    async def restore(self) -> None:
        """Those that are not over, with the uses that the ledger has of them. Raises `sqlite3.Error`, `LedgerUnavailable`."""
        now, rows = self._parts.clock.wall(), await self._rows.load()
        pressed = await last_press(self._parts.ledger) if rows else 0.0
        for row in rows:
            try:
                grant = grant_from(row)
            except NOT_READABLE as error:
                log.warning("grant %s cannot be read and counts no longer: %s", row.id, error)
                await self._rows.delete(row.id)
                continue
            # Panic ends all of them; and a clock that was set back proves nothing.
            if not pressed < grant.given_at <= now < grant.until:
                await self._rows.delete(row.id)
                continue
            grant.used = len(await sent_under(self._parts.ledger, grant.id, grant.holder.id, grant.since))
            self._add(grant)
        self.review()

    # ---------------------------------------------------------------- inside

    def _add(self, grant: Grant) -> None:
        clock = self._parts.clock
        grant.deadline = clock.monotonic() + (grant.until - clock.wall())
        self._grants[grant.id] = grant
        self._by_holder.setdefault(grant.holder.id, []).append(grant)

    def _is_over(self, grant: Grant) -> bool:
        clock = self._parts.clock
        return clock.wall() >= grant.until or clock.monotonic() >= grant.deadline

    def _drop_ended(self) -> None:
        for grant in tuple(self._grants.values()):
            if self._is_over(grant):
                self.end(grant, "its time is over", "")

    def _giver(self, grant: Grant) -> Principal | None:
        """The giver as it is now; None where it is nobody any more, or no person."""
        if grant.giver.at_box:
            return grant.giver
        role = self._parts.identity.role_of(grant.giver.id)
        return None if role is None or not role.is_person else replace(grant.giver, role=role)

    def _review_things(self, grant: Grant) -> None:
        for thing in grant.seals:
            adopted = self._parts.registry.get(thing)
            if adopted is None or not grant.is_as_then(adopted):
                what = "is gone" if adopted is None else "is announced otherwise"
                self.end(
                    grant, f"{thing} {what} than when it was given" if adopted else f"{thing} {what}", ""
                )
                return
