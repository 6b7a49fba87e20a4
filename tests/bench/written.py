"""What the gateway writes to the disk in a day: `python -m tests.bench.written [--minutes 5]`.

The real process on a real broker, first in a house in which nothing happens, then in one with reports and commands. The kernel
counts (`write_bytes` of /proc/PID/io); a file system in memory counts nothing, so the state has to lie on a disk.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import tempfile
import time
from pathlib import Path
from typing import Final

from drivers.mqtt.broker import ManagedBroker
from drivers.mqtt.broker_users import BrokerUser
from drivers.simulated.device import Device
from drivers.simulated.house import generated
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from tests.system.process import HearthProcess, eventually

THINGS: Final = 50
REPORTS_A_SECOND: Final = 50.0
COMMANDS_A_MINUTE: Final = 2.0
"""Some 3,000 a day: a house with an agent that is busy."""

SETTLES_S: Final = 20.0
DAY_S: Final = 86_400.0
BASES: Final = ("hearth", "homeassistant", "home", "cellar", "zigbee2mqtt", "plain")


def written(pid: int) -> int:
    lines = Path(f"/proc/{pid}/io").read_text("ascii").splitlines()
    counts = {name: int(count) for name, _, count in (line.partition(": ") for line in lines)}
    return counts["write_bytes"] - counts["cancelled_write_bytes"]


def size(folder: Path) -> dict[str, int]:
    return {one.name: one.stat().st_size for one in sorted(folder.iterdir()) if one.is_file()}


async def reporting(devices: list[Device], house: MqttHouse, until: float) -> int:
    """Numbers move as numbers do: a little, all the time."""
    chance, told = random.Random(1), 0
    pairs = [
        (device, part.key, attribute.name)
        for device in devices
        for part in device.parts.values()
        for attribute in part.attributes
        if attribute.type == "number" and not attribute.writable
    ]
    began = time.monotonic()
    while (now := time.monotonic()) < until:
        while told < (now - began) * REPORTS_A_SECOND:
            device, part, name = chance.choice(pairs)
            before = device.state[part].get(name)
            base = float(before) if isinstance(before, int | float) else 20.0
            device.state[part][name] = round(base + chance.choice((-0.1, 0.1)), 2)
            house.report(device, [part])
            told += 1
        await asyncio.sleep(0.02)
    return told


async def commanding(hearth: HearthProcess, until: float) -> int:
    box, done = hearth.at_box(), 0
    async with box.get("/things?view=summary") as answer:
        lamps = [one["id"] for one in await answer.json() if "on" in one["state"]]
    while time.monotonic() < until:
        async with box.put(f"/things/{lamps[done % len(lamps)]}/properties/on", json=done % 2 == 0):
            done += 1
        await asyncio.sleep(60 / COMMANDS_A_MINUTE)
    return done


async def measured(folder: Path, seconds: float, *, busy: bool) -> None:
    users = [
        BrokerUser("hearth", publish=tuple(f"{base}/#" for base in BASES), subscribe=("#",)),
        BrokerUser("house", publish=("#",), subscribe=("#",)),
    ]
    async with ManagedBroker(folder / "broker", users, prefer="mosquitto") as broker:
        password = folder / "password"
        password.write_text(broker.users[0].password)
        mqtt = {
            "host": broker.host,
            "port": broker.port,
            "username": "hearth",
            "password_file": str(password),
        }
        devices = generated(THINGS)
        account = Account(broker.host, broker.port, "house", broker.users[1].password)
        async with (
            MqttHouse(devices, account, drift=False) as house,
            HearthProcess(folder, mqtt) as hearth,
        ):
            await hearth.start()
            await eventually(hearth.at_box(), "/things?view=summary", lambda things: len(things) == THINGS)
            await asyncio.sleep(SETTLES_S)
            assert hearth._child is not None
            before, until = written(hearth._child.pid), time.monotonic() + seconds
            told = commands = 0
            if busy:
                told, commands = await asyncio.gather(
                    reporting(devices, house, until), commanding(hearth, until)
                )
            else:
                await asyncio.sleep(seconds)
            count = written(hearth._child.pid) - before
            name = (
                f"{told / seconds:.0f} reports/s, {commands * DAY_S / seconds:,.0f} commands a day"
                if busy
                else "nothing happens"
            )
            print(
                f"{name}: {count / 1e6:.2f} MB in {seconds:.0f} s, {count * DAY_S / seconds / 1e6:,.0f} MB a day"
            )
            print(
                "  "
                + ", ".join(f"{file} {bytes_ / 1e3:,.0f} kB" for file, bytes_ in size(hearth.state).items())
            )
            await hearth.stop()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    options = parser.parse_args()
    for busy in (False, True):
        with tempfile.TemporaryDirectory(
            prefix="hearth-written-", dir=os.environ.get("TMPDIR", "/var/tmp")
        ) as folder:
            await measured(Path(folder), options.minutes * 60, busy=busy)


if __name__ == "__main__":
    asyncio.run(main())
