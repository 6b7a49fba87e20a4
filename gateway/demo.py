"""`hearth demo`: a working house on this machine, with nothing to set up and nothing left behind.

The real gateway, a real broker, and simulated devices in a process of their own that speak the real protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gateway.api.server import serve
from gateway.app import open_gateway, start_loop
from gateway.config import Adoption, Config, Http, ManagedBroker, Mqtt, Publisher, user_runtime_dir
from gateway.context import Gateway
from gateway.protocols import stored_password
from policies.decision import Principal, Role

HOUSE_USER: Final = "simulated-house"
HOUSE_PUBLISHES: Final = (
    *("homeassistant/+/+/+/config", "home/+/availability"),
    *("home/+/+/state", "home/+/+/state/+"),
)
HOUSE_OBEYS: Final = ("home/+/+/set", "home/+/+/set/+", "homeassistant/status")
HOUSE_READY_S: Final = 15.0
OWNER_CODE_S: Final = 3600.0
"""The owner's code of a demonstration lasts an hour: nobody outside this machine can reach it."""

AGENT: Final = Principal("coo", Role.AGENT, "Personal COO", acts_for="owner")


def main(*, port: int = 8420, state_dir: Path | None = None) -> int:
    """Runs until Ctrl-C. Returns an exit code."""
    logging.basicConfig(level="WARNING", format="%(levelname)s %(name)s: %(message)s")
    with tempfile.TemporaryDirectory(prefix="hearth-demo-") as temporary:
        start_loop(_demo(state_dir or Path(temporary), port))
    return 0


async def _demo(state_dir: Path, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    config = _config(state_dir, port)
    print("Starting the gateway, a broker and a simulated house …", flush=True)  # noqa: T201
    async with open_gateway(config) as gateway, serve(gateway) as address:
        house = _start_house(config)
        try:
            await _wait_for_house(gateway, house)
            await _print_welcome(gateway, address)
            await stop.wait()
        finally:
            house.terminate()
            await asyncio.to_thread(house.wait, 5)
    with contextlib.suppress(OSError):
        config.runtime_dir.rmdir()  # not empty where another gateway has its socket there
    print("\nStopped; nothing was left behind.")  # noqa: T201


def _config(state_dir: Path, port: int) -> Config:
    house = Publisher(name=HOUSE_USER, publish=HOUSE_PUBLISHES, subscribe=HOUSE_OBEYS)
    return Config(
        state_dir=state_dir,
        runtime_dir=user_runtime_dir(),
        http=Http(port=_free_port(port)),
        mqtt=Mqtt(managed=ManagedBroker(users=(house,), port=_free_port(0))),
        adoption=Adoption(without_asking="all"),
    )


def _start_house(config: Config) -> subprocess.Popen[bytes]:
    assert config.mqtt is not None
    assert config.mqtt.managed is not None
    directory = config.state_dir / "broker"
    directory.mkdir(mode=0o700, exist_ok=True)
    stored_password(directory, HOUSE_USER)
    command: Sequence[str] = (
        *(sys.executable, "-m", "drivers.simulated"),
        *("--host", "127.0.0.1", "--port", str(config.mqtt.managed.port), "--user", HOUSE_USER),
        *("--password-file", str(directory / f"{HOUSE_USER}.password")),
    )
    return subprocess.Popen(command, env={**os.environ, "PYTHONUNBUFFERED": "1"})  # noqa: S603


async def _wait_for_house(gateway: Gateway, house: subprocess.Popen[bytes]) -> None:
    """Until every announced device is a Thing that has said how it is."""
    from drivers.simulated.house import house as described  # noqa: PLC0415  only the demonstration needs it

    devices = len(described())
    observer = gateway.observers.subscribe(None)
    try:
        async with asyncio.timeout(HOUSE_READY_S):
            while not _complete(gateway, devices):
                if house.poll() is not None:
                    raise SystemExit(f"the simulated house ended with exit code {house.returncode}")
                await observer.batch()
    except TimeoutError:
        print(f"The house is not complete after {HOUSE_READY_S:.0f} s; going on.", file=sys.stderr)  # noqa: T201
    finally:
        gateway.observers.unsubscribe(observer)


def _complete(gateway: Gateway, devices: int) -> bool:
    known = [
        thing
        for thing in gateway.registry
        if thing.reach.reachable and any(slot.reading is not None for slot in thing.slots.values())
    ]
    return len(known) >= devices


async def _print_welcome(gateway: Gateway, address: str) -> None:
    _, secret = await gateway.identity.create_token(AGENT, parent=None, title="the demonstration's agent")
    code = await gateway.identity.open_pairing(Role.OWNER, "owner", ttl_s=OWNER_CODE_S)
    print(WELCOME.format(count=len(gateway.registry), address=address, token=secret, code=code), flush=True)  # noqa: T201


def _free_port(wanted: int) -> int:
    """`wanted` if nobody listens there, else any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("no free port on 127.0.0.1")


WELCOME: Final = """
Hearth is running, with {count} Things of a simulated house.

  Address       {address}
  Agent's token {token}
  Owner's code  {code}

In a second terminal, as the person at the box:
  . .venv/bin/activate
  hearth things
  hearth do desk-lamp toggle --why "time to read"
  hearth why desk-lamp

The same as the agent, which looks after comfort within the house's rules:
  export HEARTH_URL={address}
  export HEARTH_TOKEN={token}
  hearth do desk-lamp toggle --why "she comes home"
  hearth write thermostat target 28 --why "she is cold"
  hearth write hallway-outlet on false --why "saving power"

Ctrl-C ends it.
"""
