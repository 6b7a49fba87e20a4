"""Run simulated devices on a broker as a process of their own: `python -m drivers.simulated --help`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from drivers.simulated.actuations import ActuationLog
from drivers.simulated.device import Device
from drivers.simulated.faults import parse_fault
from drivers.simulated.house import generated, house
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse

PASSWORD_VARIABLE = "HEARTH_SIMULATED_PASSWORD"  # noqa: S105 - the name of a variable
_USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        devices = generated(options.count) if options.count else house()
        set_faults(devices, options.fault)
        account = Account(options.host, options.port, options.user, _password(options.password_file))
        with ActuationLog(options.log) as actuations:
            asyncio.run(_run(devices, account, options, actuations))
    except (OSError, ValueError) as error:
        parser.exit(_USAGE_ERROR, f"{parser.prog}: {error}\n")
    return 0


def set_faults(devices: Iterable[Device], faults: Iterable[str]) -> None:
    """Apply each `<device>=<fault>`. Raises `ValueError` that names the devices there are."""
    by_id = {device.id: device for device in devices}
    for text in faults:
        device, _, fault = text.partition("=")
        if device not in by_id:
            raise ValueError(f"--fault {text!r}: no device {device!r}; there are {', '.join(by_id)}")
        by_id[device].fault = parse_fault(fault)


async def _run(
    devices: Sequence[Device], account: Account, options: argparse.Namespace, actuations: ActuationLog
) -> None:
    """Until SIGINT or SIGTERM. Prints `ready` when everything is announced."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    house_ = MqttHouse(
        devices,
        account,
        base=options.base,
        seed=options.seed,
        drift=not options.still,
        actuations=actuations,
    )
    running = asyncio.create_task(_until(house_, stop, len(devices)), name="simulated-house")
    stopped = asyncio.create_task(stop.wait(), name="simulated-stop")
    await asyncio.wait([running, stopped], return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        await running
    # Still waiting for a broker that does not come: then there is nothing to say goodbye to.
    for task in (running, stopped):
        if not house_.connected.is_set():
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _until(house_: MqttHouse, stop: asyncio.Event, count: int) -> None:
    async with house_:
        sys.stdout.write(f"ready: {count} devices\n")
        sys.stdout.flush()
        await stop.wait()


def _password(file: Path | None) -> str:
    """Never from the command line, where everybody on the machine can read it."""
    if file:
        return file.read_text(encoding="utf-8").strip()
    return os.environ.get(PASSWORD_VARIABLE, "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m drivers.simulated", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--user", default="")
    parser.add_argument("--password-file", type=Path, help=f"else the variable {PASSWORD_VARIABLE}")
    parser.add_argument("--base", default="home", help="the first level of all topics")
    parser.add_argument("--count", type=int, default=0, help="so many plain devices instead of the house")
    parser.add_argument("--seed", type=int, default=0, help="of the weather")
    parser.add_argument("--still", action="store_true", help="no weather: nothing changes by itself")
    parser.add_argument("--log", type=Path, help="append every command received to this file, as JSON lines")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="DEVICE=FAULT", help="for example desk-lamp=late:5"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
