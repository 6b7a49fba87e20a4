"""Run simulated devices on a broker as a process of their own: `python -m drivers.simulated --help`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from drivers.simulated.actuations import ActuationLog
from drivers.simulated.faults import Fault, parse_fault
from drivers.simulated.house import generated, house
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from drivers.simulated.web_thing import THING_ID, WebLight
from drivers.simulated.zigbee2mqtt import Zigbee2Mqtt
from drivers.simulated.zigbee2mqtt_model import read_messages

PASSWORD_VARIABLE = "HEARTH_SIMULATED_PASSWORD"  # noqa: S105 - the name of a variable
_USAGE_ERROR = 2
_INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        with ActuationLog(options.log) as actuations:
            asyncio.run(_simulate(options, actuations))
    except KeyboardInterrupt:  # before there was anything to end in order
        return _INTERRUPTED
    except (OSError, ValueError) as error:
        parser.exit(_USAGE_ERROR, f"{parser.prog}: {error}\n")
    return 0


class _Faulty(Protocol):
    fault: Fault | None


def set_faults(devices: Mapping[str, _Faulty], faults: Iterable[str]) -> None:
    """Apply each `<device>=<fault>`. Raises `ValueError` that names the devices there are."""
    for text in faults:
        device, _, fault = text.partition("=")
        if device not in devices:
            raise ValueError(f"--fault {text!r}: no device {device!r}; there are {', '.join(devices)}")
        devices[device].fault = parse_fault(fault)


async def _run(simulator: MqttHouse | Zigbee2Mqtt, garden: AbstractAsyncContextManager[object]) -> None:
    """Until SIGINT, SIGTERM or SIGHUP. Prints `ready` when everything is announced."""
    task = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if task:
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        async with simulator, garden:
            sys.stdout.write(f"ready: {len(simulator.devices)} devices\n")
            sys.stdout.flush()
            await asyncio.Event().wait()


async def _simulate(options: argparse.Namespace, actuations: ActuationLog) -> None:
    account = Account(options.host, options.port, options.user, _password(options.password_file))
    if options.zigbee2mqtt:
        bridge = Zigbee2Mqtt(
            read_messages(options.zigbee2mqtt), account, retain=options.retain, actuations=actuations
        )
        set_faults(bridge.devices, options.fault)
        await _run(bridge, contextlib.nullcontext())
        return
    devices = generated(options.count) if options.count else house()
    set_faults({device.id: device for device in devices}, options.fault)
    await _run(
        MqttHouse(
            devices,
            account,
            base=options.base,
            seed=options.seed,
            drift=not options.still,
            actuations=actuations,
        ),
        _garden(options, actuations),
    )


def _garden(options: argparse.Namespace, actuations: ActuationLog) -> AbstractAsyncContextManager[object]:
    if not options.web_password_file:
        return contextlib.nullcontext()
    return WebLight(_password(options.web_password_file), ident=options.web_id, actuations=actuations)


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
    parser.add_argument(
        "--web-password-file",
        type=Path,
        metavar="FILE",
        help="also a W3C Web of Things light on loopback, announced by mDNS; the file has `user:password`",
    )
    parser.add_argument("--web-id", default=THING_ID, metavar="URN", help="that light's id")
    parser.add_argument("--base", default="home", help="the first level of all topics")
    parser.add_argument("--count", type=int, default=0, help="so many plain devices instead of the house")
    parser.add_argument(
        "--zigbee2mqtt",
        type=Path,
        metavar="FILE",
        help="a simulated Zigbee2MQTT with these discovery messages (JSON lines)",
    )
    parser.add_argument("--retain", action="store_true", help="with --zigbee2mqtt: states are retained")
    parser.add_argument("--seed", type=int, default=0, help="of the weather")
    parser.add_argument("--still", action="store_true", help="no weather: nothing changes by itself")
    parser.add_argument("--log", type=Path, help="append every command received to this file, as JSON lines")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="DEVICE=FAULT", help="for example desk-lamp=late:5"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
