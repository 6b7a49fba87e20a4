"""What waits for a channel: bounded, the urgent first, paced; and what is urgent outlives the process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from drivers.simulated.timeline import ManualTimeline
from gateway.notify import Urgency
from gateway.notify.pace import BURST, EVERY_S, LONGEST_PAUSE_S, Pace
from gateway.notify.queue import AGAIN_S, MOST_WAITING
from gateway.notify.recording import MOST_ENTRIES_A_MINUTE
from tests.gateway.notify.post import Answer, WebServer, posting, until


def hook(server: WebServer, name: str = "hook", **members: Any) -> dict[str, Any]:
    return {"name": name, "kind": "webhook", "url": server.url, **members}


def titles(server: WebServer) -> list[str]:
    return [str(one.document["data"]["title"]) for one in server.got]


# ---------------------------------------------------------------- whom a channel reaches


@pytest.mark.parametrize(
    ("channel", "notice", "reached"),
    [
        (("owner", "adult"), ("adult",), True),
        (("anna",), ("owner",), True),  # her phone, and she is an owner
        (("anna",), ("adult",), False),
        (("adult",), ("ben",), True),
        (("adult",), ("tim",), False),
        (("ben",), ("ben",), True),
        (("owner",), ("coo",), False),
        ((), ("owner", "adult"), False),
    ],
)
async def test_whom_a_channel_reaches(
    state: Path, channel: tuple[str, ...], notice: tuple[str, ...], reached: bool
) -> None:
    one = {"name": "one", "kind": "command", "command": ("/bin/true",), "to": channel, "escalation": True}
    async with posting(state, one, working=False) as post:
        post.tell(to=notice)
        assert bool(post.notifier.channels["one"].waiting) is reached
        post.urgent(to=notice, escalated=True)  # reaches it in any case
        assert post.notifier.channels["one"].waiting == 1 + reached


# ---------------------------------------------------------------- the queue


async def test_too_much_drops_what_presses_least_and_counts_it(state: Path, server: WebServer) -> None:
    async with posting(state, hook(server, urgency="low"), working=False) as post:
        channel = post.notifier.channels["hook"]
        for number in range(3):
            post.urgent(f"urgent {number}")
        for number in range(MOST_WAITING * 3):
            post.tell(f"ordinary {number}", urgency=Urgency.LOW)
        assert channel.waiting == MOST_WAITING
        assert channel.tally.dropped == 3 + MOST_WAITING * 2
        waiting = [parcel.notice.title for parcel in channel._queue._waiting]
        assert waiting[:3] == ["urgent 0", "urgent 1", "urgent 2"]
        assert waiting[-1] == f"ordinary {MOST_WAITING * 3 - 1}"
        rows = await post.rows()  # bounded, and what is missing is counted with the next
        assert len(rows) == MOST_ENTRIES_A_MINUTE
        post.timeline.advance(61)
        post.tell("one more", urgency=Urgency.LOW)
        assert (await post.rows())[-1].body["unrecorded"] == channel.tally.dropped - MOST_ENTRIES_A_MINUTE - 1


async def test_of_what_is_about_the_same_only_the_newest_goes_out(state: Path, server: WebServer) -> None:
    server.hold = asyncio.Event()
    async with posting(state, hook(server)) as post:
        post.tell("first, and on its way")
        await until(lambda: server.got)
        for number in range(20):
            post.tell(f"lamp {number}", tag="lamp.on")
        post.urgent("the door")
        server.hold.set()
        await until(lambda: post.notifier.channels["hook"].tally.delivered == 3)
        assert titles(server) == ["first, and on its way", "the door", "lamp 19"]
        assert [row.body["delivered"] for row in await post.rows()] == [True]  # the door; nothing has failed


async def test_what_is_no_longer_so_is_not_told(state: Path, server: WebServer) -> None:
    """An answer that comes before the question could be delivered takes the question back."""
    async with posting(state, hook(server, urgency="high"), working=False) as post:
        post.urgent("asked", tag="a1")
        post.tell("answered", tag="a1", urgency=Urgency.LOW)
        assert post.notifier.channels["hook"].waiting == 0
        (row,) = await post.rows()  # it was urgent, so that what became of it is told
        assert row.body["because"] == "it was no longer so before it could be told"


async def test_a_flood_goes_out_at_a_pace_and_holds_up_nothing_urgent(state: Path, server: WebServer) -> None:
    async with posting(state, hook(server, urgency="low")) as post:
        tally = post.notifier.channels["hook"].tally
        for number in range(BURST + 5):
            post.tell(f"lamp {number}", urgency=Urgency.LOW)
        await until(lambda: tally.delivered == BURST)
        post.urgent("the door")
        await until(lambda: tally.delivered == BURST + 1)
        assert titles(server)[-1] == "the door"
        post.timeline.advance(EVERY_S)
        await until(lambda: tally.delivered == BURST + 2)
        post.timeline.advance(EVERY_S * 4)
        await until(lambda: tally.delivered == BURST + 6)


async def test_the_same_over_and_over_goes_out_once_a_minute(state: Path, server: WebServer) -> None:
    async with posting(state, hook(server, urgency="low")) as post:
        tally = post.notifier.channels["hook"].tally
        post.tell("lamp 0", tag="lamp.on")
        await until(lambda: tally.delivered == 1)
        for number in range(1, 50):
            post.tell(f"lamp {number}", tag="lamp.on")
        post.tell("another", tag="fan.on")
        await until(lambda: tally.delivered == 2)
        post.timeline.advance(AGAIN_S - 1)
        post.urgent("lamp on fire", tag="lamp.on")  # that is no repetition
        await until(lambda: tally.delivered == 3)
        post.tell("lamp is well", tag="lamp.on", urgency=Urgency.LOW)  # nor is this
        await until(lambda: tally.delivered == 4)
        post.tell("lamp is still well", tag="lamp.on", urgency=Urgency.LOW)
        post.timeline.advance(AGAIN_S + 1)
        await until(lambda: tally.delivered == 5)
        assert titles(server) == ["lamp 0", "another", "lamp on fire", "lamp is well", "lamp is still well"]


def test_pauses_grow_and_end() -> None:
    pace, pauses, now = Pace(), [], 0.0
    for _ in range(12):
        pause = pace.failed(now)
        assert pace.wait(now, urgent=True) == pytest.approx(pause)
        pauses.append(pause)
        now += pause
    assert pauses[0] < 3 and max(pauses) <= LONGEST_PAUSE_S * 1.2 and pauses[-1] > LONGEST_PAUSE_S / 2
    pace.succeeded()
    assert pace.wait(now, urgent=True) == 0


async def test_what_comes_too_late_is_given_up(state: Path, server: WebServer) -> None:
    server.answers = [Answer(503)]
    async with posting(state, hook(server)) as post:
        tally = post.notifier.channels["hook"].tally
        post.urgent("asked", until=post.clock.wall() + 30)
        for _ in range(6):
            before = tally.failed_tries
            await until(lambda before=before: tally.failed_tries > before or tally.given_up)  # type: ignore[misc]
            post.timeline.advance(20)
        await until(lambda: tally.given_up == 1)
        (row,) = await post.rows()
        assert (row.body["delivered"], row.body["because"]) == (False, "it came too late to be of use")
        await post.kept_are(0)


# ---------------------------------------------------------------- restarts


async def test_what_is_urgent_is_delivered_after_a_restart(state: Path, server: WebServer) -> None:
    server.answers = [Answer(503), Answer(200)]
    clock = ManualTimeline()
    async with posting(state, hook(server), hook(server, "gone"), clock=clock) as post:
        # Both try, one gets the 503 and one the 200; nothing is said about which.
        urgent = post.urgent("asked", kind="approval", ref="/approvals/a1", tag="a1", facts={"rule": "r"})
        post.tell("an ordinary one")
        failing = [one for one in post.notifier.channels.values() if one.name]
        await until(lambda: sum(one.tally.failed_tries for one in failing) == 1)
        await until(lambda: sum(one.tally.delivered for one in failing) >= 1)
        await post.kept_are(1)
        ((_, name),) = await post.kept()
    got = len(server.got)
    async with posting(state, hook(server, str(name)), clock=clock) as post:
        await until(lambda: post.notifier.channels[str(name)].tally.delivered == 1)
        await post.kept_are(0)
    again = server.got[got]
    assert again.headers["webhook-id"] == urgent.id
    data = again.document["data"]
    assert (data["title"], data["kind"], data["ref"], data["tag"], data["rule"]) == (
        "asked", "approval", "/approvals/a1", "a1", "r",
    )  # fmt: skip
    assert again.document["timestamp"] == "2025-06-15T15:06:40.000Z"  # when it came to be


@pytest.mark.parametrize("turns", range(1, 9))
async def test_an_end_in_order_loses_nothing(state: Path, server: WebServer, turns: int) -> None:
    """Wherever the writing is when it comes."""
    server.hold = asyncio.Event()
    clock = ManualTimeline()
    async with posting(state, hook(server), clock=clock) as post:
        for _ in range(3):
            await asyncio.sleep(0)  # at work
        first = post.urgent("asked")
        for _ in range(turns):
            await asyncio.sleep(0)
    server.hold.set()
    async with posting(state, hook(server), clock=clock, working=False) as post:
        assert await post.kept() == [(first.id, "hook")]


async def test_what_is_not_to_be_delivered_any_more_is_forgotten(state: Path, server: WebServer) -> None:
    clock = ManualTimeline()
    server.answers = [Answer(503)]
    async with posting(state, hook(server, "old"), hook(server, "gone"), clock=clock) as post:
        post.urgent("asked", until=clock.wall() + 60)
        await post.kept_are(2)
        await post.database.execute("INSERT INTO notices VALUES ('broken', 'old', 0, '{')")
        await post.database.execute("INSERT INTO notices VALUES ('other', 'old', 0, '[1]')")
        await post.database.execute(
            "INSERT INTO notices SELECT 'odd', channel, at, json_set(body, '$.to', 5) FROM notices LIMIT 1"
        )
    clock.advance(100)
    got = len(server.got)
    async with posting(state, hook(server, "old"), clock=clock) as post:
        await post.kept_are(0)
        assert len(server.got) == got  # too late, or of a channel that is no more
        await until(lambda: post.notifier.channels["old"].tally.given_up == 1)


async def test_a_delivered_one_is_not_kept(state: Path, server: WebServer) -> None:
    async with posting(state, hook(server)) as post:
        for _ in range(5):
            post.urgent()
        await until(lambda: post.notifier.channels["hook"].tally.delivered == 5)
        await post.kept_are(0)
    async with posting(state, hook(server)) as post:
        await post.kept_are(0)
        assert post.notifier.channels["hook"].waiting == 0


async def test_telling_never_raises(
    state: Path, server: WebServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers = [Answer(400)]
    async with posting(state, hook(server)) as post:
        with monkeypatch.context() as broken:
            broken.setattr(post.ledger, "_writer", None)
            broken.setattr(post.database, "_connection", None)
            post.urgent()
            post.tell("unheard of", facts={"no": object()})
            await until(lambda: post.notifier.channels["hook"].tally.given_up == 1)
            await until(lambda: "not kept over a restart" in caplog.text and "not recorded" in caplog.text)
        assert "the notice 'unheard of' could not be told" in caplog.text
        assert len(post.events) == len(server.got) == 1
