"""Between the scanner and BlueZ: a real D-Bus without BlueZ, none at all, and one with a stand-in for an adapter."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import BusType
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_property

from drivers.discovery.bluetooth import BleScanner
from drivers.discovery.bluetooth_power import AdapterState, BlueZPower
from tests.drivers.ble_bench import PutForward

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>"""


class Adapter(ServiceInterface):
    def __init__(self) -> None:
        super().__init__("org.bluez.Adapter1")
        self.powered = True
        self.switched: list[bool] = []

    @dbus_property()
    def Powered(self) -> "b":  # type: ignore[name-defined]  # noqa: F821, N802, UP037
        return self.powered

    @Powered.setter  # type: ignore[no-redef]
    def Powered(self, on: "b") -> None:  # type: ignore[name-defined]  # noqa: F821, N802, UP037
        self.powered = on
        self.switched.append(on)

    @dbus_property()
    def Discovering(self) -> "b":  # type: ignore[name-defined]  # noqa: F821, N802, UP037
        return True

    @Discovering.setter  # type: ignore[no-redef]
    def Discovering(self, _: "b") -> None:  # type: ignore[name-defined]  # noqa: F821, N802, UP037
        raise NotImplementedError


@pytest.fixture
async def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    daemon = shutil.which("dbus-daemon")
    if daemon is None:
        pytest.skip("dbus-daemon is not installed")
    path, config = tmp_path / "bus", tmp_path / "bus.conf"
    config.write_text(CONFIG.format(path=path))
    process = await asyncio.create_subprocess_exec(
        daemon, f"--config-file={config}", "--nofork", "--print-address", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(10):
        address = (await process.stdout.readline()).decode().strip()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={path}")
    yield address
    process.terminate()
    await process.wait()


@pytest.fixture
async def adapter(bus: str) -> AsyncIterator[Adapter]:
    connection = await MessageBus(bus_type=BusType.SYSTEM).connect()
    adapter = Adapter()
    connection.export("/org/bluez/hci0", adapter)
    await connection.request_name("org.bluez")
    yield adapter
    connection.disconnect()


async def told(radio: BleScanner) -> str:
    async with asyncio.timeout(10):
        while not radio.health().counters["failed_starts"]:  # noqa: ASYNC110 -- what a library has, without telling
            await asyncio.sleep(0.01)
    return radio.health().problems[0]


async def test_without_bluez_the_service_is_named(bus: str) -> None:
    async with BleScanner(PutForward(), adapter="hci0") as radio:
        assert "systemctl enable --now bluetooth" in await told(radio)
        assert not radio.health().connected


async def test_without_a_bus_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    async with BleScanner(PutForward()) as radio:
        assert "D-Bus" in await told(radio)


async def test_an_adapter_is_looked_at_and_switched_off_and_on(adapter: Adapter, tmp_path: Path) -> None:
    (tmp_path / "sys" / "hci0").mkdir(parents=True)
    (tmp_path / "sys" / "hci0:64").mkdir()
    power = BlueZPower(tmp_path / "sys")
    assert await power.state("") == AdapterState(powered=True, discovering=True)
    assert await power.cycle("hci0")
    assert adapter.switched == [False, True]
    assert not await power.cycle("hci7")


async def test_where_nobody_answers_nothing_is_known(bus: Any, tmp_path: Path) -> None:
    power = BlueZPower(tmp_path / "none")
    assert await power.state("hci0") is None
    assert await power.state("") is None
    assert not await power.cycle("")
