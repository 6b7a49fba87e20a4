"""A power cut, and the house still knows its mode, its waivers, how often a rule was used, and what rests since when."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import aiohttp
import pytest

from drivers.mqtt.broker import ManagedBroker
from drivers.simulated.house import generated
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from gateway.ledger import verify
from tests.house import Ran
from tests.house import hearth as run_hearth
from tests.system.process import HearthProcess, eventually

LAMP = "lamp-0"
HOUR_S = 3600

RULES = """
format = 1
[[allow]]
id = "all"
who = ["owner"]
may = ["light.*"]
see = ["*"]
why = "The owner"

[[limit]]
id = "often"
on = ["light.brightness"]
at_most = "2/h"
why = "No disco"

[[limit]]
id = "at-home"
on = ["light.brightness"]
modes = ["home"]
waivable_by = ["adult"]
why = "Who is away needs no light"

[[limit]]
id = "rest"
on = ["light.on"]
rest = "1h"
why = "It has a compressor"
"""


@pytest.mark.timeout(90)
async def test_a_power_cut_makes_nobody_forget(hearth: HearthProcess, broker: ManagedBroker) -> None:
    (hearth.state / "policies").mkdir(parents=True)
    (hearth.state / "policies" / "household.toml").write_text(RULES)
    with hearth.config.open("a") as config:
        config.write('\n[house]\nclock = "trusted"\n')
    account = Account(broker.host, broker.port, "house", broker.users[1].password)
    async with MqttHouse(generated(1), account, drift=False):
        await hearth.start()
        box = hearth.at_box()
        await eventually(
            box, "/things?view=summary", lambda found: found and found[0]["state"].get("on") is False
        )
        assert (await write(box, "brightness", 10))[0] == 204
        said = await command(hearth, "mode", "away", "--why", "the sea")
        assert said.out == "mode away, before home\n"
        assert (await write(box, "brightness", 20))[0] == 403
        waived = await command(
            hearth, "policy", "waive", "at-home", "--thing", LAMP, "--for", "2h", "--why", "a burglar"
        )
        assert waived.out.startswith(f"household/at-home is waived on {LAMP} until ")
        assert (await write(box, "brightness", 20))[0] == 204
        assert "No disco" in await refusal(box, "brightness", 30)
        assert (await write(box, "on", False))[0] == 204
        resting = await eventually(
            box, "/ledger?kind=rest", lambda rows: rows and rows[-1]["body"]["is"] == "off"
        )
        await eventually(box, "/ledger?kind=outcome", lambda rows: len(rows) == 3)
        await hearth.kill()

        await hearth.start()
        box = hearth.at_box()
        await eventually(
            box, "/things?view=summary", lambda found: found and found[0]["state"].get("on") is False
        )
        assert (await command(hearth, "mode")).out.startswith("away, set ")
        listed = await command(hearth, "policy", "waivers")
        assert "household/at-home" in listed.out and "a burglar" in listed.out
        assert "No disco" in await refusal(box, "brightness", 30)
        await rests_since_before_the_cut(box, resting[-1]["body"]["off_ms"] / 1000)
        waiver = listed.out.splitlines()[1].split()[0]
        assert (await command(hearth, "policy", "unwaive", waiver)).out == f"ended: {waiver}\n"
        assert "Who is away" in await refusal(box, "brightness", 30)
        await hearth.kill()

        await hearth.start()
        assert (await command(hearth, "policy", "waivers")).out.startswith("every limit holds")
    await hearth.stop()
    assert verify(hearth.state).ok


async def rests_since_before_the_cut(box: aiohttp.ClientSession, off_at: float) -> None:
    status, problem = await write(box, "on", True)
    assert status == 403
    (finding,) = problem["findings"]
    async with box.get("/health") as answer:
        health = await answer.json()
    rows = await eventually(box, "/ledger?kind=denied&newest=1&limit=1", bool)
    rested = datetime.fromisoformat(rows[0]["at"]).timestamp() - off_at
    assert finding["remedy"]["data"]["after_seconds"] == pytest.approx(HOUR_S - rested, abs=1.5)
    assert rested > health["uptime_s"] - 1


async def write(client: aiohttp.ClientSession, name: str, value: object) -> tuple[int, Any]:
    async with client.put(f"/things/{LAMP}/properties/{name}", json=value) as answer:
        body = await answer.json(content_type=None) if answer.status != 204 else None
        return answer.status, body


async def refusal(client: aiohttp.ClientSession, name: str, value: object) -> str:
    status, problem = await write(client, name, value)
    assert status == 403
    return " ".join(finding["why"] for finding in problem["findings"])


async def command(process: HearthProcess, *words: str) -> Ran:
    environ = {"HEARTH_SOCKET": str(process.socket), "HOME": str(process.state), "PATH": "/usr/bin:/bin"}
    ran = await asyncio.to_thread(run_hearth, environ, *words)
    assert ran.code == 0, ran
    return ran
