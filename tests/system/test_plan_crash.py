"""Kill -9 at every named point of a plan: the next start goes on from its checkpoint, and no device is told twice."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from drivers.mqtt.broker import ManagedBroker
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from gateway.failpoints import FURTHER_POINTS
from gateway.ledger import verify
from tests.at_length import at_length
from tests.system.process import HearthProcess, eventually
from tests.system.stage import Counted, lamp

LAMPS = ("lamp-0", "lamp-1", "lamp-2")

ON: list[dict[str, Any]] = [{"thing": name, "property": "on", "value": True} for name in LAMPS]

TOO_LATE: dict[str, Any] = {"thing": "lamp-2", "property": "on", "value": True, "not_before": "1s"} | {
    "deadline": "1s",
    "after": ["2"],
}
"""Fails without a word to the device."""


@dataclass(frozen=True)
class Row:
    """How the plan ends after the next start, and how many commands each lamp has got by then."""

    state: str
    commands: tuple[int, int, int]
    fails: bool = False


TABLE = {
    "plan_committed": Row("done", (1, 1, 1)),
    "plan_checkpointed:2": Row("done", (1, 1, 1)),
    "dispatching:2": Row("done", (1, 1, 1)),
    "dispatched:2": Row("undone", (2, 0, 0)),  # it may have gone out, and the lamp says that it did not
    "sent:2": Row("done", (1, 1, 1)),
    "seen:2": Row("done", (1, 1, 1)),
    "recorded:2": Row("done", (1, 1, 1)),
    "plan_step_sent:2": Row("done", (1, 1, 1)),
    "plan_step_done:2": Row("done", (1, 1, 1)),
    "plan_compensating": Row("undone", (2, 2, 0), fails=True),
    "plan_compensating:2": Row("undone", (2, 2, 0), fails=True),
    "plan_ended": Row("done", (1, 1, 1)),
}


def test_the_table_has_a_row_for_every_point_of_a_plan() -> None:
    points = {point for point in FURTHER_POINTS if point.startswith("plan_")}
    assert points <= {row.partition(":")[0] for row in TABLE}


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "point", at_length(TABLE, here=["plan_committed", "dispatched:2", "sent:2", "plan_compensating:2"])
)
async def test_a_power_cut_in_a_plan(point: str, hearth: HearthProcess, broker: ManagedBroker) -> None:
    row = TABLE[point]
    steps = [*ON[:2], TOO_LATE] if row.fails else ON
    async with _house(broker) as log:
        await hearth.start(HEARTH_FAILPOINT=point)
        plan = await _run_until_it_dies(hearth, steps)
        before = verify(hearth.state)
        assert before.ok

        await hearth.start()
        ended = await eventually(
            hearth.at_box(), f"/plans/{plan}", lambda one: one.get("state") == row.state, within=40
        )
        assert _counts(log) == row.commands
        assert (ended["reports"][-1]["result"], ended["reports"][-1]["not_undone"]) == (row.state, [])
        rows = await eventually(
            hearth.at_box(),
            f"/ledger?kind=plan&execution={plan}",
            lambda rows: rows and rows[-1]["body"]["stage"] == "ended",
        )
        assert [one["body"]["stage"] for one in rows][:2] == ["prepared", "committed"]
        await hearth.stop()
    assert verify(hearth.state).ok


@asynccontextmanager
async def _house(broker: ManagedBroker) -> AsyncIterator[Counted]:
    account = Account(broker.host, broker.port, "house", broker.users[1].password)
    log = Counted()
    async with MqttHouse([lamp(name) for name in LAMPS], account, drift=False, actuations=log):
        yield log


def _counts(log: Counted) -> tuple[int, ...]:
    return tuple(log.commands(name) for name in LAMPS)


async def _run_until_it_dies(hearth: HearthProcess, steps: list[dict[str, Any]]) -> str:
    """The plan's id."""
    box = hearth.at_box()
    await eventually(
        box,
        "/things?view=summary",
        lambda things: (
            len(things) == len(LAMPS) and all(one["state"].get("on") is not None for one in things)
        ),
    )
    await eventually(box, "/ledger?kind=adoption", lambda rows: len(rows) == len(LAMPS))
    async with box.post("/plans", json={"title": "Evening", "steps": steps}) as answer:
        draft = await answer.json()
        assert answer.status == 201, draft
    await eventually(box, "/ledger?kind=plan", bool)  # what was prepared is on disk
    try:
        async with box.post(f"/plans/{draft['id']}/commit", json={"digest": draft["digest"]}) as answer:
            assert answer.status == 202, await answer.text()
    except aiohttp.ClientError:
        pass
    try:
        assert await hearth.ended() == -signal.SIGKILL
    except TimeoutError:  # the point was not reached: what the plan did instead is what one wants to know
        async with box.get(f"/plans/{draft['id']}") as answer:
            raise AssertionError(f"the plan went on: {await answer.text()}") from None
    return str(draft["id"])
