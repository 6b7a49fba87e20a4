"""Notices on streams, `/notify`, `/health` and `hearth notify`: who is told, who sees and who may try out."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from drivers.driver import Driver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Channel, Config, Http
from gateway.ids import new_id
from gateway.notify import About, Notice, says
from policies import Role
from tests.gateway.api.desk import DeskDriver, House, lamp, lock
from tests.gateway.notify.post import Answer, WebServer

END = "the end"


@pytest.fixture
async def house(tmp_path: Path, server: WebServer) -> AsyncIterator[House]:
    channels = [
        {"name": "hook", "kind": "webhook", "url": f"{server.url}/a-secret-path"},
        {"name": "phones", "kind": "ntfy", "url": server.url, "topic": "a-secret-topic", "to": ("anna",)},
    ]
    config = Config(
        state_dir=tmp_path / "state",
        runtime_dir=tmp_path / "run",
        http=Http(port=0),
        adoption=Adoption(label_new=False),
        notify=tuple(Channel.model_validate(one) for one in channels),
    )
    driver = DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(config, drivers=drivers) as gateway, serve(gateway) as url:
        async with asyncio.timeout(5):
            await driver.listening.wait()
        made = House(gateway, driver, url, config.socket)
        yield made
        for session in made.sessions:
            await session.close()


def tell(house: House, title: str, **members: Any) -> None:
    now = house.gateway.clock.wall()
    house.gateway.parts.notifier.tell(Notice(new_id(now), now, title, "text", **members))


async def seen(stream: aiohttp.ClientResponse) -> list[dict[str, Any]]:
    """The notices until the one called `END`."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(5):
        while line := await stream.content.readline():
            if line.startswith(b"data:") and b"title" in line:
                found.append(json.loads(line.removeprefix(b"data:")))
                if found[-1]["title"] == END:
                    break
    stream.close()
    return found[:-1]


EVERYBODY = ("owner", "adult", "child", "guest", "agent", "service")


async def test_a_notice_is_on_the_streams_of_those_whom_it_is_for_and_nobody_else_s(house: House) -> None:
    await house.adopt(lamp(), lock())
    people = {
        "anna": await house.owner(),
        "ben": await house.client("ben", Role.ADULT),
        "tim": await house.client("tim", Role.CHILD),
        "coo": await house.agent(),
        "owner": await house.client("owner", Role.CHILD),  # an id that is the word of a role
        "box": house.box(),
    }
    sse = {"Accept": "text/event-stream"}
    streams = {name: await one.get("/events?types=notice", headers=sse) for name, one in people.items()}
    tell(house, "for adults", to=("adult",), about=About("door", "unlock"))
    tell(house, "for owners", to=("owner",))
    tell(house, "for tim", to=("tim",))
    tell(house, "for agents, of the lamp", to=("agent",), about=About("lamp", "on"))
    tell(house, "for agents, of the door", to=("agent",), about=About("door", "state"))
    tell(house, "for nobody", to=())
    tell(house, "for whoever is called so", to=("tim,owner", "x\nadult", ">owner"))
    tell(house, END, to=EVERYBODY)
    found = {name: [one["title"] for one in await seen(stream)] for name, stream in streams.items()}
    assert found == {
        "anna": ["for owners"],
        "ben": ["for adults"],
        "tim": ["for tim"],
        "coo": ["for agents, of the lamp"],
        "owner": [],
        "box": ["for owners"],
    }


async def test_the_event_says_what_it_is_about(house: House) -> None:
    await house.adopt(lock())
    ben = await house.client("ben", Role.ADULT)
    stream = await ben.get("/events?types=notice", headers={"Accept": "text/event-stream"})
    tell(
        house,
        "Unlock?",
        to=("adult",),
        about=About("door", "unlock", "e1"),
        ref="/approvals/a1",
        kind="approval",
    )
    tell(house, END, to=("adult",))
    (event,) = await seen(stream)
    assert (event["type"], event["thing"], event["name"]) == ("notice", "door", "unlock")
    assert (event["kind"], event["execution"], event["ref"]) == ("approval", "e1", "/approvals/a1")
    assert {"id", "at", "urgency", "notice"} <= event.keys()


async def test_what_is_replayed_is_filtered_likewise(house: House) -> None:
    tell(house, "for adults", to=("adult",))
    tell(house, END, to=EVERYBODY)
    run = f"{int(house.gateway.started_at * 1000):x}"
    coo = await house.agent()
    headers = {"Accept": "text/event-stream", "Last-Event-ID": f"{run}-0"}
    assert await seen(await coo.get("/events?types=notice", headers=headers)) == []


async def test_who_may_look_and_try_out(house: House, server: WebServer) -> None:
    anna, coo, tim = await house.owner(), await house.agent(), await house.client("tim", Role.CHILD)
    for other in (coo, tim):
        assert (await other.get("/notify")).status == 403
        assert (await other.post("/notify/test", json={})).status == 403
        assert (await (await other.get("/health")).json())["notify"] == {}
    assert not server.got
    answer = await anna.post("/notify/test", json={})
    first, second = await answer.json()
    assert (first["name"], first["delivered"], first["text"], first["where"]) == (
        "hook",
        True,
        "HTTP 200",
        "127.0.0.1",
    )
    assert second["delivered"] and len(server.got) == 2
    text = await (await anna.get("/notify")).text()
    text += await (await anna.get("/health")).text()
    assert "a-secret" not in text and '"state":"ok"' in text and "last delivered" in text
    (row, _) = await (await anna.get("/notify")).json()
    assert row["counters"]["delivered"] == 1 and row["last_success"] and row["to"] == ["owner", "adult"]
    unknown = await house.box().post("/notify/test", json={"name": "pigeons"})
    assert unknown.status == 400
    assert "there is no channel 'pigeons'; there is: hook, phones" in (await unknown.json())["detail"]


async def test_a_channel_that_fails_shows_in_health(house: House, server: WebServer) -> None:
    server.answers = [Answer(404)]
    await (await house.box().post("/notify/test", json={"name": "hook"})).json()
    health = await (await house.box().get("/health")).json()
    hook = health["notify"]["hook"]
    assert health["status"] == "degraded" and hook["state"] == "failing"
    assert hook["line"].startswith("last failure 0 s ago (HTTP 404: ok); nothing delivered yet")
    assert "look at url" in hook["remedy"]


# ---------------------------------------------------------------- the command


async def hearth(house: House, *words: str) -> tuple[int, str, str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HEARTH_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", *words,
        env=environ | {"HEARTH_SOCKET": str(house.socket), "NO_COLOR": "1", "COLUMNS": "100"},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_hearth_notify(house: House, server: WebServer) -> None:
    server.answers = [Answer(200), Answer(401), Answer(200)]
    code, out, _ = await hearth(house, "notify", "test", "phones")
    assert (code, out) == (0, "sent    phones (a topic of 127.0.0.1): HTTP 200; look whether it is there\n")
    code, out, _ = await hearth(house, "notify", "test", "hook")
    assert code == 1 and out.splitlines()[0] == "FAILED  hook (127.0.0.1): HTTP 401: ok"
    assert "→ the token or signature is not accepted" in out
    code, out, err = await hearth(house, "notify", "list")
    assert (
        code == 0
        and "phones" in out
        and "failing" in out
        and "HTTP 401" in out
        and "hearth notify test" in err
    )
    code, out, _ = await hearth(house, "notify", "list", "--json")
    assert {one["name"]: one["state"] for one in json.loads(out)} == {"hook": "failing", "phones": "ok"}
    code, out, _ = await hearth(house, "doctor")
    assert "notify hook" in out and "FAILED" in out
    code, _, err = await hearth(house, "notify", "test", "pigeons")
    assert code == 2 and "there is: hook, phones" in err


async def test_its_help_has_an_example(house: House) -> None:
    for words in (("notify", "--help"), ("notify", "test", "--help")):
        code, out, _ = await hearth(house, *words)
        assert code == 0 and "hearth notify test phones" in out


def test_another_s_words_are_marked() -> None:
    assert says("coo", "open up\x1b[2J\n“now”") == 'coo says: “open up [2J "now"”'
    assert says("coo", " \n ") == "" and len(says("coo", "x" * 1000)) < 200
