"""One agent with a crowd of helpers, and what it must not take from others; and what a lease must not tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.commands import Reason
from gateway.leases.claims import MOST_IN_LINE, MOST_OF_A_PARTY, NoLease, TooMany, Wish
from gateway.leases.ranges import Range
from policies import Principal, Role
from tests.gateway.core.rig import Rig, device, lamp
from tests.gateway.leases.fighters import ANNA, COO, ECO, HELPER, claim, house, passes
from tests.gateway.leases.test_takeovers import CALM_S, by_hand


def helper(number: int) -> Principal:
    return Principal(
        f"h{number}", Role.AGENT, acts_for="anna", acts_for_role=COO.acts_for_role, makers=(COO,)
    )


async def turn(rig: Rig, how: str) -> None:
    """Somebody at the lock, and the bolt until it has moved."""
    await by_hand(rig, "front-door", "lock", how, None)
    for _ in range(5):
        rig.timeline.advance(1.0)
        await rig.settle()


async def test_helpers_do_not_keep_others_out_of_the_line(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        for number in range(MOST_IN_LINE + 1):
            await rig.gateway.identity.create_token(helper(number))
            await claim(rig, helper(number), Range(20 + number / 2, 20 + number / 2))
        with pytest.raises(NoLease):
            await claim(rig, HELPER, Range(7, 7))
        answer = await claim(rig, ECO, Range(10, 10))
        line = [one for one in rig.gateway.leases if one.state == "waiting"]
        assert answer.lease.state == "waiting" and len(line) == MOST_IN_LINE


async def test_who_has_many_agents_is_not_bound_by_theirs(tmp_path: Path) -> None:
    lamps = [lamp(f"lamp-{number}") for number in range(MOST_OF_A_PARTY + 1)]
    async with house(tmp_path, lamps) as rig:
        for number in range(MOST_OF_A_PARTY):
            await claim(rig, COO if number % 2 else HELPER, what=f"lamp-{number}")
        last = f"lamp-{MOST_OF_A_PARTY}"
        for agent in (COO, HELPER):
            with pytest.raises(TooMany, match="coo has 64"):
                await rig.gateway.leases.claim(agent, Wish(last))
        assert (await claim(rig, ANNA, what=last)).lease.state == "held"


async def test_a_lease_of_a_lock_tells_nothing_to_who_may_not_see_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, [device("front-door")]) as rig:
        lease = (await claim(rig, COO, what="front-door")).lease
        rig.timeline.advance(CALM_S)
        teller = rig.gateway.leases._desk.teller
        monkeypatch.setattr(teller, "sees", lambda who, adopted, name: who.role is not Role.AGENT)
        await turn(rig, "unlock")
        assert len(rig.gateway.leases.standbacks) == 1
        kept = rig.gateway.leases.get(lease.id)
        assert kept is not None and kept.state == "held" and rig.gateway.leases.because(kept, COO) == ""
        seen = []
        for value in ("unlock", "lock"):
            await turn(rig, value)
            preview = rig.gateway.executor.preview(rig.command("front-door.unlock()", by=COO))
            outcome = await rig.run("front-door.unlock()", by=COO)
            seen.append((preview.obstacle, outcome.reason, outcome.detail, outcome.conflict))
        assert seen[0] == seen[1] and seen[0][0] is None
        assert seen[0][1] is Reason.CONFLICT and seen[0][3] == {"thing": "front-door"}
        await passes(rig, 1)
