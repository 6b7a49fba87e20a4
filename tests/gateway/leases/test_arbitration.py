"""Between equals: who yielded last gets it, nobody is put out too soon, nobody waits for ever, and nobody gains by tricks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.simulated.timeline import ManualTimeline
from gateway.commands import Reason, Result
from gateway.leases.claims import Taken
from gateway.leases.ranges import Range
from tests.bench.arbitration import COLD as LOW
from tests.bench.arbitration import COO as FIRST
from tests.bench.arbitration import ECO as SECOND
from tests.bench.arbitration import WARM as HIGH
from tests.bench.arbitration import Contestant, agent, cases, simulate
from tests.gateway.core.rig import how
from tests.gateway.leases.fighters import (
    ANNA,
    COLD,
    COO,
    ECO,
    GREEN,
    HELPER,
    MINUTE,
    WARM,
    claim,
    holder,
    house,
    lease_of,
    passes,
)


async def test_without_a_record_the_holder_keeps_it_for_a_tenure(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await claim(rig, COO, COLD)
        await passes(rig, 60 * 0.5)
        answer = await claim(rig, ECO, WARM)
        assert answer.lease.state == "waiting"
        assert [one.holder for one in answer.holders] == ["coo"]
        await passes(rig, 10 * MINUTE - 1)
        assert holder(rig) == ["coo"]
        await passes(rig, 2)
        assert holder(rig) == ["eco"]
        assert lease_of(rig, COO).state == "waiting"
        told = [e.data for e in rig.events if e.kind == "notice"]
        assert [(one["to"], one["state"]) for one in told] == [(["eco"], "held"), (["coo"], "waiting")]


async def test_who_yielded_last_gets_it_now(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await claim(rig, COO, COLD)
        with pytest.raises(Taken, match="coo holds it and accepts 19 alone"):
            await claim(rig, ECO, WARM, waits=False)
        await passes(rig, 11 * MINUTE)
        answer = await claim(rig, ECO, WARM)
        assert answer.lease.state == "held" and holder(rig) == ["eco"], "it yielded, and the tenure is over"
        await passes(rig, 9 * MINUTE)
        assert holder(rig) == ["eco"], "it has its tenure, too"
        await passes(rig, 2 * MINUTE)
        assert holder(rig) == ["coo"]


async def test_the_record_outlives_a_restart(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with house(tmp_path, timeline=timeline) as rig:
        await claim(rig, COO, COLD)
        with pytest.raises(Taken):
            await claim(rig, ECO, WARM, waits=False)
    timeline.advance(11 * MINUTE)
    async with house(tmp_path, timeline=timeline, rules=None) as rig:
        assert (await claim(rig, ECO, WARM)).lease.state == "held"
    timeline.advance(1)
    async with house(tmp_path, timeline=timeline, rules=None) as rig:
        assert holder(rig) == ["eco"] and lease_of(rig, COO).state == "waiting"
        await passes(rig, 11 * MINUTE)
        assert holder(rig) == ["coo"]


async def test_the_line_goes_on_when_a_lease_ends(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        first = (await claim(rig, COO, COLD, for_s=120)).lease
        await claim(rig, ECO, WARM)
        await claim(rig, GREEN, Range(21, 21))
        await passes(rig, 121)
        assert holder(rig) == ["eco"]
        await rig.gateway.leases.release(lease_of(rig, ECO).id, "eco")
        assert holder(rig) == ["green"]
        assert lease_of(rig, GREEN).fence > first.fence


async def test_friends_cannot_relay_each_other(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await claim(rig, COO, COLD)
        await claim(rig, ECO, WARM)
        await passes(rig, 9 * MINUTE)
        joined = await claim(rig, HELPER, COLD)
        green = await claim(rig, GREEN, Range(18, 20))
        assert joined.lease.state == green.lease.state == "held"
        await passes(rig, 2 * MINUTE)
        assert holder(rig) == ["eco"]


async def test_an_exclusive_wish_is_not_starved_from_two_sides(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await claim(rig, COO, Range(one_of=(True,)), "lamp.on")
        waits = await claim(rig, ECO, what="lamp")
        assert waits.lease.state == "waiting"
        other = await claim(rig, GREEN, Range(10, 20), "lamp.brightness")
        assert other.lease.state == "waiting", "what is free is kept for who came before"
        await passes(rig, 11 * MINUTE)
        assert holder(rig, "lamp") == ["eco"]


async def test_after_so_many_fights_people_are_asked_and_it_stays_as_it_is(tmp_path: Path) -> None:
    async with house(tmp_path, escalate_after=3) as rig:
        await claim(rig, COO, COLD, for_s=4 * 3600)
        await claim(rig, ECO, WARM, for_s=4 * 3600)
        for _ in range(4):
            await passes(rig, 10 * MINUTE + 1)
        present = holder(rig)
        notices = [e.data for e in rig.events if e.kind == "notice" and e.data["kind"] == "escalation"]
        (asked,) = notices
        assert (
            asked["title"]
            == f"{'eco' if present == ['coo'] else 'coo'} and {present[0]} cannot agree about heating target"
        )
        text = str(asked["text"])
        assert "24 alone" in text and "19 alone" in text and "in the middle: 21.5 alone" in text
        assert "`hearth lease hold heating target --accepts 21.5..21.5 --for 2h`" in text
        await passes(rig, 30 * MINUTE)
        assert holder(rig) == present, "until somebody has said something"
        refused = await rig.run("heating.target", 22, by=GREEN)
        assert how(refused) == (Result.REFUSED, Reason.CONFLICT) and "people were asked" in refused.detail
        await claim(rig, ANNA, Range(20, 22), for_s=600)
        assert holder(rig) == ["anna"]
        await passes(rig, 11 * MINUTE)
        assert len(holder(rig)) == 1, "then it goes on by turns"
        rows = [r.body["change"] for r in await rig.rows("lease")]
        assert rows.count("escalated") == 1


async def test_nobody_answers_and_the_turns_go_on(tmp_path: Path) -> None:
    async with house(tmp_path, escalate_after=2) as rig:
        await claim(rig, COO, COLD, for_s=12 * 3600)
        await claim(rig, ECO, WARM, for_s=12 * 3600)
        seen: list[str] = []
        for _ in range(60):
            await passes(rig, 10 * MINUTE)
            seen += holder(rig)
        assert 0.4 <= seen.count("coo") / len(seen) <= 0.6
        assert [r.body["change"] for r in await rig.rows("lease")].count("escalated") == 1


def test_two_opposite_wishes_over_two_hundred_rounds() -> None:
    found = asyncio.run(simulate(cases()["two, 19 against 24"], rounds=200))
    assert found.restarts > 3
    assert all(0.4 <= share <= 0.6 for share in found.shares.values()), found.shares
    assert max(found.longest.values()) <= 5


@pytest.mark.parametrize(
    "name", ["three", "five", "friends overlap", "one sends five helpers", "one person's five agents"]
)
def test_more_of_them(name: str) -> None:
    found = asyncio.run(simulate(cases()[name], rounds=80, seed=3))
    parties = len(found.shares)
    assert all(0.8 / parties <= share <= 1.2 / parties for share in found.shares.values()), found.shares
    assert max(found.longest.values()) <= 5


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    asks=st.integers(1, 8),
    first=st.booleans(),
    renews=st.booleans(),
    helpers=st.integers(0, 3),
    tenures=st.floats(0.02, 60),
)
def test_nobody_gains_by_tricks(
    *, seed: int, asks: int, first: bool, renews: bool, helpers: int, tenures: float
) -> None:
    trickster = Contestant(FIRST, LOW, asks=asks, first=first, renews=renews, length=lambda _: tenures)
    others = [
        Contestant(agent(f"h{n}", "anna", FIRST), Range(19 - n / 10, 19 + n / 10)) for n in range(helpers)
    ]
    found = asyncio.run(simulate([trickster, *others, Contestant(SECOND, HIGH)], rounds=30, seed=seed))
    assert found.shares["anna"] <= 0.6, found.shares
    assert found.longest["ben"] <= 5
