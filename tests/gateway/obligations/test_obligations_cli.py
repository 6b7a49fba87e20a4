"""What `hearth obligations`, `why` and `ledger tail` print."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
from click.testing import CliRunner, Result

from capabilities.vocabulary import Json
from gateway.cli.commands.watch import _line
from gateway.cli.main import cli
from policies import Role
from tests.gateway.attacks.besieged import Siege, besieged
from tests.gateway.core.rig import until
from tests.gateway.obligations.keeping import ALL, HEATER_OFF, heater


async def hearth(siege: Siege, *words: str) -> Result:
    """At the box, in a thread: the gateway goes on meanwhile."""
    environ = {"HEARTH_SOCKET": str(siege.rig.gateway.config.socket), "COLUMNS": "120"}
    return await asyncio.to_thread(CliRunner().invoke, cli, words, env=environ)


async def test_what_is_owed_is_printed_for_people(tmp_path: Path) -> None:
    async with besieged(tmp_path, [heater()], {"household": ALL + HEATER_OFF}) as siege:
        nothing = await hearth(siege, "obligations")
        assert nothing.output.startswith("nothing is owed")
        anna = await siege.owner()
        await anna.write("heater.on", True)
        listed = (await hearth(siege, "obligations", "--thing", "heater")).output.splitlines()
        assert listed[0].split() == ["THING", "PROPERTY", "WILL", "BE", "AT", "AFTER", "RULE"]
        assert listed[1].split()[:4] == ["heater", "on", "switched", "off"]
        assert listed[1].endswith("household/heater-off")
        why = (await hearth(siege, "why", "heater")).output
        assert "is switched off at" in why
        assert "(rule household/heater-off)" in why
        explained = (await hearth(siege, "policy", "explain")).output
        assert "its on is switched off at" in explained
        (owed,) = orjson.loads((await hearth(siege, "obligations", "--json")).output)
        settled = await hearth(siege, "obligations", "settle", owed["id"], "--why", "warm enough")
        assert settled.exit_code != 0
        assert "cannot be ended or prolonged" in settled.output
        tail = (await hearth(siege, "ledger", "tail", "--kind", "obligation")).output
        assert "begun" in tail


def test_what_is_owed_is_watched_in_words() -> None:
    event: dict[str, Json] = {
        "type": "obligation",
        "thing": "heater",
        "name": "on",
        "property": "on",
        "at": 0,
    }
    told = _line(
        {**event, "change": "done", "duty": "max_on", "rule": "household/off", "detail": "it was seen off"}
    )
    assert told.endswith("heater  on  done: to be switched off (rule household/off) – it was seen off")


async def test_what_failed_comes_first_and_says_what_to_do(tmp_path: Path) -> None:
    soon = HEATER_OFF.replace('"2h"', '"1s"')
    async with besieged(tmp_path, [heater()], {"household": ALL + soon}) as siege:
        anna = await siege.owner()
        await anna.write("heater.on", True)
        siege.rig.fault("heater", "rejecting")
        keeper = siege.rig.gateway.obligations
        await until(lambda: [one.state for one in keeper.owed()] == ["failed"])
        (owed,) = keeper.owed()
        listed = (await hearth(siege, "obligations")).output
        assert listed.startswith("FAILED  heater: the device refused")
        assert f'hearth obligations settle {owed.id} --why "…"' in listed
        settled = await hearth(siege, "obligations", "settle", owed.id, "--why", "unplugged it")
        assert settled.output.startswith("settled: heater; software may use it again")
        gone = await hearth(siege, "obligations", "settle", "nothing", "--why", "x")
        assert "there is no obligation 'nothing'" in gone.output


async def test_what_rests_is_listed_and_says_for_whom(tmp_path: Path) -> None:
    soon = HEATER_OFF.replace('"2h"', '"1m"')
    async with besieged(tmp_path, [heater()], {"household": ALL + soon}) as siege:
        coo, keeper = await siege.agent(), siege.rig.gateway.obligations
        await coo.write("heater.on", True)
        (owed,) = keeper.owed()
        owed.since_mono -= 60
        keeper._wake.set()
        await until(keeper.resting)
        refused = await coo.write("heater.on", True)
        assert (refused.status, refused.reason) == (409, "obligation")
        assert "heater was on for 60 s, and rule household/heater-off lets it be on for 60 s" in str(
            refused.document["detail"]
        )
        listed = (await hearth(siege, "obligations")).output
        assert "rests: software may switch it on again at" in listed.replace("\n", " ")
        assert "free for software again" in listed
        eve = await siege.client("helper", Role.GUEST_AGENT)
        assert (await eve.get("/obligations")).json == []
        assert (await (await siege.owner()).write("heater.on", True)).status == 204


async def test_what_failed_makes_the_house_unwell(tmp_path: Path) -> None:
    soon = HEATER_OFF.replace('"2h"', '"1s"')
    async with besieged(tmp_path, [heater()], {"household": ALL + soon}) as siege:
        anna = await siege.owner()
        await anna.write("heater.on", True)
        siege.rig.fault("heater", "rejecting")
        keeper = siege.rig.gateway.obligations
        await until(lambda: [one.state for one in keeper.owed()] == ["failed"])
        health = (await anna.get("/health")).document
        assert health["status"] == "degraded"
        assert isinstance(health["failed_obligations"], list)
        (failed,) = health["failed_obligations"]
        assert isinstance(failed, dict)
        assert (failed["thing"], failed["rule"]) == ("heater", "household/heater-off")
        stranger = await siege.client("helper", Role.GUEST_AGENT)
        told = (await stranger.get("/health")).document
        assert (told["status"], told["failed_obligations"]) == ("ok", [])
        doctor = (await hearth(siege, "doctor")).output.replace("\n", " ")
        assert "could not be switched off: the device refused" in doctor
        await siege.rig.gateway.ledger.flush()
        figures = (await hearth(siege, "metrics")).output
        assert "obligations: 0 met, 1 failed at first" in figures
