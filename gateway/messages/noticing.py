"""Which messages people are told of besides the stream: tasks for them, and what an agent wants them to look at."""

from __future__ import annotations

from typing import Final

from gateway.ids import new_id
from gateway.messages.message import Message, Type
from gateway.notify.notice import About, Kind, Notice, Urgency, says
from gateway.notify.words import in_parts

_KINDS: Final[dict[Type, tuple[Kind, str, str]]] = {
    Type.TASK_ASSIGNMENT: ("notice", "A task from {}", "task"),
    Type.ESCALATION: ("escalation", "{} asks you to look at something", "look"),
}


def notice_of(message: Message) -> Notice | None:
    """None for what needs nobody's eyes. Only what is said in somebody's own words is told, as theirs: a line of the gateway's
    own beside it would lend it weight.
    """
    if message.type not in _KINDS:
        return None
    kind, title, said = _KINDS[message.type]
    spoken = message.body.get("what") or message.body.get("said")
    text = str(spoken.get("text", "")) if isinstance(spoken, dict) else ""
    thing = message.body.get("thing")
    return Notice(
        new_id(message.at),
        message.at,
        title.format(message.sender),
        says(message.sender, text) or "It says nothing more.",
        kind=kind,
        to=message.to,
        urgency=Urgency.NORMAL,
        ref="/messages",
        tag=f"thread-{message.thread}",
        about=About(thing=thing if isinstance(thing, str) else ""),
        facts={"thread": message.thread, "principal": message.sender},
        words=in_parts(said, who=message.sender, says=text),
    )
