"""`hearth demo`: a working house on this machine, with nothing to set up and nothing left behind.

The real gateway, a real broker, and simulated devices in a process of their own that speak the real protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from drivers.wot.settings import WotSettings
from gateway.api.server import serve
from gateway.app import STARTUP_ERRORS, in_words, open_gateway, start_loop, stop_on_signals
from gateway.config import (
    Adoption,
    Config,
    Discovery,
    House,
    Http,
    ManagedBroker,
    Mqtt,
    Publisher,
    user_runtime_dir,
)
from gateway.context import Gateway
from gateway.protocols import stored_password
from policies.decision import Principal, Role

HOUSE_USER: Final = "simulated-house"
HOUSE_READY_S: Final = 15.0
LIGHT_FOUND_S: Final = 5.0
HOUSE_ENDS_S: Final = 5.0
HOUSE_LOG: Final = "house.log"
GARDEN_LOGIN: Final = "garden:sunflower"
OWNER_CODE_S: Final = 3600.0
"""The owner's code of a demonstration lasts an hour: nobody outside this machine can reach it."""

AGENT: Final = Principal("coo", Role.AGENT, "Personal COO", acts_for="owner")


def main(*, port: int = 8420, state_dir: Path | None = None) -> int:
    """Runs until Ctrl-C. Returns an exit code; what keeps it from running is printed in a line."""
    logging.basicConfig(level="WARNING", format="%(levelname)s %(name)s: %(message)s")
    failed: BaseException | None = None
    try:
        start_loop(_demo(state_dir, port))
    except* (*STARTUP_ERRORS, _CannotRunError) as group:
        failed = group
    if failed is None:
        return 0
    print(f"hearth: {in_words(failed)}", file=sys.stderr)  # noqa: T201
    return 1


class _CannotRunError(Exception):
    """There can be no demonstration here, or no longer."""


async def _demo(state_dir: Path | None, port: int) -> None:
    stop = asyncio.Event()
    stop_on_signals(stop)
    temporary = state_dir is None
    with contextlib.ExitStack() as stack:
        if state_dir is None:
            state_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hearth-demo-")))
        config = _config(state_dir, port)
        if _answers(config.socket):
            raise _CannotRunError(f"a gateway of yours runs already at {config.socket}; stop it first")
        _say("Starting the gateway, a broker and a simulated house …")
        light = f"urn:uuid:{uuid4()}"  # of its own: demonstrations on one machine see each other's
        async with open_gateway(config) as gateway, serve(gateway) as address, _house(config, light) as house:
            if await _wait_for_house(gateway, house, stop):
                await _print_welcome(gateway, address, light if await _is_found(gateway, light) else "")
                await stop.wait()
        with contextlib.suppress(OSError):
            config.runtime_dir.rmdir()  # not empty where another gateway has its socket there
    _say("\nStopped; nothing was left behind." if temporary else f"\nStopped; its data is in {state_dir}.")


def _say(text: str) -> None:
    """To whoever still listens: a terminal that was closed is no reason to end otherwise than in order."""
    try:
        print(text, flush=True)  # noqa: T201
    except OSError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  until the process ends


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _config(state_dir: Path, port: int) -> Config:
    from drivers.simulated.mqtt_house import publishes, subscribes  # noqa: PLC0415  only the demonstration needs it

    house = Publisher(name=HOUSE_USER, publish=publishes(), subscribe=subscribes())
    return Config(
        state_dir=state_dir,
        runtime_dir=user_runtime_dir(),
        http=Http(port=_free_port(port)),
        mqtt=Mqtt(managed=ManagedBroker(users=(house,), port=_free_port(0))),
        adoption=Adoption(without_asking="all", label_new=False),  # its agent is to use the lamps
        discovery=Discovery(families=("wot",), interfaces=("127.0.0.1",), announce=False),
        wot=WotSettings(this_machine=True),  # where all of its devices are
        house=House(clock="trusted"),  # nothing in it can be harmed at a wrong hour
    )


@contextlib.asynccontextmanager
async def _house(config: Config, light: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The devices, in a session of their own: Ctrl-C is for the demonstration, which ends them."""
    assert config.mqtt is not None
    assert config.mqtt.managed is not None
    directory = config.state_dir / "broker"
    directory.mkdir(mode=0o700, exist_ok=True)
    stored_password(directory, HOUSE_USER)
    command: Sequence[str] = (
        *(sys.executable, "-m", "drivers.simulated"),
        *("--host", "127.0.0.1", "--port", str(config.mqtt.managed.port), "--user", HOUSE_USER),
        *("--password-file", str(directory / f"{HOUSE_USER}.password")),
        *("--web-password-file", str(_login(directory)), "--web-id", light),
    )
    with (config.state_dir / HOUSE_LOG).open("wb") as log:
        house = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield house
    finally:
        with contextlib.suppress(ProcessLookupError):
            house.terminate()
        try:
            async with asyncio.timeout(HOUSE_ENDS_S):
                await house.wait()
        except TimeoutError:
            house.kill()
            await house.wait()


def _login(directory: Path) -> Path:
    """The file with what the light in the garden asks for."""
    file = directory / "garden-light.login"
    file.write_text(GARDEN_LOGIN)
    return file


async def _wait_for_house(gateway: Gateway, house: asyncio.subprocess.Process, stop: asyncio.Event) -> bool:
    """Until every announced device is a Thing that has said how it is; False if it is to stop before that."""
    complete = asyncio.create_task(_house_is_complete(gateway), name="house complete")
    ended = asyncio.create_task(house.wait(), name="house ended")
    stopped = asyncio.create_task(stop.wait(), name="stopped")
    waits: tuple[asyncio.Task[Any], ...] = (complete, ended, stopped)
    try:
        await asyncio.wait(waits, timeout=HOUSE_READY_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waits:
            task.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    if stop.is_set():
        return False
    if house.returncode is not None:
        said = (gateway.config.state_dir / HOUSE_LOG).read_text(errors="replace").strip().splitlines()
        last = f": {said[-1]}" if said else ""
        raise _CannotRunError(f"the simulated house ended with exit code {house.returncode}{last}")
    if complete.cancelled():
        print(f"The house is not complete after {HOUSE_READY_S:.0f} s; going on.", file=sys.stderr)  # noqa: T201
    return True


async def _house_is_complete(gateway: Gateway) -> None:
    from drivers.simulated.house import house as described  # noqa: PLC0415  only the demonstration needs it

    devices = len(described())
    observer = gateway.observers.subscribe(None)
    try:
        while not _complete(gateway, devices):
            await observer.batch()
    finally:
        gateway.observers.unsubscribe(observer)


def _complete(gateway: Gateway, devices: int) -> bool:
    known = [
        thing
        for thing in gateway.registry
        if thing.reach.reachable and any(slot.reading is not None for slot in thing.slots.values())
    ]
    return len(known) >= devices


async def _is_found(gateway: Gateway, light: str) -> bool:
    """Whether the light in the garden waits to be adopted; not every machine has multicast on its loopback interface."""
    observer = gateway.observers.subscribe(None, kinds=frozenset({"discovery"}))
    try:
        async with asyncio.timeout(LIGHT_FOUND_S):
            while ("wot", light) not in gateway.registry.inbox:
                await observer.batch()
    except TimeoutError:
        return False
    finally:
        gateway.observers.unsubscribe(observer)
    return True


async def _print_welcome(gateway: Gateway, address: str, light: str) -> None:
    _, secret = await gateway.identity.create_token(AGENT, parent=None, title="the demonstration's agent")
    code = await gateway.identity.open_pairing(Role.OWNER, "owner", ttl_s=OWNER_CODE_S)
    _say(
        WELCOME.format(
            count=len(gateway.registry),
            address=address,
            token=secret,
            code=code,
            activate=_activation(),
            light=LIGHT.format(light=light, login=GARDEN_LOGIN) if light else "",
        )
    )


def _activation() -> str:
    """How a new terminal finds the command, where it is installed in an environment of its own."""
    if sys.prefix == sys.base_prefix:
        return ""
    prefix, here = Path(sys.prefix), Path.cwd()
    return f"  . {prefix.relative_to(here) if prefix.is_relative_to(here) else prefix}/bin/activate\n"


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


LIGHT: Final = """A light in the garden was found by mDNS. It asks for its password before it becomes a Thing:
  hearth inbox
  hearth adopt {light} --code {login} --kind light --open

"""

WELCOME: Final = """
Hearth is running, with {count} Things of a simulated house.

  Address       {address}
  Agent's token {token}
  Owner's code  {code}
                type it at {address}/pair: the app, in a browser of this machine;
                or `hearth pair CODE`: one more device or user as the owner

In a second terminal, as the person at the box:
{activate}  hearth things
  hearth do desk-lamp toggle --why "time to read"
  hearth why desk-lamp

{light}In a third terminal, as the agent. The first is done, the second is too warm, the third waits for a person's yes:
{activate}  export HEARTH_URL={address}
  export HEARTH_TOKEN={token}
  hearth write desk-lamp brightness 40 --why "she comes home"
  hearth write thermostat target 28 --why "she is cold"
  hearth write hallway-outlet on false --why "saving power"

In the second terminal, as the person, who looks at it and answers:
  hearth approvals
  hearth approve last

An assistant that speaks MCP, Claude Code for one:
  claude mcp add --transport http hearth {address}/mcp --header "Authorization: Bearer {token}"

Ctrl-C ends it.
"""
