"""Kill -9 while a heater is on: what the next start makes of what is owed, and what reached the device."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from drivers.mqtt.broker import ManagedBroker
from drivers.simulated.device import Attribute, Device, Part
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from gateway.failpoints import FURTHER_POINTS, POINTS
from gateway.ledger import verify
from tests.system.process import HearthProcess, eventually
from tests.system.stage import Counted

RULES = """format = 1
[[allow]]
id = "all"
who = ["adult"]
may = ["*"]
see = ["*"]
privilege = "administer"
why = "For the example"
[[then]]
id = "heater-off"
on = ["switch.on", "outlet.on"]
max_on = "2s"
why = "A forgotten heater burns houses down"
"""

ON, OFF = b"on", b"off"


def heater() -> Device:
    part = Part("outlet", "outlet", (Attribute("on", "boolean", writable=True),))
    return Device("heater", "Heater", "Study", [part], {"outlet": {"on": False}})


@dataclass(frozen=True)
class Row:
    """What reached the heater before the kill, and in the end."""

    before: list[bytes]
    in_the_end: list[bytes]


NEVER_ON = Row([], [])
SWITCHED_OFF = Row([ON], [ON, OFF])

# `:2`: at the second arrival there, which is that of the command that switches off.
TABLE = {
    "decided": NEVER_ON,
    "obligation_promised": NEVER_ON,
    "dispatching": NEVER_ON,
    "dispatched": NEVER_ON,
    "sent": SWITCHED_OFF,
    "seen": SWITCHED_OFF,
    "recorded": SWITCHED_OFF,
    "obligation_due": SWITCHED_OFF,
    "decided:2": SWITCHED_OFF,
    "dispatching:2": SWITCHED_OFF,
    "dispatched:2": SWITCHED_OFF,
    "sent:2": Row([ON, OFF], [ON, OFF]),
    "seen:2": Row([ON, OFF], [ON, OFF]),
    "recorded:2": Row([ON, OFF], [ON, OFF]),
    "obligation_done": Row([ON, OFF], [ON, OFF]),
}


def test_the_table_has_a_row_for_every_point() -> None:
    ours = {point for point in FURTHER_POINTS if point.startswith("obligation_")}
    assert {name.partition(":")[0] for name in TABLE} == {*POINTS, *ours} - {"claimed"}


@pytest.mark.timeout(90)
@pytest.mark.parametrize("point", TABLE)
async def test_a_power_cut_while_a_heater_is_on(
    point: str, tmp_path: Path, hearth: HearthProcess, broker: ManagedBroker
) -> None:
    """Never lost, never done for what was not sent, and done twice only where that does no harm."""
    row = TABLE[point]
    folder = tmp_path / "state" / "policies"
    folder.mkdir(parents=True)
    (folder / "household.toml").write_text(RULES)
    log, device = Counted(), heater()
    account = Account(broker.host, broker.port, "house", broker.users[1].password)
    async with MqttHouse([device], account, drift=False, actuations=log):
        await hearth.start(HEARTH_FAILPOINT=point)
        box = hearth.at_box()
        await eventually(box, "/ledger?kind=adoption", bool)
        await eventually(box, "/things?view=summary", lambda things: things[0]["state"].get("on") is not None)
        try:
            async with box.put("/things/heater/properties/on", json=True) as answer:
                assert answer.status == 204, await answer.text()
            await hearth.ended()
        except aiohttp.ClientError:
            pass
        assert await hearth.ended() == -signal.SIGKILL
        await log.reaches("heater", len(row.before))  # the broker may still have it
        assert _received(log) == row.before

        await hearth.start()
        box = hearth.at_box()
        await log.reaches("heater", len(row.in_the_end))
        await eventually(box, "/obligations", lambda owed: owed == [])
        await eventually(box, "/things?view=summary", lambda things: things[0]["state"].get("on") is False)
        received = _received(log)
        again = received[len(row.in_the_end) :]  # what was sent and not seen is sent again: off twice is off
        assert received[: len(row.in_the_end)] == row.in_the_end
        assert again in ([], [OFF] if OFF in row.before else [])
        assert device.state["outlet"]["on"] is False
        incidents = await eventually(box, "/ledger?kind=incident", lambda rows: True)
        assert incidents == []
        await eventually(box, "/ledger?kind=dispatch,outcome", _is_settled)
    await hearth.stop()
    assert verify(hearth.state).ok


def _received(log: Counted) -> list[bytes]:
    return [OFF if b"OFF" in one.payload.upper() else ON for one in log.of("heater")]


def _is_settled(rows: list[dict[str, object]]) -> bool:
    kinds = [row["kind"] for row in rows]
    return kinds.count("dispatch") == kinds.count("outcome")
