"""The pin maps of the Raspberry Pi agree with each other, and with what the reference build says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

HARDWARE = Path(__file__).parents[2] / "hardware"
BOARDS = sorted(path.stem for path in (HARDWARE / "pins").glob("*.toml"))
POWER = {"3V3": {1, 17}, "5V": {2, 4}, "GND": {6, 9, 14, 20, 25, 30, 34, 39}}


def board(name: str) -> dict[str, Any]:
    return tomllib.loads((HARDWARE / "pins" / f"{name}.toml").read_text())


def gpios(of: dict[str, Any]) -> dict[int, int]:
    """GPIO → pin."""
    return {int(what[4:]): int(pin) for pin, what in of["header"].items() if what.startswith("GPIO")}


def test_these_are_there() -> None:
    assert BOARDS == ["pi3", "pi4", "pi5", "zero2"]


@pytest.mark.parametrize("name", BOARDS)
def test_a_header_is_whole(name: str) -> None:
    of = board(name)
    assert of["name"] == name
    assert of["sources"]
    assert sorted(map(int, of["header"])) == list(range(1, 41))
    assert sorted(gpios(of)) == list(range(28))
    for what, pins in POWER.items():
        assert {int(pin) for pin, one in of["header"].items() if one == what} == pins


def test_all_boards_have_the_same_header() -> None:
    assert all(board(name)["header"] == board("pi4")["header"] for name in BOARDS)


@pytest.mark.parametrize("name", BOARDS)
def test_functions_are_on_pins_that_there_are(name: str) -> None:
    of = board(name)
    for kind, wires in {
        "uart": ("tx", "rx"),
        "i2c": ("sda", "scl"),
        "spi": ("mosi", "miso", "sclk", "ce0", "ce1"),
        "one_wire": ("gpio",),
    }.items():
        names = [one["name"] for one in of[kind]]
        assert len(set(names)) == len(names)
        for one in of[kind]:
            used = [one[wire] for wire in wires]
            assert len(set(used)) == len(used)
            assert set(used) <= gpios(of).keys()
            assert one["enable"] or one["reserved"]
        devices = [one["device"] for one in of[kind] if "device" in one]
        assert len(set(devices)) == len(devices)


@pytest.mark.parametrize("name", BOARDS)
def test_what_every_pi_has_in_common(name: str) -> None:
    """TXD and RXD on pins 8 and 10, SDA and SCL on 3 and 5: what a HAT for RS-485 or a sensor counts on."""
    of = board(name)
    pins = gpios(of)
    uart = next(one for one in of["uart"] if one["name"] == "uart0")
    assert (pins[uart["tx"]], pins[uart["rx"]]) == (8, 10)
    assert uart["device"] == "/dev/ttyAMA0"
    i2c = next(one for one in of["i2c"] if one["name"] == "i2c1")
    assert (pins[i2c["sda"]], pins[i2c["scl"]]) == (3, 5)


def test_the_further_uarts_of_4_and_5_are_on_the_same_pins() -> None:
    four, five = ({(one["tx"], one["rx"]) for one in board(name)["uart"]} for name in ("pi4", "pi5"))
    assert four == five == {(0, 1), (4, 5), (8, 9), (12, 13), (14, 15)}


def test_the_reference_build_names_pins_as_the_maps_do() -> None:
    header = board("pi5")["header"]
    rows = re.findall(r"^\| (\d+) \| (GPIO\d+|GND|3V3|5V) \|", (HARDWARE / "README.md").read_text(), re.M)
    assert len(rows) >= 4
    assert all(header[pin] == what for pin, what in rows)
