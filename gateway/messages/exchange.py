"""The exchange: every message is an entry of the ledger, and an event to those whom it concerns."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from capabilities.vocabulary import Json
from gateway.foreign import one_line
from gateway.ids import new_id
from gateway.ledger import LedgerUnavailable
from gateway.messages.message import (
    GATEWAY,
    KIND,
    LONGEST_SENTENCE,
    MOST_RECIPIENTS,
    Message,
    Type,
    instant,
    of_record,
    said,
)
from gateway.messages.noticing import notice_of
from gateway.messages.uses import Asked, Done, Use, bounds, listed, short, verdict
from gateway.notify.notice import EVERYBODY_IN_CHARGE
from gateway.notify.topics import topic_for
from gateway.parts import Parts
from policies.decision import Accepted, Principal, Verdict

if TYPE_CHECKING:
    from gateway.messages.posting import Posting

Party: TypeAlias = Principal | str
"""Somebody, as a principal or by id; for a recipient also a role."""

log = logging.getLogger(__name__)


class Messages:
    """What agents, people and the gateway say to each other. None of it moves anything.

    `thread` is the id of the plan, lease or execution that a message is about. `task` is the thread of the assignment for which
    it is done ("" for none), `ref` the path under which the API shows what it is about; `purpose` and `words` are in somebody's
    own words. All calls return the message, whose id a reply names (`in_reply_to`); they neither wait nor raise.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @cached_property
    def posting(self) -> Posting:
        """What people and agents say themselves, over whatever route: they are counted together."""
        from gateway.messages.posting import Posting  # noqa: PLC0415  its models, where the first one is posted

        return Posting(self, self._parts.identity, self._parts.clock, self._parts.registry.names)

    def proposal(
        self,
        thread: str,
        by: Party,
        uses: Sequence[Use],
        *,
        ref: str = "",
        purpose: str = "",
        since: float = 0.0,
        until: float = 0.0,
        task: str = "",
        in_reply_to: str = "",
    ) -> Message:
        """`by` would like to use these Things so (a plan), or to hold them (a lease); from `since` until `until`."""
        body = {
            **_about(ref, task),
            **listed("uses", uses),
            **_times(since=since, until=until),
            **_words(by, purpose),
        }
        return self._say(Type.PROPOSAL, thread, by, (GATEWAY,), body, in_reply_to)

    def policy_decision(
        self,
        thread: str,
        to: Party,
        answer: Verdict,
        uses: Sequence[Use],
        *,
        ref: str = "",
        asked: Sequence[Asked] = (),
        in_reply_to: str = "",
    ) -> Message:
        """What the rules say: to the whole, and (`Use.decision`) to each use. `asked` are the questions that it opens."""
        body = {**_about(ref), "verdict": verdict(answer), **listed("uses", uses), **listed("asked", asked)}
        return self._say(Type.POLICY_DECISION, thread, GATEWAY, (to,), body, in_reply_to)

    def counter_proposal(
        self,
        thread: str,
        to: Party,
        because: str,
        *,
        thing: str = "",
        affordance: str = "",
        accepted: Accepted | None = None,
        nearest: Json = None,
        holder: str = "",
        until: float = 0.0,
        detail: str = "",
        ref: str = "",
        by: Party = GATEWAY,
        words: str = "",
        in_reply_to: str = "",
    ) -> Message:
        """Not so, but so: `because` is one word (`conflict`, `policy` …), `accepted` what all who hold it would take, `nearest`
        the value nearest to the wish that it holds. `holder` and `until` as far as `to` may know them.
        """
        body = {
            **_about(ref),
            "because": because,
            **_texts(thing=thing, affordance=affordance, holder=holder),
        }
        if accepted is not None:
            body["accepted"] = bounds(accepted)
        if nearest is not None:
            body["nearest"] = short(nearest)
        body |= {**_times(until=until), **_sentence(detail), **_words(by, words)}
        return self._say(Type.COUNTER_PROPOSAL, thread, by, (to,), body, in_reply_to)

    def commitment(
        self,
        thread: str,
        by: Party,
        *,
        to: Sequence[Party] = (GATEWAY,),
        approvals: Sequence[str] = (),
        starts: float = 0.0,
        until: float = 0.0,
        steps: int = 0,
        ref: str = "",
        task: str = "",
        words: str = "",
        in_reply_to: str = "",
    ) -> Message:
        """`by` stands for it from now on: it begins at `starts` (0: now) and is over at `until`, under these approvals."""
        body = {**_about(ref, task), **_times(starts=starts, until=until)}
        if approvals:
            body["approvals"] = list[Json](approvals)
        if steps:
            body["steps"] = steps
        return self._say(Type.COMMITMENT, thread, by, to, body | _words(by, words), in_reply_to)

    def execution_report(
        self,
        thread: str,
        to: Party,
        result: str,
        *,
        steps: Sequence[Done] = (),
        ref: str = "",
        task: str = "",
        detail: str = "",
        by: Party = GATEWAY,
        words: str = "",
        in_reply_to: str = "",
    ) -> Message:
        """How it ended: `result` is one word (`done`, `undone`, `failed`, `cancelled` …), `steps` what became of each."""
        body = {
            **_about(ref, task),
            "result": result,
            **listed("steps", steps),
            **_sentence(detail),
            **_words(by, words),
        }
        return self._say(Type.EXECUTION_REPORT, thread, by, (to,), body, in_reply_to)

    def escalation(
        self,
        thread: str,
        because: str,
        detail: str,
        *,
        to: Sequence[Party] = EVERYBODY_IN_CHARGE,
        thing: str = "",
        steps: Sequence[Done] = (),
        ref: str = "",
        look_at: Sequence[str] = (),
        by: Party = GATEWAY,
        words: str = "",
        in_reply_to: str = "",
    ) -> Message:
        """A person must look at it: `because` is one word, `detail` the gateway's sentence, `look_at` are paths of the API."""
        body = {
            **_about(ref),
            "because": because,
            **_texts(thing=thing),
            **listed("steps", steps),
            **_sentence(detail),
        }
        if look_at:
            body["look_at"] = list[Json](look_at[:MOST_RECIPIENTS])
        return self._say(Type.ESCALATION, thread, by, to, body | _words(by, words), in_reply_to)

    # ---------------------------------------------------------------- sending

    def send(self, message: Message) -> None:
        """Records it with the next group, and tells it. What cannot be recorded is not told either, and logged."""
        try:
            self._parts.ledger.append(message.entry())
        except (LedgerUnavailable, ValueError) as error:
            log.error("not said: %s about %s: %s", message.type, message.thread, error)
        else:
            self._tell(message)

    async def post(self, message: Message) -> None:
        """The same for what a person or an agent says, on disk when it returns; persons are told where it is for them. Raises
        `LedgerUnavailable`.
        """
        await self._parts.ledger.commit(message.entry())
        self._tell(message)
        notice = notice_of(message)
        if notice is not None:
            self._parts.notifier.tell(notice)

    async def thread(self, thread: str, *, limit: int = 1_000) -> list[Message]:
        """What was said about it, in order. Raises `LedgerUnavailable`."""
        rows = await self._parts.ledger.entries(kinds=(KIND,), execution=thread, limit=limit)
        return [message for row in rows if (message := of_record(row)) is not None]

    def make(
        self,
        kind: Type,
        thread: str,
        by: Party,
        to: Sequence[Party],
        body: dict[str, Json],
        *,
        in_reply_to: str = "",
    ) -> Message:
        """A message of now, not yet sent; without `thread` it begins one of its own."""
        at = round(self._parts.clock.wall(), 3)  # as the ledger keeps it
        identifier = new_id(at)
        parties = [by, *to]
        return Message(
            id=identifier,
            type=kind,
            thread=thread or identifier,
            sender=_id(by),
            to=tuple(dict.fromkeys(map(_id, to)))[:MOST_RECIPIENTS],
            at=at,
            body=body,
            in_reply_to=in_reply_to,
            cc=tuple(
                sorted(
                    {person for party in parties if (person := self._person(party))} - set(map(_id, parties))
                )
            ),
        )

    # ---------------------------------------------------------------- inside

    def _say(  # noqa: PLR0917
        self, kind: Type, thread: str, by: Party, to: Sequence[Party], body: dict[str, Json], in_reply_to: str
    ) -> Message:
        message = self.make(kind, thread, by, to, body, in_reply_to=in_reply_to)
        self.send(message)
        return message

    def _tell(self, message: Message) -> None:
        """The topic says whom it is for; the event does not."""
        to = {message.sender, *message.to, *message.cc, *EVERYBODY_IN_CHARGE} - {GATEWAY}
        data: dict[str, Json] = {"thing": "", "name": "", "message": message.document()}
        self._parts.observers.publish(KIND, topic_for("", "", to), message.at, data)

    def _person(self, party: Party) -> str:
        """For whom software acts; "" for a person, a role, and nobody known."""
        if isinstance(party, Principal):
            return party.acts_for
        if party == GATEWAY:
            return ""
        return next((one.acts_for for one in self._parts.identity.principals() if one.id == party), "")


def _id(party: Party) -> str:
    return party if isinstance(party, str) else party.id


def _about(ref: str, task: str = "") -> dict[str, Json]:
    return {**_texts(ref=ref, task=task)}


def _texts(**texts: str) -> dict[str, Json]:
    return {name: text for name, text in texts.items() if text}


def _times(**times: float) -> dict[str, Json]:
    return {name: instant(at) for name, at in times.items() if at}


def _sentence(detail: str) -> dict[str, Json]:
    return {"detail": one_line(detail, LONGEST_SENTENCE)} if detail else {}


def _words(by: Party, text: str) -> dict[str, Json]:
    return {"said": said(_id(by), text)} if text.strip() else {}
