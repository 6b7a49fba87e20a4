"""`[modbus]` in hearth.toml: what is wrong is said with what would be right."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from drivers.modbus.settings import LineSettings, ModbusSettings

UNIT = {"unit": 1, "profile": "xy-md02"}
LINE = {"name": "cellar", "port": "/dev/ttyUSB0", "unit": [UNIT]}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ({**LINE, "port": "ttyUSB0"}, 'write a path like "/dev/ttyUSB0"'),
        ({**LINE, "port": "http://10.0.0.7"}, 'or "tcp://10.0.0.7:502"'),
        ({**LINE, "unit": [UNIT, UNIT]}, "two tables have unit = 1"),
        ({**LINE, "unit": [{**UNIT, "unit": 248}]}, "they go from 1 to 247"),
        ({**LINE, "unit": [{**UNIT, "unit": 0}]}, "they go from 1 to 247"),
        ({**LINE, "name": "The cellar"}, "pattern"),
        ({"port": "/dev/ttyUSB0"}, "name"),
        ({**LINE, "speed": 9600}, "speed"),
    ],
)
def test_a_line_is_checked(line: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError) as error:
        ModbusSettings.model_validate({"line": [line]})
    assert why in str(error.value)


def test_lines_differ() -> None:
    other = {**LINE, "name": "attic"}
    with pytest.raises(ValidationError, match="two lines have port"):
        ModbusSettings.model_validate({"line": [LINE, other]})
    with pytest.raises(ValidationError, match="two lines have name"):
        ModbusSettings.model_validate({"line": [LINE, {**LINE, "port": "/dev/ttyUSB1"}]})


@pytest.mark.parametrize(
    ("port", "network"),
    [
        ("/dev/ttyUSB0", None),
        ("usb:1a86:55d4:5849013232", None),
        ("usb:1a86:7523@1-1.2", None),
        ("tcp://10.0.0.7", ("tcp", "10.0.0.7", 502)),
        ("tcp://meter.lan:1502", ("tcp", "meter.lan", 1502)),
        ("tcp://[fe80::1%eth0]:502", ("tcp", "fe80::1%eth0", 502)),
        ("rtu+tcp://10.0.0.8:4196", ("rtu+tcp", "10.0.0.8", 4196)),
    ],
)
def test_ports(port: str, network: tuple[str, str, int] | None) -> None:
    assert LineSettings.model_validate({**LINE, "port": port}).network == network


def test_a_server_may_have_the_units_0_and_255() -> None:
    line = {**LINE, "port": "tcp://10.0.0.7", "unit": [{**UNIT, "unit": 255}, {**UNIT, "unit": 0}]}
    assert ModbusSettings.model_validate({"line": [line]})
