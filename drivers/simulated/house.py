"""The simulated house: who stands where, and what each can do. And any number of plain devices, for load."""

from __future__ import annotations

from typing import Final

from drivers.simulated.device import Attribute, Device, Part
from drivers.simulated.physics import State

_ON: Final = Attribute("on", "boolean", writable=True)
_BRIGHTNESS: Final = Attribute("brightness", "number", "%", 0, 100, writable=True)
_POSITION: Final = Attribute("position", "number", "%", 0, 100, 1, writable=True)
_MOVING: Final = Attribute("state", "string", options=("open", "opening", "closed", "closing"))
_LOCKED: Final = Attribute("state", "string", options=("locked", "locking", "unlocked", "unlocking"))


def house() -> list[Device]:
    """Fourteen devices of a small house, always the same."""
    return [
        _lamp(),
        _ceiling(),
        _outlet(),
        _blind("bedroom-blind", "Bedroom blind", "Bedroom"),
        _garage(),
        _lock(),
        _thermostat(),
        _climate_sensor("bedroom-climate", "Bedroom climate", "Bedroom", 19.4, 47),
        _climate_sensor("bathroom-climate", "Bathroom climate", "Bathroom", 21.8, 61),
        _binary("terrace-door", "Terrace door", "Living room", kind="contact", name="open"),
        _binary(
            "hallway-motion", "Hallway motion", "Hallway", kind="occupancy", name="occupied", illuminance=180
        ),
        _binary("kitchen-leak", "Under the sink", "Kitchen", kind="leak", name="leak"),
        _binary("hallway-smoke", "Smoke alarm", "Hallway", kind="smoke", name="smoke"),
        _switch(),
    ]


def generated(count: int) -> list[Device]:
    """`count` devices that are quick to tell apart: lamps, outlets, blinds and climate sensors in turn."""
    makers = (_plain_lamp, _plain_outlet, _plain_blind, _plain_sensor)
    return [makers[i % len(makers)](i) for i in range(count)]


def _lamp() -> Device:
    parts = [Part("light", "light", (_ON, _BRIGHTNESS, _kelvin(2200, 6500)))]
    state: State = {
        "on": False,
        "brightness": 60.0,
        "color_temperature": 2700.0,
        "color_mode": "color_temperature",
    }
    return Device("desk-lamp", "Desk lamp", "Study", parts, {"light": state}, model="White ambiance lamp")


def _ceiling() -> Device:
    color = Attribute("color", "object", writable=True)
    parts = [Part("light", "light", (_ON, _BRIGHTNESS, _kelvin(2000, 6500), color))]
    state: State = {
        "on": True,
        "brightness": 80.0,
        "color_temperature": 4000.0,
        "color": {"hue": 30.0, "saturation": 40.0},
        "color_mode": "color_temperature",
    }
    return Device(
        "living-ceiling", "Ceiling light", "Living room", parts, {"light": state}, model="Colour lamp"
    )


def _outlet() -> Device:
    parts = [
        Part("outlet", "outlet", (_ON,)),
        Part("power", "power", (Attribute("power", "number", "W", 0),), title="Power"),
        Part("energy", "meter", (Attribute("energy", "number", "kWh", 0),), title="Energy"),
    ]
    state: dict[str, State] = {
        "outlet": {"on": True, "load": 42.0},
        "power": {"power": 42.0},
        "energy": {"energy": 118.4, "exact": 118.4},
    }
    return Device("hallway-outlet", "Hallway outlet", "Hallway", parts, state, model="Metering plug")


def _switch() -> Device:
    parts = [Part("switch", "switch", (_ON,))]
    return Device("garden-switch", "Garden lights", "Garden", parts, {"switch": {"on": False}}, model="Relay")


def _blind(device_id: str, title: str, room: str) -> Device:
    parts = [
        Part("blind", "blind", (_MOVING, _POSITION), ("open", "close", "stop"), rates={"position": 12.5})
    ]
    return Device(device_id, title, room, parts, {"blind": {"position": 100.0}}, model="Roller blind motor")


def _garage() -> Device:
    parts = [Part("garage", "garage", (_MOVING,), ("open", "close", "stop"), rates={"position": 10.0})]
    return Device(
        "garage-door", "Garage door", "Garage", parts, {"garage": {"position": 0.0}}, model="Door opener"
    )


def _lock() -> Device:
    parts = [
        Part("lock", "lock", (_LOCKED,), ("lock", "unlock"), rates={"position": 80.0}),
        Part("battery", "battery", (Attribute("level", "number", "%", 0, 100),), title="Battery"),
    ]
    state: dict[str, State] = {"lock": {"position": 0.0}, "battery": {"level": 87}}
    return Device("front-door", "Front door", "Hallway", parts, state, model="Door lock")


def _thermostat() -> Device:
    target = Attribute("target", "number", "°C", 5, 30, 0.5, writable=True)
    mode = Attribute("mode", "string", options=("off", "heat"), writable=True)
    measured = Attribute("temperature", "number", "°C")
    parts = [Part("thermostat", "thermostat", (target, mode, measured))]
    state: State = {"target": 20.5, "mode": "heat", "temperature": 20.1, "room": 20.1}
    return Device(
        "living-thermostat", "Thermostat", "Living room", parts, {"thermostat": state}, model="Thermostat"
    )


def _climate_sensor(device_id: str, title: str, room: str, celsius: float, percent: float) -> Device:
    parts = [
        Part("temperature", "temperature", (Attribute("temperature", "number", "°C"),)),
        Part("humidity", "humidity", (Attribute("humidity", "number", "%", 0, 100),), title="Humidity"),
    ]
    state: dict[str, State] = {"temperature": {"temperature": celsius}, "humidity": {"humidity": percent}}
    return Device(device_id, title, room, parts, state, model="Climate sensor")


def _binary(
    device_id: str, title: str, room: str, *, kind: str, name: str, illuminance: float | None = None
) -> Device:
    parts = [Part(kind, kind, (Attribute(name, "boolean"),))]
    state: dict[str, State] = {kind: {name: False}, "battery": {"level": 92}}
    parts.append(Part("battery", "battery", (Attribute("level", "number", "%", 0, 100),), title="Battery"))
    if illuminance is not None:
        lux = Attribute("illuminance", "number", "lx", 0)
        parts.append(Part("illuminance", "illuminance", (lux,), title="Illuminance"))
        state["illuminance"] = {"illuminance": illuminance}
    return Device(device_id, title, room, parts, state, model=f"{kind.capitalize()} sensor")


def _kelvin(low: float, high: float) -> Attribute:
    return Attribute("color_temperature", "number", "K", low, high, writable=True)


def _plain_lamp(i: int) -> Device:
    state: State = {"on": False, "brightness": 50.0}
    parts = [Part("light", "light", (_ON, _BRIGHTNESS))]
    return Device(f"lamp-{i}", f"Lamp {i}", f"Room {i // 8}", parts, {"light": state}, model="Lamp")


def _plain_outlet(i: int) -> Device:
    parts = [Part("outlet", "outlet", (_ON,))]
    return Device(
        f"outlet-{i}", f"Outlet {i}", f"Room {i // 8}", parts, {"outlet": {"on": False}}, model="Outlet"
    )


def _plain_blind(i: int) -> Device:
    return _blind(f"blind-{i}", f"Blind {i}", f"Room {i // 8}")


def _plain_sensor(i: int) -> Device:
    return _climate_sensor(f"climate-{i}", f"Climate {i}", f"Room {i // 8}", 20.0, 50)
