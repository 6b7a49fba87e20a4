"""Questions outlive a crash: what was asked is in the database, what was answered in the ledger."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from capabilities.errors import SchemaError
from gateway import obstacles
from gateway.approvals import showing
from gateway.approvals.asked import Asked, End, Use, Yes
from gateway.approvals.book import DENIAL_HOLDS_S, Denial
from gateway.approvals.counting import sent_under
from gateway.approvals.plan_shown import uses_in
from gateway.approvals.stored import NOT_READABLE, Kept
from gateway.commands import Outcome, Reason, Result
from gateway.ledger import Record
from gateway.normalise import StateUnknown, resolve
from gateway.panicked import STOPPED_MEANWHILE, last_press
from gateway.parties import Answer, Waiting
from gateway.parts import Parts
from policies.decision import Principal, Role, RuleRef

if TYPE_CHECKING:
    from gateway.approvals.keeper import ApprovalKeeper

RETURN_OF_DEVICES_S: Final = 20.0
"""How long the device of a command that was asked before the stop, and is approved, may take to be in reach again."""

LOOK_EVERY_S: Final = 0.05
MOST_ANSWERS: Final = 100
"""Entries of the ledger about one question."""

LOST_CODE: Final = (
    "the gateway stopped while people were asked, and the code that belongs to it was kept nowhere; ask again"
)

log = logging.getLogger(__name__)


async def returned(parts: Parts, thing: str) -> None:
    """Until the device of `thing` is in reach again after a start, or for as long as that may take."""
    loop = asyncio.get_running_loop()
    until = loop.time() + RETURN_OF_DEVICES_S
    while loop.time() < until:
        adopted = parts.registry.get(thing)
        if adopted is None or (adopted.driver in parts.drivers and adopted.reach.reachable):
            return
        await asyncio.sleep(LOOK_EVERY_S)


class Restorer:
    """Takes up what an earlier run left, for one keeper."""

    def __init__(self, keeper: ApprovalKeeper) -> None:
        self._keeper = keeper
        self._parts = keeper.parts
        self._pressed = 0.0  # the panic switch, in seconds since the epoch

    async def restore(self, unsettled: Sequence[Record]) -> list[Waiting]:
        """The commands that go on waiting, or go on after a yes. Raises `sqlite3.Error`, `LedgerUnavailable`."""
        last = {row.execution: row.kind for row in unsettled}  # a dispatch follows its intent
        waiting: list[Waiting] = []
        rows = await self._keeper.rows.load()
        self._pressed = await last_press(self._parts.ledger) if rows else 0.0
        for row in rows:
            try:
                kept = Kept(row)
            except NOT_READABLE as error:
                log.warning("approval %s cannot be read and is not taken up: %s", row.id, error)
                await self._keeper.rows.delete(row.id)
                continue
            if row.state == "denied":
                await self._hold(kept)
            elif kept.command is None:
                await self._plan(kept)
            elif last.get(row.waits) != "intent":  # it was sent, or has ended
                await self._keeper.rows.delete(row.id)
            else:
                waiting.append(await self._command(kept))
        return waiting

    async def _hold(self, kept: Kept) -> None:
        if kept.row.expires_at <= self._parts.clock.wall():
            await self._keeper.rows.delete(kept.row.id)
            return
        answers = await self._answers(kept.asked)
        no = next((row for row in answers if row.body.get("answer") == "deny"), None)
        by, until = no.principal if no else "somebody", kept.row.expires_at
        holds = max(DENIAL_HOLDS_S, until - no.at) if no else DENIAL_HOLDS_S
        self._keeper.book.hold(uses_in(kept.asked), Denial(by, until, kept.asked.id, holds))

    async def _plan(self, kept: Kept) -> None:
        asked = kept.asked
        if not await self._heard(asked):
            if (ended := self._over_meanwhile(asked)) is not None:
                self._end(asked, End.WITHDRAWN, ended)
            elif not asked.missing():
                given, spent = asked.given(self._parts.clock.wall()), await self._spent(asked)
                self._keeper.settle(asked, End.APPROVED, Answer(given), spent=spent)
            else:
                self._open(asked)

    async def _command(self, kept: Kept) -> Waiting:
        asked, command = kept.asked, kept.command
        assert command is not None and kept.target is not None
        name, is_action, value = kept.target
        waiting = Waiting(asked.id, command, name, is_action, value, asked.request)
        if asked.secret:
            self._end(asked, End.WITHDRAWN, Outcome(Result.NOT_SENT, detail=LOST_CODE))
        elif (ended := self._over_meanwhile(asked)) is not None:
            self._end(asked, End.WITHDRAWN, ended)
        elif (use := self._use(kept)) is None:
            detail = f"{command.thing} was changed meanwhile; look at it and ask again"
            self._end(asked, End.WITHDRAWN, obstacles.changed(detail))
        else:
            asked.use, asked.restored = use, True
            if not await self._heard(asked):
                self._take_up(asked)
        return waiting

    def _take_up(self, asked: Asked) -> None:
        if asked.missing():
            self._open(asked)
        elif self._is_over(asked):
            self._unanswered(asked)
        else:
            by = ", ".join(yes.approver.id for yes in asked.yeses)
            given = asked.given(self._parts.clock.wall())
            self._keeper.settle(asked, End.APPROVED, Answer(given), by=by)

    def _open(self, asked: Asked) -> None:
        if self._is_over(asked):
            self._unanswered(asked)
            return
        self._keeper.book.add(asked)
        self._keeper.telling.asked(asked, anew=True)

    def _unanswered(self, asked: Asked) -> None:
        detail = "nobody answered in time"
        self._end(asked, End.EXPIRED, Outcome(Result.REFUSED, Reason.UNANSWERED, detail))

    def _end(self, asked: Asked, end: End, outcome: Outcome) -> None:
        self._keeper.end_with(asked, end, outcome)

    def _is_over(self, asked: Asked) -> bool:
        """A clock that was set back proves nothing: what was asked later than now is over, too."""
        return not asked.asked_at <= self._parts.clock.wall() < asked.expires_at

    def _over_meanwhile(self, asked: Asked) -> Outcome | None:
        """Why it is not asked any more: panic, or whoever asked is no longer who it was."""
        if asked.asked_at <= self._pressed:
            return Outcome(Result.REFUSED, Reason.WITHDRAWN, STOPPED_MEANWHILE)
        if not self._parts.identity.stands(asked.token, asked.principal):
            return obstacles.changed("the caller's token was revoked meanwhile")
        return None

    async def _spent(self, asked: Asked) -> set[tuple[int, str]]:
        """The runs and steps of a plan for which its approval has been used."""
        after = min((row.seq for row in await self._answers(asked)), default=0)
        rows = await sent_under(self._parts.ledger, asked.id, asked.principal.id, after)
        return {(_run_of(row), str(row.body.get("step"))) for row in rows}

    def _use(self, kept: Kept) -> Use | None:
        """The use as it was shown; None where the Thing is not as it was."""
        command, target, shown = kept.command, kept.target, kept.asked.shown.get("use")
        assert command is not None and target is not None
        adopted = self._parts.registry.get(command.thing)
        if adopted is None or adopted.suspended or showing.seal_of(adopted) != kept.seal:
            return None
        name, is_action, value = target
        operation = adopted.thing.operation(name, is_action=is_action)
        if operation is None:
            return None
        try:
            found = resolve(adopted, operation, operation.check(value))
        except (StateUnknown, SchemaError):
            return None
        now = showing.use_shown(self._parts.house, adopted, found)
        if not isinstance(shown, dict) or any(now[fact] != shown[fact] for fact in now if fact != "effects"):
            return None
        return Use(command, adopted, adopted.version, found, kept.seal)

    async def _heard(self, asked: Asked) -> bool:
        """What the ledger holds of a question: the yeses that still count. True where it ended by it."""
        shown_last = asked.digest
        for row in await self._answers(asked):
            body = row.body
            if body.get("changed") is True:
                shown_last = str(body.get("digest"))
            if body.get("answer") == "approve" and (yes := self._yes(row, asked.digest)) is not None:
                asked.yeses.append(yes)
            elif body.get("answer") == "deny":
                await self._denied(asked, row)
                return True
            elif "ended" in body:
                detail = str(body.get("because", ""))
                reason = Reason.UNANSWERED if body["ended"] == End.EXPIRED else Reason.WITHDRAWN
                no = Outcome(Result.REFUSED, reason, detail)
                self._keeper.settle(asked, End.WITHDRAWN, Answer(outcome=no), why=detail)
                return True
        if shown_last != asked.digest:  # it was asked otherwise, and that was not kept: nobody has seen this
            asked.yeses.clear()
        return False

    async def _denied(self, asked: Asked, row: Record) -> None:
        uses = list(uses_in(asked))
        holds = self._keeper.book.pause(uses)
        until = row.at + holds
        await self._keeper.rows.deny(asked.id, until)
        self._keeper.book.hold(uses, Denial(row.principal, until, asked.id, holds))
        no = Outcome(Result.REFUSED, Reason.DENIED, f"{row.principal} said no")
        self._keeper.settle(asked, End.DENIED, Answer(outcome=no), by=row.principal)

    async def _answers(self, asked: Asked) -> list[Record]:
        rows = await self._parts.ledger.entries(
            kinds=("approval",), execution=asked.waits, limit=MOST_ANSWERS, newest_first=True
        )
        return [row for row in reversed(rows) if row.body.get("approval") == asked.id]

    def _yes(self, row: Record, digest: str) -> Yes | None:
        """A yes that counts. One to something else than is shown now was refused, or has to be said again."""
        body: Mapping[str, object] = row.body
        if body.get("digest") != digest:
            return None
        until = body.get("until_ms")
        token, listed, at_box = str(body.get("token") or ""), body.get("rules"), body.get("channel") == "box"
        role = Role.OWNER if at_box else self._parts.identity.role_of(row.principal)
        if role is None or not isinstance(listed, list) or self._parts.identity.is_revoked(token):
            return None
        asks = frozenset(
            RuleRef(name, rule) for name, _, rule in (str(ref).rpartition("/") for ref in listed)
        )
        counts_until = until / 1000 if isinstance(until, int) else 0.0
        return Yes(Principal(row.principal, role, at_box=at_box), asks, row.at, token, counts_until)


def _run_of(row: Record) -> int:
    """The run of the plan in which a step was sent, from its key: `¶<plan>/<run>/<step>/…`; 0 without one."""
    run = str(row.body.get("key", "")).partition("/")[2].partition("/")[0]
    return int(run) if run.isdecimal() else 0
