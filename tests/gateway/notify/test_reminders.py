"""Whoever does not answer is reminded, then more people are told: by the clock that the test moves."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from drivers.simulated.timeline import ManualTimeline
from gateway.notify import Notice, Pending, Reminders, Urgency
from gateway.notify.reminders import BETWEEN_S, FIRST_REMINDER_S, MOST_WATCHED, TO_ANSWER_S, Stage, calls
from tests.gateway.notify.post import Post, posting


def pending(post: Post, seconds: float = 120.0, **members: Any) -> Pending:
    asked = post.notice(
        "Unlock the front door?",
        kind="approval",
        tag="a1",
        to=("ben",),
        urgency=Urgency.HIGH,
        ref="/approvals/a1",
    )
    now = post.clock.wall()
    return Pending(members.pop("id", "a1"), asked, now, now + seconds, "The door stays locked.", **members)


def told(post: Post) -> list[dict[str, Any]]:
    return [dict(event.data) for event in post.events]


def kinds(post: Post) -> list[str]:
    return [str(one["kind"]) for one in told(post)]


async def test_a_reminder_then_everybody_then_the_end(state: Path) -> None:
    async with posting(state) as post:
        reminders = Reminders(post.notifier, post.clock)
        reminders.watch(pending(post))
        post.timeline.advance(39)
        assert not post.events
        post.timeline.advance(1.1)
        (first,) = told(post)
        assert (first["kind"], first["to"], first["tag"]) == ("reminder", ["ben"], "a1")
        assert first["title"] == "Still waits: Unlock the front door?" and first["text"].startswith(
            "80 s left."
        )
        assert first["ref"] == "/approvals/a1" and first["notice"] == "a1-reminder"
        post.timeline.advance(40)
        second = told(post)[-1]
        assert (second["kind"], second["to"]) == ("escalation", ["adult", "ben", "owner"])
        post.timeline.advance(40)
        third = told(post)[-1]
        assert (third["kind"], third["title"]) == ("report", "Nobody answered: Unlock the front door?")
        assert third["text"].startswith("The door stays locked.")
        post.timeline.advance(10_000)
        assert kinds(post) == ["reminder", "escalation", "report"] and not len(reminders)


async def test_an_escalation_goes_by_the_channels_that_are_for_it(state: Path) -> None:
    siren = {"name": "siren", "kind": "command", "command": ("/bin/true",), "to": (), "escalation": True}
    async with posting(state, siren, working=False) as post:
        reminders = Reminders(post.notifier, post.clock)
        reminders.watch(pending(post))
        channel = post.notifier.channels["siren"]
        post.timeline.advance(41)
        assert channel.waiting == 0
        post.timeline.advance(40)
        assert channel.waiting == 1


async def test_an_answer_ends_it_and_takes_the_place_of_the_question(state: Path) -> None:
    async with posting(state) as post:
        reminders = Reminders(post.notifier, post.clock)
        reminders.watch(pending(post))
        post.timeline.advance(41)
        reminders.answered("a1", post.notice("ben said yes", tag="a1"))
        reminders.answered("a1")  # twice is no harm
        post.timeline.advance(10_000)
        assert [one["title"] for one in told(post)] == ["Still waits: Unlock the front door?", "ben said yes"]


@pytest.mark.parametrize(
    ("seconds", "at"),
    [
        (3600, [(1200, "reminder"), (2400, "escalation")]),
        (60, [(20, "reminder"), (40, "escalation")]),
        (45, [(15, "reminder"), (35, "escalation")]),
        (30, [(15, "escalation")]),  # time for one call only
        (15, []),
    ],
)
def test_when_people_are_called(seconds: float, at: list[tuple[float, str]]) -> None:
    found = calls(1000.0, 1000.0 + seconds)
    assert [(round(call.at - 1000, 6), call.stage.value) for call in found] == [*at, (seconds, "unanswered")]
    assert all(later.at - sooner.at >= min(BETWEEN_S, TO_ANSWER_S) for sooner, later in pairwise(found))
    assert found[0].stage is Stage.UNANSWERED or found[0].at - 1000 >= FIRST_REMINDER_S


async def test_after_a_restart_only_the_last_that_was_due_is_told(state: Path) -> None:
    clock = ManualTimeline()
    async with posting(state, clock=clock) as post:
        one = pending(post)
        Reminders(post.notifier, clock).watch(one)
    clock.close()  # the timers of the old process are gone
    clock.advance(90)  # both calls were due while nobody looked
    async with posting(state, clock=clock) as post:
        reminders = Reminders(post.notifier, clock)
        reminders.watch(one)
        assert kinds(post) == ["escalation"]
        reminders.watch(one)  # told again, it is the same by its id
        assert {str(event["notice"]) for event in told(post)} == {"a1-escalation"}
        clock.advance(31)
        assert kinds(post)[-1] == "report"


async def test_many_wait_at_once_and_too_many_are_not_reminded_of(
    state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with posting(state) as post:
        reminders = Reminders(post.notifier, post.clock)
        for number in range(MOST_WATCHED + 5):
            reminders.watch(pending(post, id=f"a{number}"))
        assert len(reminders) == MOST_WATCHED and caplog.text.count("nobody is reminded") == 5
        post.timeline.advance(41)
        assert len(post.events) == MOST_WATCHED
        reminders.close()
        post.timeline.advance(1000)
        assert len(post.events) == MOST_WATCHED


def test_a_notice_holds_nothing_that_answers_or_misleads() -> None:
    for ref in (
        "//evil.org/x",
        "https://evil.org",
        "/approvals/a?token=x",
        "/a b",
        "javascript:x",
        "/a#b",
        "/ü",
    ):
        assert Notice("n", 0.0, "t", "x", ref=ref).ref == ""
    assert Notice("n", 0.0, "t", "x", ref="/approvals/a-1").ref == "/approvals/a-1"
    notice = Notice("n", 0.0, "a\u202eb\n", "x\x1b[31m" * 1000, to=("b", "a", "b"))
    assert (notice.title, notice.to, len(notice.text)) == ("a b", ("a", "b"), 600)
