"""A stolen agent's token asks all that can be asked, in two houses that differ in what it may not see: it is told the same."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Final

import pytest

from drivers.simulated.device import Device
from policies import Role
from tests.gateway.attacks.besieged import Client, Siege, besieged, devices, shipped
from tests.gateway.attacks.test_attacks_on_routes import filled, routes
from tests.gateway.core.rig import lamp

_VARIES: Final = re.compile(r"[0-9a-f]{64}|\b[0-9a-f]{16,18}\b|[0-9a-z]{20}|\d+(\.\d+)?")
"""Hashes, ids of executions, times and other numbers: two runs never agree in them."""

SHOWS_THE_DOOR: Final = """
[[limit]]
id = "dark-while-open"
on = ["light.*"]
needs = [{ thing = "front-door", property = "state", equals = "locked" }]
why = "A test looks at the door"

[[ask]]
id = "ask-while-open"
on = ["media.*", "blind.*"]
needs = [{ thing = "front-door", property = "state", equals = "locked" }]
approver = ["adult"]
valid = "5m"
why = "A test asks by the door"

[[then]]
id = "tell-all"
on = ["*"]
notify = ["adult"]
why = "A test tells"
"""


def a_house(door: str) -> list[Device]:
    found = devices()
    lock = next(one for one in found if one.id == "front-door")
    lock.state["lock"]["position"] = 0.0 if door == "locked" else 100.0
    lock._derive()
    return found


async def everything_asked(siege: Siege, client: Client) -> dict[str, str]:
    """Every question, every dry run and every command about every Thing: question → answer, without what always varies."""
    told: dict[str, str] = {}
    for method, path in routes(siege.rig.gateway):
        if method != "GET" or path.endswith("/observe") or "events" in path:
            continue
        for where in filled(path, siege):
            answer = await client.ask(method, where)
            told[where] = f"{answer.status} {answer.text}"
    for adopted in siege.rig.gateway.registry:
        if adopted.id != "front-door":
            continue
        for operation in adopted.operations():
            kind, method = ("actions", "POST") if operation.is_action else ("properties", "PUT")
            for query in ("?dry-run=1", ""):
                where = f"/things/{adopted.id}/{kind}/{operation.name}{query}"
                answer = await client.ask(method, where, None if operation.is_action else True)
                told[f"{method} {where}"] = f"{answer.status} {answer.outcome} {answer.reason} {answer.text}"
        for query in ("why", "why?property=state", "properties?detail=1", "properties/state/observe"):
            answer = await client.get(f"/things/{adopted.id}/{query}")
            told[query] = f"{answer.status} {answer.text}"
    for query in (
        "/ledger",
        "/ledger?newest=1",
        "/ledger?thing=front-door",
        "/ledger?principal=anna",
        "/things?view=summary",
    ):
        told[f"then {query}"] = (await client.get(query)).text
    installation = siege.rig.gateway.names.installation
    return {
        question: _VARIES.sub("#", answer.replace(installation, "#")) for question, answer in told.items()
    }


async def test_a_stolen_agents_token_is_told_nothing_of_what_it_may_not_see(tmp_path: Path) -> None:
    told = {}
    for door in ("locked", "unlocked"):
        async with besieged(tmp_path / door, a_house(door)) as siege:
            assert siege.rig.value("front-door", "state") == door
            await siege.owner()
            told[door] = await everything_asked(siege, await siege.agent())
            assert siege.moved == []
    assert told["locked"] == told["unlocked"]
    assert len(told["locked"]) > 60


async def test_rules_that_look_at_a_secret_tell_that_they_refuse_and_not_what_they_saw(
    tmp_path: Path,
) -> None:
    """The refusal itself is an answer; its reasons, the ledger, an explanation and a dry run add nothing to it."""
    async with besieged(tmp_path, a_house("unlocked"), shipped(SHOWS_THE_DOOR)) as siege:
        anna, coo = await siege.owner(), await siege.agent()
        stream = await coo.session.get("/events", headers={"Accept": "text/event-stream"})
        refused = await coo.write("desk-lamp.on", True)
        assert refused.rules == ["household/dark-while-open"]
        asked = await coo.act("bedroom-blind.close")
        assert asked.rules == ["household/ask-while-open"]
        texts = [refused.text, asked.text]
        for path in (
            "/policies/explain",
            "/ledger",
            "/things/desk-lamp/why",
            "/things/bedroom-blind/why",
            "/things",
        ):
            texts += [(await coo.get(path)).text]
        for answer in (refused, asked):
            texts += [(await coo.get(f"/executions/{answer.headers['Hearth-Execution']}")).text]
        texts.append((await coo.ask("PUT", "/things/desk-lamp/properties/on?dry-run=1", True)).text)
        assert (
            await anna.act("front-door.lock")
        ).status == 204  # what it does to the door is not told either
        assert (await anna.write("desk-lamp.on", True)).status == 204
        async with asyncio.timeout(5):
            while b"desk-lamp" not in (line := await stream.content.readline()):
                texts.append(line.decode())
        stream.close()
        for text in texts:
            assert '"locked"' not in text and "unlocked" not in text, text
            assert "front-door.state" not in text and '"front-door","state"' not in text, text


@pytest.mark.parametrize("role", [Role.AGENT, Role.GUEST, Role.SERVICE])
async def test_who_may_not_see_the_door_is_not_told_when_somebody_uses_it(tmp_path: Path, role: Role) -> None:
    """A lock's log tells who comes and goes: commands, notices and the end of the move are on the streams of those who see
    its state.
    """
    rules = '[[then]]\nid = "t"\non = ["lock.*"]\nnotify = ["adult"]\nwhy = "Doors"\n'
    async with besieged(tmp_path, [*a_house("locked"), lamp("last")], shipped(rules)) as siege:
        anna, ben = await siege.owner(), await siege.client("ben", Role.ADULT)
        other = await siege.client("coo", role, "anna" if role is Role.AGENT else "")
        sse = {"Accept": "text/event-stream"}
        theirs = await other.session.get("/events", headers=sse)
        bens = await ben.session.get("/events", headers=sse)
        assert (await anna.act("front-door.unlock")).status == 204
        await siege.rig.settle()
        assert (await anna.write("last.on", True)).status == 204
        seen = {}
        for name, stream in (("other", theirs), ("ben", bens)):
            lines = []
            async with asyncio.timeout(5):
                while b'"last"' not in (line := await stream.content.readline()):
                    lines.append(line.decode())
                    assert line, "the stream ended"
            seen[name] = "".join(lines)
            stream.close()
        assert "event: notice" in seen["ben"] and '"unlock"' in seen["ben"] and "unlocked" in seen["ben"]
        assert "front-door" not in seen["other"].replace("battery_level", ""), seen["other"]
