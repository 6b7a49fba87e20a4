"""Who is told of a question: those who may answer it, and whoever asked that it waits."""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from gateway.approvals.asked import Asked, End
from gateway.approvals.showing import utc
from gateway.foreign import one_line
from gateway.ids import new_id
from gateway.notify.notice import LONGEST_SAYING, About, Notice, Urgency, says
from gateway.notify.reminders import Pending
from gateway.notify.words import in_parts, use_of
from gateway.observers import Topic
from gateway.parts import Parts
from gateway.roots import whose

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
        title = f"{_WORDS[asked.end].capitalize()}: {told.title.removesuffix('?')}"
        self._parts.reminders.answered(
            asked.id,
            Notice(
                new_id(at),
                at,
                title,
                text,
                to=told.to,
                ref=told.ref,
                tag=told.tag,
                about=told.about,
                words=in_parts(str(asked.end), told.words, by=asked.by, rest="", says=""),
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
    """What people are told when they are asked: facts first, then the rules' reasons, the asker's own words last, in quotes."""
    who = asked.principal.id
    told = [f"{whose(asked.principal)} ({asked.principal.role}) asks."]
    when = asked.shown.get("when")
    if isinstance(when, dict):
        told.append(f"When: {when.get('words')}.")
    told += dict.fromkeys(f"{ask.why}." for ask in asked.asks)
    own = {name: str(asked.shown.get(name) or "") for name in ("says", "titled", "calls_itself")}
    told += filter(
        None,
        (
            says(who, own["says"]),
            _quoted(f"{who} calls the plan", own["titled"]),
            _quoted(f"{who} calls itself", own["calls_itself"]),
        ),
    )
    text = " ".join(told)
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
        words=_words(asked),
    )


def _words(asked: Asked) -> dict[str, Json]:
    told: dict[str, Json] = {
        "who": asked.principal.id,
        "for": asked.principal.acts_for,
        "role": asked.principal.role,
        "maker": asked.principal.makers[-1].id if asked.principal.makers else "",
    }
    told["rest"] = " ".join(dict.fromkeys(f"{ask.why}." for ask in asked.asks))
    told["says"] = one_line(str(asked.shown.get("says") or ""), LONGEST_SAYING)
    use, when = asked.shown.get("use"), asked.shown.get("when")
    if isinstance(use, dict):
        return in_parts("asked", told, use=use_of(use))
    steps, first = _steps(asked)
    told["again"] = isinstance(when, dict) and when.get("recurs") is True
    return in_parts("asked", told, use=use_of(first) if first is not None else None, steps=len(steps))


def what(asked: Asked) -> str:
    """What would happen, in a line of facts: `Front door: unlock?`, `A plan of 3 steps: Front door: unlock, and 2 more?`"""
    use = asked.shown.get("use")
    if isinstance(use, dict):
        return f"{_use(use)}?"
    steps, first = _steps(asked)
    if first is None:
        return "A plan?"
    more = f", and {len(steps) - 1} more" if len(steps) > 1 else ""
    when = asked.shown.get("when")
    again = ", again and again" if isinstance(when, dict) and when.get("recurs") is True else ""
    return f"A plan of {len(steps)} step{'' if len(steps) == 1 else 's'}{again}: {_use(first)}{more}?"


def _steps(asked: Asked) -> tuple[list[dict[str, Json]], dict[str, Json] | None]:
    """All of a plan, and the one that is named: first what people are asked for, which what needs nobody would hide."""
    listed = asked.shown.get("steps")
    steps = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return steps, next((one for one in steps if one["asked"]), steps[0] if steps else None)


def _use(use: dict[str, Json]) -> str:
    name, value = str(use["affordance"]).replace("_", " "), use["value"]
    listed = use.get("members")
    of = f" ({len(listed)} devices)" if isinstance(listed, list) else ""
    if isinstance(value, bool) and name == "on":
        return f"{use['title']}{of}: switch {_text(value)}"
    taking = "" if value is None or value == {} else f" {one_line(_text(value), LONGEST_VALUE)}"
    return f"{use['title']}{of}: {name}{taking}"


def _quoted(who: str, text: str) -> str:
    said = one_line(text, LONGEST_SAYING).replace("“", '"').replace("”", '"')
    return f"{who} “{said}”." if said else ""


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(item)}" for name, item in value.items())
    return str(value)
