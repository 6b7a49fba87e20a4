"""The same core on an emulated Cortex-M0 (QEMU's micro:bit) behind a pty, with a small client and with the gateway's driver."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from capabilities.readings import Contact
from tests.drivers.contract import wait_for
from tests.firmware_bridge.test_firmware_bridge_gateway import candidate, driving, line, point, reads
from tests.firmware_bridge_build import built
from tests.firmware_bridge_line import CHANGED, CONTENT, GET, PUT, Client

ROOT = Path(__file__).parents[2]
LOST_AFTER_SECONDS = 6

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    for program in ("qemu-system-arm", "arm-none-eabi-gcc"):
        subprocess.run([ROOT / ".ci/system-packages", program], check=False, capture_output=True)
        if shutil.which(program) is None:
            pytest.skip(
                f"{program} is not installed, and cannot be installed from here (see .ci/system-packages)"
            )
    built("relay-microbit.elf")
    built("climate-microbit.elf")


@contextmanager
def microbit(example: str) -> Iterator[Path]:
    """QEMU with the example; the pty of its serial line."""
    kernel = built(f"{example}-microbit.elf")
    command = [
        "qemu-system-arm",
        "-M",
        "microbit",
        "-display",
        "none",
        "-monitor",
        "none",
        "-serial",
        "pty",
        "-kernel",
        str(kernel),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as qemu:
        try:
            assert qemu.stdout
            said = qemu.stdout.readline().decode()
            where = re.search(r"/dev/pts/\d+", said)
            assert where, said
            yield Path(where[0])
        finally:
            qemu.terminate()
            qemu.wait(timeout=10)


def test_it_answers_acts_and_falls_back_to_its_safe_state() -> None:
    with microbit("relay") as pty, Client(str(pty)) as client:
        assert b'"id":"urn:dev:os:32473-microbit-' in client.whole(".well-known/wot")
        epoch = client.ask(GET, "hearth/link")[1]
        assert client.ask(PUT, "on", b"true", (1, bytes.fromhex(epoch.decode())))[0] == CHANGED
        assert client.ask(GET, "on")[:2] == (CONTENT, b"true")
        begun = time.monotonic()
        for _ in range(200):
            assert client.ask(GET, "cycles")[1] == b"1"
        print(f"QEMU: {200 / (time.monotonic() - begun):.0f} requests/s")  # noqa: T201 - the figure is what is wanted
        time.sleep(LOST_AFTER_SECONDS + 0.5)  # nothing is what must happen: the link is lost
        assert client.ask(GET, "on")[1] == b"false"
        assert client.ask(GET, "hearth/link")[1] == epoch[:8] + b"0001"


async def test_the_gateways_driver_reads_and_commands_it() -> None:
    with microbit("relay") as pty:
        with Client(str(pty)) as client:
            device = re.search(rb"urn:dev:os:32473-microbit-[0-9a-f]+", client.whole(".well-known/wot"))
            assert device
        async with driving(device[0].decode(), **line(pty)) as driver:
            found = await candidate(driver)
            on = point(found, "on")
            assert found.id == device[0].decode()
            await wait_for(driver.reports(), lambda one: isinstance(one, Contact) and one.reachable)
            await driver.write(on, True, 2.0)
            await wait_for(driver.reports(), reads(on, True))
            await driver.write(on, False, 2.0)
            await wait_for(driver.reports(), reads(on, False))


async def test_its_climate_is_observed() -> None:
    with microbit("climate") as pty:
        with Client(str(pty)) as client:
            device = re.search(rb"urn:dev:os:32473-microbit-[0-9a-f]+", client.whole(".well-known/wot"))
            assert device
            assert client.ask(PUT, "interval", b"1")[0] == CHANGED
        async with driving(device[0].decode(), **line(pty)) as driver:
            temperature = point(await candidate(driver), "temperature")
            values: set[object] = set()
            async for one in driver.reports():
                if getattr(one, "point", "") == temperature:
                    values.add(one.reading.value)  # type: ignore[union-attr]
                if len(values) == 3:
                    break
            assert all(isinstance(value, float) and 21 <= value < 22 for value in values)
