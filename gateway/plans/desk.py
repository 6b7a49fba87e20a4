"""Where plans are prepared, committed and kept going."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from capabilities.vocabulary import Json
from gateway.approvals import ApprovalKeeper
from gateway.execution import Executor
from gateway.failpoints import failpoint
from gateway.leases import LeaseKeeper
from gateway.messages import Messages
from gateway.panicked import STOPPED_MEANWHILE, last_press
from gateway.parts import Parts
from gateway.plans.asking import Asker
from gateway.plans.bell import Bell
from gateway.plans.comparing import blocked, worse
from gateway.plans.document import read
from gateway.plans.drafts import Drafts
from gateway.plans.ends import LOOKED_AT
from gateway.plans.errors import (
    Changed,
    NoSuchPlan,
    NotCommittable,
    NotForYou,
    WrongDigest,
    WrongState,
)
from gateway.plans.journal import Journal
from gateway.plans.pausing import may_resume, who_resumes
from gateway.plans.plan import End, Phase, Plan, Progress, Stop
from gateway.plans.preparing import Draft, Preparer
from gateway.plans.room import Pace, check_room
from gateway.plans.running import Runner
from gateway.plans.storing import fixed, moving, plan_from, progress_from
from gateway.plans.telling import Teller
from gateway.plans.tools import Tools
from gateway.plans.untold import tell_of
from gateway.storage.plans import PlanRepository, PlanRow
from policies.decision import Principal, Role, Verdict

RETURN_OF_DEVICES_S: Final = 20.0
"""How long devices may take to be in reach again after a restart before a step fails for want of them."""

log = logging.getLogger(__name__)


class PlanDesk:
    """Prepares, commits, and keeps going. Used from one event loop."""

    def __init__(
        self,
        parts: Parts,
        executor: Executor,
        approvals: ApprovalKeeper,
        leases: LeaseKeeper,
        messages: Messages,
    ) -> None:
        self._parts = parts
        self._executor = executor
        self._preparer = Preparer(parts, executor)
        self._teller = Teller(parts, messages)
        self._asker = Asker(approvals)
        self._leases = leases
        self.rows = PlanRepository(parts.database)
        self.drafts = Drafts(parts.clock)
        self._running: dict[str, tuple[Tools, asyncio.Task[None]]] = {}
        self._committing: dict[str, Principal] = {}
        self.pace = Pace(parts.clock)
        self._panics = 0
        self._closing = False
        parts.identity.on_revoked(self._revoked)

    # ---------------------------------------------------------------- looking

    def open(self) -> list[Plan]:
        """Committed plans that are not over, the oldest first."""
        return [tools.plan for tools, _ in self._running.values()]

    async def get(self, ident: str) -> Plan | None:
        """A committed plan, also one that is over. Raises `sqlite3.Error`."""
        if ident in self._running:
            return self._running[ident][0].plan
        row = await self.rows.get(ident)
        return _readable(row) if row is not None else None

    async def ended(self, limit: int) -> list[Plan]:
        """The last that ended, the newest first. Raises `sqlite3.Error`."""
        return [plan for row in await self.rows.ended(limit) if (plan := _readable(row)) is not None]

    async def changed(self, ident: str, version: int, seconds: float) -> None:
        """Waits until the plan has another version, or for so long. Returns at once for one that is over."""
        try:
            async with asyncio.timeout(seconds):
                while ident in self._running and self._running[ident][0].plan.version == version:
                    await self._running[ident][0].journal.changed()
        except TimeoutError:
            return

    # ---------------------------------------------------------------- prepare and commit

    def prepare(self, document: Json, principal: Principal, token: str) -> Draft:
        """What would become of it; nothing is touched. Raises `BadPlan`."""
        draft = self._preparer.prepare(read(document), document, principal, token)
        self.drafts.put(draft)
        self._teller.prepared(draft)
        return draft

    async def commit(
        self, ident: str, principal: Principal, token: str, digest: str, key: str = ""
    ) -> tuple[Plan, bool]:
        """Begins what was prepared with this digest; whether it was begun before (the same commit again). It goes on by itself.

        Raises `PlanError`; `LedgerUnavailable`, `sqlite3.Error`: then nothing was begun.
        """
        known = await self.get(ident)
        if known is not None:
            return _repeated(known, principal, digest), True
        draft = self.drafts.get(ident)
        if draft is None or draft.plan.principal.id != principal.id:
            raise NoSuchPlan("there is no prepared plan of yours by this id; a draft is kept for 10 minutes")
        if ident in self._committing:
            raise WrongState("it is being committed already")
        if digest != draft.plan.digest:
            raise WrongDigest(f"its digest is {draft.plan.digest}: look at what it is now")
        check_room(self.open(), self._committing.values(), principal, key)
        self.pace.commit(principal)
        fresh = self._decided_again(draft, principal, token)
        self._committing[ident] = principal
        try:
            plan, panics = fresh.plan, self._panics
            plan.key = key
            await self._write(fresh)
            if self._panics != panics:
                plan.stop = Stop(End.STOPPED, "everything was stopped while it was committed")
        finally:
            del self._committing[ident]
        self.drafts.take(ident)
        failpoint("plan_committed")
        self._teller.promised(fresh)
        self._start(plan)
        return plan, False

    def _decided_again(self, draft: Draft, principal: Principal, token: str) -> Draft:
        """The same plan, as the house is now. Raises `Changed`, `NotCommittable`, `BadPlan`."""
        before = draft.plan
        fresh = self._preparer.prepare(read(before.document), before.document, principal, token, before.id)
        if changes := worse(draft, fresh):
            self.drafts.put(fresh)
            self._teller.refused(fresh, "changed-meanwhile", changes)
            raise Changed(changes, fresh)
        reasons = blocked(fresh)
        if reasons and (fresh.plan.times is None or fresh.verdict is Verdict.DENY):
            because = "policy" if fresh.verdict is Verdict.DENY else "conflict"
            self._teller.refused(fresh, because, reasons)
            raise NotCommittable("; ".join(reasons), fresh)
        fresh.plan.digest = before.digest  # what became better is still what was looked at
        return fresh

    async def _write(self, draft: Draft) -> None:
        plan, now = draft.plan, self._parts.clock.wall()
        plan.committed_at = plan.began = now
        tools = self._tools(plan)
        if plan.times is not None:
            first = Runner(tools, self._asker, self._leases).planner.first(now)
            if first is None:
                raise WrongState("its schedule has no time to come")
            plan.next_at = first
        plan.phase = Phase.SCHEDULED if plan.times is not None else Phase.RUNNING
        if self._asker.asks_now(tools, draft):
            plan.phase = Phase.AWAITING
        elif plan.times is None:
            plan.fresh_run(now)
        await self._teller.committed(plan, draft.verdict)
        row = PlanRow(
            plan.id, plan.state, plan.principal.id, plan.title, now, None, fixed(plan), moving(plan)
        )
        await self.rows.add(row)

    # ---------------------------------------------------------------- while it runs

    async def pause(self, plan: Plan, by: Principal) -> None:
        """Nothing further of it is begun until it is resumed. Raises `WrongState`, `sqlite3.Error`."""
        tools = self._tools_of(plan)
        if plan.paused_by and (plan.paused_by_person or not by.role.is_person):
            return
        plan.paused_by, plan.paused_at = by.id, self._parts.clock.wall()
        plan.paused_by_person = by.role.is_person
        tools.journal.note()
        tools.wake()
        await tools.journal.save()
        self._teller.note(plan, "paused", {"by": by.id})

    async def resume(self, plan: Plan, by: Principal) -> None:
        """See `gateway.plans.pausing`. Raises `WrongState`, `NotForYou`, `sqlite3.Error`."""
        tools = self._tools_of(plan)
        if not plan.paused_by:
            return
        if not may_resume(plan, by):
            raise NotForYou(f"{plan.paused_by} paused it: {who_resumes(plan)} resumes it")
        plan.resumed_at = self._parts.clock.wall()
        self._teller.note(plan, "resumed", {"by": by.id})
        plan.paused_by, plan.paused_at, plan.paused_by_person = "", 0.0, False
        tools.journal.note()
        await tools.journal.save()
        self._go_on(tools)

    async def cancel(self, plan: Plan, by: Principal, *, undo: bool) -> None:
        """Nothing further of it is begun, and what this run has done is undone if it is to be. What somebody paused moves
        nothing until they resume it: others may only cancel it. Raises `WrongState`, `NotForYou`, `sqlite3.Error`.
        """
        tools = self._tools_of(plan)
        if undo and not may_resume(plan, by):
            why = f"{plan.paused_by} paused it: cancel it without undo, or wait until {who_resumes(plan)} resumes it"
            raise NotForYou(why)
        if plan.phase is Phase.COMPENSATING:
            raise WrongState("it is being undone already")
        if plan.stop is None:
            how = "cancelled, and undone" if undo else "cancelled"
            undo = undo and plan.phase is Phase.RUNNING
            tools.stop(Stop(End.CANCELLED, f"{how} by {by.id}", by.id, undo))
        plan.paused_by = ""
        self._teller.note(plan, "cancelling", {"by": by.id, "undo": undo})
        await tools.journal.save()
        self._go_on(tools)
        if plan.phase is Phase.AWAITING:
            await self._asker.withdraw(plan.id, f"{by.id} cancelled the plan")

    async def put_notes(self, plan: Plan, text: str) -> None:
        """Replaces the notes (JSON) of a plan that goes on. Raises `WrongState`, `sqlite3.Error`."""
        self._tools_of(plan)
        await self.rows.put_notes(plan.id, text)
        if plan.id not in self._running:  # it ended meanwhile
            await self._teller.erased(plan.id, plan.principal.id)
            await self.rows.erase_notes(plan.id)

    def panic(self, why: str) -> None:
        """Software does nothing more: what runs is stopped, and not undone; what waits for its time waits for an adult. What is
        being committed just now is stopped as soon as it is written. `save` makes it durable; a crash before that finds the
        press in the ledger.
        """
        self._panics += 1
        for tools, _ in list(self._running.values()):
            self._stop(tools, why)

    async def save(self) -> None:
        """All that was noted of all plans is durable. Raises `sqlite3.Error`."""
        for tools, _ in list(self._running.values()):
            await tools.journal.save()

    # ---------------------------------------------------------------- from run to run

    async def restore(self) -> int:
        """The plans of the run before; how many go on. Raises `sqlite3.Error`."""
        rows = await self.rows.open()
        pressed = await last_press(self._parts.ledger) if rows else 0.0
        for row in rows:
            try:
                steps = {name: progress_from(body) for name, body in (await self.rows.steps(row.id)).items()}
                plan = _read(row, steps)
            except (ValueError, KeyError, TypeError) as error:
                log.error("plan %s cannot be read and is given up: %s", row.id, error)
                await self.rows.save(row.id, (End.FAILED, self._parts.clock.wall(), row.progress), {})
            else:
                self._start(plan, patience=RETURN_OF_DEVICES_S)
                if (
                    max(plan.committed_at, plan.resumed_at) <= pressed
                ):  # what panic did to it may not be on disk
                    self._stop(self._running[plan.id][0], STOPPED_MEANWHILE)
        await tell_of(self._parts.ledger, self._teller, await self.ended(LOOKED_AT))
        for ident in await self.rows.noted():
            if ident not in self._running:
                await self._teller.erased(ident, "")
                await self.rows.erase_notes(ident)
        await self._asker.forget_others(self._running)
        return len(self._running)

    async def close(self) -> None:
        """Stops where each of them is; the next start goes on from there."""
        self._closing = True
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---------------------------------------------------------------- inside

    def _tools(self, plan: Plan) -> Tools:
        journal = Journal(plan, self.rows)
        bell = Bell(self._parts.clock)
        return Tools(plan, self._parts, self._executor, self._preparer, journal, self._teller, bell)

    def _tools_of(self, plan: Plan) -> Tools:
        """Raises `WrongState`."""
        found = self._running.get(plan.id)
        if found is None or plan.phase is Phase.ENDED:
            raise WrongState(f"it is over: {plan.state}")
        return found[0]

    def _start(self, plan: Plan, *, patience: float = 0.0) -> None:
        plan.version = max(plan.version, round(self._parts.clock.wall() * 1000))
        tools = self._tools(plan)
        tools.patient_until = self._parts.clock.monotonic() + patience
        task = asyncio.create_task(Runner(tools, self._asker, self._leases).go(), name=f"plan {plan.id}")
        self._running[plan.id] = tools, task
        task.add_done_callback(lambda done: self._ended(tools, done))

    def _go_on(self, tools: Tools) -> None:
        """Wakes it; where our own code had failed it begins again from its checkpoint."""
        if self._running[tools.plan.id][1].done():
            self._start(tools.plan)
        else:
            tools.wake()

    def _ended(self, tools: Tools, task: asyncio.Task[None]) -> None:
        if task.cancelled() and self._closing:
            return
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            # Its checkpoint stands: the next start goes on from there. Until then it is held.
            log.error("plan %s failed in our own code", tools.plan.id, exc_info=error)
            tools.plan.paused_by, tools.plan.paused_by_person = "gateway", True
            return
        self._running.pop(tools.plan.id, None)
        tools.journal.note()

    def _stop(self, tools: Tools, why: str) -> None:
        """Panic, for one plan."""
        plan = tools.plan
        if plan.phase is not Phase.SCHEDULED:
            self._halt(tools, Stop(End.STOPPED, why))
        elif plan.paused_by != "panic":
            plan.paused_by, plan.paused_at = "panic", self._parts.clock.wall()
            plan.paused_by_person = True
            tools.journal.note()
            tools.wake()
            self._teller.note(plan, "paused", {"by": "panic"})

    def _halt(self, tools: Tools, stop: Stop) -> None:
        tools.stop(stop)
        if tools.plan.phase is Phase.AWAITING:
            task = asyncio.create_task(
                self._asker.withdraw(tools.plan.id, stop.why), name=f"withdraw {tools.plan.id}"
            )
            task.add_done_callback(_told)

    def _revoked(self, tokens: Iterable[str]) -> None:
        dead = frozenset(tokens)
        for tools, _ in list(self._running.values()):
            if tools.plan.token in dead:
                why = f"the token with which {tools.plan.principal.id} committed it is good no longer"
                self._halt(tools, Stop(End.STOPPED, why))


def may_see(principal: Principal, plan: Plan) -> bool:
    """Whose it is, the person for whom that one acts, and the adults of the house."""
    return principal.role in {Role.OWNER, Role.ADULT} or is_of(principal, plan)


def is_of(principal: Principal, plan: Plan) -> bool:
    own = principal.id == plan.principal.id
    return own or (principal.role.is_person and principal.id == plan.principal.acts_for)


def _repeated(plan: Plan, principal: Principal, digest: str) -> Plan:
    if plan.principal.id != principal.id:
        raise NoSuchPlan("there is no prepared plan of yours by this id; a draft is kept for 10 minutes")
    if plan.digest != digest:
        raise WrongDigest("it is committed already, with another digest")
    return plan


def _read(row: PlanRow, steps: dict[str, Progress]) -> Plan:
    return plan_from(row.body, row.progress, steps)


def _readable(row: PlanRow) -> Plan | None:
    """None for what this version cannot read."""
    try:
        return _read(row, {})
    except (ValueError, KeyError, TypeError) as error:
        log.warning("plan %s cannot be read: %s", row.id, error)
        return None


def _told(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a question could not be withdrawn: %s", error)
