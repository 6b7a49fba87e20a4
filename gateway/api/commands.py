"""From a request to a command, and from its outcome to an answer: what writes and actions have in common."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.auth import SESSION
from gateway.api.awaiting import until_ended
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.seen import Sight
from gateway.api.short import ShortAnswer
from gateway.api.wire import flag, reply
from gateway.commands import Command, Execution, Outcome, Reason, Result
from gateway.context import Gateway
from gateway.foreign import one_line
from gateway.identity import Session
from gateway.ids import new_id
from gateway.records import finding
from gateway.requests import BadInput, KeyReused, NoSuchAffordance, Preview, RequestError
from policies import Accepted

LONGEST_PURPOSE: Final = 500
"""Characters: a sentence or three, kept in the ledger."""

LONGEST_KEY: Final = 255

# RFC 8941 string, or the same without its quotes, as many clients send it.
_KEY: Final = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"|([\x21\x23-\x5b\x5d-\x7e]+)')
_TRACEPARENT: Final = re.compile(r"[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}(?:-.*)?")
ASYNC: Final = "respond-async"
"""A member of `Prefer`, and of the query."""

_THREAD: Final = re.compile(r"[0-9a-z]{1,40}")
_DONE: Final = frozenset({Result.CONFIRMED, Result.ACKNOWLEDGED})
_NOTHING_SENT: Final = frozenset({Result.REFUSED, Result.NOT_SENT})


class CommandDoor:
    """Carries requests to the executor, for one caller each."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def command(
        self, request: web.Request, thing: str, affordance: str, value: Json, *, is_action: bool
    ) -> Command:
        """What the headers of a request say besides. Raises `Problem` (400) where one is malformed."""
        headers = request.headers
        return self.make(
            request[SESSION],
            thing,
            affordance,
            value,
            is_action=is_action,
            key=_key(headers["Idempotency-Key"]) if "Idempotency-Key" in headers else "",
            purpose=_purpose(headers["Hearth-Purpose"]) if "Hearth-Purpose" in headers else "",
            traceparent=headers.get("traceparent", ""),
            asks=prefers_async(request),
            lease=headers.get("Hearth-Lease", ""),
            task=headers.get("Hearth-Task", ""),
        )

    def make(
        self,
        session: Session,
        thing: str,
        affordance: str,
        value: Json,
        *,
        is_action: bool,
        key: str = "",
        purpose: str = "",
        traceparent: str = "",
        asks: bool = False,
        lease: str = "",
        task: str = "",
    ) -> Command:
        """A command of `session`'s, whatever it came over. `purpose` is one line (`purpose_of`). Raises `Problem` (400) for a
        task that is no id; a malformed `traceparent` is ignored.
        """
        at = self._gateway.clock.wall()
        return Command(
            id=new_id(at),
            principal=session.principal,
            token=session.token_id,
            thing=self._gateway.names.plain(thing),
            affordance=affordance,
            is_action=is_action,
            value=value,
            key=key,
            purpose=purpose,
            received_at=at,
            traceparent=_trace(traceparent) if traceparent else "",
            asks=asks,
            lease=lease,
            task=_task(task) if task else "",
        )

    async def run(self, command: Command) -> Execution:
        """Carries it out to its end. Raises `Problem` for what means nothing or may not be known to the caller."""
        try:
            execution = await self._gateway.executor.run(command)
        except RequestError as error:
            raise self._problem(command, error) from error
        return self._visible(command, execution)

    async def start(self, command: Command, wait_s: float = 0.0) -> Execution:
        """As `run`, but returns once it was sent, or waits for people; after `wait_s` seconds, if it has not ended before."""
        try:
            execution = await self._gateway.executor.start(command)
        except RequestError as error:
            raise self._problem(command, error) from error
        if wait_s and execution.outcome is None:
            await until_ended(self._gateway.observers, execution, wait_s)
        return self._visible(command, execution)

    def dry_run(self, command: Command) -> web.Response:
        """What the rules say of it, while nothing moves: 200 whatever they say."""
        return reply(self.foreseen(command))

    def foreseen(self, command: Command) -> dict[str, Json]:
        """What a dry run answers. Raises `Problem` for what means nothing or may not be known to the caller."""
        preview = self.preview(command)
        if not preview.decision.permitted and not self.may_know(command):
            raise not_found()
        adopted = self._gateway.registry[command.thing]
        operation = adopted.thing.operation(command.affordance, is_action=command.is_action)
        if operation is not None:
            preview = Sight(self._gateway, command.principal).preview(preview, command.thing, operation)
        decision = preview.decision
        answer: dict[str, Json] = {
            "verdict": decision.verdict.name.lower().replace("_", "-"),
            "findings": [finding(f) for f in decision.findings],
            "accepted": accepted(decision.accepted),
            "affordance": preview.affordance,
            "value": preview.value,
            "unchanged": preview.unchanged,
            "rules": decision.version,
        }
        if (obstacle := preview.obstacle) is not None and not preview.unchanged:
            answer["obstacle"] = {"reason": obstacle.reason, "detail": obstacle.detail}
            if obstacle.conflict is not None:
                answer["conflict"] = dict(obstacle.conflict)
        return answer

    def preview(self, command: Command) -> Preview:
        """Raises `Problem` for what means nothing or may not be known to the caller."""
        try:
            return self._gateway.executor.preview(command)
        except RequestError as error:
            raise self._problem(command, error) from error

    def may_know(self, command: Command) -> bool:
        """Whether the caller may know that the affordance exists."""
        rights, topic = self._gateway.rights.of(command.principal), (command.thing, command.affordance)
        return topic in rights.acts if command.is_action else topic in rights.sees or topic in rights.writes

    def _visible(self, command: Command, execution: Execution) -> Execution:
        """The execution as the caller may see it. Raises `Problem` (404) where they may not know of the affordance."""
        nothing_sent = execution.outcome is not None and execution.outcome.result in _NOTHING_SENT
        if nothing_sent and not self.may_know(command):
            raise not_found()
        return Sight(self._gateway, command.principal).execution(execution)

    def _problem(self, command: Command, error: RequestError) -> Problem:
        if isinstance(error, KeyReused):
            return Problem("key-reused", str(error))
        if not self.may_know(command):
            return not_found()
        if isinstance(error, BadInput):
            return Problem("bad-input", str(error))
        if isinstance(error, NoSuchAffordance) and not command.is_action:
            detail = f"{command.affordance} can be read, not written"
            return Problem("method-not-allowed", detail, headers={"Allow": "GET, HEAD"})
        return not_found()


def answer(execution: Execution) -> web.Response:
    """The end of a command as an answer: 204, or a problem by the table of outcomes."""
    outcome = execution.outcome
    assert outcome is not None
    headers = outcome_headers(execution, outcome)
    if outcome.result in _DONE:
        return ShortAnswer(204, headers)
    failure = problem_of(execution, outcome)
    failure.headers |= headers
    return failure.response()


def outcome_headers(execution: Execution, outcome: Outcome | None) -> dict[str, str]:
    headers = {"Hearth-Execution": execution.command.id}
    if outcome is not None:
        headers["Hearth-Outcome"] = outcome.result
        if outcome.reason:
            headers["Hearth-Reason"] = outcome.reason
        if outcome.replayed:
            headers["Idempotent-Replayed"] = "true"
    return headers


def problem_of(execution: Execution, outcome: Outcome) -> Problem:
    """A command that failed or was refused. The problem is named by the reason, else by the result."""
    members: dict[str, Json] = {"outcome": outcome.result, "execution": execution.command.id}
    if outcome.reason:
        members["reason"] = outcome.reason
    if outcome.decision is not None and outcome.result is Result.REFUSED:
        members["findings"] = [finding(f) for f in outcome.decision.findings]
        members["accepted"] = accepted(outcome.decision.accepted)
    if outcome.conflict is not None:
        members["conflict"] = dict(outcome.conflict)
    if outcome.reading is not None:
        members["seen"] = {
            "property": outcome.property,
            "value": outcome.reading.value,
            "evidence": outcome.evidence,
        }
    name = outcome.reason or outcome.result.replace("_", "-")
    detail = outcome.detail or f"the command ended as {outcome.result}"
    if outcome.reason is Reason.APPROVAL_REQUIRED and not execution.command.asks:
        detail += ASKED_BY
    return Problem(name, detail, members=members)


ASKED_BY: Final = (
    ". Nobody was asked: send it again with the header `Prefer: respond-async`, and a person is; the answer is its status"
    " resource, which tells how they decided"
)
"""How an approval is asked for."""


def accepted(bounds: Accepted | None) -> Json:
    """The widest range of inputs that all rules accept, with the members that bound it; null for no statement."""
    if bounds is None:
        return None
    shown: dict[str, Json] = {"minimum": bounds.minimum, "maximum": bounds.maximum}
    if bounds.one_of is not None:
        shown["one_of"] = list(bounds.one_of)
    return {name: value for name, value in shown.items() if value is not None}


def prefers_async(request: web.Request) -> bool:
    """`Prefer: respond-async` (RFC 7240, section 4.1), or `?respond-async=1` of those who cannot send headers."""
    prefer = request.headers.get("Prefer")
    if prefer == "respond-async" or (request.query_string and flag(request, ASYNC)):
        return True
    if prefer is None:
        return False
    return any(p.strip().lower() == "respond-async" for p in re.split("[,;]", prefer))


def idempotency_key(request: web.Request) -> str:
    """The request's `Idempotency-Key`, "" without one. Raises `Problem` (400)."""
    text = request.headers.get("Idempotency-Key")
    return _key(text) if text is not None else ""


def _key(text: str) -> str:
    """`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a structured string."""
    match = _KEY.fullmatch(text.strip())
    key = (match[1] if match[1] is not None else match[2]) if match else ""
    key = re.sub(r"\\(.)", r"\1", key)
    if not 1 <= len(key) <= LONGEST_KEY:
        raise bad_request(
            f'Idempotency-Key must be a quoted text of 1 to {LONGEST_KEY} characters, as in "5f2c…"'
        )
    return key


def _purpose(text: str) -> str:
    """`Hearth-Purpose`: why this is asked, UTF-8 with percent-encoding."""
    try:
        return purpose_of(unquote(text, errors="strict"), "Hearth-Purpose")
    except UnicodeDecodeError as error:
        raise bad_request("Hearth-Purpose must be percent-encoded UTF-8") from error


def purpose_of(text: str, name: str = "purpose") -> str:
    """Why something is asked, in one line of what can be printed. Raises `Problem` (400) where it is too long."""
    purpose = one_line(text)
    if len(purpose) > LONGEST_PURPOSE:
        raise bad_request(f"{name} may have {LONGEST_PURPOSE} characters, it has {len(purpose)}")
    return purpose


def _task(text: str) -> str:
    """`Hearth-Task`: the thread of the task for which it is done. Its end is reported there."""
    if not _THREAD.fullmatch(text):
        raise bad_request(
            f"Hearth-Task must be the id of a task, as POST /messages gave it; it is {text[:40]!r}"
        )
    return text


def _trace(text: str) -> str:
    """`traceparent` (W3C Trace Context): what is malformed is ignored, as its section 3.2 says."""
    return text if len(text) <= 128 and _TRACEPARENT.fullmatch(text) else ""
