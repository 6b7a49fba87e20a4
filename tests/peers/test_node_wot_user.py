"""Eclipse Thingweb's node-wot uses a house of ours, over http and over https with the gateway's own authority."""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import Any

import pytest

from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from policies import Role
from tests.gateway.api.desk import DeskDriver, House, button, lamp

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / ".ci" / "node_modules"
PRESSES = ["single", "double", "long"]


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_node_wot_uses_a_house_by_its_descriptions_alone(
    node: str, tmp_path: Path, scheme: str
) -> None:
    driver = DeskDriver()
    config = Config(
        state_dir=tmp_path / "state", runtime_dir=tmp_path / "run",
        http=Http(port=0, tls="own") if scheme == "https" else Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
    )  # fmt: skip
    async with open_gateway(config, drivers={"desk": driver}) as gateway, serve(gateway) as url:
        assert url.startswith(f"{scheme}:")
        house = House(gateway, driver, url, config.socket)
        await house.adopt(lamp(), button())
        await house.known("lamp", "on", False)
        await house.known("lamp", "brightness", 10)
        token = await house.secret("anna", Role.OWNER)
        environ = dict(os.environ)
        if scheme == "https":
            environ["NODE_EXTRA_CA_CERTS"] = str(_authority(tmp_path))
        said = await _used(node, url, token, environ, driver)
        names = gateway.names
    assert said["listed"] == [names.urn("bell"), names.urn("lamp")]
    assert said["retrieved"] == "lamp"
    assert said["read"] is False
    assert said["observed"] == [True, False]
    assert said["all"] == [True, 40]
    assert said["presses"] == PRESSES
    assert said["toggled"] is False
    assert said["started"] in {"pending", "running", "completed"}
    assert (said["ended"], said["execution"], said["newest"]) == ("completed", True, True)
    assert said["cancelled"] == "Error: Client error: Conflict"
    assert said["stranger"] == "Error: Client error: Unauthorized"


async def _used(
    node: str, url: str, token: str, environ: dict[str, str], driver: DeskDriver
) -> dict[str, Any]:
    """What the user said, in one."""
    process = await asyncio.create_subprocess_exec(
        node, str(HERE / "node_wot_user.js"), str(MODULES), url, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environ
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(token.encode())
    process.stdin.close()
    said: dict[str, Any] = {}
    try:
        async with asyncio.timeout(30):
            while line := await process.stdout.readline():
                told = json.loads(line)
                assert "failed" not in told, (told["failed"], said)
                said |= told
                if "subscribed" in told:
                    for press in PRESSES:  # faster than anybody could ask again
                        driver.happen("bell/pressed", press)
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return said


def _authority(state: Path) -> Path:
    """The gateway's own authority as a file, as a person would install it."""
    pem = next((state / "state").rglob("ca.pem")).read_text()
    path = state / "authority.crt"
    path.write_text(pem[pem.index("-----BEGIN CERTIFICATE") :])
    return path
