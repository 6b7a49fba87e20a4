"""A gateway with many Things of which so many report each second, in a process of its own: what `tests.bench.app` measures.

python -m tests.bench.app_served <folder> <things> <reports a second>

Prints a line of JSON: `url`, `socket`, and `tokens` for readers. Ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path

from drivers.simulated.device import Device
from drivers.simulated.house import generated
from drivers.simulated.memory import MemoryDriver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, House, Http
from policies import Principal, Role
from tests.gateway.api.desk import until

READERS = 10


async def main(folder: Path, things: int, per_second: float) -> None:
    driver = MemoryDriver(generated(things))
    config = Config(
        state_dir=folder / "state",
        runtime_dir=folder / "run",
        http=Http(port=0),
        house=House(clock="trusted"),
        adoption=Adoption(without_asking="all", label_new=False),
    )
    async with open_gateway(config, drivers={driver.name: driver}) as gateway, serve(gateway) as url:
        await until(lambda: len(gateway.registry) == things and all(slot.reading for slot in gateway.state))
        made = [
            await gateway.identity.create_token(Principal(f"phone-{n}", Role.OWNER)) for n in range(READERS)
        ]
        told = {"url": url, "socket": str(config.socket), "tokens": [secret for _, secret in made]}
        print(json.dumps(told), flush=True)
        reporting = asyncio.create_task(_report(driver, per_second))
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        reporting.cancel()


async def _report(driver: MemoryDriver, per_second: float) -> None:
    """Sensors in turn, each time another temperature, evenly spread."""
    sensors = [one for one in driver.devices.values() if "temperature" in one.parts]
    loop, dice, began = asyncio.get_running_loop(), random.Random(8), asyncio.get_running_loop().time()
    count = 0
    while True:
        count += 1
        await asyncio.sleep(max(0.0, began + count / per_second - loop.time()))
        _warm(driver, sensors[count % len(sensors)], round(dice.uniform(15, 25), 1))


def _warm(driver: MemoryDriver, sensor: Device, celsius: float) -> None:
    sensor.state["temperature"]["temperature"] = celsius
    driver._report(sensor, ["temperature"])  # as its own weather does


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
