"""Kill -9 between the question and the end of a command that a person has to approve: asked once, sent once or not at all."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from drivers.mqtt.broker import ManagedBroker
from drivers.simulated.house import generated
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from gateway.ledger import verify
from tests.system.process import HearthProcess, eventually
from tests.system.stage import Counted

LAMP = "lamp-0"

RULES = """
format = 1

[[allow]]
id = "everybody"
who = ["owner", "agent"]
may = ["*"]
see = ["*", "sensitive"]
privilege = "administer"
why = "A house for tests"

[[ask]]
id = "asks"
who = ["agent"]
on = ["light.on"]
approver = ["adult"]
valid = "2m"
why = "A person is to say so"
"""


@dataclass(frozen=True)
class Row:
    """How often the lamp was told to switch on by the end, the outcome in the ledger, and whether people are asked still."""

    sent: int
    settled: str
    waits: bool = False


TABLE = {
    "asked": Row(1, "confirmed", waits=True),
    "approved": Row(1, "confirmed"),
    "dispatching": Row(1, "confirmed"),
    "dispatched": Row(0, "unconfirmed"),
    "sent": Row(1, "confirmed"),
}


@pytest.mark.timeout(90)
@pytest.mark.parametrize("point", TABLE)
async def test_a_power_cut_while_people_are_asked(
    point: str, hearth: HearthProcess, broker: ManagedBroker, tmp_path: Path
) -> None:
    row = TABLE[point]
    folder = tmp_path / "state" / "policies"
    folder.mkdir(parents=True)
    (folder / "household.toml").write_text(RULES)
    account, log = Account(broker.host, broker.port, "house", broker.users[1].password), Counted()
    async with MqttHouse(generated(1), account, drift=False, actuations=log):
        await hearth.start(HEARTH_FAILPOINT=point)
        await _until_it_dies(hearth)
        await hearth.start()
        box = hearth.at_box()
        if row.waits:
            (question,) = (await eventually(box, "/approvals", lambda found: found["to_answer"]))["to_answer"]
            assert question["shown"]["says"] == "the evening"
            await _approve(box, question)
        rows = await eventually(
            box, "/ledger?kind=intent,approval,dispatch,outcome", lambda rows: rows[-1]["kind"] == "outcome"
        )
        assert [r["kind"] for r in rows] == ["intent", "approval", "dispatch", "outcome"]
        assert rows[-1]["body"]["result"] == row.settled
        assert rows[2]["body"]["approvals"] == [rows[0]["body"]["approval"]]
        if row.sent:
            await log.reaches(LAMP, row.sent)
        assert (await (await box.get("/approvals")).json())["to_answer"] == []
        await hearth.stop()
        await hearth.start()
        await eventually(hearth.at_box(), "/health", bool)
        assert log.commands(LAMP) == row.sent
    await hearth.stop()
    assert verify(hearth.state).ok


async def _until_it_dies(hearth: HearthProcess) -> None:
    box = hearth.at_box()
    await eventually(
        box, "/things?view=summary", lambda things: things and things[0]["state"].get("on") is not None
    )
    await eventually(box, "/ledger?kind=adoption", bool)
    agent = await hearth.agent()
    try:
        headers = {"Prefer": "respond-async", "Hearth-Purpose": "the evening"}
        async with agent.put(f"/things/{LAMP}/properties/on", json=True, headers=headers) as answer:
            assert answer.headers["Hearth-Waits-For"] == "approval"
        (question,) = (await (await box.get("/approvals")).json())["to_answer"]
        await _approve(box, question)
    except aiohttp.ClientError:
        pass
    async with asyncio.timeout(20):
        assert await hearth.ended() == -signal.SIGKILL


async def _approve(box: aiohttp.ClientSession, question: dict[str, Any]) -> None:
    body = {"answer": "approve", "digest": question["digest"]}
    async with box.post(f"/approvals/{question['approval']}", json=body) as answer:
        assert answer.status == 200
