"""Notices on the event stream: each is on a topic that says whom it is for, so that nobody else's stream carries it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.notify.notice import Notice, recipients
from gateway.observers import ADDRESSED, Topic

_BETWEEN: Final = "\n"  # recipients are words of one line


def topic_of(notice: Notice) -> Topic:
    return topic_for(notice.about.thing, notice.about.affordance, notice.to)


def topic_for(thing: str, affordance: str, to: Iterable[str]) -> Topic:
    """The topic of what only those named (roles and ids) are told."""
    return thing, f"{affordance}{ADDRESSED}{_BETWEEN.join(recipients(to))}"


def addressed(topic: Topic) -> tuple[Topic, tuple[str, ...]] | None:
    """What a notice's topic is about (("", "") for nothing in particular), and whom it is for; None for any other topic."""
    thing, name = topic
    affordance, mark, to = name.partition(ADDRESSED)
    return ((thing, affordance), tuple(to.split(_BETWEEN))) if mark else None
