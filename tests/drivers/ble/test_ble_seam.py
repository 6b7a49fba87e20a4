"""What another decoder takes: a module with `open_decoder`, and a row."""

from __future__ import annotations

import subprocess
import sys
import types
from typing import Any

import pytest
from bluetooth_sensor_state_data import BluetoothData
from sensor_state_data import SensorLibrary

from drivers.ble.decoders.ecosystem import EcosystemDecoder
from drivers.ble.decoders.table import ROWS, Row
from drivers.ble.hearing import Hearing
from drivers.discovery.seen import Advertisement
from tests.drivers.ble_bench import SENSOR

COMPANY = 0x0EC9
ROW = Row("freezer", "tests_freezer_decoder", manufacturers=(COMPANY,))


class FreezerParser(BluetoothData):
    """As those of the ecosystem are written (inkbird-ble, govee-ble …)."""

    def _start_update(self, data: Any) -> None:
        raw = data.manufacturer_data[COMPANY]
        self.set_device_type("FZ1")
        self.set_device_name("Freezer")
        self.set_device_manufacturer("Cold Ltd")
        value = int.from_bytes(raw[:2], "little", signed=True) / 100
        self.update_predefined_sensor(SensorLibrary.TEMPERATURE__CELSIUS, value)


def frozen(hundredths: int) -> Advertisement:
    raw = hundredths.to_bytes(2, "little", signed=True)
    return Advertisement(SENSOR, "FZ1", -50, 1.0, (), {}, {COMPANY: raw})


@pytest.fixture
def freezer(monkeypatch: pytest.MonkeyPatch, bench: Any) -> Any:
    module = types.ModuleType(ROW.module)
    module.__dict__["open_decoder"] = lambda _: EcosystemDecoder(FreezerParser())
    monkeypatch.setitem(sys.modules, ROW.module, module)
    bench.driver._hearing = Hearing(bench.driver._keys, bench.driver._parsers, (*ROWS, ROW))
    return bench


async def test_a_third_decoder_is_a_module_and_a_row(freezer: Any) -> None:
    await freezer.driver._parsers.ready(ROW)
    freezer.radio.say(frozen(-1850))
    [found] = await freezer.found()
    assert (found.manufacturer, found.model, found.components[0].kind) == ("Cold Ltd", "FZ1", "temperature")
    assert (await freezer.values())["temperature#temperature"] == -18.5


async def test_while_a_parser_is_loaded_nothing_is_lost_for_good(freezer: Any) -> None:
    freezer.radio.say(frozen(-1850))
    assert await freezer.found() == []
    await freezer.driver._parsers.ready(ROW)
    freezer.radio.say(frozen(-1850))
    assert len(await freezer.found()) == 1


async def test_a_parser_that_is_not_installed_is_told(bench: Any) -> None:
    row = Row("missing", "no_such_parser", manufacturers=(COMPANY,))
    bench.driver._hearing = Hearing(bench.driver._keys, bench.driver._parsers, (row,))
    assert await bench.driver._parsers.ready(row) is None
    bench.radio.say(frozen(1))
    assert "hearth-gateway[ble]" in bench.driver.health().problems[0]


def test_looking_costs_no_library() -> None:
    code = (
        "import sys; import drivers.ble.declared, drivers.ble.settings; "
        "sys.exit(any(name.partition('.')[0] in {'bleak', 'bthome_ble', 'xiaomi_ble', 'habluetooth'} for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
