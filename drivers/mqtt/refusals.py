"""A bridge that says no: MQTT has no answer to a command, but bridges write their errors to a log that can be heard.

Source: Zigbee2MQTT, "MQTT topics and messages", `<base>/bridge/logging`:
`{"level":"error","message":"z2m: Publish 'set' 'state' to 'lamp' failed: …"}`. The same message twice in a row comes once
only.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import orjson

from capabilities.readings import Refusal
from drivers.mqtt.config import clean
from drivers.mqtt.ingest import Clock

ANSWER_WINDOW_S: Final = 12.0
"""Zigbee2MQTT gives up on its device after 10 s; what comes later speaks of something else."""

MAX_COMMANDS: Final = 256
"""Of one bridge, remembered within that window: more than a Zigbee network can carry."""

MAX_LOG_BYTES: Final = 16_384
"""Of one message in the log. Errors are short; longer ones are not read."""

_LOGGER: Final = r"(?:[\w:.-]{1,64}: )?"
"""Zigbee2MQTT 2 puts the name of its logger before the message: `z2m: `."""

_FORMS: Final = (
    re.compile(
        _LOGGER + r"Publish 'set'(?: '(?P<key>[^']*)')? to '(?P<name>.+?)' failed: (?P<why>.*)", re.DOTALL
    ),
    re.compile(
        _LOGGER + r"(?P<why>No converter available for '(?P<key>[^']*)' on '(?P<name>.+?)':.*)", re.DOTALL
    ),
    re.compile(_LOGGER + r"(?P<why>Entity '(?P<name>.+)' is unknown(?P<key>))$", re.DOTALL),
    re.compile(
        _LOGGER + r"(?P<why>Cannot publish to unsupported device '(?P<name>.+)'(?P<key>))$", re.DOTALL
    ),
    re.compile(_LOGGER + r"(?P<why>Device '(?P<name>.+?)' has no endpoint '[^']*'(?P<key>))$", re.DOTALL),
)


@dataclass(frozen=True, slots=True)
class _Sent:
    device: str
    point: str
    topic: str
    payload: bytes
    at: float  # monotonic seconds


class Refusals:
    """Which commands went to which bridge, until its log says that one of them failed. `put` takes the refusals."""

    def __init__(self, clock: Clock, put: Callable[[Refusal], None]) -> None:
        self.logs: dict[str, deque[_Sent]] = {}
        """By the topic of the log; a message there is for `message`."""
        self._clock = clock
        self._put = put

    def listen(self, log: str) -> None:
        self.logs.setdefault(log, deque(maxlen=MAX_COMMANDS))

    def forget(self, logs: Iterable[str]) -> None:
        for log in logs:
            self.logs.pop(log, None)

    def sent(self, log: str, device: str, point: str, topic: str, payload: bytes) -> None:
        """A command went out to a device behind the bridge that writes `log`."""
        self.logs[log].append(_Sent(device, point, topic, payload, self._clock.monotonic()))

    def message(self, log: str, payload: bytes) -> None:
        """Read one line of a log. Never raises."""
        error = _error(payload) if len(payload) <= MAX_LOG_BYTES else None
        if error is None:
            return
        key, name, why = error
        now, begin = self._clock.monotonic(), f"{log_base(log)}/{name}/"
        waiting = [
            sent
            for sent in self.logs[log]
            if now - sent.at <= ANSWER_WINDOW_S and sent.topic.startswith(begin)
        ]
        for sent in waiting:
            if not key or any(key == member or key.startswith(f"{member}_") for member in _members(sent)):
                self.logs[log].remove(sent)
                self._put(Refusal(sent.device, sent.point, self._clock.wall(), why))


def log_topic(availability: str) -> str:
    """Where the bridge logs that says at the topic `availability` whether it is there; "" where it is no bridge's."""
    base, _, word = availability.rpartition("/")
    return f"{base}/logging" if word and base.endswith("/bridge") else ""


def log_base(log: str) -> str:
    """The base topic of the bridge's devices."""
    return log.removesuffix("/bridge/logging")


def _error(payload: bytes) -> tuple[str, str, str] | None:
    """Key ("" for any), device name and reason; None for everything that is no refused command."""
    try:
        line = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(line, dict) or line.get("level") != "error":
        return None
    text = line.get("message")
    found = next((m for form in _FORMS if (m := form.match(text))), None) if isinstance(text, str) else None
    return (found["key"] or "", found["name"], f"the bridge says: {clean(found['why'])}") if found else None


def _members(sent: _Sent) -> Iterable[str]:
    """What a command sets: the attribute in its topic, the members of its object, else the state."""
    attribute = sent.topic.rpartition("/set/")[2]
    if attribute != sent.topic:
        return (attribute,)
    try:
        document = orjson.loads(sent.payload)
    except orjson.JSONDecodeError:
        return ("state",)
    return document if isinstance(document, dict) else ("state",)
