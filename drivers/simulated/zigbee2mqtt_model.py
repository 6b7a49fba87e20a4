"""What a Zigbee2MQTT device is, worked out from the discovery messages that announce it.

Zigbee2MQTT knows its devices from definitions of its own; here only their announcements are at hand, so the keys of the state,
the values each may have and plausible first values are derived from topics, value templates, ranges and options.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from capabilities.vocabulary import Json

Message = tuple[str, str]
"""Topic and payload of one retained discovery message."""

_KEY: Final = re.compile(r"""value_json(?:\.([A-Za-z_]\w*)|\[["']([^"']+)["']\])""")
_SENSOR_VALUES: Final[dict[str, Json]] = {
    "battery": 87,
    "temperature": 21.5,
    "humidity": 46.0,
    "illuminance": 140,
    "pressure": 1013.0,
    "power": 0.0,
    "energy": 12.3,
    "current": 0.0,
    "voltage": 230.0,
}
# What Home Assistant's cover and lock commands default to, and what Zigbee2MQTT takes besides.
_STATE_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "light": ("ON", "OFF", "TOGGLE"),
    "switch": ("ON", "OFF", "TOGGLE"),
    "fan": ("ON", "OFF", "TOGGLE"),
    "cover": ("OPEN", "CLOSE", "STOP"),
    "lock": ("LOCK", "UNLOCK"),
}
_COMFORT_CELSIUS: Final = 20.0
# What such devices report by themselves after a change; the rest only the bridge's echo tells.
_REPORTED: Final = re.compile(
    r"^(state|brightness|position|tilt|occupied_heating_setpoint|local_temperature)(_|$)"
)


@dataclass(slots=True)
class Key:
    """One member of a device's state. `words` are the values of a string that has few; empty: any."""

    name: str
    component: str
    initial: Json = None
    settable: bool = False
    shown: bool = True
    minimum: float | None = None
    maximum: float | None = None
    words: tuple[Json, ...] = ()

    @property
    def reported(self) -> bool:
        return self.component in {"sensor", "binary_sensor"} or bool(_REPORTED.match(self.name))

    def check(self, value: Json) -> Json:
        """The value as it will be shown. Raises `ValueError` as the bridge's converters do."""
        if self.words:
            by_text = {str(word).lower(): word for word in self.words}
            if str(value).lower() not in by_text:
                raise ValueError(f"{self.name}: '{value}' not in: {', '.join(map(str, self.words))}")
            return by_text[str(value).lower()]
        if self.minimum is not None and self.maximum is not None:
            number = (
                float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
            )
            if number is None or not self.minimum <= number <= self.maximum:
                raise ValueError(f"{self.name}: {value} is not between {self.minimum:g} and {self.maximum:g}")
            return int(number) if number == int(number) else number
        return value


@dataclass(slots=True)
class Model:
    """One device: its friendly name, its keys, and its messages."""

    name: str
    keys: dict[str, Key] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)

    def with_own_timer(self, seconds: float) -> None:
        """It can be told to switch itself off again, after so long at the most (OnWithTimedOff)."""
        for name in ("on_time", "off_wait_time"):
            self.keys[name] = Key(name, "timer", settable=True, shown=False, minimum=0, maximum=seconds)

    @property
    def sleepy(self) -> bool:
        """Battery powered and without anything to set: it sleeps, and cannot be asked."""
        return "battery" in self.keys and not any(key.settable for key in self.keys.values())

    def readable(self, name: str) -> bool:
        key = self.keys.get(name)
        never = {"battery", "linkquality", "action", "update", "battery_low"}
        return key is not None and key.shown and name not in never and not self.sleepy

    def initial(self) -> dict[str, Json]:
        state: dict[str, Json] = {key.name: key.initial for key in self.keys.values() if key.shown}
        return state | {"linkquality": 120}


def read_messages(path: Path) -> list[Message]:
    """From JSON lines: each a message (`topic`, `payload`), or an object with a list of them under `messages`."""
    found: list[Message] = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            for message in entry.get("messages", [entry]):
                payload = message["payload"]
                found.append((message["topic"], payload if isinstance(payload, str) else json.dumps(payload)))
    return found


def models(messages: Iterable[Message], base: str = "zigbee2mqtt") -> dict[str, Model]:
    """The devices that `messages` announce, by friendly name. Messages of others than `base` are left out."""
    found: dict[str, Model] = {}
    for topic, payload in messages:
        config = json.loads(payload)
        component = topic.split("/")[1]
        name = _device_name(config, base)
        if name is None:
            continue
        model = found.setdefault(name, Model(name))
        model.messages.append((topic, payload))
        for key in _keys(component, config, f"{base}/{name}"):
            _merge(model.keys, key)
    return found


def key_of(rest: str, attribute: str | None, key: str) -> str:
    """The state's key for `key`, set through the endpoint `rest` ("" for none): `state` on `l1` is `state_l1`."""
    name = attribute or key
    return name if not rest or name.endswith(f"_{rest}") else f"{name}_{rest}"


def _device_name(config: Mapping[str, Json], base: str) -> str | None:
    for member in (
        "state_topic",
        "current_temperature_topic",
        "mode_state_topic",
        "position_topic",
        "command_topic",
    ):
        topic = config.get(member)
        if (
            isinstance(topic, str)
            and topic.startswith(f"{base}/")
            and not topic.startswith(f"{base}/bridge/")
        ):
            return topic.removeprefix(f"{base}/").split("/", maxsplit=1)[0]
    return None


def _keys(component: str, config: Mapping[str, Json], topic: str) -> Iterator[Key]:
    """Every key that one announcement mentions: in its templates, its command topics, and what its component implies."""
    for member, value in config.items():
        if isinstance(value, str) and member.endswith("template") and "command" not in member:
            for dotted, quoted in _KEY.findall(value):
                name = dotted or quoted
                yield Key(name, component, _initial(component, name, member, config), shown=True)
    yield from _implied(component, config)
    for member, value in config.items():
        if isinstance(value, str) and member.endswith("command_topic") and value.startswith(f"{topic}/"):
            yield from _commanded(component, member, value.removeprefix(f"{topic}/"), config)


def _commanded(component: str, member: str, rest: str, config: Mapping[str, Json]) -> Iterator[Key]:
    endpoint, _, attribute = rest.partition("set")
    endpoint, attribute = endpoint.strip("/"), attribute.strip("/")
    if not attribute and component not in {"switch", "fan", "light", "cover", "lock"}:
        return
    name = key_of(endpoint, attribute or None, "state")
    templates = {
        key
        for template in config.values()
        if isinstance(template, str)
        for pair in _KEY.findall(template)
        for key in pair
    }
    shown = name in templates or component == "light"
    low, high = _range(component, member, config)
    yield Key(
        name,
        component,
        _initial(component, name, member, config),
        settable=True,
        shown=shown,
        minimum=low,
        maximum=high,
        words=_words(component, member, name, config),
    )


def _implied(component: str, config: Mapping[str, Json]) -> Iterator[Key]:
    if component == "light" and config.get("schema") == "json":
        yield Key("state", component, "OFF", settable=True, words=_STATE_WORDS["light"])
        if config.get("brightness"):
            yield Key("brightness", component, 200, settable=True, minimum=0, maximum=254)
        modes = config.get("supported_color_modes")
        modes = modes if isinstance(modes, list) else []
        if "color_temp" in modes:
            low, high = _number(config.get("min_mireds"), 150), _number(config.get("max_mireds"), 500)
            yield Key("color_temp", component, 370, settable=True, minimum=low, maximum=high)
        if "xy" in modes or "hs" in modes:
            yield Key("color", component, {"x": 0.459, "y": 0.41}, settable=True)
        if len(modes) > 1 or "color_temp" in modes:
            yield Key("color_mode", component, "color_temp", words=tuple(modes))
        if config.get("effect"):
            yield Key("effect", component, None, settable=True, shown=False)
        yield Key("transition", component, None, settable=True, shown=False)
    if component == "cover" and "set_position_topic" in config:
        yield Key("position", component, 100, settable=True, minimum=0, maximum=100)
    if component == "siren":
        yield Key("warning", component, None, settable=True, shown=False)


def _initial(component: str, name: str, member: str, config: Mapping[str, Json]) -> Json:
    if component == "binary_sensor":
        return config.get("payload_off", False)
    if component == "switch":
        off = config.get("state_off", config.get("payload_off", "OFF"))
        return False if off == "false" else off
    if component == "select":
        options = config.get("options")
        return options[0] if isinstance(options, list) and options else None
    if component == "number":
        low, high = _number(config.get("min"), 0), _number(config.get("max"), 100)
        return 0 if low < 0 < high else _middle(low, high)
    if component == "climate":
        return _climate(name, member, config)
    if component in {"cover", "lock", "fan", "light"} and name.startswith(("state", "fan_state")):
        return {"cover": "OPEN", "lock": "LOCK"}.get(component, "OFF")
    if component == "cover":
        return "stopped" if name == "motor_state" else 100
    if component == "fan":
        return "off" if "mode" in name else 0
    if component == "update":
        return {"installed_version": 1, "latest_version": 1, "state": "idle"}
    if component == "sensor":
        return _sensor(name, config)
    return ""


def _sensor(name: str, config: Mapping[str, Json]) -> Json:
    device_class, unit = config.get("device_class"), config.get("unit_of_measurement")
    if device_class == "voltage" and unit == "mV":
        return 3000
    if isinstance(device_class, str) and device_class in _SENSOR_VALUES:
        return _SENSOR_VALUES[device_class]
    if unit or config.get("state_class"):
        return 0
    if options := _list(config.get("options")):
        return options[0]
    return None if name.startswith("action") else "normal"


def _climate(name: str, member: str, config: Mapping[str, Json]) -> Json:
    modes = config.get("modes")
    if "system_mode" in name:
        words = modes if isinstance(modes, list) else []
        return "heat" if "heat" in words else (words[0] if words else "off")
    if member.startswith("temperature_"):
        low, high = _number(config.get("min_temp"), 5), _number(config.get("max_temp"), 30)
        return min(max(_COMFORT_CELSIUS, low), high)
    for prefix in ("fan_mode", "preset_mode"):
        if member.startswith(prefix):
            options = config.get(f"{prefix}s")
            return options[0] if isinstance(options, list) and options else None
    if name.startswith("running_state"):
        return "idle"
    return 46.0 if name.startswith("humidity") else 20.5


def _range(component: str, member: str, config: Mapping[str, Json]) -> tuple[float | None, float | None]:
    if component == "number":
        return _number(config.get("min"), 0), _number(config.get("max"), 100)
    if component == "climate" and member == "temperature_command_topic":
        return _number(config.get("min_temp"), 5), _number(config.get("max_temp"), 35)
    if component == "fan" and member == "percentage_command_topic" and "[value]" not in str(config):
        return 0, _number(config.get("speed_range_max"), 100)
    return None, None


def _words(component: str, member: str, name: str, config: Mapping[str, Json]) -> tuple[Json, ...]:
    if component == "select":
        return _list(config.get("options"))
    if component == "climate" and member.endswith("mode_command_topic"):
        return _list(config.get(member.removesuffix("_command_topic") + "s"))
    if component == "switch" and not name.startswith("state"):
        pair = (config.get("payload_on", "ON"), config.get("payload_off", "OFF"))
        return tuple(str(word) == "true" if str(word) in {"true", "false"} else word for word in pair)
    if name.startswith(("state", "fan_state")):
        return _STATE_WORDS.get(component, ())
    return ()


def _merge(keys: dict[str, Key], new: Key) -> None:
    """Several announcements may mention a key: the one that can set it knows it best."""
    old = keys.get(new.name)
    if old is None:
        keys[new.name] = new
    elif new.settable and not old.settable:
        new.shown = new.shown or old.shown
        new.initial = old.initial if new.initial in (None, "") else new.initial
        keys[new.name] = new
    else:
        old.shown = old.shown or new.shown


def _list(value: Json) -> tuple[Json, ...]:
    return tuple(value) if isinstance(value, list) else ()


def _number(value: Json, default: float) -> float:
    try:
        return float(value) if isinstance(value, int | float | str) else default
    except ValueError:
        return default


def _middle(low: float, high: float) -> Json:
    middle = round((low + high) / 2, 1)
    return int(middle) if middle == int(middle) else middle
