"""Thing Descriptions as they are served, before the validator of the Web of Things community (Eclipse Thingweb)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house import House, hearth

pytestmark = pytest.mark.peers

ROOT = Path(__file__).parents[2]
MODULES = ROOT / ".ci" / "node_modules"


@pytest.fixture(scope="module")
def node() -> str:
    """Node, with the validator installed. Skipped only where there is no Node and none can be installed."""
    subprocess.run([ROOT / ".ci/system-packages", "node"], check=False, capture_output=True)
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node.js is not installed, and cannot be installed from here (see .ci/system-packages)")
    done = subprocess.run([ROOT / ".ci/node-packages"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return program


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
