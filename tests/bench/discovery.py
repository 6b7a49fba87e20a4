"""A house of 500 devices with 6,000 entities on one broker: how long until all are Things, what memory that takes, how fast
states flow then. `python tests/bench/discovery.py [--devices 500] [--updates 20000] [--repeat 1]`; for ratios, on two commits.

first: nothing is known, each device is adopted by rule. again: the same gateway restarted, until all are reachable.
drain: updates a second, one in flight for each of 100 devices; each is the state of a device, of which one member changed.
again announced: CPU seconds that the gateway takes when the bridge says all of its announcements again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "yardstick")]

import aiohttp  # noqa: E402
import hearth_adapter  # type: ignore[import-not-found]  # noqa: E402
import psutil  # noqa: E402
from announced_house import ENTITIES_PER_DEVICE, Announced, devices, retained  # type: ignore[import-not-found]  # noqa: E402
from mini import Mqtt  # type: ignore[import-not-found]  # noqa: E402
from run import _mosquitto  # type: ignore[import-not-found]  # noqa: E402

IN_FLIGHT: Final = 100
PATIENCE_S: Final = 120.0
URL: Final = f"http://127.0.0.1:{hearth_adapter.PORT}"


class House:
    """The gateway as a process of its own, on a broker that knows the announcements."""

    def __init__(self, work: Path, broker: int, count: int) -> None:
        self.work, self.broker, self.count = work, broker, count
        self.process: subprocess.Popen[bytes] | None = None
        self.headers: dict[str, str] = {}

    async def prepare(self) -> None:
        (self.work / "state").mkdir(parents=True)
        (self.work / "hearth.toml").write_text(
            f'state_dir = "{self.work}/state"\nruntime_dir = "{self.work}/run"\nlog_level = "warning"\n'
            f'[http]\nport = {hearth_adapter.PORT}\n[mqtt]\nhost = "127.0.0.1"\nport = {self.broker}\n'
            '[adoption]\nwithout_asking = "all"\nlabel_new = false\n'
        )
        token = await hearth_adapter._token(self.work / "state")
        self.headers = {"Authorization": f"Bearer {token}"}

    async def start(self) -> tuple[float, float]:
        """Seconds until all devices are Things, and until all of these are reachable."""
        since = time.perf_counter()
        command = [sys.executable, "-m", "gateway", "run", "--config", str(self.work / "hearth.toml")]
        with (self.work / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)  # noqa: ASYNC220 - nothing waits
        things, known = 0.0, 0
        async with aiohttp.ClientSession(headers=self.headers) as http:
            while time.perf_counter() - since < PATIENCE_S:
                await asyncio.sleep(0.05)
                try:
                    async with http.get(f"{URL}/health") as answer:
                        known = (await answer.json())["things"]
                    if known < self.count:
                        continue
                    things = things or time.perf_counter() - since
                    async with http.get(f"{URL}/things?view=summary&limit=1000") as answer:
                        rows = await answer.json()
                except (aiohttp.ClientError, OSError, KeyError):
                    continue
                if sum(bool(row["reachable"]) for row in rows) >= self.count:
                    return things, time.perf_counter() - since
        raise SystemExit(
            f"after {PATIENCE_S:g} s there are {known} Things of {self.count}; see {self.work}/log"
        )

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    @property
    def resident_mb(self) -> float:
        assert self.process is not None
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6

    @property
    def cpu_s(self) -> float:
        assert self.process is not None
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)


async def drain(house: House, broker: Mqtt, fleet: list[Announced], updates: int) -> tuple[float, float]:
    """Updates a second, and the gateway's CPU ms an update."""
    waiting: dict[float, Announced] = {}
    last: dict[int, float] = {}
    sent, seen = 0, 0

    def send(device: Announced) -> None:
        nonlocal sent
        value = last.get(device.number, 0.0)
        while value in waiting or value == last.get(
            device.number, 0.0
        ):  # what does not change nobody is told
            value = 20.0 + sent % 4000 / 64
            sent += 1
        waiting[value], last[device.number] = device, value
        broker.publish(device.topic, device.payload(value))

    async with (
        aiohttp.ClientSession(headers=house.headers) as http,
        http.ws_connect(f"{URL}/events?types=property", max_msg_size=0) as events,
    ):
        await asyncio.sleep(0.5)
        began, cpu = time.perf_counter(), house.cpu_s
        for device in fleet[:IN_FLIGHT]:
            send(device)
        async for message in events:
            for event in json.loads(message.data):
                device = (
                    waiting.pop(event.get("value"), None) if isinstance(event.get("value"), float) else None
                )
                if device is not None:
                    seen += 1
                    if sent < updates:
                        send(device)
            if seen >= updates:
                break
    took = time.perf_counter() - began
    return seen / took, (house.cpu_s - cpu) * 1000 / seen


async def measure(options: argparse.Namespace) -> dict[str, float]:
    messages = list(retained(options.devices))
    fleet = list(devices(options.devices))
    assert len(messages) - 2 == options.devices * ENTITIES_PER_DEVICE
    with _mosquitto() as port, tempfile.TemporaryDirectory(prefix="hearth-bench-") as work:
        broker = await _connected(port)
        await broker.publish_many(messages, retain=True)
        house = House(Path(work), port, options.devices)
        await house.prepare()
        try:
            result: dict[str, float] = {}
            result["first: all are Things, s"], result["first: all reachable, s"] = await house.start()
            result["first: CPU, s"] = house.cpu_s
            for device in fleet:
                broker.publish(device.topic, device.payload(18.0))
            await asyncio.sleep(3)
            result["resident, MB"] = house.resident_mb
            house.stop()
            _, result["again: all reachable, s"] = await house.start()
            for device in fleet:
                broker.publish(device.topic, device.payload(19.0))
            await asyncio.sleep(3)
            result["again: resident, MB"] = house.resident_mb
            result["drain, updates/s"], result["drain, CPU ms an update"] = await drain(
                house, broker, fleet, options.updates
            )
            before = house.cpu_s
            await broker.publish_many(messages, retain=True)
            await asyncio.sleep(5)
            result["again announced, CPU s"] = house.cpu_s - before
            result["resident after all, MB"] = house.resident_mb
            return result
        finally:
            house.stop()
            broker.close()


async def _connected(port: int) -> Mqtt:
    """The broker has just been started."""
    while True:
        try:
            return await Mqtt.connect(port, "bench-bridge")
        except OSError:
            await asyncio.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--updates", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    runs: list[dict[str, Any]] = [asyncio.run(measure(options)) for _ in range(options.repeat)]
    for name in runs[0]:
        print(f"{name:<28} {statistics.median(run[name] for run in runs):>10,.3f}")


if __name__ == "__main__":
    main()
