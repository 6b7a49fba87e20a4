"""Thing Descriptions as they are served, before the validator of the Web of Things community (Eclipse Thingweb)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.house import House, hearth

pytestmark = pytest.mark.peers

ROOT = Path(__file__).parents[2]
MODULES = ROOT / ".ci" / "node_modules"


def test_served_descriptions_are_valid(house: House, node: str) -> None:
    things = json.loads(hearth(house.box, "things", "--json").out)
    served = [
        hearth(who, "show", thing["id"], "--json").out.strip()
        for thing in things
        for who in (house.box, house.agent)
    ]
    assert len(served) > 20
    done = subprocess.run(
        [node, Path(__file__).with_name("td_playground.js"), MODULES],
        input="\n".join(served), capture_output=True, text=True, timeout=60, check=True, env=dict(os.environ),
    )  # fmt: skip
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(served)
    for description, result in zip(served, results, strict=True):
        failed = {
            name: how for name, how in (result["report"] | result["details"]).items() if how == "failed"
        }
        assert not failed, f"{description}\n{result['said']}"
        assert result["report"]["schema"] == "passed"
