"""Errors as problem details (RFC 9457): one table of all problems, one way to raise and to answer them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson
from aiohttp import web

from capabilities.vocabulary import Json

TYPE_PREFIX: Final = "urn:hearth:problem:"

PROBLEMS: Final[Mapping[str, tuple[int, str]]] = {
    "bad-request": (400, "The request is malformed"),
    "bad-input": (400, "The value does not fit"),
    "bad-plan": (400, "The plan does not hold together"),
    "unauthorized": (401, "Who are you?"),
    "policy": (403, "The rules do not allow it"),
    "approval-required": (403, "A person must approve it"),
    "denied": (403, "A person said no"),
    "unanswered": (403, "Nobody answered in time"),
    "forbidden": (403, "Not for this caller"),
    "cross-site": (403, "Not from another site"),
    "wrong-code": (403, "The code is wrong"),
    "not-signed": (403, "It is not signed as it must be"),
    "pin-required": (403, "The PIN of the box is needed"),
    "pairing-closed": (403, "No pairing window is open"),
    "not-found": (404, "Not found"),
    "method-not-allowed": (405, "Method not allowed"),
    "conflict": (409, "Somebody else holds it"),
    "stale-lease": (409, "The lease is no longer good"),
    "withdrawn": (409, "It was taken back"),
    "state-unknown": (409, "The present state is not known"),
    "suspended": (409, "The Thing waits for a person"),
    "obligation": (409, "What it would owe cannot be kept"),
    "changed-meanwhile": (409, "Something changed meanwhile"),
    "time-unknown": (409, "Nobody knows what time it is"),
    "not-cancellable": (409, "It cannot be called back"),
    "plan-state": (409, "The plan is not where that could be done"),
    "widens": (409, "Somebody may do more by it"),
    "loses": (409, "Something is lost by it"),
    "nothing-waits": (409, "There is nothing to accept"),
    "already-adopted": (409, "It is a Thing already"),
    "not-answerable": (409, "It waits for nobody any more"),
    "precondition-failed": (412, "It was changed meanwhile"),
    "too-large": (413, "Too large"),
    "unsupported-media-type": (415, "Send JSON"),
    "expectation-failed": (417, "Unknown expectation"),
    "misdirected": (421, "This is another host"),
    "key-reused": (422, "The idempotency key belongs to another request"),
    "bad-rules": (422, "These rules cannot be used"),
    "bad-kind": (422, "It cannot be of that kind"),
    "adoption-failed": (422, "It cannot become a Thing"),
    "code-needed": (422, "It must be paired first"),
    "too-many-requests": (429, "Too many requests"),
    "too-many-questions": (429, "People are being asked enough already"),
    "too-many-plans": (429, "Too many plans"),
    "too-many-streams": (429, "Too many open streams"),
    "internal": (500, "A fault in the gateway"),
    "not-installed": (501, "A part is not installed"),
    "rejected": (502, "The device refused"),
    "not-sent": (503, "It was not sent"),
    "device-unreachable": (503, "The device cannot be reached"),
    "ledger-unavailable": (503, "It cannot be recorded"),
    "history-unavailable": (503, "The past cannot be read"),
    "no-reading": (503, "Nothing is known of it yet"),
    "unconfirmed": (504, "Its effect was not seen"),
    "not-seen": (504, "Its effect was not seen in time"),
    "echo-only": (504, "Only a bridge says so"),
    "superseded": (504, "A newer command took over"),
    "in-doubt": (504, "Nobody knows whether it happened"),
}
"""name → (status, title). The `type` is the prefix and the name; a name never changes its meaning."""

RETRY_AFTER_S: Final = 5
"""For what may pass by itself: a device out of reach, a full disk."""


class Problem(Exception):
    """An answer that is an error. `members` are added to the document, `headers` to the answer."""

    def __init__(
        self,
        name: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Json] | None = None,
    ) -> None:
        super().__init__(detail)
        self.name = name
        self.status, self.title = PROBLEMS[name]
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members or {}

    def document(self) -> dict[str, Json]:
        return {
            "type": TYPE_PREFIX + self.name,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }

    def response(self) -> web.Response:
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **self.headers}
        if self.status == 503:
            headers.setdefault("Retry-After", str(RETRY_AFTER_S))
        return web.Response(
            status=self.status,
            body=orjson.dumps(self.document()),
            content_type="application/problem+json",
            headers=headers,
        )


def not_found() -> Problem:
    """What does not exist and what the caller may not see: the same words."""
    return Problem("not-found", "there is nothing here, or nothing that you may see")


def bad_request(detail: str) -> Problem:
    return Problem("bad-request", detail)


def from_http(error: web.HTTPException) -> Problem:
    """What aiohttp itself refused, as a problem."""
    match error:
        case web.HTTPNotFound():
            return not_found()
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            detail = f"{error.method} means nothing here; allowed: {allowed}"
            return Problem("method-not-allowed", detail, headers={"Allow": allowed})
        case web.HTTPRequestEntityTooLarge():
            return Problem("too-large", error.text or "the body is too large")
        case web.HTTPExpectationFailed():
            return Problem("expectation-failed", "only `Expect: 100-continue` is understood")
        case _:
            return bad_request(error.reason)
