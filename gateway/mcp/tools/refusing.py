"""Errors as a model reads them: what would be allowed stands first, foreign words are marked, and all of it is short."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from capabilities.vocabulary import Json
from gateway.api.auth import unknown_token
from gateway.api.problems import Problem
from gateway.context import Gateway
from gateway.foreign import one_line
from gateway.ledger import LedgerUnavailable
from gateway.mcp.tool import AnswerT, Caller, NeedsPerson
from gateway.mcp.tools.marking import LONGEST_SENTENCE, marked

MOST_FINDINGS: Final = 8
"""Of one refusal: the strictest, which are those that count."""

OWN_WORDS: Final = frozenset(
    {
        "bad-request",
        "unauthorized",
        "forbidden",
        "not-found",
        "key-reused",
        "method-not-allowed",
        "stale-lease",
        "precondition-failed",
        "too-large",
        "too-many-plans",
        "too-many-questions",
        "too-many-requests",
        "too-many-streams",
        "ledger-unavailable",
        "internal",
    }
)
"""Problems whose detail is the gateway's own sentence. That of others may quote a device, a person or another agent."""

DETAILS: Final = {
    "policy": "rules stand against it: `findings` says which and what would help, `accepted` what they would take",
    "approval-required": "a person would have to approve it, and nobody was asked",
    "bad-input": "the value does not fit: `says` tells why, and describe_thing what fits",
    "bad-plan": "`mistakes` names each step and member that is wrong",
    "not-found": "something that it names is not there, or not for you to see; `mistakes` says where",
    "conflict": "`conflict` says who holds it, as far as you may know, and what would pass",
    "denied": "a person said no; do not ask again unless something is different",
    "unanswered": "nobody answered in time, and nothing has moved",
    "rejected": "the device refused it; `says` has its words",
    "unconfirmed": "it was sent, and its effect was not seen: read the state before you do anything else",
    "not-seen": "it was sent, and its effect was not seen in time: read the state before you do anything else",
    "in-doubt": "nobody knows whether it happened: read the state before you do anything else",
}
"""What a model is told in the gateway's own words, where there is more to say than that `says` has the reason."""

_OWN_MEMBERS: Final = frozenset({"outcome", "reason", "execution", "accepted", "type"})
_STRICTNESS: Final = {"deny": 0, "needs-approval": 1}

GivenT = TypeVar("GivenT")

Run = Callable[[Gateway, Caller, GivenT], Awaitable[AnswerT]]
"""`Tool.run`, or `Tool.resume`."""

log = logging.getLogger(__name__)


def guarded(run: Run[GivenT, AnswerT]) -> Run[GivenT, AnswerT]:
    """`run` with its problems as a model reads them. A token that ended before or meanwhile gets nothing."""

    async def checked(gateway: Gateway, caller: Caller, given: GivenT) -> AnswerT:
        ensure_good(gateway, caller)
        try:
            answer = await run(gateway, caller, given)
        except NeedsPerson:  # all of it is the gateway's own
            ensure_good(gateway, caller)
            raise
        except Problem as problem:
            raise as_read(problem) from problem
        except (LedgerUnavailable, sqlite3.Error) as error:
            log.warning("a tool could not read or write the disk: %s", error)
            raise Problem(
                "ledger-unavailable", "it cannot be recorded or read just now; try again"
            ) from error
        ensure_good(gateway, caller)
        return answer

    return checked


def ensure_good(gateway: Gateway, caller: Caller) -> None:
    """Raises `Problem` (401) where the caller's token was revoked or has expired."""
    session = caller.session
    if session.revoked or not session.is_good(gateway.clock.wall()):
        raise unknown_token()


def as_read(problem: Problem) -> Problem:
    """The same problem, bounded, with what others wrote marked: `says` instead of `detail`."""
    members: dict[str, Json] = {
        name: _member(name, value) for name, value in problem.members.items() if value is not None
    }
    if (after := problem.headers.get("Retry-After", "")).isdecimal():
        members.setdefault("retry_after_s", int(after))
    detail = one_line(problem.detail, LONGEST_SENTENCE)
    own = problem.name in OWN_WORDS and "mistakes" not in members
    if not own and "says" not in members and detail:
        says: dict[str, Json] = {"says": {"untrusted": detail}}
        members = says | members
        detail = DETAILS.get(
            problem.name, "`says` has the reason in words, which may quote what others wrote"
        )
    return Problem(problem.name, detail, headers=problem.headers, members=members)


def _member(name: str, value: Json) -> Json:
    if name == "findings" and isinstance(value, list):
        return findings(value)
    if name in _OWN_MEMBERS or (name == "says" and isinstance(value, dict)):
        return value
    if name == "plan" and isinstance(value, dict):  # the whole of it is at its reference
        kept = {
            one: value[one] for one in ("id", "state", "digest", "verdict", "committable") if one in value
        }
        return kept | {"blocked": marked(value.get("blocked"))}
    return marked(value)


def findings(listed: list[Json]) -> list[Json]:
    """Rules that stand in the way, the strictest first; those that let it pass are left out."""
    counted = [one for one in listed if isinstance(one, dict) and one.get("verdict") in _STRICTNESS]
    counted.sort(key=lambda one: _STRICTNESS[str(one["verdict"])])
    shown: list[Json] = [finding(one) for one in counted[:MOST_FINDINGS]]
    return [*shown, {"further": len(counted) - MOST_FINDINGS}] if len(counted) > MOST_FINDINGS else shown


def finding(one: dict[str, Json]) -> dict[str, Json]:
    """One rule: why it says no, what it looked at, and what would make it a yes."""
    shown: dict[str, Json] = {
        "rule": f"{one.get('set')}/{one.get('rule')}",
        "verdict": one.get("verdict"),
        "why": one_line(str(one.get("why", "")), LONGEST_SENTENCE),
    }
    if one.get("seen"):
        shown["seen"] = marked(one["seen"])
    remedy = one.get("remedy")
    if isinstance(remedy, dict):
        text = one_line(str(remedy.get("text") or ""), LONGEST_SENTENCE)
        shown["remedy"] = {"text": text, "data": marked(remedy.get("data"))}
    if one.get("unknown"):
        shown["unknown"] = True
    return shown
