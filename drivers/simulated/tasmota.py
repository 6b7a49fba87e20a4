"""A simulated Tasmota device on a real broker (tasmota.github.io, "MQTT", "Commands").

It announces itself in Tasmota's own format, obeys `cmnd/<topic>/…` as the firmware does, answers commands at `stat/…/RESULT`
(and its power at `stat/…/POWER`, too), tells its state and its sensors at `tele/…`, and is Offline by its last will.
"""

from __future__ import annotations

import colorsys
import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Final, Self

from capabilities.vocabulary import Json
from drivers.simulated.link import Account, Link, Will

_RELAY, _LIGHT, _SHUTTER = 1, 2, 3
_WORDS: Final = ("OFF", "ON", "TOGGLE", "HOLD")
_SHUTTER_ENDS: Final = {"OPEN": 100, "CLOSE": 0}


class Tasmota:
    """One device, from `async with` until its end. `config` overrides members of its announcement (`rl`, `lt_st`, `so` …)."""

    def __init__(
        self,
        account: Account,
        mac: str = "A1B2C3D4E5F6",
        *,
        prefix: str = "tasmota/discovery",
        sensors: Mapping[str, Json] | None = None,
        **config: Json,
    ) -> None:
        self.config: Final[dict[str, Any]] = _announcement(mac) | config
        self.config["so"] = {**_announcement(mac)["so"], **(config.get("so") or {})}  # type: ignore[dict-item]
        self.sensors: Final = dict(sensors or {})
        self.power = [False] * len([kind for kind in self.config["rl"] if kind])
        self.light: dict[str, Any] = {"Dimmer": 50, "CT": 300, "White": 0, "HSB": (0, 0)}
        self.shutters = {n + 1: 0 for n in range(self.config["rl"].count(_SHUTTER) // 2)}
        self.fan_speed = 0
        self.received: list[tuple[str, str]] = []
        self._prefix = prefix
        self._link = Link(
            account,
            f"simulated-{mac}",
            (self._topic("cmnd", "#"), "cmnd/tasmotas/#"),
            on_connect=self._connected,
            on_message=self._message,
            will=Will(self._topic("tele", "LWT"), self.config["ofln"]),
        )
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._link)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    # --- what somebody does to it

    def switch(self, number: int, is_on: bool) -> None:
        """By the button at the device."""
        self._set_power(number, is_on)

    def act(self, name: str, action: str) -> None:
        """A decoupled button or switch is used: `act("Button1", "DOUBLE")`."""
        self._result({name: {"Action": action}})

    def tell(self) -> None:
        """What it tells every few minutes."""
        self._tell("STATE", self._state())
        self._tell("SENSOR", self._measured())

    def announce(self, **changes: Json) -> None:
        """Tell the announcement again, with other members."""
        self.config.update(changes)
        self._announce()

    def drop(self) -> None:
        """Lose the power: the broker tells the last will."""
        self._link.drop()

    # --- what it hears

    def _message(self, topic: str, payload: bytes) -> None:
        command, text = topic.rpartition("/")[2].upper(), payload.decode(errors="replace")
        self.received.append((command, text))
        name = command.rstrip("0123456789")
        number = int(command[len(name) :] or 1)
        handlers: dict[str, Callable[[int, str], None]] = {
            "POWER": self._on_power, "DIMMER": self._on_level, "CHANNEL": self._on_level, "COLOR": self._on_color,
            "CT": self._on_white, "WHITE": self._on_white, "FANSPEED": self._on_fan, "SHUTTERPOSITION": self._on_shutter,
            "SHUTTERSTOP": self._on_stop,
        }  # fmt: skip
        if name == "STATE":
            self._result(self._state())
        elif name == "STATUS":
            if text == "10":
                self._publish("stat", "STATUS10", {"StatusSNS": self._measured()})
        elif name in handlers:
            self._command = name
            handlers[name](number, text)
        else:
            self._result({"Command": "Unknown"})

    def _on_power(self, number: int, text: str) -> None:
        if 1 <= number <= len(self.power) and text:
            wanted = {"ON": True, "1": True, "OFF": False, "0": False}.get(text.upper())
            self._set_power(number, not self.power[number - 1] if wanted is None else wanted)
        else:
            self._result(self._powers())

    def _set_power(self, number: int, is_on: bool) -> None:
        self.power[number - 1] = is_on
        word = _WORDS[is_on]
        self._result({self._power_name(number): word})
        self._link.publish(self._topic("stat", self._power_name(number)), word)

    def _on_level(self, number: int, text: str) -> None:
        level = max(0, min(100, int(float(text))))
        self.light["Dimmer"] = level
        place = number if self._command == "CHANNEL" else self.config["rl"].index(_LIGHT) + 1
        self.power[place - 1] = level > 0
        shown = f"Channel{number}" if self._command == "CHANNEL" else "Dimmer"
        self._result({self._power_name(place): _WORDS[level > 0], shown: level} | self._lamp())

    def _on_color(self, _: int, text: str) -> None:
        red, green, blue = (int(part) / 255 for part in text.rstrip("=").split(","))
        hue, saturation, _value = colorsys.rgb_to_hsv(red, green, blue)
        self.light["HSB"] = (round(hue * 360), round(saturation * 100))
        self._result(self._lamp())

    def _on_white(self, _: int, text: str) -> None:
        self.light["CT" if self._command == "CT" else "White"] = int(float(text))
        self._result(self._lamp())

    def _on_fan(self, _: int, text: str) -> None:
        self.fan_speed = int(text)
        self._result({"FanSpeed": self.fan_speed})

    def _on_shutter(self, number: int, text: str) -> None:
        self.shutters[number] = _SHUTTER_ENDS.get(text.upper(), int(text) if text.isdigit() else 0)
        self._result(self._shutter(number))

    def _on_stop(self, number: int, _: str) -> None:
        self._result(self._shutter(number))

    # --- what it tells

    def _connected(self) -> None:
        self._link.publish(self._topic("tele", "LWT"), self.config["onln"], retain=True)
        self._announce()
        self.tell()

    def _announce(self) -> None:
        where = f"{self._prefix}/{self.config['mac']}"
        self._link.publish(f"{where}/config", json.dumps(self.config), retain=True)
        self._link.publish(f"{where}/sensors", json.dumps({"sn": self._measured(), "ver": 1}), retain=True)

    def _state(self) -> dict[str, Json]:
        wifi: dict[str, Json] = {"SSId": "home", "RSSI": 78, "Signal": -61, "LinkCount": 1}
        return {
            "Time": "2024-01-01T00:00:00",
            "UptimeSec": 60,
            **self._powers(),
            **self._lamp(),
            "Wifi": wifi,
        } | ({"FanSpeed": self.fan_speed} if self.config["if"] else {})

    def _measured(self) -> dict[str, Json]:
        shutters = {name: value for number in self.shutters for name, value in self._shutter(number).items()}
        return {"Time": "2024-01-01T00:00:00", **self.sensors, **shutters}

    def _powers(self) -> dict[str, Json]:
        return {self._power_name(place): _WORDS[is_on] for place, is_on in enumerate(self.power, 1)}

    def _lamp(self) -> dict[str, Json]:
        if _LIGHT not in self.config["rl"] or not self.config["lt_st"]:
            return {}
        hue, saturation = self.light["HSB"]
        dimmer = self.light["Dimmer"]
        return {
            "Dimmer": dimmer, "Color": "000000", "HSBColor": f"{hue},{saturation},{dimmer}", "CT": self.light["CT"],
            "White": self.light["White"],
        }  # fmt: skip

    def _shutter(self, number: int) -> dict[str, Json]:
        state = {
            "Position": self.shutters[number],
            "Direction": 0,
            "Target": self.shutters[number],
            "Tilt": 0,
        }
        return {f"Shutter{number}": {**state}}

    def _power_name(self, number: int) -> str:
        return "POWER" if len(self.power) == 1 else f"POWER{number}"

    def _result(self, members: Mapping[str, Json]) -> None:
        self._publish("stat", "RESULT", members)

    def _tell(self, what: str, members: Mapping[str, Json]) -> None:
        self._publish("tele", what, members)

    def _publish(self, prefix: str, what: str, members: Mapping[str, Json]) -> None:
        self._link.publish(self._topic(prefix, what), json.dumps(members))

    def _topic(self, prefix: str, what: str) -> str:
        full = str(self.config["ft"]).replace("%prefix%", prefix).replace("%topic%", self.config["t"])
        return f"{full}{what}"


def _announcement(mac: str) -> dict[str, Any]:
    """A plug, as release 14 announces it."""
    options = {
        "4": 0, "11": 0, "13": 0, "17": 0, "20": 0, "30": 0, "68": 0, "73": 0, "82": 0, "114": 0, "117": 0
    }  # fmt: skip
    return {
        "ip": "192.0.2.7", "dn": "Tasmota", "fn": ["Tasmota", None, None, None, None, None, None, None],
        "hn": f"tasmota-{mac[-6:]}", "mac": mac, "md": "Sonoff Basic", "ty": 0, "if": 0, "cam": 0, "ofln": "Offline",
        "onln": "Online", "state": list(_WORDS), "sw": "14.2.0", "t": f"tasmota_{mac[-6:]}", "ft": "%prefix%/%topic%/",
        "tp": ["cmnd", "stat", "tele"], "rl": [1, 0, 0, 0, 0, 0, 0, 0], "swc": [-1] * 8, "swn": [None] * 8,
        "btn": [0] * 8, "so": options, "lk": 1, "lt_st": 0, "bat": 0, "dslp": 0, "sho": [], "sht": [], "ver": 1,
    }  # fmt: skip
