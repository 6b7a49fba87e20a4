"""200 mixed devices that announce themselves at once: 140 over mDNS (a process of its own, on the loopback interface), 50 by
Bluetooth (injected under bleak), 10 serial adapters (a fake of the kernel's list). `python -m tests.bench.announced_lan`.

watchers: until the watchers have told of all of them, what memory that took, and CPU while nothing changes (the Bluetooth
devices go on advertising, each every five seconds).
flood: 100,000 made-up names within some seconds from another address: what is kept, what it costs, and whether ten more honest
devices are found meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import psutil
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner

from drivers.discovery.bluetooth import BleScanner
from drivers.discovery.declared import Declared
from drivers.discovery.mdns import MdnsBrowser
from drivers.discovery.seen import Service, ServiceLost
from drivers.discovery.serial_ports import SerialWatcher
from tests.drivers.mdns_lan import LOOPBACK, RealClock
from tests.drivers.serial_tree import SerialTree

TYPES: Final = ("_esphomelib._tcp.local.", "_hap._tcp.local.", "_wot._tcp.local.", "_coap._udp.local.")
OVER_MDNS, OVER_BLUETOOTH, OVER_SERIAL = 140, 50, 10
IDLE_S: Final = 10.0
ADVERTISED_EVERY_S: Final = 5.0
BTHOME: Final = "0000fcd2-0000-1000-8000-00805f9b34fb"
HERE: Final = Path(__file__)


GO: Final = asyncio.Event()
"""When the Bluetooth devices begin."""


class Injected(BaseBleakScanner):
    """Devices that advertise, without a radio."""

    def __init__(self, callback: Any, uuids: Any, mode: Any, **_: Any) -> None:
        super().__init__(callback, uuids)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.seen_devices = {}
        self._task = asyncio.create_task(self._speak())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _speak(self) -> None:
        await GO.wait()
        for turn in range(1_000_000):
            for number in range(OVER_BLUETOOTH):
                address = f"A4:C1:38:00:00:{number:02X}"
                said = AdvertisementData(
                    None, {}, {BTHOME: bytes([0x40, 0x01, turn % 100])}, [], None, -60, ()
                )
                device = self.create_or_update_device(address, address, None, {}, said)
                self.call_detection_callbacks(device, said)
                await asyncio.sleep(ADVERTISED_EVERY_S / OVER_BLUETOOTH if turn else 0)


class Backend:
    scanner = Injected
    client: Any = None


@asynccontextmanager
async def announcing(first: int, count: int) -> AsyncIterator[None]:
    """A process that announces so many devices, from the number `first` on."""
    code = f"from tests.bench.announced_lan import announce; announce({first}, {count})"
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        cwd=HERE.parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        await child.stdout.readline()
        yield
    finally:
        child.terminate()
        await child.wait()


def announce(first: int, count: int) -> None:
    """In the child: all at once, then answers for ever."""
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

    async def run() -> None:
        zeroconf = AsyncZeroconf(interfaces=[LOOPBACK])
        await zeroconf.zeroconf.async_wait_for_start()
        print("ready", flush=True)
        for number in range(first, first + count):
            kind = TYPES[number % len(TYPES)]
            mac = f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"
            properties = {
                "id": mac.upper(),
                "mac": mac.replace(":", ""),
                "md": "Lamp",
                "sf": "1",
                "c#": "1",
                "s#": "1",
            }
            info = AsyncServiceInfo(
                kind,
                f"Bench {number}.{kind}",
                port=9,
                properties=properties | {"ci": "5", "ff": "0", "pv": "1.1", "td": "/td"},
                server=f"bench-{number}.local.",
                parsed_addresses=[LOOPBACK],
            )
            await zeroconf.async_register_service(info, cooperating_responders=True)
        await asyncio.Event().wait()

    asyncio.run(run())


def rss_mb() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6


async def watchers() -> None:
    with tempfile.TemporaryDirectory() as work:
        tree = SerialTree(Path(work))
        clock = RealClock()
        radio = BleScanner(clock, backend=Backend())
        ports = SerialWatcher(clock, sys_root=tree.sys, dev_root=tree.dev)
        found: dict[str, float] = {}
        async with MdnsBrowser(clock, (LOOPBACK,)) as browser, radio, ports:
            before = rss_mb()

            def service(one: Service | ServiceLost) -> None:
                if isinstance(one, Service):
                    found.setdefault(f"mdns {one.name}", time.perf_counter())

            browser.watch(TYPES, service)
            ports.watch(lambda one: void(found.setdefault(one.identity, time.perf_counter())))
            await asyncio.sleep(1)
            async with announcing(0, OVER_MDNS):
                announced = time.perf_counter()
                for number in range(OVER_SERIAL):
                    tree.plug(f"ttyUSB{number}", f"1-{number}", serial=f"S{number}")
                radio.watch(
                    Declared(service_data=(BTHOME,)),
                    lambda one: void(found.setdefault(one.address, time.perf_counter())),
                )
                total = OVER_MDNS + OVER_BLUETOOTH + OVER_SERIAL
                GO.set()
                async with asyncio.timeout(60):
                    while len(found) < total:  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
                times = sorted(at - announced for at in found.values())
                print(
                    f"watchers: {total} devices seen after {times[-1]:.2f} s, half of them after {times[total // 2]:.2f} s"
                )
                print(f"  {rss_mb():.0f} MB, {before:.0f} MB before")
                await asyncio.sleep(5)
                used = time.process_time()
                await asyncio.sleep(IDLE_S)
                share = (time.process_time() - used) / IDLE_S
                print(f"  idle: {share:.2%} of a core (should be below 1 %)")
                await flood(browser, found)
        tree.close()


def void(_: object) -> None:
    return None


async def flood(browser: MdnsBrowser, found: dict[str, float]) -> None:
    before, used, began = rss_mb(), time.process_time(), time.perf_counter()
    code = "from tests.bench.announced_lan import pour; pour(100_000)"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=HERE.parents[2], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    await child.stdout.readline()
    poured = time.perf_counter()
    async with announcing(1000, 10):
        await child.wait()
        took = time.perf_counter() - poured
        cpu = (time.process_time() - used) / (time.perf_counter() - began)
        wanted = [f"mdns Bench {number}" for number in range(1000, 1010)]
        async with asyncio.timeout(60):
            while not all(name in found for name in wanted):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        late = max(found[name] for name in wanted) - poured
        print(f"flood: 100,000 names in {took:.1f} s: {rss_mb() - before:+.1f} MB, {cpu:.1%} of a core, ")
        print(f"  ten honest devices among them found after {late:.1f} s")
        health = browser.health()
        print(f"  {health.detail}; {dict(health.counters)}; {'; '.join(health.problems)}")


def announcement(number: int, kind: str = TYPES[0], text: bytes = b"\x08mac=0000") -> bytes:
    """A packet with all records of a device that is not there."""
    from zeroconf import DNSAddress, DNSOutgoing, DNSPointer, DNSService, DNSText

    name, host = f"Flood {number}.{kind}", f"flood-{number}.local."
    out = DNSOutgoing(0x8400)
    out.add_answer_at_time(DNSPointer(kind, 12, 1, 4500, name), 0)
    out.add_answer_at_time(DNSService(name, 33, 0x8001, 120, 0, 0, 9, host), 0)
    out.add_answer_at_time(DNSText(name, 16, 0x8001, 4500, text), 0)
    out.add_answer_at_time(DNSAddress(host, 1, 0x8001, 120, socket.inet_aton("127.0.0.9")), 0)
    packet: bytes = out.packets()[0]
    return packet


def pour(count: int) -> None:
    """In the child: so many devices that are not there, as fast as it goes."""
    packets = [announcement(number) for number in range(count)]
    print("ready", flush=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.66", 0))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
        for at, packet in enumerate(packets):
            sock.sendto(packet, ("224.0.0.251", 5353))
            if at % 1000 == 0:
                time.sleep(0.03)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    asyncio.run(watchers())


if __name__ == "__main__":
    main()
