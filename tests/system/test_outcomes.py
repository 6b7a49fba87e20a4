"""The table of outcomes, each produced by a device that deserves it, over a real broker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import aiohttp
import pytest

from drivers.mqtt.broker import ManagedBroker
from drivers.simulated.faults import parse_fault
from drivers.simulated.house import generated
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from tests.system.process import HearthProcess, eventually


@dataclass(frozen=True)
class Row:
    """What a lamp with `fault` makes of "on", and how often its log says that it was told so."""

    fault: str
    result: str
    reason: str | None
    status: int
    received: int = 1


TABLE = {
    "answering": Row("", "confirmed", None, 204),
    "deaf": Row("deaf", "unconfirmed", "not-seen", 504),
    "early": Row("early", "confirmed", None, 204),
    "late": Row("late:30", "unconfirmed", "not-seen", 504),
    "stale": Row("stale", "unconfirmed", "not-seen", 504),
    "twice": Row("duplicate", "confirmed", None, 204),
    "lossy": Row("lossy:1", "unconfirmed", "not-seen", 504),
}


@pytest.mark.timeout(60)
async def test_each_device_gets_the_outcome_it_deserves(hearth: HearthProcess, broker: ManagedBroker) -> None:
    lamps = [device for device in generated(4 * len(TABLE)) if device.id.startswith("lamp")]
    for lamp, row in zip(lamps, TABLE.values(), strict=True):
        if row.fault:
            lamp.fault = parse_fault(row.fault)
    account = Account(broker.host, broker.port, "house", broker.users[1].password)
    async with MqttHouse(lamps, account, drift=False) as house:
        await hearth.start()
        box = hearth.at_box()
        await eventually(box, "/things?view=summary", lambda things: len(_known(things)) == len(lamps))
        answers = await asyncio.gather(*(_turn_on(box, lamp.id) for lamp in lamps))
        got = dict(zip(TABLE, answers, strict=True))
        counted = {lamp.id: len(house.actuations.of(lamp.id)) for lamp in lamps}
    assert got == {name: (row.status, row.result, row.reason) for name, row in TABLE.items()}
    assert list(counted.values()) == [row.received for row in TABLE.values()]


def _known(things: list[dict[str, object]]) -> list[dict[str, object]]:
    return [thing for thing in things if isinstance(thing["state"], dict) and thing["state"].get("on") is not None]


async def _turn_on(client: aiohttp.ClientSession, thing: str) -> tuple[int, str | None, str | None]:
    async with client.put(f"/things/{thing}/properties/on", json=True) as answer:
        return answer.status, answer.headers.get("Hearth-Outcome"), answer.headers.get("Hearth-Reason")
