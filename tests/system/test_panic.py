"""The panic switch, and the opening of what is new, on the real process with a broker and simulated devices."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from drivers.mqtt.broker import ManagedBroker
from drivers.simulated.device import Device
from drivers.simulated.faults import parse_fault
from drivers.simulated.house import house
from tests.house import Ran, hearth
from tests.system.process import HearthProcess, eventually
from tests.system.stage import Stage, lamp, on_stage

SEEN_TO_STAND, NOT_SEEN, REFUSED = 0, 5, 3
SSE = {"Accept": "text/event-stream"}


def blind(name: str, fault: str = "") -> Device:
    like = next(device for device in house() if device.id == "bedroom-blind")
    device = Device(name, name, "Hall", list(like.parts.values()), like.state)
    device.fault = parse_fault(fault) if fault else None
    return device


@pytest.fixture
async def stage(broker: ManagedBroker) -> AsyncIterator[Stage]:
    home = [blind("blind"), blind("stuck", "lossy:2"), lamp("lamp", on=True), lamp("slow", "late:600")]
    async with on_stage(broker, home=home) as stage:
        yield stage


async def run(environ: Mapping[str, str], *words: str) -> Ran:
    """The command `hearth`, while the devices of this process go on."""
    return await asyncio.to_thread(hearth, environ, *words)


@pytest.fixture
def box(hearth: HearthProcess, tmp_path: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return kept | {"HOME": str(tmp_path), "HEARTH_SOCKET": str(hearth.socket)}


async def state(client: aiohttp.ClientSession, thing: str, name: str, wanted: Any) -> None:
    await eventually(client, f"/things/{thing}/properties", lambda body: body.get(name) == wanted)


async def test_panic_while_a_blind_moves_and_a_command_waits(
    hearth: HearthProcess, stage: Stage, box: dict[str, str]
) -> None:
    await hearth.start()
    at_box = hearth.at_box()
    await eventually(at_box, "/things?view=summary", lambda things: len(things) == 4)
    for thing, name in (("blind", "open"), ("stuck", "open")):
        await state(at_box, thing, "state", name)
    await state(at_box, "lamp", "on", True)
    await state(at_box, "slow", "on", False)
    coo = await hearth.agent()

    async with (
        coo.get("/events", headers=SSE) as stream,
        asyncio.TaskGroup() as group,
    ):
        waiting = {
            name: group.create_task(_status(coo, "POST", f"/things/{name}/actions/close"), name=name)
            for name in ("blind", "stuck")
        }
        waiting["slow"] = group.create_task(
            _status(coo, "PUT", "/things/slow/properties/on", json=True), name="slow"
        )
        for name in waiting:
            await stage.log.reaches(name, 1)
        for name in ("blind", "stuck"):
            await state(at_box, name, "state", "closing")

        pressed = await run(box, "panic", "--why", "the cat is in it")

        assert pressed.code == NOT_SEEN, pressed
        assert b"revoked" in await stream.content.read()
    lines = pressed.out.splitlines()
    assert lines[0] == "GO THERE: this was not seen to stop"
    assert lines[2].split()[:2] == ["stuck", "Hall"]
    assert "unconfirmed" in lines[2]
    assert any(line.startswith("seen to stand still: blind (told within") for line in lines)
    assert any(line.startswith("cancelled: 3 commands under way (") for line in lines)
    assert "locked out: coo (agent) – 1 token revoked" in lines
    assert "    hearth token create coo --for owner" in lines
    assert {name: task.result()[0] for name, task in waiting.items()} == dict.fromkeys(waiting, 504)
    assert {task.result()[1]["reason"] for task in waiting.values()} == {"superseded"}
    await state(at_box, "lamp", "on", True)
    assert stage.log.commands("lamp") == 0

    # what software had is dead, in memory and after a restart, until a person makes it anew
    assert (await _status(coo, "GET", "/things"))[0] == 401
    await hearth.kill()
    await hearth.start()
    at_box = hearth.at_box()
    assert (await _status(coo, "GET", hearth.url + "/things"))[0] == 401
    assert (await _status(await hearth.agent("coo"), "GET", "/things"))[0] == 200
    async with at_box.get("/ledger", params={"kind": "panic"}) as answer:
        press, end = await answer.json()
    assert (press["body"]["stage"], press["private"], press["principal"]) == (
        "pressed", {"purpose": "the cat is in it"}, "box",
    )  # fmt: skip
    assert (end["body"]["stopped"], end["body"]["moving"]) == (1, 1)
    assert [h["thing"] for h in end["body"]["not_stopped"]] == ["stuck"]


async def test_an_agent_cannot_press_it(hearth: HearthProcess, stage: Stage, box: dict[str, str]) -> None:
    await hearth.start()
    coo = await hearth.agent()
    token = coo.headers["Authorization"].removeprefix("Bearer ")
    refused = await run(box | {"HEARTH_TOKEN": token}, "panic")
    assert refused.code == REFUSED
    assert "for the people of the house" in refused.err
    assert stage.log.commands("blind") == 0


async def test_new_things_are_opened_by_a_person(tmp_path: Path, broker: ManagedBroker, stage: Stage) -> None:
    password = tmp_path / "password"
    password.write_text(broker.users[0].password)
    mqtt = {"host": broker.host, "port": broker.port, "username": "hearth", "password_file": str(password)}
    async with HearthProcess(tmp_path, mqtt, adopt="ask", label_new=True) as hearth:
        await hearth.start()
        at_box, coo = hearth.at_box(), await hearth.agent()
        environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "HEARTH_SOCKET": str(hearth.socket)}
        token = coo.headers["Authorization"].removeprefix("Bearer ")
        agent = environ | {"HEARTH_TOKEN": token}
        await eventually(at_box, "/inbox", lambda found: any(one["title"] == "lamp" for one in found))

        adopted = await run(environ, "adopt", "lamp")
        assert (adopted.code, adopted.out) == (0, "adopted: lamp is the Thing lamp, a light\n")
        assert adopted.err.strip().endswith("hearth label lamp -new")
        await state(at_box, "lamp", "on", True)
        assert (await run(agent, "write", "lamp", "on", "false")).code == REFUSED
        assert "new" in (await run(environ, "things")).out
        shown = await run(environ, "show", "lamp")
        assert "labels: new" in shown.out
        assert "hearth label lamp -new" in shown.err

        asked = await run(environ, "label", "lamp", "-new")
        assert asked.code == REFUSED
        assert "children, guests and agents may now use on, brightness" in asked.err
        assert "repeat it with --yes" in asked.err
        assert (await run(agent, "label", "lamp", "-new", "--yes")).code == REFUSED
        opened = await run(environ, "label", "lamp", "-new", "+reading", "--yes")
        assert (opened.code, opened.out.splitlines()[0]) == (
            0,
            "lamp: lamp, a light, in Hall, labels: reading",
        )
        assert (await run(agent, "write", "lamp", "on", "false")).code == 0

        await hearth.kill()
        await hearth.start()
        assert (await run(environ, "label", "lamp")).out == "reading\n"
        moved = await run(environ, "room", "lamp", "Attic")
        assert moved.out == "lamp: lamp, a light, in Attic, labels: reading\n"
        assert (await run(environ, "rename", "lamp", "Reading lamp")).out.startswith(
            "lamp: Reading lamp, a light, in"
        )


async def _status(
    client: aiohttp.ClientSession, method: str, path: str, **more: Any
) -> tuple[int, dict[str, Any]]:
    async with client.request(method, path, **more) as answer:
        body = await answer.json() if answer.content_length else {}
        return answer.status, body
