"""What failed is settled by a person who looked; what has not failed is nobody's to end."""

from __future__ import annotations

from pathlib import Path

from gateway.commands import Result
from policies import Role
from tests.gateway.attacks.besieged import Siege, besieged
from tests.gateway.core.rig import AGENT, OWNER, until
from tests.gateway.obligations.keeping import ALL, HEATER_OFF, heater, keeping

HOUR = 3600.0
SOON = HEATER_OFF.replace('"2h"', '"1s"')


async def failing(siege: Siege) -> str:
    """Until the heater was not switched off; the obligation's id."""
    anna = await siege.owner()
    assert (await anna.write("heater.on", True)).status == 204
    siege.rig.fault("heater", "rejecting")
    keeper = siege.rig.gateway.obligations
    await until(lambda: [one.state for one in keeper.owed()] == ["failed"])
    return next(one.id for one in keeper.owed())


async def test_a_person_settles_what_failed(tmp_path: Path) -> None:
    async with besieged(tmp_path, [heater()], {"household": ALL + SOON}) as siege:
        owed = await failing(siege)
        coo, ben = await siege.agent(), await siege.client("ben", Role.ADULT)
        tim = await siege.client("tim", Role.CHILD)
        path = f"/obligations/{owed}/settle"
        refused = await coo.write("heater.on", True)
        assert (refused.status, refused.reason) == (409, "obligation")
        assert "a person has looked" in str(refused.document["detail"])
        for client in (coo, tim):
            assert (await client.ask("POST", path, {"why": "it is fine"})).status in {403, 404}
        assert (await ben.ask("POST", path, {})).status == 400
        assert (await ben.ask("POST", "/obligations/nothing/settle", {"why": "x"})).status == 404
        settled = await ben.ask("POST", path, {"why": "unplugged\x1b[2J it"})
        assert (settled.document["state"], settled.document["why"]) == ("settled", "unplugged [2J it")
        assert (await ben.ask("POST", path, {"why": "again"})).status == 409
        siege.rig.fault("heater", "")
        assert (await coo.write("heater.on", True)).status == 204
        (row,) = [r for r in await siege.rig.rows("obligation") if r.body["change"] == "settled"]
        assert (row.body["detail"], row.body["why"]) == ("settled by ben", "unplugged [2J it")


async def test_what_is_settled_is_tried_no_more_until_it_was_off(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        kept.rig.fault("heater", "rejecting")
        await kept.pass_time(2 * HOUR)
        await until(lambda: kept.states() == ["failed"])
        await kept.quiet()
        (owed,) = kept.owed()
        kept.rig.gateway.obligations.settle(owed, OWNER, "unplugged it")
        sent = kept.rig.received("heater")
        await kept.pass_time(5 * HOUR)
        assert (kept.states(), kept.rig.received("heater")) == (["settled"], sent)
        kept.rig.fault("heater", "")
        kept.by_hand("heater", "outlet", "on", False)
        await until(lambda: not kept.owed())
        assert (await kept.rig.run("heater.on", True, OWNER)).result is Result.CONFIRMED
        await kept.pass_time(2 * HOUR)
        await kept.off("heater")


async def test_what_one_may_not_see_is_not_there(tmp_path: Path) -> None:
    async with besieged(tmp_path, [heater()], {"household": ALL + HEATER_OFF}) as siege:
        anna = await siege.owner()
        stranger = await siege.client("helper", Role.GUEST_AGENT)
        await anna.write("heater.on", True)
        keeper = siege.rig.gateway.obligations
        (owed,) = keeper.owed()
        assert (await anna.get(f"/obligations/{owed.id}")).document["principal"] == "anna"
        assert (await stranger.get("/things/heater")).status == 404
        assert (await stranger.get(f"/obligations/{owed.id}")).status == 404
        assert (await stranger.get("/obligations")).json == []
