"""Notices on the event stream: each is on a topic that says whom it is for, so that nobody else's stream carries it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from capabilities.vocabulary import Json
from gateway.notify.notice import Notice
from gateway.observers import Topic

_MARK: Final = ">"  # no affordance has it in its name


def topic_of(notice: Notice) -> Topic:
    return topic_for(notice.about.thing, notice.about.affordance, notice.to)


def topic_for(thing: str, affordance: str, to: Iterable[str]) -> Topic:
    """The topic of what only those named (roles and ids) are told."""
    return thing, f"{affordance}{_MARK}{','.join(sorted(to))}"


def addressed(topic: Topic) -> tuple[Topic, tuple[str, ...]] | None:
    """What a notice's topic is about (("", "") for nothing in particular), and whom it is for; None for any other topic."""
    thing, name = topic
    affordance, mark, to = name.partition(_MARK)
    return ((thing, affordance), tuple(to.split(","))) if mark else None


def event_of(notice: Notice) -> dict[str, Json]:
    """The event's members; `thing` and `name` say what it is about, in place of the topic's own."""
    return {**notice.document(), "thing": notice.about.thing, "name": notice.about.affordance}
