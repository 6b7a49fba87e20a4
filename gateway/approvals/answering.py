"""A person answers: checked, written, and only then in effect.

Whether it is that person is found out before (`gateway.api.approvals`): at the box, or by the signature of their own key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.approvals.asked import Asked, End, Yes
from gateway.approvals.book import Denial
from gateway.approvals.grants import MOST_USES, BadGrant, Grant, Wish, check_wish
from gateway.approvals.plan_shown import uses_in
from gateway.approvals.plans import LONGEST_PLAN_S
from gateway.approvals.showing import seal_of
from gateway.commands import Outcome, Reason, Result
from gateway.ids import new_id
from gateway.ledger import Entry
from gateway.parties import Answer
from policies.decision import Principal, RuleRef

if TYPE_CHECKING:
    from gateway.approvals.keeper import ApprovalKeeper

LONGEST_WHY: Final = 300
"""Characters of a reason."""


class NotYours(Exception):
    """For this person there is no such question."""


class NotOpen(Exception):
    """It is answered, over, or taken back; the text says which."""


class ShownOtherwise(Exception):
    """It is not, or not any more, what the person was shown."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What a person says. `digest` is that of what they were shown; `channel` says how it is known that it is them: `channel`
    (box or key), and of a key `key` (its thumbprint), `token`, `signature`.
    """

    by: Principal
    yes: bool
    digest: str
    channel: Mapping[str, Json]
    token: str = ""
    why: str = ""
    wish: Wish | None = None
    proposes: bool = False
    others: tuple[Adopted, ...] = field(default=())


class Answering:
    """Takes answers, for one keeper."""

    def __init__(self, keeper: ApprovalKeeper) -> None:
        self._keeper = keeper
        self._parts = keeper.parts

    async def say(self, asked: Asked, saying: Saying) -> Grant | None:
        """Takes an answer; the grant, where one was given. Raises `NotYours`, `NotOpen`, `ShownOtherwise`, `BadGrant`,
        `LedgerUnavailable`, `sqlite3.Error`: then it is not answered.
        """
        rules = self._check(asked, saying)
        grant, until = None, 0.0
        if saying.yes and saying.wish is not None:
            if asked.plan:
                until = self._longer(saying.wish)
            else:
                grant = self._grant(asked, saying, rules)
        entry = self._entry(asked, saying, rules, grant, until)
        await self._parts.ledger.commit(entry)
        self._check(asked, saying)  # it may be over, or otherwise, by now
        if not saying.yes:
            await self._deny(asked, saying)
            return None
        if grant is not None:
            grant = await self._given(asked, saying, grant)
        asked.yeses.append(Yes(saying.by, rules, entry.at, saying.token, until))
        if asked.missing():
            self._keeper.telling.answered(asked, saying.by.id)
        else:
            by = ", ".join(dict.fromkeys(yes.approver.id for yes in asked.yeses))
            given = asked.given(self._parts.clock.wall())
            self._keeper.settle(asked, End.APPROVED, Answer(given), by=by)
        return grant

    async def _given(self, asked: Asked, saying: Saying, grant: Grant) -> Grant:
        """The grant, in force; it ends with the question where that ended while it was written."""
        given = await self._keeper.grants.give(grant, dict(saying.channel))
        try:
            self._check(asked, saying)
        except (NotYours, NotOpen, ShownOtherwise) as error:
            self._keeper.grants.end(given, str(error) or "it was not theirs to give", "")
            raise
        return given

    def _check(self, asked: Asked, saying: Saying) -> frozenset[RuleRef]:
        """The rules that this person's yes answers; for a no, any of them will do."""
        policy = self._parts.policy()
        if not saying.by.role.is_person or saying.by.makers or not asked.is_for(policy, saying.by):
            raise NotYours
        if saying.token and not self._parts.identity.stands(saying.token, saying.by):
            raise NotYours
        if not asked.is_open:
            raise NotOpen(how_it_ended(asked))
        if self._keeper.book.is_over(asked):
            raise NotOpen("its time is over: nobody answered")
        if saying.digest != asked.digest:
            raise ShownOtherwise("this is not what is asked (any more): look at it again")
        if not saying.yes:
            return frozenset()
        rules = asked.answerable(policy, saying.by)
        if not rules:
            raise NotOpen(
                "two different people must say yes, each with a key of their own: at the box nobody can tell them apart"
            )
        if not any(saying.by.id not in asked.approvers(ref) for ref in rules):
            raise NotOpen(f"{saying.by.id} has said yes already; it waits for somebody else")
        return rules

    async def _deny(self, asked: Asked, saying: Saying) -> None:
        uses, book = list(uses_in(asked)), self._keeper.book
        holds = book.pause(uses)
        until = self._parts.clock.wall() + holds
        book.hold(uses, Denial(saying.by.id, until, asked.id, holds))
        why = f": {saying.why}" if saying.why else ""
        no = Outcome(Result.REFUSED, Reason.DENIED, f"{saying.by.id} said no{why}")
        self._keeper.settle(asked, End.DENIED, Answer(outcome=no), by=saying.by.id, why=saying.why)
        await self._keeper.rows.deny(asked.id, until)

    def _grant(self, asked: Asked, saying: Saying, rules: frozenset[RuleRef]) -> Grant:
        use, wish, now = asked.use, saying.wish, self._known_now()
        assert wish is not None
        if use is None:
            raise BadGrant("what it is for is not as it was asked")
        once = [str(ask.ref) for ask in asked.asks if ask.once]
        check_wish(wish, use.target, use.adopted, saying.others, once)
        operation = use.target.operation
        return Grant(
            id=new_id(now),
            approval=asked.id,
            giver=saying.by,
            holder=asked.principal,
            seals={one.id: seal_of(one) for one in (use.adopted, *saying.others)},
            affordance=operation.name,
            is_action=operation.is_action,
            value=use.target.value,
            between=wish.between,
            asks=rules,
            given_at=now,
            until=now + wish.seconds,
            times=wish.times,
        )

    def _longer(self, wish: Wish) -> float:
        """Until when a yes to a plan counts that is one "for so long". Raises `BadGrant`."""
        if wish.between is not None or wish.things or wish.times != MOST_USES:
            raise BadGrant("a plan is approved as it is: say for how long, and nothing else")
        if not 0 < wish.seconds <= LONGEST_PLAN_S:
            raise BadGrant("a yes to a plan counts for 7 days at the most")
        return self._known_now() + wish.seconds

    def _known_now(self) -> float:
        """Raises `BadGrant` where nobody could tell when something is over."""
        if not self._parts.house.time.is_known:
            raise BadGrant(
                "the house's clock is not set, so nobody could tell when the grant is over: approve it this once"
            )
        return self._parts.clock.wall()

    def _entry(
        self,
        asked: Asked,
        saying: Saying,
        rules: frozenset[RuleRef],
        grant: Grant | None,
        until: float = 0.0,
    ) -> Entry:
        body: dict[str, Json] = {
            "approval": asked.id,
            "answer": "approve" if saying.yes else "deny",
            "by": saying.by.id,
            "role": saying.by.role,
            "digest": saying.digest,
            "rules": [str(ref) for ref in sorted(rules)],
            **saying.channel,
        }
        if grant is not None:
            body["grant"] = grant.id
        if until:
            body["until_ms"] = round(until * 1000)
        if saying.proposes:
            body["always"] = True
        private: dict[str, Json] | None = {"why": saying.why} if saying.why else None
        at = self._parts.clock.wall()
        return Entry("approval", at, body, asked.waits, saying.by.id, asked.same.thing, private)


def how_it_ended(asked: Asked) -> str:
    """For whoever comes too late."""
    by = f" by {asked.by}" if asked.by else ""
    match asked.end:
        case End.APPROVED:
            return f"it was approved{by} already"
        case End.DENIED:
            return f"it was denied{by} already"
        case End.EXPIRED:
            return "its time is over: nobody answered"
        case _:
            return f"it was taken back{by}" + (f": {asked.why}" if asked.why else "")
