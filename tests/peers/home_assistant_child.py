"""A Home Assistant without a face: its core, its MQTT integration and its WebSocket API. Runs on Home Assistant's own Python.

usage: home_assistant_child.py DIRECTORY BROKER_PORT

Prints one line of JSON (`port`, `token`) once the integration is connected; each line that comes in on standard input is
given back once everything that was going on in it is done; the end of standard input is its end.
"""

# mypy: ignore-errors
# ruff: noqa: T201, ASYNC240
# Home Assistant is no dependency of this project: this file is imported by its interpreter alone.

from __future__ import annotations

import asyncio
import json
import socket
import sys
from datetime import timedelta
from pathlib import Path

from homeassistant import bootstrap, runner
from homeassistant.auth.models import TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN
from homeassistant.core import HomeAssistant

CONFIGURATION = """
homeassistant:
  name: Comparison
  latitude: 52.5
  longitude: 13.4
  elevation: 30
  unit_system: metric
  time_zone: UTC
  country: DE
http:
  server_host: 127.0.0.1
  server_port: {port}
websocket_api:
config:
tag:
device_automation:
logger:
  default: warning
"""
NEEDED = {"auth", "logger", "http", "websocket_api", "config", "tag", "device_automation"}
READY_SECONDS = 60.0


async def started(directory: Path, port: int) -> HomeAssistant:
    """Its core, running. Nothing that it would bring along by itself (history, energy, a face) is loaded."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "configuration.yaml").write_text(CONFIGURATION.format(port=port))
    for integrations in (bootstrap.DEFAULT_INTEGRATIONS, bootstrap.CRITICAL_INTEGRATIONS):
        integrations.clear()
        integrations.update(NEEDED if integrations is bootstrap.DEFAULT_INTEGRATIONS else {"http"})
    hass = await bootstrap.async_setup_hass(runner.RuntimeConfig(config_dir=str(directory), skip_pip=True))
    if hass is None or hass.config.recovery_mode:
        raise SystemExit("Home Assistant did not start: see its log")
    await hass.async_start()
    return hass


async def connect(hass: HomeAssistant, broker: int) -> None:
    """Set the integration up, as a person does in its dialogue."""
    settings = {"broker": "127.0.0.1", "port": broker}
    flow = await hass.config_entries.flow.async_init("mqtt", context={"source": "user"})
    while flow["type"] in ("form", "menu"):
        flow = await hass.config_entries.flow.async_configure(flow["flow_id"], settings)
    if flow["type"] != "create_entry":
        raise SystemExit(f"the MQTT integration was not set up: {flow}")
    await hass.async_block_till_done()


async def token(hass: HomeAssistant) -> str:
    user = await hass.auth.async_create_user("owner", group_ids=["system-admin"])
    refresh = await hass.auth.async_create_refresh_token(
        user,
        client_name="comparison",
        token_type=TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN,
        access_token_expiration=timedelta(days=1),
    )
    return hass.auth.async_create_access_token(refresh)


async def main(directory: Path, broker: int) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with asyncio.timeout(READY_SECONDS):
        hass = await started(directory, port)
        await connect(hass, broker)
        access = await token(hass)
    lines = asyncio.StreamReader()
    await hass.loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    print(json.dumps({"port": port, "token": access}), flush=True)
    while line := await lines.readline():
        await hass.async_block_till_done()
        print(line.decode().strip(), flush=True)
    await hass.async_stop()


if __name__ == "__main__":
    asyncio.set_event_loop_policy(runner.HassEventLoopPolicy(debug=False))
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
