"""Kill -9 at every named point of a command: what the next start makes of it, and what reached the device."""

from __future__ import annotations

import signal
from dataclasses import dataclass

import aiohttp
import pytest

from drivers.mqtt.broker import ManagedBroker
from drivers.simulated.house import generated
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from gateway.failpoints import POINTS
from gateway.ledger import verify
from tests.system import zigbee
from tests.system.process import HearthProcess, eventually
from tests.system.stage import Counted, on_stage

LAMP = "lamp-0"

ONE = len(b'{"state":"ON"}')
"""The payload of one command."""


@dataclass(frozen=True)
class Row:
    """What stands in the ledger after the next start, and the bytes that reached the lamp, before and after asking again."""

    settled: str | None
    bytes: int
    bytes_when_asked_again: int


# Asking again with the same idempotency key: a command that may have gone out is never sent a second time.
TABLE = {
    "claimed": Row(None, 0, ONE),
    "decided": Row(None, 0, ONE),
    "dispatching": Row(None, 0, ONE),
    "dispatched": Row("unconfirmed", 0, 0),
    "sent": Row("confirmed", ONE, ONE),
    "seen": Row("confirmed", ONE, ONE),
    "recorded": Row("confirmed", ONE, ONE),
    "answered": Row("confirmed", ONE, ONE),
}


def test_the_table_has_a_row_for_every_point() -> None:
    assert set(TABLE) == {*POINTS, "answered"}


@pytest.mark.timeout(90)
@pytest.mark.parametrize("point", TABLE)
async def test_a_power_cut(point: str, hearth: HearthProcess, broker: ManagedBroker) -> None:
    row = TABLE[point]
    account = Account(broker.host, broker.port, "house", broker.users[1].password)
    log = Counted()
    async with MqttHouse(generated(1), account, drift=False, actuations=log):
        await hearth.start(**({} if point == "answered" else {"HEARTH_FAILPOINT": point}))
        await _turn_on_until_it_dies(hearth)
        if row.bytes:
            await log.reaches(LAMP, 1)  # the broker may still have it
        assert _bytes(log) == row.bytes

        await hearth.start()
        if row.settled is not None:
            await _settled(hearth, row.settled)
        assert _bytes(log) == row.bytes
        assert verify(hearth.state).ok

        box = hearth.at_box()
        await _lamp_is_known(box)
        async with _turn_on(box) as answer:
            assert answer.headers["Hearth-Outcome"] == (row.settled or "confirmed")
            assert answer.headers.get("Idempotent-Replayed") == (None if row.settled is None else "true")
        assert _bytes(log) == row.bytes_when_asked_again
    await hearth.stop()
    assert verify(hearth.state).ok


def _bytes(log: Counted) -> int:
    return sum(len(actuation.payload) for actuation in log.of(LAMP))


async def _turn_on_until_it_dies(hearth: HearthProcess) -> None:
    box = hearth.at_box()
    await _lamp_is_known(box)
    await eventually(box, "/ledger?kind=adoption", bool)  # it is on disk
    try:
        async with _turn_on(box) as answer:
            assert answer.status == 204
        await hearth.kill()
    except aiohttp.ClientError:
        assert await hearth.ended() == -signal.SIGKILL


def _turn_on(client: aiohttp.ClientSession) -> aiohttp.client._RequestContextManager:
    return client.put(f"/things/{LAMP}/properties/on", json=True, headers={"Idempotency-Key": '"evening"'})


async def _lamp_is_known(client: aiohttp.ClientSession) -> None:
    await eventually(
        client, "/things?view=summary", lambda things: things and things[0]["state"].get("on") is not None
    )


async def _settled(hearth: HearthProcess, result: str) -> None:
    """The one dispatch has the one outcome."""
    box = hearth.at_box()
    rows = await eventually(
        box,
        "/ledger?kind=dispatch,outcome",
        lambda rows: [r["kind"] for r in rows] == ["dispatch", "outcome"],
    )
    assert rows[-1]["body"]["result"] == result, rows[-1]["body"]


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("fault", "settled"), [("", "confirmed"), ("optimistic:60", "unconfirmed")])
async def test_a_bridges_memory_settles_nothing_that_could_do_damage(
    fault: str, settled: str, hearth: HearthProcess, broker: ManagedBroker
) -> None:
    """The bridge remembers what it was told, and tells it to whoever is born. The relay itself is asked."""
    faults = {"relay": fault} if fault else {}
    async with on_stage(broker, zigbee=[zigbee.relay("relay")], faults=faults) as stage:
        await hearth.start(HEARTH_FAILPOINT="sent")
        box = hearth.at_box()
        await eventually(box, "/ledger?kind=adoption", bool)
        with pytest.raises(aiohttp.ClientError):
            await box.put("/things/relay/properties/on", json=True)
        assert await hearth.ended() == -signal.SIGKILL
        await stage.log.reaches("relay", 1)

        await hearth.start()
        rows = await eventually(
            hearth.at_box(), "/ledger?kind=dispatch,outcome", lambda rows: rows[-1]["kind"] == "outcome"
        )
        assert stage.log.commands("relay") == 1
    body = rows[-1]["body"]
    assert (body["result"], body["seen"]["evidence"]) == (settled, "device")
