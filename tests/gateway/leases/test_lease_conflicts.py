"""What others hold: who passes, who is refused, and what the refusal says."""

from __future__ import annotations

from pathlib import Path

import pytest

from capabilities.vocabulary import Json
from drivers.simulated.timeline import ManualTimeline
from gateway.commands import Outcome, Reason, Result
from gateway.leases.claims import NoLease, Taken, UnknownPlace
from gateway.leases.ranges import Range
from tests.gateway.core.rig import AGENT, how, lamp
from tests.gateway.leases.fighters import (
    ANNA,
    BEN,
    COLD,
    COO,
    ECO,
    GREEN,
    HELPER,
    MINUTE,
    TIM,
    WARM,
    claim,
    heating,
    holder,
    house,
    lease_of,
    passes,
)

REFUSED = (Result.REFUSED, Reason.CONFLICT)


def told(outcome: Outcome) -> dict[str, Json]:
    assert outcome.conflict is not None
    return dict(outcome.conflict)


async def test_what_all_accept_passes_and_the_rest_is_answered_with_what_would(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        first = await claim(rig, COO, Range(19, 22), purpose="she works at home")
        second = await claim(rig, ECO, Range(17, 20))
        assert holder(rig) == ["coo", "eco"]
        assert second.lease.fence > first.lease.fence
        assert how(await rig.run("heating.target", 19.5, by=GREEN)) == (Result.CONFIRMED, Reason.NONE)
        refused = await rig.run("heating.target", 24, by=GREEN)
        assert how(refused) == REFUSED
        conflict = told(refused)
        assert conflict["counter_proposal"] == {
            "property": "target",
            "wish": 24,
            "value": 20,
            "accepts": {"minimum": 19, "maximum": 20},
        }
        assert conflict["accepted"] == {"minimum": 19, "maximum": 20}
        assert conflict["arbitration"] == {
            "method": "POST",
            "href": "/leases",
            "body": {
                "thing": "heating",
                "property": "target",
                "accepts": {"one_of": [24]},
                "for": "30m",
                "purpose": "why you want it",
            },
        }
        assert "20 would pass" in refused.detail
        assert how(await rig.run("heating.target", 20, by=GREEN)) == (Result.CONFIRMED, Reason.NONE)


async def test_the_rules_bound_the_counter_proposal(tmp_path: Path) -> None:
    rules = (
        '[[limit]]\nid = "band"\non = ["thermostat.target"]\nvalue = { min = 18, max = 20.5 }\nwhy = "Cost"\n'
    )
    async with house(tmp_path, rules=rules) as rig:
        await claim(rig, COO, Range(20, 23))
        refused = await rig.run("heating.target", 18, by=ECO)
        offer = told(refused)["counter_proposal"]
        assert isinstance(offer, dict)
        assert (offer["value"], offer["accepts"]) == (20, {"minimum": 20, "maximum": 20.5})


async def test_an_exclusive_lease_tells_when_it_is_free(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await claim(rig, COO, what="lamp", for_s=600)
        refused = await rig.run("lamp.on", True, by=ECO)
        assert told(refused)["counter_proposal"] == {
            "property": "on",
            "wish": True,
            "value": None,
            "free_in_s": 600,
        }
        assert "for another 10 min" in refused.detail and "accepts nothing else" in refused.detail
        assert how(await rig.run("lamp.on", True, by=COO)) == (Result.CONFIRMED, Reason.NONE)
        assert how(await rig.run("lamp.brightness", 30, by=HELPER)) == (Result.CONFIRMED, Reason.NONE)
        await passes(rig, 601)
        assert how(await rig.run("lamp.on", False, by=ECO)) == (Result.CONFIRMED, Reason.NONE)


async def test_several_properties_at_once_each_count(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await claim(rig, COO, Range(10, 40), "lamp.brightness")
        assert how(await rig.run("lamp.set()", {"on": True, "brightness": 30}, by=ECO))[0] is Result.CONFIRMED
        refused = await rig.run("lamp.set()", {"on": True, "brightness": 80}, by=ECO)
        assert how(refused) == REFUSED
        offer = told(refused)["counter_proposal"]
        assert isinstance(offer, dict) and (offer["property"], offer["value"]) == ("brightness", 40)
        assert how(await rig.run("lamp.toggle()", by=ECO))[0] is Result.CONFIRMED, "it is another property"


async def test_people_pass_and_suspend_what_they_overrule(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await claim(rig, COO, COLD)
        assert how(await rig.run("heating.target", 23, by=TIM)) == (Result.CONFIRMED, Reason.NONE)
        assert holder(rig) == []
        assert lease_of(rig, COO).state == "suspended"
        refused = await rig.run("heating.target", 19, by=ECO)
        assert how(refused) == REFUSED
        assert told(refused)["kind"] == "takeover" and told(refused)["holder"] == "tim"
        notices = [e.data for e in rig.events if e.kind == "notice"]
        assert notices[-1]["to"] == ["coo"] and "suspended for 15 min" in str(notices[-1]["text"])
        await passes(rig, 15 * MINUTE + 1)
        assert holder(rig) == ["coo"]
        assert [r.body["change"] for r in await rig.rows("lease")] == [
            "claimed",
            "overridden",
            "resumed",
            "granted",
        ]


async def test_a_household_lease_binds_software_and_yields_to_nobody_below(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await claim(rig, COO, WARM)
        held = await claim(rig, ANNA, Range(20, 22))
        assert held.lease.state == "held" and holder(rig) == ["anna"]
        assert lease_of(rig, COO).state == "suspended"
        assert how(await rig.run("heating.target", 24, by=ECO)) == REFUSED
        assert how(await rig.run("heating.target", 24, by=TIM)) == REFUSED, (
            "a child asks, and does not overrule"
        )
        assert how(await rig.run("heating.target", 24, by=BEN)) == REFUSED, "between equals it counts, too"
        await rig.gateway.leases.release(held.lease.id, "ben")
        assert holder(rig) == ["coo"]


async def test_what_is_safe_passes_everybody(tmp_path: Path) -> None:
    from tests.gateway.core.rig import device

    async with house(tmp_path, [device("bedroom-blind")]) as rig:
        blind = next(iter(rig.gateway.registry)).id
        await claim(rig, COO, what=blind)
        outcome = await rig.run(f"{blind}.stop()", by=ECO)
        assert outcome.reason is not Reason.CONFLICT
        assert holder(rig, blind) == ["coo"]


async def test_a_schedule_gives_way_to_whoever_asks_now(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await claim(rig, ANNA, COLD, scheduled=True)
        refused = await rig.run("heating.target", 24, by=ECO, scheduled=True)
        assert how(refused) == REFUSED
        assert how(await rig.run("heating.target", 24, by=ECO)) == (Result.CONFIRMED, Reason.NONE)
        assert lease_of(rig, ANNA).state == "suspended"


async def test_a_command_under_a_lease_is_refused_when_that_is_no_longer_good(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        lease = (await claim(rig, COO, COLD)).lease
        fine = await rig.run("heating.target", 19, by=COO, lease=lease.name())
        assert how(fine) == (Result.CONFIRMED, Reason.NONE)
        for named in (
            f"{lease.id};fence={lease.fence - 1}",
            "nothing;fence=1",
            lease.id,
            "x" * 5000,
            ";fence=1",
        ):
            outcome = await rig.run("heating.target", 19, by=COO, lease=named)
            assert how(outcome) == (Result.REFUSED, Reason.STALE_LEASE), named
        stolen = await rig.run("heating.target", 19, by=ECO, lease=lease.name())
        assert how(stolen) == (Result.REFUSED, Reason.STALE_LEASE)
        await rig.run("heating.target", 23, by=ANNA)
        stale = await rig.run("lamp.on", True, by=COO, lease=lease.name())
        assert how(stale) == (Result.REFUSED, Reason.STALE_LEASE) and "suspended" in stale.detail
        await passes(rig, 16 * MINUTE)
        again = await rig.run("heating.target", 19, by=COO, lease=lease.name())
        assert how(again) == (Result.REFUSED, Reason.STALE_LEASE), "it was given anew, with another fence"
        named = lease_of(rig, COO).name()
        assert how(await rig.run("heating.target", 19, by=COO, lease=named)) == (
            Result.CONFIRMED,
            Reason.NONE,
        )


async def test_nobody_holds_what_they_may_not_operate(tmp_path: Path) -> None:
    rules = '[[limit]]\nid = "no"\nwho = ["agent"]\non = ["thermostat.*"]\nnever = true\nwhy = "No"\n'
    async with house(tmp_path, rules=rules) as rig:
        for what in ("heating.target", "heating", "attic.target", "heating.humidity"):
            with pytest.raises(UnknownPlace):
                await claim(rig, COO, COLD if "." in what else Range(), what)
        with pytest.raises(NoLease, match="said of one property"):
            await claim(rig, ANNA, COLD, "heating")
        with pytest.raises(NoLease, match="cannot be 'warm'"):
            await claim(rig, ANNA, Range(one_of=("warm",)))
        with pytest.raises(NoLease, match="at most 12 h"):
            await claim(rig, COO, what="lamp", for_s=13 * 3600)


async def test_a_lease_of_a_group_is_one_of_its_members_and_the_other_way_round(tmp_path: Path) -> None:
    async with house(tmp_path, [lamp("a"), lamp("b"), lamp("both")]) as rig:
        rig.thing("both").members = ("a", "b")
        await claim(rig, COO, Range(one_of=(True,)), "both.on")
        assert how(await rig.run("a.on", False, by=ECO)) == REFUSED
        assert how(await rig.run("a.on", True, by=ECO))[0] is Result.CONFIRMED
        await rig.gateway.leases.release(lease_of(rig, COO, "both").id, "coo")
        await claim(rig, COO, Range(one_of=(True,)), "b.on")
        assert how(await rig.run("both.on", False, by=ECO)) == REFUSED
        answer = await claim(rig, ECO, Range(one_of=(False,)), "both.on")
        assert answer.lease.state == "waiting"


async def test_leases_end_with_the_last_token_of_their_holder(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await claim(rig, COO, COLD)
        await claim(rig, ECO, WARM)
        (token,) = [
            t
            for t in await rig.gateway.identity.list_tokens()
            if t.principal.id == "coo" and not t.revoked_at
        ]
        await rig.gateway.identity.revoke(token.id)
        await rig.gateway.leases.advance()
        assert holder(rig) == ["eco"]
        await rig.gateway.panic.press(ANNA)
        assert list(rig.gateway.leases) == []


async def test_leases_end_with_their_thing(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await claim(rig, COO, COLD)
        await rig.gateway.registry.forget("heating", by="anna")
        await passes(rig, 61)
        assert list(rig.gateway.leases) == []


async def test_who_asks_again_keeps_its_lease(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        first = (await claim(rig, COO, COLD)).lease
        again = (await claim(rig, COO, Range(19, 20), for_s=7200)).lease
        assert (again.id, again.fence, again.since) == (first.id, first.fence, first.since)
        assert len(list(rig.gateway.leases)) == 1
        await claim(rig, ECO, Range(20, 24))
        with pytest.raises(Taken) as taken:
            await claim(rig, COO, COLD)
        assert taken.value.proposal == {"minimum": 20, "maximum": 24}
        assert holder(rig) == ["coo", "eco"]


async def test_a_proposal_can_be_accepted(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await claim(rig, COO, Range(19, 21))
        answer = await claim(rig, ECO, WARM)
        assert answer.proposal == {"minimum": 19, "maximum": 21}
        taken = await rig.gateway.leases.accept(ECO, answer.lease)
        assert taken.lease.state == "held" and taken.lease.accepts == Range(19, 21)
        assert holder(rig) == ["coo", "eco"]


async def test_a_restart_keeps_leases_with_their_fences(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with house(tmp_path, timeline=timeline) as rig:
        held = (await claim(rig, COO, COLD)).lease
        await claim(rig, ECO, WARM)
        await claim(rig, COO, what="lamp", for_s=60)
        await claim(rig, GREEN, WARM, "heating.target", for_s=7000)
    timeline.advance(120)
    async with house(tmp_path, timeline=timeline, rules=None) as rig:
        assert holder(rig) == ["coo"]
        assert lease_of(rig, COO).fence == held.fence
        assert lease_of(rig, ECO).state == "waiting"
        fresh = await claim(rig, COO, what="lamp")
        assert fresh.lease.fence > held.fence + 1
        await passes(rig, 10 * MINUTE)
        assert holder(rig) == ["eco", "green"]


async def test_an_agent_of_nobody_is_refused_too(tmp_path: Path) -> None:
    async with house(tmp_path, [heating(), lamp()]) as rig:
        await claim(rig, ECO, COLD)
        assert how(await rig.run("heating.target", 22, by=AGENT)) == REFUSED
