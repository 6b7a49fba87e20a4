"""What people and the ledger are told of what is owed."""

from __future__ import annotations

import logging
from typing import Final

from capabilities.vocabulary import Json
from gateway.commands import Outcome, Reason, Result
from gateway.foreign import one_line
from gateway.ids import new_id
from gateway.ledger import Entry, LedgerUnavailable
from gateway.notify import About, Notice, Urgency
from gateway.notify.words import in_parts
from gateway.obligations.owed import MAX_ON, NOTIFY, Owed
from gateway.parts import Parts

KIND: Final = "obligation"
INCIDENT: Final = "incident"

MOST_ENTRIES_A_MINUTE: Final = 12
"""Of all that begins and ends by itself on one Thing: a switch that flickers does not fill the ledger."""

LONGEST_ERROR: Final = 200

log = logging.getLogger(__name__)


class Teller:
    """Ledger, event stream, notices and log."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._minutes: dict[str, tuple[float, int]] = {}

    def happened(self, owed: Owed, change: str, detail: str = "", **more: Json) -> None:
        """One of `promised`, `begun`, `prolonged`, `due`, `done`, `void`, `failed`, `settled`, with what there is to say."""
        if owed.kind == NOTIFY:
            return
        parts, now = self._parts, self._parts.clock.wall()
        data: dict[str, Json] = {"change": change, "id": owed.id, "duty": owed.kind, "rule": owed.term.rule}
        data |= {"property": owed.name, "due_ms": round(owed.due * 1000)}
        data |= {name: value for name, value in {"detail": detail, **more}.items() if value not in {"", None}}
        event = {**data, "cause": owed.execution} if owed.execution else data
        parts.observers.publish(KIND, owed.topic, now, event)
        if change in {"begun", "void", "done"} and not owed.attempts and self._too_many(owed.thing):
            return
        self.record(Entry(KIND, now, data, owed.execution, owed.principal, owed.thing))

    def incident(self, owed: Owed, outcome: str) -> None:
        """It was not seen to end: somebody must look, now."""
        now, adopted = self._parts.clock.wall(), self._parts.registry.get(owed.thing)
        title = one_line(adopted.title if adopted is not None else "", 60) or owed.thing
        what = "could not be switched off" if owed.kind == MAX_ON else "could not be put back as it was"
        body: dict[str, Json] = {"obligation": owed.id, "duty": owed.kind, "rule": owed.term.rule}
        body |= {"property": owed.name, "outcome": outcome, "detail": owed.error}
        self.record(Entry(INCIDENT, now, body, owed.execution, owed.principal, owed.thing))
        text = f"{owed.error}. It is tried again until it works; please go and look. Rule {owed.term.rule}."
        said = in_parts(
            "stays_on" if owed.kind == MAX_ON else "not_put_back",
            title=title,
            rest=f"({owed.error}; {owed.term.rule})",
        )
        self._notice(owed, f"{title} {what}", text, Urgency.HIGH, said)
        log.error("%s %s: %s (rule %s); it is tried again", owed.thing, what, owed.error, owed.term.rule)

    def relieved(self, owed: Owed, how: str) -> None:
        """What had failed is over: whoever was told of the incident learns of it."""
        adopted = self._parts.registry.get(owed.thing)
        title = one_line(adopted.title if adopted is not None else "", 60) or owed.thing
        self._notice(
            owed,
            f"{title}: {how}",
            f"Rule {owed.term.rule}: nothing is left to do.",
            Urgency.NORMAL,
            in_parts("relieved", title=title, rest=f"({owed.term.rule})"),
        )
        log.warning("%s: %s, after %d tries (rule %s)", owed.thing, how, owed.attempts, owed.term.rule)

    def record(self, entry: Entry) -> None:
        """What has happened is done even if it cannot be written."""
        try:
            self._parts.ledger.append(entry)
        except (LedgerUnavailable, ValueError) as error:
            log.error("not recorded: %s of %s: %s", entry.kind, entry.thing, error)

    def _notice(self, owed: Owed, title: str, text: str, urgency: Urgency, said: dict[str, Json]) -> None:
        at = self._parts.clock.wall()
        self._parts.notifier.tell(
            Notice(
                new_id(at),
                at,
                title,
                text,
                kind="incident",
                urgency=urgency,
                ref="/obligations",
                tag=f"obligation-{owed.id}",
                about=About(owed.thing, owed.name, owed.execution),
                facts={"obligation": owed.id, "rule": owed.term.rule},
                words=said,
            )
        )

    def _too_many(self, thing: str) -> bool:
        now = self._parts.clock.monotonic()
        minute, entries = self._minutes.get(thing, (now, 0))
        if now - minute >= 60.0:
            minute, entries = now, 0
        self._minutes[thing] = minute, entries + 1
        return entries >= MOST_ENTRIES_A_MINUTE


def in_words(outcome: Outcome) -> str:
    """Why the command that should have ended it did not."""
    said = one_line(outcome.detail, LONGEST_ERROR)
    ends = {
        Result.UNCONFIRMED: "it was sent, and not seen to work",
        Result.IN_DOUBT: "nobody knows whether it arrived",
        Result.REJECTED: "the device refused",
        Result.NOT_SENT: "it could not be sent",
        Result.REFUSED: "it was not let through",
    }
    what = ends.get(outcome.result, str(outcome.result))
    if outcome.reason is Reason.DEVICE_UNREACHABLE:
        what = "the device cannot be reached"
    return f"{what}: {said}" if said else what
