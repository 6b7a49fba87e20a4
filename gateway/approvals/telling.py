"""Who is told of a question: those who may answer it, and whoever asked that it waits."""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from gateway.approvals.asked import Asked, End
from gateway.approvals.showing import utc
from gateway.foreign import one_line
from gateway.ids import new_id
from gateway.notify.notice import About, Notice, Urgency, says
from gateway.notify.reminders import Pending
from gateway.observers import Topic
from gateway.parts import Parts

LONGEST_VALUE: Final = 60

_TOPIC: Final = "approval/"

_WORDS: Final = {
    End.APPROVED: "approved",
    End.DENIED: "denied",
    End.EXPIRED: "nobody answered",
    End.WITHDRAWN: "withdrawn",
}


def topic_of(approval: str) -> Topic:
    """Only those who may answer it see what happens on it."""
    return "", f"{_TOPIC}{approval}"


def approval_of(topic: Topic) -> str | None:
    """The approval that a topic is of; None for any other topic."""
    thing, name = topic
    return name.removeprefix(_TOPIC) if not thing and name.startswith(_TOPIC) else None


class Telling:
    """Events on the streams, and notices to people."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def asked(self, asked: Asked, *, anew: bool = False) -> None:
        """A question is open; `anew` it is taken up again after a start, and nobody is told twice."""
        self._approval(asked, "asked")
        if (command := self._command(asked)) is not None:
            self._parts.observers.publish(
                "action",
                command,
                self._parts.clock.wall(),
                {
                    "execution": asked.waits,
                    "outcome": None,
                    "reason": "",
                    "waits_for": "approval",
                    "expires_at": utc(asked.expires_at),
                    "principal": asked.principal.id,
                },
            )
        pending = Pending(asked.id, notice(asked), asked.asked_at, asked.expires_at, "It was not done.")
        if not anew:
            self._parts.notifier.tell(pending.notice)
        self._parts.reminders.watch(pending)

    def changed(self, asked: Asked) -> None:
        """Other rules ask now: what was shown counts no longer."""
        self._approval(asked, "changed")

    def answered(self, asked: Asked, by: str) -> None:
        """One of several has said yes."""
        self._approval(asked, "answered", by)

    def ended(self, asked: Asked) -> None:
        self._approval(asked, str(asked.end), asked.by)
        if asked.end is End.EXPIRED:
            return  # the reminders tell it by themselves
        at = self._parts.clock.wall()
        by = f" by {asked.by}" if asked.by else ""
        text = f"{_WORDS[asked.end]}{by}" + (f": {asked.why}" if asked.why and not asked.by else "")
        told = notice(asked)
        self._parts.reminders.answered(
            asked.id,
            Notice(
                new_id(at), at, told.title, text, to=told.to, ref=told.ref, tag=told.tag, about=told.about
            ),
        )

    def _approval(self, asked: Asked, change: str, by: str = "") -> None:
        data: dict[str, Json] = {"change": change, "approval": asked.id, "principal": asked.principal.id}
        data |= {"thing": asked.same.thing, "name": asked.same.affordance}
        data["plan" if asked.plan else "execution"] = asked.waits
        if asked.is_open:
            data["expires_at"] = utc(asked.expires_at)
        if by:
            data["by"] = by
        self._parts.observers.publish("approval", topic_of(asked.id), self._parts.clock.wall(), data)

    def _command(self, asked: Asked) -> Topic | None:
        return (asked.use.command.thing, asked.use.command.affordance) if asked.use is not None else None


def notice(asked: Asked) -> Notice:
    """What people are told when they are asked."""
    who = one_line(asked.principal.title or asked.principal.id)
    reasons = dict.fromkeys(ask.why for ask in asked.asks)
    text = f"{who} ({asked.principal.role}) asks. {' '.join(f'{why}.' for why in reasons)}"
    if saying := says(who, str(asked.shown.get("says") or "")):
        text = f"{text} {saying}"
    thing = "" if asked.plan else asked.same.thing
    about = About(
        thing,
        asked.same.affordance if thing else "",
        execution="" if asked.plan else asked.waits,
        plan=asked.plan,
    )
    return Notice(
        f"{asked.id}-asked",
        asked.asked_at,
        title=what(asked),
        text=text,
        kind="approval",
        to=(
            *asked.to(),
            *(("owner",) if "adult" in asked.to() else ()),
        ),  # the adults of a house include its owner
        urgency=Urgency.HIGH,
        ref=f"/approvals/{asked.id}",
        tag=asked.id,
        about=about,
        until=asked.expires_at,
    )


def what(asked: Asked) -> str:
    """What would happen, in a line: `Front door: unlock?`"""
    use = asked.shown.get("use")
    if not isinstance(use, dict):
        steps = asked.shown.get("steps")
        count = len(steps) if isinstance(steps, list) else 0
        title = one_line(str(asked.shown.get("title") or "")) or "a plan"
        return f"{title} ({count} steps)?"
    name = str(use["affordance"]).replace("_", " ")
    value = use["value"]
    taking = "" if value is None or value == {} else f" {one_line(_text(value), LONGEST_VALUE)}"
    return f"{use['title']}: {name}{taking}?"


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(item)}" for name, item in value.items())
    return str(value)
