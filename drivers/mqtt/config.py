"""One entity's discovery message, with its keys written out, read with care: anybody may have published it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt import abbreviations
from drivers.mqtt.messages import UTF8, known_encoding
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import Now, ValueTemplate, is_look_up, value_template
from drivers.mqtt.values import text_of

if TYPE_CHECKING:
    from drivers.mqtt.entity import Entity

MAX_TITLE_CHARS: Final = 100
"""Publishers' texts are shown to people: longer ones are cut."""

MAX_OPTIONS: Final = 500
"""Of a list of modes, effects or options; the longest list seen (lamp effects) has 200."""

MAX_TOPIC_BYTES: Final = 1024
"""Far below MQTT's 65,535, far above any publisher's."""

MAX_MESSAGE_TEMPLATE_CHARS: Final = 16_384
"""Different templates of one message, those that are more than a look-up: compiling so much takes 50 ms. Publishers need a
tenth."""

_BRIDGES: Final = (
    "zigbee2mqtt",
    "zwavejs2mqtt",
    "zwave-js-ui",
    "z-wave js ui",
    "deconz",
    "openmqttgateway",
    "theengs",
)
"""Programs that publish for devices behind them: what they say right after a command may be an echo of it."""


class ConfigError(ValueError):
    """What is wrong with a discovery message, and what would be right."""


_NONE: Final = frozenset[str]()


class TemplateRoom:
    """What the templates of one message may have together; each counts once."""

    __slots__ = ("_left", "_seen")

    def __init__(self) -> None:
        self._left = MAX_MESSAGE_TEMPLATE_CHARS
        self._seen: set[str] = set()

    def take(self, source: str) -> None:
        """Raises `ConfigError` when there is no more."""
        if source not in self._seen:
            self._left -= len(source)
            if self._left < 0:
                raise ConfigError(
                    f"the templates of its message have more than {MAX_MESSAGE_TEMPLATE_CHARS} characters together"
                )
            self._seen.add(source)


class Config:
    """Typed access to one entity's settings. Each accessor raises `ConfigError` for a value of the wrong sort. `now` is the
    clock for templates that ask for the time, `owner` the id of the device that the entity belongs to. `room` is what the
    templates of its message may have, `rendered` how many characters of templates are its own.
    """

    __slots__ = ("_data", "_sources", "now", "owner", "room")

    def __init__(
        self, data: dict[str, Json], now: Now | None = None, room: TemplateRoom | None = None
    ) -> None:
        self._data = data
        self.now = now
        self.owner = ""
        self.room = room
        self._sources = _NONE

    @property
    def size(self) -> int:
        """As JSON, in bytes."""
        return len(orjson.dumps(self._data))

    def only(self, keys: Iterable[str]) -> Config:
        """The same without everything but `keys`."""
        return Config({key: self._data[key] for key in keys if key in self._data})

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def has(self, key: str) -> bool:
        """Whether there is a value: a key that is null counts as absent."""
        return self._data.get(key) is not None

    def raw(self, key: str) -> Json:
        return self._data.get(key)

    def text(self, key: str, default: str = "") -> str:
        """Text, or a number or switch as the text that templates would write."""
        value = self._data.get(key)
        if value is None:
            return default
        if isinstance(value, list | dict):
            raise ConfigError(f"{key} should be text")
        return text_of(value)

    def title(self, key: str) -> str:
        """Text for people, shortened, without control characters."""
        return clean(self.text(key))

    def number(self, key: str, default: float) -> float:
        value = self._data.get(key)
        if value is None:
            return float(default)
        try:
            read = float(value)  # type: ignore[arg-type]  # min_temp often comes as text
        except (TypeError, ValueError, OverflowError):
            raise ConfigError(f"{key} should be a number, not {text_of(value)[:40]!r}") from None
        if isinstance(value, bool) or not math.isfinite(read):
            raise ConfigError(f"{key} should be a finite number")
        return read

    def flag(self, key: str, default: bool = False) -> bool:
        value = self._data.get(key)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        text = text_of(value).lower()
        if text in {"true", "yes", "on", "1", "enable"}:
            return True
        if text in {"false", "no", "off", "0", "disable"}:
            return False
        raise ConfigError(f"{key} should be true or false, not {text[:40]!r}")

    def texts(self, key: str) -> list[str]:
        """A list of texts; a single text counts as a list of one."""
        value = self._data.get(key)
        if value is None:
            return []
        items = value if isinstance(value, list) else [value]
        if len(items) > MAX_OPTIONS:
            raise ConfigError(f"{key} has more than {MAX_OPTIONS} entries")
        if any(isinstance(item, list | dict) or item is None for item in items):
            raise ConfigError(f"{key} should be a list of texts")
        return list(dict.fromkeys(text_of(item) for item in items))

    def table(self, key: str) -> dict[str, Json]:
        value = self._data.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise ConfigError(f"{key} should be an object")
        return value

    def topic(self, key: str) -> str:
        """A topic to publish or subscribe to; "" if there is none."""
        topic = self.text(key)
        if topic:
            check_topic(topic, key)
        return topic

    def template(self, key: str) -> ValueTemplate:
        """The template under `key`, or the one that gives the whole payload."""
        source = self._data.get(key)
        if source is not None and not isinstance(source, str):
            raise ConfigError(f"{key} should be text")
        if source and not is_look_up(source):
            self._take(source)
        try:
            return value_template(source or None, now=self.now)
        except TemplateError as error:
            raise ConfigError(f"{key}: {error}") from None

    def source(self, key: str) -> str | None:
        """A command template's text."""
        source = self.text(key) or None
        if source is not None and not is_look_up(source):
            self._take(source)
        return source

    @property
    def rendered(self) -> int:
        return sum(map(len, self._sources))

    def _take(self, source: str) -> None:
        self._sources |= {source}
        if self.room is not None:
            self.room.take(source)

    def finish(self, entity: Entity) -> None:
        """Add to an entity that was described by these settings what they cannot say; nothing, but for settings that were
        never published.
        """

    @property
    def qos(self) -> int:
        """0, 1 or 2."""
        qos = self.number("qos", 0)
        if qos not in (0, 1, 2):
            raise ConfigError("qos should be 0, 1 or 2")
        return int(qos)

    @property
    def encoding(self) -> str:
        """Of the payloads that are read: a codec's name as Python has it, "" for bytes."""
        try:
            return known_encoding(self.text("encoding", UTF8))
        except ValueError as error:
            raise ConfigError(f"encoding {error}") from None

    @property
    def device(self) -> dict[str, Json]:
        return self.table("device")

    @property
    def origin(self) -> str:
        """The name of the publishing program."""
        return clean(text_of(self.table("origin").get("name") or ""))

    @property
    def is_bridged(self) -> bool:
        """Whether a bridge says that it stands between us and the device."""
        return "via_device" in self.device or self.origin.lower().startswith(_BRIDGES)


def clean(text: str) -> str:
    """For people: one line, printable, not too long."""
    return "".join(c for c in text if c.isprintable()).strip()[:MAX_TITLE_CHARS]


def check_topic(topic: str, key: str) -> None:
    """Raise `ConfigError` for what is no topic name (MQTT 5, section 4.7)."""
    if "#" in topic or "+" in topic:
        raise ConfigError(f"{key} should not have wildcards")
    if topic.startswith("$"):
        raise ConfigError(f"{key} should not be one of the broker's own topics ($…)")
    try:
        encoded = topic.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{key} is not text") from None
    if "\0" in topic or len(encoded) > MAX_TOPIC_BYTES:
        raise ConfigError(f"{key} should be at most {MAX_TOPIC_BYTES} bytes, without NUL")


def written_out(payload: dict[str, Json]) -> dict[str, Json]:
    """Abbreviated keys in full, and `~` in topics replaced by the base topic (a `~` at either end of the text)."""
    data = {abbreviations.CONFIG.get(key, key): value for key, value in payload.items()}
    base = data.pop("~", None)
    for name, table in (("device", abbreviations.DEVICE), ("origin", abbreviations.ORIGIN)):
        value = data.get(name)
        if isinstance(value, dict):
            data[name] = {table.get(key, key): item for key, item in value.items()}
    availability = data.get("availability")
    if isinstance(availability, dict):
        availability = [availability]
    if isinstance(availability, list):
        data["availability"] = [
            _based({abbreviations.CONFIG.get(k, k): v for k, v in item.items()}, base)
            if isinstance(item, dict)
            else item
            for item in availability
        ]
    return _based(data, base)


def _based(data: dict[str, Json], base: Json) -> dict[str, Json]:
    if not isinstance(base, str) or not base:
        return data
    for key, value in data.items():
        if key.endswith("topic") and isinstance(value, str) and value:
            if value[0] == "~":
                data[key] = base + value[1:]
            elif value[-1] == "~":
                data[key] = value[:-1] + base
    return data
