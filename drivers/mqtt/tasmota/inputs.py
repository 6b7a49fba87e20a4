"""Switches and buttons of a Tasmota device: what is held, and what was pressed.

Source: Tasmota, "Buttons and switches" (SwitchMode, SetOption11, 13, 73 and 114): a switch that is decoupled from its relay
tells `{"Switch1":{"Action":"ON"}}`, a button `{"Button1":{"Action":"DOUBLE"}}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.tasmota.controls import Entry
from drivers.mqtt.tasmota.reading import Tasmota
from drivers.mqtt.tasmota.settings import TasmotaConfig, Told, at, below, common, first_of
from drivers.mqtt.templates import ValueTemplate

_HELD: Final = frozenset({1, 2, 3, 4, 5, 6, 9, 10, 13, 14, 15, 16})
"""Switch modes in which a switch has a state. In the others it only acts."""

_MOTION: Final = frozenset({13, 14})
"""Modes for detectors of motion, which tell that something moves, and nothing more."""

MOTION_S: Final = 1
_TOGGLES: Final = frozenset({0, 3, 4, 5, 6, 7, 8, 11, 12})
_HOLDS: Final = {5: "long_press", 6: "long_press", 8: "double_press", 9: "double_press", 10: "double_press"}

_PRESSES: Final = {
    "SINGLE": "short_press",
    "DOUBLE": "double_press",
    "TRIPLE": "triple_press",
    "QUAD": "quadruple_press",
    "PENTA": "quintuple_press",
    "HOLD": "long_press",
}


def inputs(device: Tasmota) -> Iterator[Entry]:
    """Every switch that has a state, and every way to press something."""
    for place, mode in enumerate(device.switches):
        given = device.switch_names[place] if place < len(device.switch_names) else ""
        name = given or f"Switch{place + 1}"
        if mode in _HELD:
            yield f"switch{place + 1}", "binary_sensor", _switch(device, name, mode)
        if mode in _TOGGLES:
            yield from _press(device, name, f"switch_{place + 1}", device.words[2], "short_press")
        if mode in _HOLDS:
            yield from _press(device, name, f"switch_{place + 1}", device.words[3], _HOLDS[mode])
    for place, is_there in enumerate(device.buttons):
        if is_there and device.options.get("73") == 1:
            for event, press in _presses(device).items():
                yield from _press(device, f"Button{place + 1}", f"button_{place + 1}", event, press)


def _switch(device: Tasmota, name: str, mode: int) -> TasmotaConfig:
    topics, (off, on, *_) = device.topics, device.words
    settings = common(device) | {
        "name": name, "state_topic": topics.sensor, "payload_on": on, "payload_off": off
    }  # fmt: skip
    if mode in _MOTION:
        settings |= {"state_topic": topics.result, "off_delay": MOTION_S, "device_class": "motion"}
        return TasmotaConfig(settings, {"value_template": first_of((name, "Action"), words=(on, off))})
    acted = first_of((name, "Action"), words=(on, off))

    def action(_: ValueTemplate) -> ValueTemplate:
        return acted

    again = {topics.sensor: ((topics.result, action), (topics.status10, below("StatusSNS")))}
    told = Told(again, (f"{topics.command}STATUS", "10"))
    return TasmotaConfig(settings, {"value_template": first_of((name,), words=(on, off))}, told)


def _press(device: Tasmota, name: str, subtype: str, event: str, press: str) -> Iterator[Entry]:
    settings: dict[str, Json] = common(device) | {
        "automation_type": "trigger", "type": f"button_{press}", "subtype": subtype, "topic": device.topics.result,
        "payload": event,
    }  # fmt: skip
    config = TasmotaConfig(settings, {"value_template": at(name, "Action")})
    yield f"{subtype}_{press}", "device_automation", config


def _presses(device: Tasmota) -> dict[str, str]:
    if device.options.get("13") == 1:
        return {"SINGLE": _PRESSES["SINGLE"]}
    if device.options.get("11") == 1:
        return {**_PRESSES, "SINGLE": _PRESSES["DOUBLE"], "DOUBLE": _PRESSES["SINGLE"]}
    return dict(_PRESSES)
