"""From a problem document (RFC 9457) to words and an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.cli.client import Answer
from gateway.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

_BY_NAME: Final = {
    "bad-request": Exit.USAGE,
    "bad-input": Exit.USAGE,
    "key-reused": Exit.USAGE,
    "policy": Exit.REFUSED,
    "forbidden": Exit.REFUSED,
    "conflict": Exit.REFUSED,
    "state-unknown": Exit.REFUSED,
    "suspended": Exit.REFUSED,
    "changed-meanwhile": Exit.REFUSED,
    "approval-required": Exit.NEEDS_APPROVAL,
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
    403: Exit.REFUSED,
    404: Exit.NOT_FOUND,
    409: Exit.REFUSED,
    422: Exit.USAGE,
    502: Exit.REJECTED,
    503: Exit.UNREACHABLE,
    504: Exit.UNSETTLED,
}
"""For a type that is newer than this program."""


def failure(answer: Answer) -> Failure:
    """What went wrong, as an exception to raise."""
    problem = answer.body if isinstance(answer.body, dict) else {}
    name = str(problem.get("type", "")).rpartition(":")[2]
    code = _BY_NAME.get(name) or _BY_STATUS.get(answer.status, Exit.ERROR)
    title, detail = str(problem.get("title", "")), str(problem.get("detail", ""))
    if not title and not detail:
        title = f"the gateway answered {answer.status}"
    message = (
        detail
        if name in {"not-found", "unauthorized", "bad-request", "bad-input"} and detail
        else _both(title, detail)
    )
    return Failure(message, code, advice=finding_lines(problem.get("findings")), document=answer.body)


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
            lines.append(f"  what would do: {remedy['text']}")
    return lines


def _both(title: str, detail: str) -> str:
    if not detail or detail == title:
        return title
    return f"{title}: {detail}" if title else detail
