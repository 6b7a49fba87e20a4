"""The house of the story: the simulated house as in the demonstration, a little quicker, with its front door open."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from drivers.simulated.device import Device
from drivers.simulated.house import house

BLIND, CEILING, LAMP, HEATING, LOCK = (
    "bedroom-blind",
    "ceiling-light",
    "desk-lamp",
    "thermostat",
    "front-door",
)

BLIND_RATE: Final = 40.0
"""Percent a second, where a real one needs half a minute."""


def devices() -> list[Device]:
    """Each is called as the Thing that it becomes."""
    return [_renamed(device) for device in house()]


def _renamed(device: Device) -> Device:
    name = device.title.lower().replace(" ", "-")
    parts, state = list(device.parts.values()), dict(device.state)
    if name == BLIND:
        parts = [replace(part, rates={"position": BLIND_RATE}) for part in parts]
    if name == LOCK:
        state["lock"] = {**state["lock"], "position": 100.0}
    return Device(name, device.title, device.room, parts, state, model=device.model)
