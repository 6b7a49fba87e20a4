"""One Zigbee device and what the bridge believes of it: two states, which only a report or a read brings together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from capabilities.vocabulary import Json
from drivers.simulated.faults import Behaviour, Do, Fault, Step
from drivers.simulated.physics import is_number
from drivers.simulated.zigbee2mqtt_model import Key, Model

REACTION_SECONDS: Final = 0.05
# How far a cover gets in one step of MOTION_SECONDS: eight seconds for the whole way.
MOTION_SECONDS: Final = 0.5
_MOTION_PERCENT: Final = 6.25
_BELIEVED: Final = ("light", "switch", "fan", "number", "select", "text", "climate", "siren", "button")

Values = dict[str, Json]


class ZigbeeDevice:
    """`truth` is the device, `cache` the bridge's state of it (what it publishes). `fault` holds from the next command on."""

    def __init__(self, model: Model, reaction_seconds: float = REACTION_SECONDS) -> None:
        self.model: Final = model
        self.name = model.name
        self.truth: Values = model.initial()
        self.cache: Values = dict(self.truth)
        self.fault: Fault | None = None
        self.received = 0
        self.reaction_seconds = reaction_seconds
        self._goals: dict[str, float] = {}
        self._timer = 0  # the number of the last that was set

    def behaviour(self, names: set[str]) -> Behaviour:
        """What the bridge and the device do with an order for the keys `names`: echo, act, and for some keys report."""
        self.received += 1
        echo = (Step(Do.CLAIM),) if any(self._echoed(self.model.keys[name], names) for name in names) else ()
        if "on_time" in names:  # what is to end by itself is not believed before it says so
            echo = ()
        tells = any(self.model.keys[name].reported for name in names)
        report = (Step(Do.REPORT, self.reaction_seconds),) if tells else ()
        honest = (Step(Do.ACCEPT), *echo, Step(Do.ACT, self.reaction_seconds), *report)
        return self.fault(honest, self.received) if self.fault else honest

    def checked(self, order: Mapping[str, Json]) -> tuple[Values, list[str]]:
        """The members of a `set` that can be obeyed, and the bridge's error for each of the others."""
        values: Values = {}
        errors = []
        for name, value in order.items():
            key = self.model.keys.get(name)
            if key is None or not key.settable:
                errors.append(f"No converter available for '{name}' on '{self.name}': ({_text(value)})")
                continue
            try:
                values[name] = key.check(value)
            except ValueError as error:
                errors.append(f"Publish 'set' '{name}' to '{self.name}' failed: 'Error: {error}'")
        return values, errors

    def believe(self, values: Mapping[str, Json]) -> None:
        """The optimistic echo: the bridge takes what was asked for as done."""
        self.cache.update(self._shown(_settle(values, self.cache)))

    def set_timer(self) -> int:
        """A timer of its own begins, in the place of an earlier one; its number."""
        self._timer += 1
        return self._timer

    def runs_out(self, timer: int) -> bool:
        """Whether timer number `timer` is the one that counts; then the device is off."""
        if timer != self._timer or self.truth.get("state") != "ON":
            return False
        self.truth["state"] = "OFF"
        return True

    def act(self, values: Mapping[str, Json]) -> None:
        """The device does it. A cover sets off."""
        if values.get("state") == "OFF":
            self.set_timer()  # which ends the one that runs
        for name, value in _settle(values, self.truth).items():
            key = self.model.keys.get(name)
            if key and key.component == "cover" and name in {"state", "position"}:
                self._aim(name, value)
            elif key is None or key.shown:
                self.truth[name] = value

    @property
    def moving(self) -> bool:
        return bool(self._goals)

    def move(self) -> None:
        """One step of `MOTION_SECONDS` toward where it is going."""
        for name, goal in list(self._goals.items()):
            at = self.truth.get(name)
            position = float(at) if is_number(at) else goal
            left = goal - position
            position = (
                goal
                if abs(left) <= _MOTION_PERCENT
                else position + (_MOTION_PERCENT if left > 0 else -_MOTION_PERCENT)
            )
            self.truth[name] = round(position)
            if position == goal:
                del self._goals[name]
        self._show_motion()

    def report(self, names: set[str] | None = None) -> None:
        """The device tells the bridge the truth about `names` (None: all)."""
        self.cache.update({k: v for k, v in self.truth.items() if names is None or k in names})

    def related(self, names: set[str]) -> set[str]:
        """The keys that a device reports together with `names`."""
        with_position = {"position", "state", "motor_state"}
        with_light = {"state", "brightness", "color_mode", "color_temp", "color"}
        more = {k for group in (with_position, with_light) if names & group for k in group}
        return (names | more) & self.truth.keys()

    def _echoed(self, key: Key, names: set[str]) -> bool:
        """Locks, and covers told to open, close or stop, are not believed before they say so."""
        return key.component in _BELIEVED or (key.component == "cover" and "position" in names)

    def _shown(self, values: Mapping[str, Json]) -> Values:
        return {k: v for k, v in values.items() if k not in self.model.keys or self.model.keys[k].shown}

    def _aim(self, name: str, value: Json) -> None:
        position = self.truth.get("position")
        goal = {"OPEN": 100, "CLOSE": 0, "STOP": position}.get(str(value), value)
        if is_number(goal):
            self._goals["position"] = float(goal)
            self._show_motion()

    def _show_motion(self) -> None:
        position, goal = self.truth.get("position"), self._goals.get("position")
        if is_number(position):
            self.truth["state"] = "CLOSE" if position == 0 else "OPEN"
            if "motor_state" in self.truth:
                still = goal is None or goal == position
                self.truth["motor_state"] = (
                    "stopped" if still or goal is None else ("opening" if goal > position else "closing")
                )


def _settle(values: Mapping[str, Json], state: Mapping[str, Json]) -> Values:
    """What the order means in `state`: TOGGLE is resolved, brightness switches a lamp, a colour sets the colour mode."""
    settled: Values = {}
    for name, value in values.items():
        if value == "TOGGLE":
            settled[name] = "OFF" if state.get(name) == "ON" else "ON"
        elif name == "brightness" and is_number(value):
            settled |= {"state": "ON", "brightness": value} if value > 0 else {"state": "OFF"}
        elif name == "color_temp":
            settled |= {"color_temp": value, "color_mode": "color_temp"}
        elif name == "color":
            settled |= _color(value)
        else:
            settled[name] = value
    if values.get("state") == "OFF":
        settled["state"] = "OFF"
    return settled


def _color(value: Json) -> Values:
    if not isinstance(value, dict):
        return {"color": value}
    if "x" in value:
        return {"color": {"x": value["x"], "y": value.get("y")}, "color_mode": "xy"}
    hue, saturation = value.get("hue", value.get("h")), value.get("saturation", value.get("s"))
    return {"color": {"hue": hue, "saturation": saturation, "h": hue, "s": saturation}, "color_mode": "hs"}


def _text(value: Json) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
