"""Backup, wipe, restore: nothing is lost, and the ledger goes on."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from gateway.ledger import verify
from tests.system.process import HearthProcess, eventually
from tests.system.stage import lamp, on_stage


async def hearth_command(*arguments: str) -> tuple[str, str]:
    """What a command prints, and what it complains about."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        out, err = await child.communicate()
    assert child.returncode == 0, (out, err)
    return out.decode(), err.decode()


async def told(client: Any, path: str) -> Any:
    async with client.get(path) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_backup_wipe_restore(broker: Any, hearth: HearthProcess, tmp_path: Path) -> None:
    backup, key = tmp_path / "house.backup", tmp_path / "key"
    where = ("--state-dir", str(hearth.state))
    async with on_stage(broker, home=[lamp("desk-lamp")]):
        await hearth.start()
        agent = await hearth.agent()
        await eventually(hearth.at_box(), "/things", lambda things: "desk-lamp" in str(things))
        async with hearth.at_box().put("/things/desk-lamp/properties/on", json=True) as answer:
            assert answer.status in {200, 204}
        names = await told(hearth.at_box(), "/.well-known/wot")
        out, shown = await hearth_command("backup", str(backup), *where, "--new-key", "--json")
        key.write_text(next(line.strip() for line in shown.splitlines() if line.count("-") == 8))
        made = orjson.loads(out)
        assert made["warnings"] == []
        await hearth.kill()

        shutil.rmtree(hearth.state)
        await hearth_command("restore", str(backup), *where, "--key-file", str(key))
        await hearth.start()
        async with agent.get(f"{hearth.url}/whoami") as answer:
            assert (await answer.json())["principal"] == "coo"
        assert await told(hearth.at_box(), "/.well-known/wot") == names
        await eventually(
            hearth.at_box(),
            "/things?view=summary",
            lambda things: [one["reachable"] for one in things] == [True] and things[0]["state"],
        )
        async with hearth.at_box().put("/things/desk-lamp/properties/on", json=False) as answer:
            assert answer.status in {200, 204}
        assert await hearth.stop() == 0
    found = verify(hearth.state)
    assert found.ok and found.last_seq > made["ledger"]["last"]
    with closing(sqlite3.connect(hearth.state / "ledger.db")) as ledger:
        told_so = ledger.execute("SELECT body FROM entries WHERE kind = 'restored'").fetchall()
    assert [orjson.loads(body)["ledger"]["hash"] for (body,) in told_so] == [made["ledger"]["hash"]]
