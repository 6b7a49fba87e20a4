"""What people and agents post: who may give whom a task, who may answer in a thread, how often. None of it moves anything."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.identity import Identity
from gateway.messages.exchange import Messages
from gateway.messages.message import GATEWAY, Message, Type, instant, said
from gateway.messages.posted import (
    POSTED,
    Counters,
    Escalates,
    NewMessage,
    NewReply,
    NewTask,
    Reply,
    Reports,
    Task,
)
from gateway.names import Names
from gateway.notify.notice import EVERYBODY_IN_CHARGE
from policies.decision import Principal, Role

MOST_POSTED: Final = 30
WITHIN_S: Final = 600.0
"""So many messages in any such time, over a principal and all agents that it made: a lively exchange, and no flood."""

LONGEST_THREAD: Final = 500
"""Messages about one task: what one answer of the API can show."""

SHOWN_PROBLEMS: Final = 10

_IN_CHARGE: Final = frozenset({Role.OWNER, Role.ADULT})

Shows = Callable[[str], bool]
"""Whether the caller may see a Thing."""


class NotPosted(Exception):
    """It is not said; the text says why, and what would be right."""


def read(value: Json) -> NewMessage:
    """What came over the wire as a message. Raises `NotPosted`, which names every member that is wrong."""
    kind = value.get("type") if isinstance(value, dict) else None
    model = POSTED.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise NotPosted(f"type must be one of {', '.join(POSTED)}; GET /schemas/new tells what each takes")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        wrong = [
            f"{'.'.join(str(part)[:40] for part in problem['loc']) or 'the message'}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)[:SHOWN_PROBLEMS]
        ]
        raise NotPosted(f"{'; '.join(wrong)} (GET /schemas/new tells what it takes)") from error


class NoSuchThread(NotPosted):
    """There is no such thread, or the caller has no part in it."""


class Over(NotPosted):
    """The task may not be begun any more."""


class TooManyMessages(NotPosted):
    """`wait` is how many seconds until one more may be sent."""

    def __init__(self, wait: float) -> None:
        minutes = round(WITHIN_S / 60)
        super().__init__(
            f"at most {MOST_POSTED} messages in {minutes} minutes, with those of agents that you made"
        )
        self.wait = wait


class Posting:
    """`POST /messages`, without HTTP."""

    def __init__(self, messages: Messages, identity: Identity, clock: Clock, names: Names) -> None:
        self._messages = messages
        self._names = names
        self._identity = identity
        self._clock = clock
        self._sent: dict[str, deque[float]] = {}

    async def post(self, message: NewMessage, by: Principal, shows: Shows) -> Message:
        """The message, which is on disk. Raises `NotPosted`, `LedgerUnavailable`."""
        self._count(by)
        if isinstance(message, NewTask):
            made = self._task(message, by, shows)
        else:
            made = await self._reply(message, by, shows)
        await self._messages.post(made)
        return made

    # ---------------------------------------------------------------- inside

    def _task(self, message: NewTask, by: Principal, shows: Shows) -> Message:
        to = [self._helper(name, by) for name in dict.fromkeys(message.to)]
        self._check_things(message.body.things, shows)
        return self._messages.make(Type.TASK_ASSIGNMENT, "", by, to, self._assigned(message.body, by))

    def _assigned(self, task: Task, by: Principal) -> dict[str, Json]:
        now = self._clock.wall()
        body: dict[str, Json] = {"what": said(by.id, task.what)}
        if task.things:
            body["things"] = [f"/things/{thing}" for thing in dict.fromkeys(map(self._plain, task.things))]
        for name, at in (("deadline", task.deadline), ("expires", task.expires)):
            if at is not None:
                if at.timestamp() <= now:
                    raise NotPosted(f"{name} is past already; now it is {instant(now)}")
                body[name] = instant(at.timestamp())
        return body

    def _helper(self, name: str, by: Principal) -> Principal:
        """Whom `by` may give a task: owners and adults anybody, other persons their own agents, agents those they made."""
        found = next((one for one in self._identity.principals() if one.id == name), None)
        if found is None or found.id == by.id or not _may_assign(by, found):
            raise NotPosted(f"there is no {name!r} to whom you may give a task")
        return found

    async def _reply(self, message: NewReply, by: Principal, shows: Shows) -> Message:
        thread = await self._messages.thread(message.thread)
        if not any(one.concerns(by.id) or by.role in _IN_CHARGE for one in thread):
            raise NoSuchThread(f"there is no thread {message.thread!r}, or none that you have a part in")
        if len(thread) >= LONGEST_THREAD:
            raise NotPosted(f"a thread ends after {LONGEST_THREAD} messages; begin another task")
        answered = _answered(thread, message.in_reply_to, by)
        to = _recipients(thread, message.to, answered)
        kind, reply = Type(str(message.type)), message.body  # type: ignore[attr-defined]
        if kind is Type.ESCALATION and message.to is None:
            to = [*to, *EVERYBODY_IN_CHARGE]
        if kind in {Type.COMMITMENT, Type.COUNTER_PROPOSAL}:
            self._check_time(thread[0])
        if thing := getattr(reply, "thing", None):
            self._check_things([thing], shows)
        body = _replied(reply, by)
        if isinstance(reply, Counters | Escalates) and reply.thing:
            body["thing"] = self._plain(reply.thing)
        if thread[0].type is Type.TASK_ASSIGNMENT:
            body["task"] = thread[0].thread
        return self._messages.make(kind, message.thread, by, to, body, in_reply_to=answered.id)

    def _check_things(self, things: Sequence[str], shows: Shows) -> None:
        for thing in map(self._plain, things):
            if not shows(thing):
                raise NotPosted(f"there is no Thing {thing!r}, or none that you may see")

    def _plain(self, thing: str) -> str:
        return self._names.plain(thing.removeprefix("/things/"))

    def _check_time(self, first: Message) -> None:
        expires = first.body.get("expires")
        if isinstance(expires, str) and datetime.fromisoformat(expires).timestamp() <= self._clock.wall():
            raise Over(f"the task could be begun until {expires}; only a report or an escalation is left")

    def _count(self, by: Principal) -> None:
        """Counts one message against its sender, and against every agent that made it."""
        now = self._clock.monotonic()
        for name, times in [*self._sent.items()]:
            while times and times[0] <= now - WITHIN_S:
                times.popleft()
            if not times:
                del self._sent[name]
        names = {by.id, *(maker.id for maker in by.makers)}
        for name in names:
            if len(sent := self._sent.get(name, deque())) >= MOST_POSTED:
                raise TooManyMessages(sent[0] + WITHIN_S - now)
        for name in names:
            self._sent.setdefault(name, deque()).append(now)


def _may_assign(by: Principal, to: Principal) -> bool:
    if by.role in _IN_CHARGE:
        return True
    if by.role.is_person:
        return to.acts_for == by.id
    return any(maker.id == by.id for maker in to.makers)


def _answered(thread: Sequence[Message], wanted: str | None, by: Principal) -> Message:
    """The message that is replied to: the one named, else the last of somebody else."""
    if wanted is None:
        return next((one for one in reversed(thread) if one.sender != by.id), thread[0])
    found = next((one for one in thread if one.id == wanted), None)
    if found is None:
        raise NotPosted(f"there is no message {wanted!r} in this thread")
    return found


def _recipients(thread: Sequence[Message], wanted: Sequence[str] | None, answered: Message) -> list[str]:
    if wanted is None:
        return [answered.sender]
    known = {GATEWAY, *(name for one in thread for name in (one.sender, *one.to, *one.cc))}
    for name in wanted:
        if name not in known:
            raise NotPosted(
                f"{name!r} has no part in this thread; those who have: {', '.join(sorted(known))}"
            )
    return list(dict.fromkeys(wanted))


def _replied(reply: Reply, by: Principal) -> dict[str, Json]:
    """The body of a reply, its words marked as whose they are."""
    body: dict[str, Json] = {"said": said(by.id, reply.said)} if reply.said.strip() else {}
    if reply.ref:
        body["ref"] = reply.ref
    plain: Mapping[str, Json] = reply.model_dump(
        mode="json", exclude={"said", "ref", "starts", "until"}, exclude_none=True
    )
    body |= {name: value for name, value in plain.items() if value != []}
    for name in ("starts", "until"):
        at = getattr(reply, name, None)
        if isinstance(at, datetime):
            body[name] = instant(at.timestamp())
    if isinstance(reply, Reports):
        body["result"] = reply.result
    return body
