"""The gateway's own file system, full and empty again, and one that cannot be written: the real process on a real tmpfs."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.mqtt.broker import ManagedBroker
from drivers.simulated.house import house
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from gateway.ledger import verify
from tests.system.conftest import broker, hearth  # noqa: F401
from tests.system.process import HearthProcess, eventually
from tests.system.stage import lamp

pytestmark = [pytest.mark.peers, pytest.mark.timeout(120)]

DISK = "24m"
MOST_LINES = 40
"""Of the log while the disk is full and a hundred commands are refused."""

RULES = """format = 1
[[allow]]
id = "all"
who = ["adult", "agent"]
may = ["light.*", "blind.*"]
see = ["*"]
privilege = "administer"
why = "For the example"
"""


def mounted(path: Path, size: str) -> None:
    path.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(path)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a file system of its own can be mounted by root alone")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """The state directory, on a file system of 24 MB."""
    state = tmp_path / "state"
    mounted(state, DISK)
    (state / "policies").mkdir()
    (state / "policies" / "household.toml").write_text(RULES)
    yield state
    subprocess.run(["umount", "-l", str(state)], check=False)


def fill(folder: Path) -> Path:
    """Until nothing more goes in."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError as error:
                assert error.errno == errno.ENOSPC
    return filler


async def set_to(client: Any, value: object, name: str = "brightness") -> tuple[int, str]:
    async with client.put(f"/things/lamp/properties/{name}", json=value) as answer:
        problem = await answer.json() if answer.status >= 400 else {}
        return answer.status, str(problem.get("type", "")).rpartition(":")[2]


async def test_a_full_disk_stops_software_and_mends_itself(
    small_disk: Path,
    hearth: HearthProcess,  # noqa: F811
    broker: ManagedBroker,  # noqa: F811
) -> None:
    """What cannot be recorded is not done, but for what stops a motor; nothing is lost, and nobody has to restart it."""
    device = lamp("lamp", on=True)
    blind = next(one for one in house() if one.id == "bedroom-blind")
    account = Account(broker.host, broker.port, "house", broker.users[1].password)
    async with MqttHouse([device, blind], account, drift=False):
        await hearth.start()
        box = hearth.at_box()
        await eventually(
            box,
            "/things?view=summary",
            lambda things: len(things) == 2 and all(one["state"] for one in things),
        )
        agent = await hearth.agent()
        assert await set_to(agent, 30) == (204, "")
        filler = fill(small_disk)
        refused = await refused_at_last(agent)
        before, lines = device.state["light"]["brightness"], len(hearth.log)
        for wish in range(100):
            assert (await set_to(agent, wish % 90))[1] == refused
        assert device.state["light"]["brightness"] == before, "what is not recorded is not sent"
        health = await eventually(box, "/health", lambda health: health["status"] != "ok")
        assert "disk" in str(health) or "ledger" in str(health)
        assert (await set_to(box, 40))[1] == refused, "a person, too, is told that it could not be recorded"
        async with box.post("/things/bedroom-blind/actions/stop") as answer:
            assert answer.status in {200, 204, 504}, "and stops what moves all the same"
        assert len(hearth.log) - lines < MOST_LINES, "\n".join(hearth.log[lines:])
        filler.unlink()
        await works_again(agent)
        assert round(float(str(device.state["light"]["brightness"]))) == 55
    assert await hearth.stop() == 0
    assert verify(hearth.state).ok


async def refused_at_last(agent: Any) -> str:
    """What is written goes into room that files have already, at first."""
    async with asyncio.timeout(30):
        wish = 0
        while True:
            wish = (wish + 1) % 90
            status, problem = await set_to(agent, wish)
            if status != 204:
                assert status == 503, problem
                return problem


async def works_again(agent: Any) -> None:
    async with asyncio.timeout(20):
        while (await set_to(agent, 55))[0] != 204:  # noqa: ASYNC110  it is tried again once a second
            await asyncio.sleep(0)


def remounted(state: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(state)], check=True)


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    state = tmp_path / "state"
    mounted(state, DISK)
    remounted(state)
    yield tmp_path
    subprocess.run(["umount", "-l", str(state)], check=False)


async def test_on_a_disk_that_cannot_be_written_it_says_so(read_only: Path) -> None:
    async with HearthProcess(read_only) as process:
        with pytest.raises(AssertionError, match="ended without saying") as ended:
            await process.start()
    said = str(ended.value)
    assert "read-only" in said.lower(), said
    assert "Traceback" not in said, said
