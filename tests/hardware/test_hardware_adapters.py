"""The list of adapters: what is named there is found, what may be anything is never probed, and a wheel carries it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from drivers.discovery import adapters
from drivers.discovery.seen import SerialPort
from gateway.discovery.families import FAMILIES

ROOT = Path(__file__).parents[2]
AMBIGUOUS = {0x0403, 0x10C4, 0x1A86, 0x067B}


def port(usb: str, text: str = "") -> SerialPort:
    vid, pid = (int(part, 16) for part in usb.split(":"))
    maker, _, product = text.partition("|")
    return SerialPort("/dev/ttyUSB0", f"usb:{usb}", vid, pid, "", maker, product)


@pytest.mark.parametrize(
    ("usb", "text", "what"),
    [
        ("1cf1:0030", "dresden elektronik ingenieurtechnik GmbH|ConBee II", "zigbee"),
        ("0403:6015", "dresden elektronik|ConBee III", "zigbee"),
        ("10c4:ea60", "Silicon Labs|Sonoff Zigbee 3.0 USB Dongle Plus", "zigbee"),
        ("1a86:55d4", "ITEAD|SONOFF Zigbee 3.0 USB Dongle Plus V2", "zigbee"),
        ("10c4:ea60", "Nabu Casa|SkyConnect v1.0", "zigbee"),
        ("303a:4001", "Nabu Casa|ZBT-2", "zigbee"),
        ("303a:4001", "Nabu Casa|ZWA-2", "z-wave"),
        ("0658:0200", "", "z-wave"),
        ("10c4:8a2a", "Silicon Labs|HubZ Z-Wave Com Port", "z-wave"),
        ("10c4:8a2a", "Silicon Labs|HubZ ZigBee Com Port", "zigbee"),
        ("0403:6001", "FTDI|P1 Converter Cable", "p1"),
        ("0403:6001", "FTDI|USB-RS485 Cable", "rs485"),
        ("0403:6001", "FTDI|FT232R USB UART", "unknown"),
        ("10c4:ea60", "Silicon Labs|CP2102 USB to UART Bridge Controller", "unknown"),
        ("1a86:7523", "|USB Serial", "unknown"),
        ("067b:2303", "Prolific Technology Inc.|USB-Serial Controller", "unknown"),
        ("303a:1001", "Espressif|USB JTAG/serial debug unit", "microcontroller"),
        ("2e8a:000a", "Raspberry Pi|Pico", "microcontroller"),
    ],
)
def test_they_are_known(usb: str, text: str, what: str) -> None:
    found = adapters.adapter_of(port(usb, text))
    assert found is not None
    assert found.what == what
    if what in {"zigbee", "z-wave"}:
        assert found.families == ()
        assert "MQTT" in found.advice


def test_others_are_not_known_and_left_alone() -> None:
    assert adapters.adapter_of(port("dead:beef", "x|y")) is None
    assert adapters.adapter_of(SerialPort("/dev/ttyAMA0", "path:/dev/ttyAMA0")) is None
    assert not adapters.may_be_probed(port("dead:beef"), "coap")


def test_what_sits_in_anything_is_never_probed() -> None:
    for one in adapters.adapters().adapter:
        vendors = {int(usb[:4], 16) for usb in one.usb}
        assert not (one.probe and vendors & AMBIGUOUS), one.title
        assert not (one.probe and one.what != "microcontroller"), one.title
        assert not (one.probe and not one.families), one.title


def test_only_families_that_there_are_are_named() -> None:
    known = {family.name for family in FAMILIES}
    assert all(set(one.families) <= known for one in adapters.adapters().adapter)


def test_every_entry_can_be_reached() -> None:
    """One behind a wider one would never count."""
    entries = adapters.adapters().adapter
    for at, one in enumerate(entries):
        text = one.text.replace("*", "")
        reached = [entry for usb in one.usb if (entry := adapters.adapter_of(port(usb, f"{text}|"))) is one]
        assert reached, f"{one.title} (entry {at + 1}) stands behind a wider one"


def test_hostile_texts_are_only_texts() -> None:
    for text in ("*|*", "[a-|]", "\0|\n", "x" * 10_000 + "|"):
        found = adapters.adapter_of(port("10c4:ea60", text))
        assert found is not None
        assert found.what == "unknown"


def test_a_checkout_reads_the_list_of_hardware() -> None:
    assert adapters.PLACES[1] == ROOT / "hardware" / "adapters.toml"
    assert adapters.PLACES[1].exists()
    assert not adapters.PLACES[0].exists(), "the copy is made for a wheel alone"


def test_a_wheel_carries_the_list_and_the_profiles() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"]["hardware/adapters.toml"] == "drivers/discovery/adapters.toml"
    assert "drivers" in wheel["packages"]


@pytest.mark.peers
def test_a_built_wheel_knows_its_adapters(tmp_path: Path) -> None:
    """Built as it is published, unpacked, and asked from elsewhere."""
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "No module named" in built.stderr:
        pytest.skip("hatchling is not installed: pip install hatchling")
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "site")
    code = (
        "from drivers.discovery.adapters import adapters; from drivers.modbus.profiles import Profiles; "
        "print(len(adapters().adapter), len(Profiles().names()))"
    )
    asked = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "site")}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    entries, profiles = map(int, asked.stdout.split())
    assert entries == len(adapters.adapters().adapter)
    assert profiles >= 6
