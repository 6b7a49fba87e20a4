"""Questions are looked at again when the rules, the mode of the house or a Thing are otherwise than when they were asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from gateway import obstacles, outcomes
from gateway.approvals import entries, showing
from gateway.approvals.asked import Asked, End
from gateway.approvals.stored import approval_row
from gateway.commands import Outcome, Reason, Result
from gateway.deciding import decide
from gateway.ledger import LedgerUnavailable
from gateway.parties import Answer
from policies.asking import OpenAsk
from policies.decision import Decision, Verdict

if TYPE_CHECKING:
    from gateway.approvals.keeper import ApprovalKeeper

KINDS: Final = frozenset({"thing", "house", "rules"})


class Reviewer:
    """Looks again, for one keeper."""

    def __init__(self, keeper: ApprovalKeeper) -> None:
        self._keeper = keeper
        self._parts = keeper.parts

    async def watch(self) -> None:
        """Listens for what changes."""
        observer = self._parts.observers.subscribe(None, kinds=KINDS)
        try:
            while True:
                events, _ = await observer.batch()
                if not events:
                    return
                if any(event.kind != "thing" for event in events):
                    self.review()
                else:
                    self.review_things()
        finally:
            self._parts.observers.unsubscribe(observer)

    def review(self) -> None:
        """Decides on each question again."""
        self._keeper.grants.review()
        for asked in self._keeper.book:
            if asked.use is not None and not self._is_otherwise(asked):
                self._decide(asked)

    def review_things(self) -> None:
        """Ends the questions about Things that are not as they were shown."""
        for asked in self._keeper.book:
            self._is_otherwise(asked)
        self._keeper.grants.review()

    def _is_otherwise(self, asked: Asked) -> bool:
        use = asked.use
        if use is None:
            return False
        adopted = self._parts.registry.get(use.adopted.id)
        if adopted is use.adopted and adopted.version == use.version and not adopted.suspended:
            return False
        detail = f"{use.adopted.id} was changed meanwhile; look at it and ask again"
        self._keeper.end_with(asked, End.WITHDRAWN, obstacles.changed(detail))
        return True

    def _decide(self, asked: Asked) -> None:
        """Nobody needs to be asked any more, nobody can allow it any more, or others are asked."""
        decision = self.decision(asked)
        match decision.verdict:
            case Verdict.DENY:
                if any(one.unknown for one in decision.findings):
                    return  # what is not known just now may be known when the answer comes
                detail = outcomes.worst(decision)
                no = Outcome(Result.REFUSED, Reason.POLICY, detail, decision=decision)
                self._keeper.end_with(asked, End.WITHDRAWN, no)
            case Verdict.PERMIT:
                self._keeper.record(asked, End.APPROVED, "the rules ask nobody any more", "")
                given = asked.given(self._parts.clock.wall())
                self._keeper.settle(asked, End.APPROVED, Answer(given), why="the rules ask nobody any more")
            case _:
                asks = self._parts.policy().open_asks(self.decision(asked, alone=True))
                if _plain(asks) != _plain(asked.asks):
                    self._ask_otherwise(asked, asks, decision)

    def decision(self, asked: Asked, *, alone: bool = False) -> Decision:
        """What the rules say now, with the answers that were given; `alone`: without them."""
        use, parts = asked.use, self._parts
        assert use is not None
        given = () if alone else asked.given(parts.clock.wall())
        approvals = tuple(one.approval for one in given)
        command = use.command
        return decide(
            parts.policy(),
            parts.house,
            command.principal,
            use.adopted,
            use.target,
            purpose=command.purpose,
            approvals=approvals,
        ).decision

    def _ask_otherwise(self, asked: Asked, asks: tuple[OpenAsk, ...], decision: Decision) -> None:
        """What people were shown counts no longer: the digest is another. Who has said yes to a rule that still asks, has."""
        use = asked.use
        assert use is not None
        shortest = self._parts.clock.wall() + min(ask.valid_s for ask in asks)
        asked.asks = asks
        asked.expires_at = min(asked.expires_at, shortest)
        head = showing.head(asked.id, asked.asked_at, asked.expires_at)
        asked.shown = showing.question(head, self._parts.house, use, decision, asks)
        asked.digest = showing.digest_of(asked.shown)
        try:
            at = self._parts.clock.wall()
            self._parts.ledger.append(entries.changed(asked, decision.version, at))
        except LedgerUnavailable as error:
            outcome = Outcome(
                Result.NOT_SENT, Reason.LEDGER_UNAVAILABLE, f"it could not be recorded: {error}"
            )
            self._keeper.end_with(asked, End.WITHDRAWN, outcome)
            return
        self._keeper.chores.do(f"keep approval {asked.id}", self._keeper.rows.save(approval_row(asked)))
        self._keeper.telling.changed(asked)


def _plain(asks: Iterable[OpenAsk]) -> list[OpenAsk]:
    return [ask._replace(given=()) for ask in asks]
