"""The real gateway under a service manager: what it says when it starts, goes on, hangs, reads its rules again, and ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.mqtt.broker import ManagedBroker
from tests.drivers.mqtt_peer import Peer
from tests.gateway.service.service_manager import Listener, listening
from tests.system import zigbee
from tests.system.process import HearthProcess, eventually

QUICK_US = "400000"
"""The watchdog's time: four rounds within it."""


@pytest.fixture
async def manager(tmp_path: Path) -> AsyncIterator[Listener]:
    async with listening(str(tmp_path / "notify")) as listener:
        yield listener


async def start(hearth: HearthProcess, failpoint: str = "") -> None:
    given = {"NOTIFY_SOCKET": str(hearth.state.with_name("notify")), "WATCHDOG_USEC": QUICK_US}
    await hearth.start(**given, **({"HEARTH_FAILPOINT": failpoint} if failpoint else {}))


async def test_from_the_start_to_the_end(tmp_path: Path, manager: Listener) -> None:
    async with HearthProcess(tmp_path) as hearth:
        await start(hearth)
        await manager.hears("READY=1")
        await manager.hears("STATUS=serves http://127.0.0.1:")
        await manager.hears("WATCHDOG=1", times=3)
        (hearth.state / "policies").mkdir(exist_ok=True)
        (hearth.state / "policies" / "own.toml").write_text("this is no rule")
        hearth.signal(signal.SIGHUP)
        await manager.hears("RELOADING=1")
        await manager.hears("READY=1", times=2)
        await hearth.says("the rule files cannot be used")
        await manager.hears("the rule files have mistakes")
        assert await hearth.stop() == 0
        await manager.hears("STATUS=ends")
    said = manager.said
    assert said[-2:] == ["STOPPING=1", "STATUS=ends"]
    assert said.index("READY=1") < said.index("WATCHDOG=1")
    assert said[said.index("RELOADING=1") + 1].startswith("MONOTONIC_USEC=")


async def test_a_ledger_that_hangs_is_not_covered_up(tmp_path: Path, manager: Listener) -> None:
    async with HearthProcess(tmp_path) as hearth:
        await start(hearth, "ledger_hangs:3")
        await manager.hears("STATUS=ledger gives no sign of life")
        await hearth.says("the watchdog is not fed: ledger gives no sign of life")
        assert manager.count("WATCHDOG=1") == 2, "of the third round on nobody vouches for the ledger"
        await ended_by_the_watchdog(hearth)


async def test_an_ingest_that_hangs_is_not_covered_up(
    hearth: HearthProcess, broker: ManagedBroker, manager: Listener
) -> None:
    async with house(broker) as peer:
        await start(hearth, "ingest_hangs")
        await manager.hears("WATCHDOG=1")
        await peer.publish(*zigbee.lamp("lamp"), retain=True)
        await peer.publish(f"{zigbee.BASE}/bridge/state", '{"state": "online"}', retain=True)
        await manager.hears("STATUS=ingest gives no sign of life: nobody reads what is reported by mqtt")
        await ended_by_the_watchdog(hearth)


async def test_an_executor_that_hangs_is_not_covered_up(
    hearth: HearthProcess, broker: ManagedBroker, manager: Listener
) -> None:
    async with house(broker) as peer:
        await start(hearth, "executor_hangs")
        await manager.hears("WATCHDOG=1")
        await peer.publish(*zigbee.lamp("lamp"), retain=True)
        await peer.publish(f"{zigbee.BASE}/bridge/state", '{"state": "online"}', retain=True)
        await peer.publish(f"{zigbee.BASE}/lamp", '{"state": "OFF", "brightness": 0}', retain=True)
        box = hearth.at_box()
        things = await eventually(
            box, "/things?view=summary", lambda all_: all_ and all_[0]["state"].get("on") is not None
        )
        command = box.put(f"/things/{things[0]['id']}/properties/on", json=True)
        asked = asyncio.create_task(command.__aenter__())
        await manager.hears("STATUS=executor gives no sign of life: the command ")
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        await ended_by_the_watchdog(hearth)


def house(broker: ManagedBroker) -> Peer:
    return Peer(broker.port, "house", broker.users[1].name, broker.users[1].password)


async def ended_by_the_watchdog(hearth: HearthProcess) -> None:
    """As systemd does it; where every thread stood is in the log."""
    hearth.signal(signal.SIGABRT)
    assert await hearth.ended() == -signal.SIGABRT
    assert any("Fatal Python error: Aborted" in line for line in hearth.log)
