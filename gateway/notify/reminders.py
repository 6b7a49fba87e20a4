"""Whoever is asked and does not answer is reminded; then more people are told; at the end, that nobody answered.

Nothing of it is stored: what waits is stored by whoever asked, and is watched again after a start. Each of these notices has
an id made from what waits and the stage, so that one that is told again is the same for those who count.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.notify.notice import EVERYBODY_IN_CHARGE, Kind, Notice, Urgency, recipients
from gateway.notify.notifier import Notifier
from gateway.notify.timer import Alarm

REMIND_AFTER: Final = 1 / 3
ESCALATE_AFTER: Final = 2 / 3
"""Of the time that there is for an answer."""

FIRST_REMINDER_S: Final = 15.0
"""A phone is taken out of a pocket in that time; sooner would be nagging."""

BETWEEN_S: Final = 20.0
"""No two notices about the same come closer together."""

TO_ANSWER_S: Final = 5.0
"""Nobody can answer in less: so close to the end nobody is reminded any more."""

MOST_WATCHED: Final = 256
"""Things that wait at the same time. Each principal may have a handful; beyond that, further ones run out unreminded."""

EARLY_S: Final = 0.01
"""Timers and clocks differ by so much: what is due then is due now."""

log = logging.getLogger(__name__)


class Stage(StrEnum):
    REMINDER = "reminder"
    ESCALATION = "escalation"
    UNANSWERED = "unanswered"


_KINDS: Final[dict[Stage, Kind]] = {
    Stage.REMINDER: "reminder",
    Stage.ESCALATION: "escalation",
    Stage.UNANSWERED: "report",
}


@dataclass(frozen=True, slots=True)
class Pending:
    """Something that waits for a person. `notice` is how they were asked; `asked_at` and `expires_at` are seconds since the
    epoch. `unanswered` says what is so if nobody answers ("It was not done.").
    """

    id: str
    notice: Notice
    asked_at: float
    expires_at: float
    unanswered: str = ""


class Call(NamedTuple):
    """A stage, and when it is due (seconds since the epoch)."""

    at: float
    stage: Stage


class Reminders:
    """`watch` what waits, and say when it is `answered`."""

    def __init__(self, notifier: Notifier, clock: Clock) -> None:
        self._notifier = notifier
        self._clock = clock
        self._watched: dict[str, tuple[Pending, list[Call]]] = {}
        self._alarm = Alarm(clock, self._look)

    def __len__(self) -> int:
        return len(self._watched)

    def watch(self, pending: Pending) -> None:
        """From now until it is answered or over. What was due while nobody looked is told once, and only the last of it."""
        if pending.id not in self._watched and len(self._watched) >= MOST_WATCHED:
            log.error("%d things wait for people already: nobody is reminded of %s", MOST_WATCHED, pending.id)
            return
        self._watched[pending.id] = pending, calls(pending.asked_at, pending.expires_at)
        self._look()

    def answered(self, pending: str, notice: Notice | None = None) -> None:
        """Ends the reminding. `notice` says how it was answered, in the place of the question (give it the same `tag`)."""
        self._watched.pop(pending, None)
        self._set_alarm()
        if notice is not None:
            self._notifier.tell(notice)

    def close(self) -> None:
        self._alarm.stop()
        self._watched.clear()

    def _look(self) -> None:
        now = self._clock.wall()
        for pending, left in list(self._watched.values()):
            due = [call for call in left if call.at <= now + EARLY_S]
            del left[: len(due)]
            if not left:
                del self._watched[pending.id]
            if due:
                self._notifier.tell(_notice(pending, due[-1].stage, now))
        self._set_alarm()

    def _set_alarm(self) -> None:
        times = [left[0].at for _, left in self._watched.values()]
        if times:
            self._alarm.set(min(times) - self._clock.wall())
        else:
            self._alarm.stop()


def calls(asked_at: float, expires_at: float) -> list[Call]:
    """When people are called again. Where there is time for one call only, it goes to everybody in charge."""
    span = expires_at - asked_at
    first = asked_at + max(span * REMIND_AFTER, FIRST_REMINDER_S)
    second = max(asked_at + span * ESCALATE_AFTER, first + BETWEEN_S)
    last = expires_at - TO_ANSWER_S
    end = Call(expires_at, Stage.UNANSWERED)
    if second <= last:
        return [Call(first, Stage.REMINDER), Call(second, Stage.ESCALATION), end]
    return [Call(first, Stage.ESCALATION), end] if first <= last else [end]


def _notice(pending: Pending, stage: Stage, now: float) -> Notice:
    asked = pending.notice
    told = replace(
        asked,
        id=f"{pending.id}-{stage}",
        at=now,
        kind=_KINDS[stage],
        urgency=Urgency.HIGH,
        tag=asked.tag or pending.id,
        until=pending.expires_at,
    )
    if stage is Stage.REMINDER:
        left = _in_words(pending.expires_at - now)
        return replace(
            told,
            title=f"Still waits: {asked.title}",
            text=f"{left} left. {asked.text}",
            words=_said(asked, stage, left),
        )
    to = recipients((*asked.to, *EVERYBODY_IN_CHARGE))
    if stage is Stage.ESCALATION:
        left = _in_words(pending.expires_at - now)
        text = f"Nobody has answered, {left} left. {asked.text}"
        return replace(
            told,
            title=f"Urgent: {asked.title}",
            text=text,
            to=to,
            escalated=True,
            words=_said(asked, stage, left),
        )
    text = " ".join(part for part in (pending.unanswered, asked.text) if part)
    return replace(
        told,
        title=f"Nobody answered: {asked.title}",
        text=text,
        to=to,
        escalated=True,
        until=0.0,
        urgency=Urgency.NORMAL,
        words=_said(asked, stage),
    )


def _said(asked: Notice, stage: Stage, left: str = "") -> dict[str, Json]:
    """The question's words, with what is said of it now."""
    return {**asked.words, "say": str(stage), "left": left} if asked.words else {}


def _in_words(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"
