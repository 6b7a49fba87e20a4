"""One message: who says what to whom about which task. What is in somebody's own words lies beside the ledger's chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from capabilities.vocabulary import Json
from gateway.foreign import one_line
from gateway.ledger import Entry, Record

KIND: Final = "message"
"""Of the ledger's entries, and of events."""

GATEWAY: Final = "gateway"
"""Who speaks where the gateway itself does; nobody else has this name."""

LONGEST_SAYING: Final = 500
"""Characters of what somebody says in their own words."""

LONGEST_SENTENCE: Final = 600
"""Characters of a sentence of the gateway's own, which may quote what a device said."""

MOST_RECIPIENTS: Final = 16

SPOKEN: Final = ("what", "said")
"""Members of a body that are somebody's own words: `{"by": …, "text": …}`."""


class Type(StrEnum):
    """What a message is; each has a schema of its own."""

    TASK_ASSIGNMENT = "task-assignment"
    PROPOSAL = "proposal"
    COUNTER_PROPOSAL = "counter-proposal"
    COMMITMENT = "commitment"
    EXECUTION_REPORT = "execution-report"
    POLICY_DECISION = "policy-decision"
    ESCALATION = "escalation"


@dataclass(frozen=True, slots=True)
class Message:
    """`thread` is the id of the plan, lease or execution that it is about, or of the task's first message. `to` holds ids, and
    roles where it is for whoever has them. `cc` are the persons for whom the software among them acts.
    """

    id: str
    type: Type
    thread: str
    sender: str
    to: tuple[str, ...]
    at: float  # seconds since the epoch
    body: Mapping[str, Json]
    in_reply_to: str = ""
    cc: tuple[str, ...] = ()

    def document(self) -> dict[str, Json]:
        """As it goes over the API and the event stream."""
        shown: dict[str, Json] = {"id": self.id, "type": self.type.value, "thread": self.thread}
        if self.in_reply_to:
            shown["in_reply_to"] = self.in_reply_to
        shown |= {"from": self.sender, "to": list[Json](self.to)}
        if self.cc:
            shown["cc"] = list[Json](self.cc)
        return shown | {"at": instant(self.at), "body": dict(self.body)}

    @property
    def about(self) -> str:
        """Whose doings it belongs to: its sender's, or of a message of the gateway, its first recipient's."""
        return self.sender if self.sender != GATEWAY else next(iter(self.to), GATEWAY)

    def entry(self) -> Entry:
        """As it stands in the ledger: what people and agents say in their own words can be erased."""
        body: dict[str, Json] = {"id": self.id, "type": self.type.value, "from": self.sender}
        body |= {"to": list[Json](self.to), "body": {k: v for k, v in self.body.items() if k not in SPOKEN}}
        if self.in_reply_to:
            body["in_reply_to"] = self.in_reply_to
        if self.cc:
            body["cc"] = list[Json](self.cc)
        spoken = {name: self.body[name] for name in SPOKEN if name in self.body}
        return Entry(KIND, self.at, body, self.thread, self.about, _thing(self.body), spoken or None)

    def concerns(self, principal: str) -> bool:
        return principal == self.sender or principal in self.to or principal in self.cc


def of_record(record: Record) -> Message | None:
    """A message as the ledger has it; None for what this version cannot read."""
    body = record.body
    inner = body.get("body")
    try:
        kind = Type(str(body.get("type")))
    except ValueError:
        return None
    if not isinstance(inner, dict):
        return None
    return Message(
        id=str(body.get("id")),
        type=kind,
        thread=record.execution,
        sender=str(body.get("from")),
        to=_ids(body.get("to")),
        at=record.at,
        body={**inner, **(record.private or {})},
        in_reply_to=str(body.get("in_reply_to", "")),
        cc=_ids(body.get("cc")),
    )


def said(by: str, text: str) -> dict[str, Json]:
    """Somebody's own words, as one line and marked as theirs."""
    return {"by": by, "text": one_line(text, LONGEST_SAYING)}


def instant(at: float) -> str:
    """Seconds since the epoch as RFC 3339 text."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ids(value: Json) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _thing(body: Mapping[str, Json]) -> str:
    """The Thing that a message is about, where it is about one alone."""
    thing = body.get("thing")
    if isinstance(thing, str):
        return thing
    uses = body.get("uses")
    things = (
        {str(use.get("thing")) for use in uses if isinstance(use, dict)} if isinstance(uses, list) else set()
    )
    return things.pop() if len(things) == 1 else ""
