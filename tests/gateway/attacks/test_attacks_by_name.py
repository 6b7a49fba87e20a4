"""Software that takes another name: what binds it comes along."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from tests.gateway.attacks.besieged import Client, Siege, besieged, shipped
from tests.gateway.core.rig import lamp

MANDATE = """
[[limit]]
id = "coo-dims"
who = ["id:coo"]
on = ["light.brightness"]
value = { max = 40 }
why = "This agent dims"

[[allow]]
id = "for-another"
who = ["id:night"]
may = ["setting.*"]
privilege = "manage"
why = "For an agent that somebody will let in later"
"""


async def test_an_agent_gets_round_what_binds_it_by_another_name(tmp_path: Path) -> None:
    """A token made from an agent's, for whatever name, is bound by all that binds its maker, and its maker, also after a
    restart.
    """
    secrets = []
    async with besieged(tmp_path, [lamp()], shipped(MANDATE)) as siege:
        await siege.owner()
        coo = await siege.agent()
        assert (await coo.write("lamp.brightness", 80)).status == 403
        maker, name = coo, "night"
        for name in ("night", "owner", "anybody"):
            made = await maker.ask("POST", "/tokens", {"principal": name, "role": "agent"})
            assert made.status == 201, made.text
            secrets.append(str(made.document["secret"]))
            maker = _with(siege, secrets[-1])
            refused = await maker.write("lamp.brightness", 80)
            assert (refused.status, refused.rules) == (403, ["household/coo-dims"])
            assert (await maker.write("lamp.brightness", 40)).status == 204
        deeper = await maker.ask("POST", "/tokens", {"principal": "deep", "role": "agent"})
        assert deeper.status == 201
        deepest = _with(siege, str(deeper.document["secret"]))
        last = await deepest.ask("POST", "/tokens", {"principal": "deepest", "role": "agent"})
        assert last.status == 403
        assert "let a person make the next one" in last.text
    async with besieged(tmp_path, [lamp()]) as siege:
        for secret in secrets:
            assert (await _with(siege, secret).write("lamp.brightness", 80)).rules == ["household/coo-dims"]


def _with(siege: Siege, secret: str) -> Client:
    session = aiohttp.ClientSession(siege.url, headers={"Authorization": f"Bearer {secret}"})
    siege.clients.append(Client(session, "", secret))
    return siege.clients[-1]


@pytest.mark.parametrize("name", ["box", "gateway", "rule", "pairing", "house"])
async def test_an_agent_that_takes_a_name_of_the_gateways_own_reads_its_entries(
    tmp_path: Path, name: str
) -> None:
    """Everybody reads their own entries: nobody is the box but the box."""
    async with besieged(tmp_path, [lamp()]) as siege:
        anna, coo = await siege.owner(), await siege.agent()
        for client in (anna, coo):
            answer = await client.ask("POST", "/tokens", {"principal": name, "role": "agent"})
            assert (answer.status, "a name of the gateway's own" in answer.text) == (403, True)


async def test_an_agent_that_makes_tokens_without_end(tmp_path: Path) -> None:
    async with besieged(tmp_path, [lamp()]) as siege:
        coo = await siege.agent()
        for number in range(63):
            body = {"principal": f"h{number}", "role": "agent"} if number % 2 else {}
            assert (await coo.ask("POST", "/tokens", body)).status == 201
        full = await coo.ask("POST", "/tokens", {})
        assert (full.status, "revoke what is not used" in full.text) == (403, True)
        anna = await siege.owner()
        assert (await anna.ask("POST", "/tokens", {"role": "agent", "principal": "another"})).status == 201
