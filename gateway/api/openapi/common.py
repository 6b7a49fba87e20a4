"""What many operations share: parameters, headers of answers, problems that any request can have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.api.openapi.operation import Answer, Parameter

LARGEST_NUMBER: Final = 10**18 - 1
"""In a query: `wire.number` takes 18 digits."""


def text(
    name: str, says: str, *, longest: int = 0, pattern: str = "", required: bool = False, where: str = "query"
) -> Parameter:
    """A parameter that is any text, within `longest` characters and `pattern`."""
    schema: dict[str, object] = {"type": "string"}
    if longest:
        schema["maxLength"] = longest
    if pattern:
        schema["pattern"] = pattern
    return Parameter(name, schema, says, "header" if where == "header" else "query", required)


def choice(name: str, says: str, *values: str) -> Parameter:
    return Parameter(name, {"type": "string", "enum": list(values)}, says)


def whole(name: str, says: str, *, least: int = 0, most: int = LARGEST_NUMBER) -> Parameter:
    """As `wire.number` takes it."""
    return Parameter(name, {"type": "integer", "minimum": least, "maximum": most}, says)


def flag(name: str, says: str) -> Parameter:
    """As `wire.flag` takes it."""
    return Parameter(name, {"type": "string", "enum": ["1", "true", "0", "false"]}, says)


_SEGMENT: Final[dict[str, object]] = {"type": "string", "minLength": 1}

IN_PATH: Final[Mapping[str, str]] = {
    "thing": "The id of a Thing, with or without the prefix that its description shows",
    "name": "The name of a property, an action or an event in the Thing's description",
    "execution": "The id of an execution, from `Hearth-Execution`",
    "approval": "The id of a question",
    "grant": "The id of a grant",
    "proposal": "The id of a proposed rule",
    "driver": "The name of a driver",
    "device": "The id that the driver has for the device",
    "candidate": "The id that the driver has for the device",
    "token": "The id of a token, which is not its secret",
    "plan": "The id of a plan",
    "lease": "The id of a lease",
    "waiver": "The id of a waiver",
    "contract": "The id of a context contract",
    "code": "The code that stands where the agent is",
    "obligation": "The id of what is owed",
    "principal": "The id of a principal",
    "type": "The type of a message, or `plan`",
    "set": "The name of a set of rules",
    "subscription": "The id of a push subscription",
}
"""What the segments of paths are, by name."""


def in_path(name: str) -> Parameter:
    return Parameter(name, _SEGMENT, IN_PATH[name], "path", required=True)


LIMIT: Final = whole(
    "limit", "Items in one answer at the most; more than the gateway's own limit is that limit"
)
OFFSET: Final = whole("offset", "Items to leave out at the beginning")
IF_NONE_MATCH: Final = text("If-None-Match", "An ETag that is known already", where="header")
IF_MATCH: Final = text("If-Match", "The ETag that it must still have", where="header")

VIEW: Final = choice("view", "`summary`: in short; `cards`: states and controls", "summary", "cards", "")
DETAIL: Final = flag("detail", "All that is known, in the body")
RESUME: Final = (
    text("Last-Event-ID", "The id of the last event that was received", where="header"),
    text("after", "The same, for those who cannot send headers"),
)
"""A stream is taken up behind an event."""

WAIT: Final = text("Prefer", "`wait=60`: for so many seconds, 120 at the most (RFC 7240)", where="header")

READING: Final = ("Hearth-Quality", "Hearth-Observed-At", "Hearth-Evidence")
"""What stands beside a bare value."""

PREFER: Final = text(
    "Prefer",
    "`respond-async`: answer as soon as it is sent, or a person is asked; `wait=60`: the end, if it comes within so many"
    " seconds (RFC 7240)",
    where="header",
)
THING: Final = text("thing", "Of this Thing alone")
IDEMPOTENCY_KEY: Final = text(
    "Idempotency-Key",
    "The same request with the same key is the same command; a quoted text of 1 to 255 characters",
    pattern=r'^\s*("([\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255}"|[\x21\x23-\x5b\x5d-\x7e]{1,255})\s*$',
    where="header",
)
PURPOSE: Final = text(
    "Hearth-Purpose",
    "Why, for the ledger: percent-encoded UTF-8, one line of 500 characters",
    where="header",
)
PLAIN_COMMAND: Final = (
    IDEMPOTENCY_KEY,
    PURPOSE,
    text("Hearth-Lease", "`<id>;fence=<n>`: under this lease only", where="header"),
    text(
        "Hearth-Task",
        "The thread of the task for which it is done",
        pattern="^[0-9a-z]{1,40}$",
        where="header",
    ),
    text("traceparent", "W3C Trace Context; what is malformed is ignored", where="header"),
)
"""Of every command."""

COMMAND: Final = (
    PREFER,
    *PLAIN_COMMAND,
    flag("dry-run", "Nothing moves: 200 with what the rules say of it"),
    flag("respond-async", "As `Prefer: respond-async`, for those who cannot send headers"),
)
"""Of a single one."""

HEADERS: Final[Mapping[str, str]] = {
    "Allow": "The methods that mean something here",
    "ETag": "Of this state, for If-None-Match and If-Match",
    "Hearth-Event-Id": "Up to which event it tells, for Last-Event-ID",
    "Hearth-Evidence": "Who says so: device, bridge or gateway",
    "Hearth-Execution": "The id of the execution, for GET /executions/{execution}; of several, separated by commas",
    "Hearth-Missed": "Events before it that were lost: how many, or `unknown`",
    "Hearth-Observed-At": "When the device saw it (RFC 3339)",
    "Hearth-Outcome": "confirmed, acknowledged, refused, rejected, not_sent, unconfirmed or in_doubt",
    "Hearth-Quality": "good, uncertain, stale or bad",
    "Hearth-Reason": "Why it ended so, as a name",
    "Hearth-Waits-For": "What it waits for: approval",
    "Idempotent-Replayed": "true: this is the answer to an earlier request with the same key",
    "Link": "The next page, `rel=next`",
    "Location": "Where it is from now on",
    "Preference-Applied": "respond-async",
    "Retry-After": "Seconds after which it may be tried again",
    "WWW-Authenticate": "How to say who one is",
}
"""What answers carry besides bodies."""

OF_STATUS: Final[Mapping[int, str]] = {
    401: "WWW-Authenticate",
    405: "Allow",
    503: "Retry-After",
}
"""What problems of a status always carry."""

ANY: Final = frozenset({"bad-request", "misdirected", "cross-site", "expectation-failed", "internal"})
"""Problems of any request."""

STRANGERS: Final = frozenset({"too-many-requests"})
"""Of a public one: strangers may not ask for ever."""

KNOWN: Final = frozenset({"unauthorized", "forbidden", "too-many-requests"})
"""Of one that needs a caller: who is not known (and asks for ever), and who is at the box without being allowed to be."""

WITH_BODY: Final = frozenset({"unsupported-media-type", "too-large"})
WITH_PATH: Final = frozenset({"not-found"})

COMMAND_PROBLEMS: Final = (
    "approval-required",
    "bad-input",
    "changed-meanwhile",
    "conflict",
    "denied",
    "device-unreachable",
    "echo-only",
    "in-doubt",
    "key-reused",
    "ledger-unavailable",
    "not-found",
    "not-seen",
    "not-sent",
    "obligation",
    "policy",
    "rejected",
    "stale-lease",
    "state-unknown",
    "superseded",
    "suspended",
    "time-unknown",
    "too-many-questions",
    "too-many-requests",
    "unanswered",
    "unconfirmed",
    "withdrawn",
)
"""How a command can end."""

OUTCOME: Final = ("Hearth-Execution", "Hearth-Outcome", "Hearth-Reason", "Idempotent-Replayed")

NOTHING: Final = Answer(None, "Done")
SSE: Final = "text/event-stream"
STREAM: Final = Answer({"type": "string"}, "A stream of events (WHATWG HTML, section 9.2)", media=SSE)
