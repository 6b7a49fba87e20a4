"""Every description that anybody can get, before the validator of the Web of Things community (Eclipse Thingweb)."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.every_thing import described, every_thing

pytestmark = pytest.mark.peers

ROOT = Path(__file__).parents[2]
MODULES = ROOT / ".ci" / "node_modules"


def looked_at(node: str, descriptions: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [node, Path(__file__).with_name("td_playground.js"), MODULES],
        input=descriptions, capture_output=True, text=True, timeout=120, check=True, env=dict(os.environ),
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


async def test_what_each_role_gets_passes_the_playground(node: str, tmp_path: Path) -> None:
    async with every_thing(tmp_path) as sessions:
        served = {
            json.dumps(td, sort_keys=True): (role.value, td["id"])
            for role, session in sessions.items()
            for td in await described(session)
        }
    assert len(served) > 80
    results = await asyncio.to_thread(looked_at, node, "\n".join(served))
    assert len(results) == len(served)
    for whose, result in zip(served.values(), results, strict=True):
        failed = {name for name, how in (result["report"] | result["details"]).items() if how == "failed"}
        assert not failed, (whose, failed, result["said"])
        assert result["report"]["schema"] == "passed", whose
