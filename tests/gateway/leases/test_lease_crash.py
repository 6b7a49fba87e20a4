"""Kill -9 around leases, with the real process: what was told holds, what was not told never was."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.ledger import verify
from tests.gateway.core.rig import lamp, opened
from tests.system.process import HearthProcess, eventually

WISH = {"thing": "lamp", "property": "brightness", "for": "2h"}


@pytest.fixture
async def hearth(tmp_path: Path) -> AsyncIterator[HearthProcess]:
    """A gateway that knows a lamp of which nothing is heard."""
    async with opened(tmp_path, [lamp()]):
        pass
    async with HearthProcess(tmp_path) as process:
        yield process


async def ask(client: aiohttp.ClientSession, method: str, path: str, body: object = None) -> Any:
    async with client.request(method, path, json=body) as answer:
        assert answer.status < 300, await answer.text()
        return await answer.json() if answer.status != 204 else None


async def dies(
    hearth: HearthProcess, client: aiohttp.ClientSession, method: str, path: str, body: object = None
) -> None:
    with pytest.raises(aiohttp.ClientError):
        await ask(client, method, path, body)
    assert await hearth.ended() == -signal.SIGKILL


async def listed(client: aiohttp.ClientSession) -> list[tuple[str, str]]:
    return [(one["holder"], one["state"]) for one in (await ask(client, "GET", "/leases"))["leases"]]


def accepting(value: int) -> dict[str, object]:
    return WISH | {"accepts": {"one_of": [value]}}


@pytest.mark.timeout(90)
async def test_a_lease_that_nobody_was_told_of_never_was(hearth: HearthProcess) -> None:
    await hearth.start(HEARTH_FAILPOINT="leased")
    await dies(hearth, hearth.at_box(), "POST", "/leases", WISH)
    await hearth.start()
    box = hearth.at_box()
    assert await listed(box) == []
    rows = await eventually(box, "/ledger?kind=lease", lambda rows: len(rows) == 2)
    assert [row["body"]["change"] for row in rows] == ["claimed", "ended"]
    assert rows[1]["body"]["because"] == "the gateway stopped before it counted"
    assert (await ask(box, "POST", "/leases", WISH))["fence"] > rows[0]["body"]["fence"]
    await hearth.stop()
    assert verify(hearth.state).ok


@pytest.mark.timeout(90)
async def test_a_turn_that_was_written_is_had(hearth: HearthProcess) -> None:
    await hearth.start(HEARTH_FAILPOINT="leased:3")
    coo, eco = await hearth.agent("coo"), await hearth.agent("eco")
    first = await ask(coo, "POST", "/leases", accepting(10))
    second = await ask(eco, "POST", "/leases", accepting(90))
    assert (first["state"], second["state"]) == ("held", "waiting")
    await dies(hearth, coo, "DELETE", f"/leases/{first['id']}")
    await hearth.start()
    box = hearth.at_box()
    assert await listed(box) == [("eco", "held")]
    rows = await ask(box, "GET", "/ledger?kind=lease")
    assert [row["body"]["change"] for row in rows] == ["claimed", "waits", "ended", "granted"]
    await hearth.stop()
    assert verify(hearth.state).ok


@pytest.mark.timeout(90)
async def test_what_stands_after_a_power_cut(hearth: HearthProcess) -> None:
    await hearth.start()
    coo, eco, box = await hearth.agent("coo"), await hearth.agent("eco"), hearth.at_box()
    held = await ask(coo, "POST", "/leases", accepting(10))
    await ask(eco, "POST", "/leases", accepting(90))
    mine = await ask(box, "POST", "/leases", WISH | {"accepts": {"minimum": 20, "maximum": 60}})
    stands = [("box", "held"), ("coo", "suspended"), ("eco", "waiting")]
    assert sorted(await listed(box)) == stands
    await hearth.kill()
    await hearth.start()
    box = hearth.at_box()
    assert sorted(await listed(box)) == stands
    await ask(box, "DELETE", f"/leases/{mine['id']}")
    await hearth.kill()
    await hearth.start()
    left = sorted(await listed(hearth.at_box()))
    assert left in [[("coo", "held"), ("eco", "waiting")], [("coo", "waiting"), ("eco", "held")]]
    assert (await ask(hearth.at_box(), "GET", f"/leases/{held['id']}"))["id"] == held["id"]
    await hearth.stop()
    assert verify(hearth.state).ok
