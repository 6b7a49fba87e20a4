"""How each kind of device behaves: what a command aims at, what follows from it, and what changes by itself.

Values have the units of the Thing Models: %, K, °C, W, kWh.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Final, TypeGuard

from capabilities.vocabulary import Json

State = dict[str, Json]

# A room without heating tends to this, in degree Celsius …
_OUTSIDE_CELSIUS: Final = 12.0
# … by this part of the difference a second; a radiator warms by so much a second.
_COOLING_PER_SECOND: Final = 0.00004
_HEATING_CELSIUS_PER_SECOND: Final = 0.004
_MEAN_OCCUPIED_SECONDS: Final = 60.0
_MEAN_EMPTY_SECONDS: Final = 240.0
_JOULE_PER_KWH: Final = 3_600_000.0


def is_number(value: Json) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(state: State, name: str) -> float:
    value = state.get(name)
    return float(value) if is_number(value) else 0.0


def goals(kind: str, name: str, value: Json, state: Mapping[str, Json]) -> State:
    """The values that the order `name` (with `value`) leads to, at once or after a movement."""
    if kind in _POSITIONS and name in _POSITIONS[kind]:
        return {"position": _POSITIONS[kind][name]}
    if name == "stop":
        return {"position": state.get("position")}
    if kind == "light" and name == "set":
        members = value.items() if isinstance(value, dict) else ()
        return {k: v for member, each in members for k, v in goals(kind, member, each, state).items()}
    if kind == "light" and name == "brightness":
        # Zero brightness is off, and the lamp remembers how bright it was.
        return {"on": True, "brightness": value} if is_number(value) and value > 0 else {"on": False}
    if kind == "light" and name in {"color_temperature", "color"}:
        return {name: value, "color_mode": name}
    return {name: value}


_POSITIONS: Final[dict[str, dict[str, float]]] = {
    "blind": {"open": 100.0, "close": 0.0},
    "garage": {"open": 100.0, "close": 0.0},
    "lock": {"lock": 0.0, "unlock": 100.0},
}
# The words for: at 0, on the way to 0, above 0, on the way up.
_WORDS: Final[dict[str, tuple[str, str, str, str]]] = {
    "blind": ("closed", "closing", "open", "opening"),
    "garage": ("closed", "closing", "open", "opening"),
    "lock": ("locked", "locking", "unlocked", "unlocking"),
}


def derived(kind: str, state: State, goal: float | None) -> State:
    """What follows from a position, and from where it is going (None: nowhere)."""
    if kind not in _WORDS:
        return {}
    shut, shutting, free, freeing = _WORDS[kind]
    position = number(state, "position")
    if goal is not None and goal != position:
        return {"state": shutting if goal < position else freeing}
    return {"state": free if position > 0 else shut}


def couple(parts: Mapping[str, State]) -> None:
    """Between the parts of one device: the meter shows what the outlet feeds."""
    if "outlet" in parts and "power" in parts:
        load = number(parts["outlet"], "load")
        parts["power"]["power"] = round(load, 1) if parts["outlet"].get("on") else 0.0
    if "power" in parts and "meter" in parts:
        parts["meter"]["watts"] = parts["power"]["power"]


def drift(kind: str, state: State, seconds: float, dice: random.Random) -> None:
    """Change `state` as `seconds` of an ordinary day would."""
    if kind in _DRIFTS:
        _DRIFTS[kind](state, seconds, dice)


def _thermostat(state: State, seconds: float, dice: random.Random) -> None:
    room = number(state, "room")
    if state.get("mode") == "heat" and room < number(state, "target"):
        room = min(room + _HEATING_CELSIUS_PER_SECOND * seconds, number(state, "target"))
    else:
        room += (_OUTSIDE_CELSIUS - room) * _COOLING_PER_SECOND * seconds
    state["room"] = room
    state["temperature"] = round(room, 1)


def _walk(
    name: str, middle: float, step: float, digits: int
) -> Callable[[State, float, random.Random], None]:
    """A random walk that is drawn back to `middle`."""

    def walk(state: State, seconds: float, dice: random.Random) -> None:
        value = number(state, name)
        value += dice.gauss(0, step) * (seconds / 10) ** 0.5 + (middle - value) * min(1.0, seconds / 3600)
        state[name] = round(value, digits)

    return walk


def _occupancy(state: State, seconds: float, dice: random.Random) -> None:
    mean = _MEAN_OCCUPIED_SECONDS if state["occupied"] else _MEAN_EMPTY_SECONDS
    if dice.random() < seconds / mean:
        state["occupied"] = not state["occupied"]


def _outlet(state: State, seconds: float, dice: random.Random) -> None:
    if state.get("on"):
        state["load"] = max(0.0, number(state, "load") * dice.uniform(0.98, 1.02))


def _meter(state: State, seconds: float, dice: random.Random) -> None:
    if "watts" in state:
        energy = number(state, "exact") + number(state, "watts") * seconds / _JOULE_PER_KWH
        state["exact"] = energy
        state["energy"] = round(energy, 2)


_DRIFTS: Final[dict[str, Callable[[State, float, random.Random], None]]] = {
    "thermostat": _thermostat,
    "temperature": _walk("temperature", 20.5, 0.05, 1),
    "humidity": _walk("humidity", 45.0, 0.2, 0),
    "illuminance": _walk("illuminance", 200.0, 5.0, 0),
    "occupancy": _occupancy,
    "outlet": _outlet,
    "meter": _meter,
}
