"""The reference build: its drawing can be read by any browser alone, and it says what the other files say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

HARDWARE = Path(__file__).parents[2] / "hardware"
README = (HARDWARE / "README.md").read_text()
SVG = "{http://www.w3.org/2000/svg}"


def drawn() -> str:
    return " ".join(text.text or "" for text in ET.parse(HARDWARE / "wiring.svg").iter(f"{SVG}text"))


def test_every_file_that_is_named_is_there() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (HARDWARE / link).exists(), link


def test_the_drawing_stands_alone() -> None:
    root = ET.parse(HARDWARE / "wiring.svg").getroot()
    assert root.get("viewBox")
    assert not list(root.iter(f"{SVG}script"))
    assert not list(root.iter(f"{SVG}image"))


def test_every_text_is_inside_the_drawing() -> None:
    root = ET.parse(HARDWARE / "wiring.svg").getroot()
    _, _, width, height = map(float, (root.get("viewBox") or "").split())
    for text in root.iter(f"{SVG}text"):
        assert 0 < float(text.get("x") or 0) < width
        assert 0 < float(text.get("y") or 0) < height


def test_the_drawing_and_the_words_say_how_far_it_goes() -> None:
    for text in (drawn(), README):
        assert "an electrician" in text
        assert "Hearth is never the only protection" in text


def test_the_endpoints_pins_are_those_of_the_example() -> None:
    example = HARDWARE.parent / "firmware-bridge/ports/esp32-arduino/relay/relay.ino"
    pins = dict(re.findall(r"(\w+)_PIN = (\d+)", example.read_text()))
    assert f"GPIO{pins['RELAY']}, relay" in drawn()
    assert f"GPIO{pins['INTERLOCK']}, interlock" in drawn()
    assert f"GPIO {pins['RELAY']}" in README
    assert f"GPIO {pins['INTERLOCK']}" in README


def test_no_text_is_drawn_twice_that_names_a_supply() -> None:
    texts = [text.text or "" for text in ET.parse(HARDWARE / "wiring.svg").iter(f"{SVG}text")]
    for supply in ("5 V supply", "24 V and 0 V"):
        assert sum(supply in text for text in texts) == 1
    assert "24 V" not in texts


def test_the_level_that_switches_on_is_said_wherever_a_relay_module_is_chosen() -> None:
    bridge = (HARDWARE.parent / "firmware-bridge/README.md").read_text()
    assert "high-level trigger" in drawn()
    assert "RELAY_ON_LEVEL" in README
    for text in (README, bridge):
        assert "active-low" in text
        assert "10 kΩ" in text
    assert "### Which relay module" in bridge
