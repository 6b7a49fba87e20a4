"""From a problem document (RFC 9457) to words and an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from gateway.cli.answer import Answer
from gateway.cli.exits import Exit, Failure
from gateway.cli.words import plain_id

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

_BY_NAME: Final = {
    "bad-request": Exit.USAGE,
    "bad-input": Exit.USAGE,
    "bad-plan": Exit.USAGE,
    "plan-state": Exit.REFUSED,
    "too-many-plans": Exit.REFUSED,
    "key-reused": Exit.USAGE,
    "policy": Exit.REFUSED,
    "forbidden": Exit.REFUSED,
    "unauthorized": Exit.REFUSED,
    "conflict": Exit.REFUSED,
    "obligation": Exit.REFUSED,
    "state-unknown": Exit.REFUSED,
    "suspended": Exit.REFUSED,
    "changed-meanwhile": Exit.REFUSED,
    "time-unknown": Exit.REFUSED,
    "approval-required": Exit.NEEDS_APPROVAL,
    "unanswered": Exit.NEEDS_APPROVAL,
    "denied": Exit.REFUSED,
    "withdrawn": Exit.REFUSED,
    "too-many-questions": Exit.REFUSED,
    "not-answerable": Exit.REFUSED,
    "not-signed": Exit.REFUSED,
    "pin-required": Exit.REFUSED,
    "not-found": Exit.NOT_FOUND,
    "rejected": Exit.REJECTED,
    "not-sent": Exit.UNREACHABLE,
    "device-unreachable": Exit.UNREACHABLE,
    "ledger-unavailable": Exit.UNREACHABLE,
    "no-reading": Exit.UNREACHABLE,
    "unconfirmed": Exit.UNSETTLED,
    "not-seen": Exit.UNSETTLED,
    "echo-only": Exit.UNSETTLED,
    "superseded": Exit.UNSETTLED,
    "in-doubt": Exit.UNSETTLED,
}
"""By the last part of the problem's type."""

_BY_STATUS: Final = {
    400: Exit.USAGE,
    401: Exit.REFUSED,
    403: Exit.REFUSED,
    404: Exit.NOT_FOUND,
    409: Exit.REFUSED,
    422: Exit.USAGE,
    502: Exit.REJECTED,
    503: Exit.UNREACHABLE,
    504: Exit.UNSETTLED,
}
"""For a type that is newer than this program."""


_DETAIL_SAYS_ALL: Final = frozenset(
    {"not-found", "unauthorized", "bad-request", "bad-input", "forbidden", "unconfirmed", "not-seen"}
)


_NOT_BY_RULES: Final = frozenset({"obligation", "conflict", "stale-lease", "suspended"})
"""The rules would let it pass, or a person's yes would; the detail says what stands in the way now."""

_VALUE: Final = "the value "
"""How a driver begins that found the value wrong: nothing went out, for another reason than the device's reach."""

NOBODY_ASKED: Final = "(nobody was asked: without --no-ask a person is, and you wait for the answer)"
REPLAYED: Final = "(the answer of an earlier request with this key)"


def failure(answer: Answer, about: str = "") -> Failure:
    """What went wrong, as an exception to raise. `about` is the command's object: `desk-lamp on`."""
    problem = answer.body if isinstance(answer.body, dict) else {}
    name = str(problem.get("type", "")).rpartition(":")[2]
    code = _BY_NAME.get(name) or _BY_STATUS.get(answer.status, Exit.ERROR)
    reasons = [] if name in _NOT_BY_RULES else finding_lines(problem.get("findings"))
    message = _message(problem, name, answer.status, has_reasons=bool(reasons))
    outcome = str(problem.get("outcome") or "").replace("_", " ")
    if name == "approval-required":
        reasons.append(NOBODY_ASKED)
    if about and outcome:
        message = f"{outcome}: {about} – {message}"
    if answer.replayed:
        reasons.append(REPLAYED)
    return Failure(message, code, advice=reasons, document=answer.body)


def _message(problem: Mapping[str, Json], name: str, status: int, *, has_reasons: bool) -> str:
    """The title where findings say the rest, else the detail; the title before it where that says something more."""
    title, detail = str(problem.get("title") or ""), str(problem.get("detail") or "")
    if not title and not detail:
        return f"the gateway answered {status}"
    if has_reasons or not detail:
        return _lower_first(title or detail)
    said = name in _DETAIL_SAYS_ALL or not title or detail.casefold().startswith(title.casefold())
    if name == "device-unreachable" and ("cannot be reached" in detail or detail.startswith(_VALUE)):
        said = True
    return detail if said else f"{_lower_first(title)}: {detail}"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def finding_lines(findings: Json) -> list[str]:
    """Each rule's reason, and what would make it allowed, one line each."""
    lines: list[str] = []
    for finding in findings if isinstance(findings, list) else []:
        if not isinstance(finding, dict) or finding.get("verdict") == "permit":
            continue
        seen = f" (seen: {finding['seen']})" if finding.get("seen") else ""
        lines.append(f"{finding.get('why')}{seen} — rule {finding.get('set')}/{finding.get('rule')}")
        remedy = finding.get("remedy")
        if isinstance(remedy, dict) and remedy.get("text"):
            lines.append(f"  what would do: {remedy['text']}{_command(remedy.get('data'))}")
    return lines


def _command(data: Json) -> str:
    """What a person types to take the labels off that stand in the way."""
    labels = data.get("without_labels") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(labels, list):
        return ""
    words = [f"-{label}" for label in labels]
    return f" (hearth label {plain_id(data.get('thing'))} {' '.join(words)})"
