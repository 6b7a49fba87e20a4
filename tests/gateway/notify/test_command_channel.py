"""A program of the house's own: real ones, good and bad."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.notify.post import posting

KEEP = """#!/bin/sh
cat > "$1"
env > "$1.env"
"""


def program(directory: Path, text: str) -> Path:
    path = directory / "program"
    path.write_text(text)
    path.chmod(0o755)
    return path


def by(*argv: object) -> dict[str, Any]:
    return {"name": "say", "kind": "command", "command": tuple(map(str, argv))}


async def test_it_gets_the_notice_and_no_secret(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTH_TOKEN", "sesame")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/hearth")
    out = tmp_path / "out"
    async with posting(state, by(program(tmp_path, KEEP), out)) as post:
        notice = post.notice("$(touch /tmp/x) `id`", text="says: “; rm -rf ~”\n\x1b[31m", ref="/approvals/a")
        sender = post.notifier.channels["say"].sender
        assert await sender.send(notice) == "it ended with 0"
    assert json.loads(out.read_text())["data"]["title"] == "$(touch /tmp/x) `id`"
    env = dict(line.split("=", 1) for line in (tmp_path / "out.env").read_text().splitlines())
    assert env["HEARTH_TITLE"] == "$(touch /tmp/x) `id`" and env["HEARTH_REF"] == "/approvals/a"
    assert env["HEARTH_TEXT"] == "says: “; rm -rf ~” [31m"
    assert "HEARTH_TOKEN" not in env and "CREDENTIALS_DIRECTORY" not in env


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#!/bin/sh\necho no such user >&2\nexit 3\n", "it ended with 3: no such user"),
        ("#!/bin/sh\nkill -9 $$\n", "it ended with signal 9"),
        ("#!/bin/sh\nhead -c 1000000 /dev/zero | tr '\\0' x >&2\nexit 1\n", "it ended with 1: xxx"),
        ("no program", "it cannot be run"),
    ],
)
async def test_what_it_complains_of_is_told(state: Path, tmp_path: Path, text: str, words: str) -> None:
    async with posting(state, by(program(tmp_path, text))) as post:
        (trial,) = await post.notifier.test(["say"])
        assert not trial.delivered and trial.text.startswith(words) and len(trial.text) <= 200


async def test_one_that_does_not_read_is_no_failure(state: Path) -> None:
    async with posting(state, by("/bin/true")) as post:
        (trial,) = await post.notifier.test(["say"])
        assert trial.delivered


async def test_one_that_does_not_end_is_ended_with_all_that_it_started(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.notify.command.DELIVERY_S", 0.3)
    pids = tmp_path / "pids"
    slow = program(tmp_path, f"#!/bin/sh\nsleep 600 &\necho $! $$ > {pids}\nwait\n")
    async with posting(state, by(slow)) as post:
        (trial,) = await post.notifier.test(["say"])
        assert not trial.delivered and "did not end" in trial.text
        async with asyncio.timeout(5):
            while any(_lives(int(pid)) for pid in pids.read_text().split()):
                await post.ledger.flush()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state != "Z"  # its new parent may not have looked yet
