"""A real process is killed in the middle of a command: what the next start says of itself, and what the trace tells."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import aiohttp
import pytest

from drivers.mqtt.broker import ManagedBroker
from drivers.simulated.actuations import ActuationLog
from drivers.simulated.house import generated
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from gateway.measures.trace import trace
from tests.system.process import HearthProcess, eventually


@pytest.mark.timeout(90)
async def test_a_kill_in_the_middle_is_recovered_from_and_measured(
    hearth: HearthProcess, broker: ManagedBroker, tmp_path: Path
) -> None:
    account = Account(broker.host, broker.port, "house", broker.users[1].password)
    arrived = tmp_path / "actuations"
    with ActuationLog(arrived) as log:
        async with MqttHouse(generated(1), account, drift=False, actuations=log):
            await hearth.start(HEARTH_FAILPOINT="sent:2")
            box = hearth.at_box()
            await eventually(
                box, "/things?view=summary", lambda ts: ts and ts[0]["state"].get("on") is not None
            )
            await eventually(box, "/ledger?kind=adoption", bool)
            async with box.put("/things/lamp-0/properties/on", json=True) as answer:
                assert answer.status == 204
            await eventually(box, "/ledger?kind=outcome", bool)
            with pytest.raises(aiohttp.ClientError):
                await box.put("/things/lamp-0/properties/on", json=False)
            assert await hearth.ended() == -signal.SIGKILL

            await hearth.start()
            box = hearth.at_box()
            (row,) = await eventually(box, "/ledger?kind=recovered", bool)
            assert (row["body"]["clean"], row["body"]["executions"]) == (False, 1)
            assert row["body"]["ends"] == {"confirmed": 1}
            async with box.get("/metrics", headers={"Accept": "application/json"}) as answer:
                found = await answer.json()
            assert found["recovery"] == {
                "starts": 1,
                "mean_ms": row["body"]["ms"],
                "longest_ms": row["body"]["ms"],
            }
            assert found["trace"]["share"] == 1.0
            assert found["commands"]["by"] == {"confirmed": 2}
        assert await hearth.stop() == 0
    seen = await asyncio.to_thread(trace, hearth.state, arrived)
    assert seen.whole, seen
    assert (seen.actuations, seen.dispatched, seen.share) == (2, 2, 1.0)
