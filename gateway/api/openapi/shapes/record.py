"""What was done and said: the ledger, why something is as it is, messages, and counts."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.operation import AnyJson
from gateway.api.openapi.shapes.decisions import Time
from gateway.api.openapi.shapes.house import Duty
from gateway.api.openapi.shapes.things import ReadingDetail


class LedgerEntry(TypedDict):
    """One entry. `private` is null where there is none, or where it was erased; `hash` is of the whole entry."""

    seq: int
    at: Time
    kind: str
    execution: str
    principal: str
    thing: str
    body: dict[str, AnyJson]
    private: dict[str, AnyJson] | None
    hash: str


class LedgerFault(TypedDict):
    """What is wrong with the ledger, and where."""

    seq: int
    place: str
    what: str


class LedgerHead(TypedDict):
    """The ledger up to an entry, as it was `at` (milliseconds since the epoch), signed: Ed25519, in hexadecimal digits."""

    seq: int
    hash: str
    at: int
    settled: int
    signature: str


class EntryHash(TypedDict):
    """The hash that an entry has now; null where it is not there."""

    seq: int
    hash: str | None


class LedgerStanding(TypedDict):
    """`ok` is null before it was looked at. All up to `through` is checked, up to `signed_through` under signed heads."""

    ok: bool | None
    looking: bool
    checked_at: Time | None
    entries: int
    through: int
    signed_through: int
    erased: int
    problems: list[LedgerFault]
    more_problems: int
    head: LedgerHead | None
    key: str | None
    entry: EntryHash | None


class Yes(TypedDict):
    """Whose yes it was sent under."""

    by: str
    at: Time
    channel: AnyJson
    how: str
    entry: int


class CommandBehind(TypedDict):
    """What the ledger has of a command. Whose it was is told to those who may read that entry."""

    at: Time
    affordance: AnyJson
    value: AnyJson
    outcome: AnyJson
    principal: NotRequired[str]
    purpose: NotRequired[AnyJson]
    rules: NotRequired[AnyJson]
    findings: NotRequired[AnyJson]
    execution: NotRequired[str]
    entry: NotRequired[int]
    reason: NotRequired[AnyJson]
    detail: NotRequired[AnyJson]
    seen: NotRequired[AnyJson]
    approved_by: NotRequired[list[Yes]]


class TakenOver(TypedDict, total=False):
    """A person has changed it: what, when, and until when software stands back."""

    value: AnyJson
    before: AnyJson
    at: Time
    by: str
    stands_back: list[str]
    until: Time


class Why(TypedDict):
    """Why something is as it is."""

    thing: str
    property: str | None
    cause: Literal["command", "unconfirmed", "device", "unknown"]
    state: ReadingDetail | None
    command: CommandBehind | None
    before: CommandBehind | None
    explanation: str
    takeover: NotRequired[TakenOver]
    owed: list[Duty]


MessageShown = TypedDict(
    "MessageShown",
    {
        "id": str,
        "type": str,
        "thread": str,
        "in_reply_to": NotRequired[str],
        "from": str,
        "to": list[str],
        "cc": NotRequired[list[str]],
        "at": Time,
        "body": dict[str, AnyJson],
    },
)
"""What somebody said about a plan, a lease, a command or a task. Its texts are theirs."""


class SchemaName(TypedDict):
    """A JSON Schema, and what it is for."""

    type: str
    href: str
    title: str


class Counts(TypedDict):
    """Executions, by what became of them."""

    asked: int
    questioned: int
    approved: int
    confirmed: int
    acknowledged: int
    unconfirmed: int
    in_doubt: int
    rejected: int
    not_sent: int
    refused: int
    corrected: int


class TrackRecord(TypedDict):
    """What became of what somebody asked for."""

    principal: str
    since: Time | None
    until: Time
    total: Counts
    capabilities: dict[str, Counts]
