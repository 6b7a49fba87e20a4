"""The public conformance suite of the Model Context Protocol, at both eras.

Against an application with all that the suite wants, on the gateway's own bridge: everything that it requires. Against the
gateway: the scenarios that need no tools made for the suite. It cannot send a token: a proxy on loopback adds it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from drivers.driver import Driver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from policies import Principal, Role
from tests.gateway.api.desk import DeskDriver, lamp
from tests.peers.adding_proxy import adding
from tests.peers.mcp_everything import everything

pytestmark = pytest.mark.peers

MODULES: Final = Path(__file__).parents[2] / ".ci" / "node_modules"
SUITE: Final = MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
WITHIN_S: Final = 60
REQUIRED: Final = {"2026-07-28": 37, "2025-11-25": 30}

OWN: Final = {
    "2026-07-28": (
        *(
            "tools-list",
            "resources-list",
            "dns-rebinding-protection",
            "http-header-validation",
            "server-stateless",
        ),
        *("caching", "sep-2164-resource-not-found", "input-required-result-unsupported-methods"),
    ),
    "2025-11-25": (
        *("server-initialize", "server-session-lifecycle", "ping", "tools-list", "resources-list"),
        *(
            "server-sse-multiple-streams",
            "resources-subscribe",
            "resources-unsubscribe",
            "dns-rebinding-protection",
        ),
    ),
}
"""What means something without the suite's own tools."""

WITHOUT_FIXTURES: Final = re.compile(
    r"Not testable: server does not list the diagnostic tool|prompts/list returned .*-32601"
)
"""Single checks in them that ask for the suite's tools, or for prompts, which the gateway has none of."""


@pytest.fixture
def node22(node: str) -> str:
    found = [*MODULES.glob("node-linux-*/bin/node")]
    if not found:
        pytest.skip("there is no Node 22 for this machine (see .ci/node-packages)")
    return str(found[0])


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[str]:
    """A gateway with a lamp; its `/mcp` behind a proxy that adds an owner's token."""
    config = Config(
        state_dir=folder / "state",
        runtime_dir=folder / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
    )
    driver = DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(config, drivers=drivers) as gateway:
        await gateway.registry.adopt(lamp(), room="study", by="test")
        _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
        async with serve(gateway) as url, adding(url, f"Authorization: Bearer {secret}") as proxy:
            yield proxy.replace("127.0.0.1", "localhost") + "/mcp"


async def suite(node: str, folder: Path, url: str, *options: str) -> tuple[int, str]:
    out = folder / "out"
    child = await asyncio.create_subprocess_exec(
        *(node, str(SUITE), "server", "--url", url, "--output-dir", str(out), *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            said, _ = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    assert child.returncode is not None
    return child.returncode, said.decode()


def failed(folder: Path, scenario: str) -> list[dict[str, Any]]:
    (checked,) = folder.glob(f"out/server-{scenario}-20*/checks.json")
    checks = json.loads(checked.read_text())
    assert checks
    return [check for check in checks if check["status"] == "FAILURE"]


@pytest.mark.parametrize("era", [*REQUIRED])
async def test_everything_that_is_required_passes_on_the_bridge(
    node22: str, era: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.mcp.routes._library", everything)
    async with served(tmp_path) as url:
        code, said = await suite(node22, tmp_path, url, "--requirements", era)
    assert code == 0, said
    summary = said.partition("=== SUMMARY ===")[2].partition("Not scored")[0]
    passed = re.findall(r"✓ (\S+): (\d+) passed", summary)
    unscored = re.findall(r"[✓✗] (\S+) \(", said.partition("Not scored")[2])
    assert len([name for name, count in passed if name not in unscored and int(count)]) == REQUIRED[era]


@pytest.mark.parametrize("era", [*OWN])
async def test_what_means_something_passes_on_the_gateway(node22: str, era: str, tmp_path: Path) -> None:
    async with served(tmp_path) as url:
        _, said = await suite(node22, tmp_path, url, "--requirements", era)
    for scenario in OWN[era]:
        wrong = [
            one
            for one in failed(tmp_path, scenario)
            if not WITHOUT_FIXTURES.match(one.get("errorMessage") or "")
        ]
        if scenario == "server-stateless":  # answers to a call that the gateway has no tool for
            wrong = [one for one in wrong if one["id"] != "sep-2575-missing-capability-http-400"]
        assert not wrong, said
