"""Ten thousand hostile conversations: announcements and states of every sort. Nothing is raised, nothing grows without
bound, and whatever is turned away says where, what and why.

The announcements are near misses: settings that the component really has, with values that are right, wrong, or wild.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any, Final

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capabilities.compose import ComposeError, compose
from capabilities.naming import allot_names
from capabilities.readings import Occurrence
from drivers.driver import Candidate
from drivers.mqtt.abbreviations import CONFIG
from drivers.mqtt.announcement import read_announcement
from drivers.mqtt.components import COMPONENTS
from drivers.mqtt.device import MAX_PROBLEMS_PER_DEVICE
from drivers.mqtt.ingest import MAX_COMPLAINTS
from drivers.mqtt.topic_guard import MAX_COMMAND_CHARS
from tests.at_length import at_length
from tests.drivers.mqtt_bench import Bench

EXAMPLES: Final = 10_000
MOST_VALUE_CHARS: Final = 20_000
MOST_LINE_CHARS: Final = 800

TOPICS = ("a", "b/c", "z/lamp", "z/lamp/set", "homeassistant/x/config", "homeassistant/light/l/config", "")
WORDS = (
    "ON",
    "OFF",
    "online",
    "offline",
    "LOCK",
    "open",
    "21.5",
    "-3",
    "1e400",
    "nan",
    "null",
    "unknown",
    "",
    "é\u0000",
    "x" * 300,
)

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(width=32) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["state", "a", "brightness", "color", "h"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
_TEMPLATES = st.sampled_from(
    ["{{ value_json.state }}", "{{ value_json['a'] | float }}", "{{ value }}", "{{ value_json.a * 2 }}",
     "{{ value|int(0) + 1 }}", "{% if value_json.a %}ON{% else %}OFF{% endif %}", "{{ {'a': 'ON'}[value] }}", "{{ range(9) }}",
     "{{ 'x' * 9 }}", "{% for a in b %}", "{{ value_json.state | regex_replace('(a+)+', 'b') }}", "{{ value ~ value ~ value }}",
     "{{ states('x') }}", "{{", "{{ value.__class__ }}"]
)  # fmt: skip
_OF_KEYS: Final[tuple[tuple[str, st.SearchStrategy[Any]], ...]] = (
    ("topic", st.sampled_from((*TOPICS, "#", "a/+/b", "$SYS/x", "~/t", "zigbee2mqtt/bridge/request/restart"))),
    ("template", _TEMPLATES),
    ("payload", st.sampled_from(WORDS)),
    ("state_", st.sampled_from(WORDS)),
    ("min", st.sampled_from([0, 1, 7, 153, -1, "5", 1e300, "x"])),
    ("max", st.sampled_from([100, 35, 500, 0, "99", -1e300])),
    ("modes", st.lists(st.sampled_from(("heat", "off", "auto", "rgb", "hs", "color_temp", "white", 5)), max_size=4)),
    ("list", st.lists(st.sampled_from(("a", "b", "rainbow", 1)), max_size=3)),
    ("options", st.lists(st.sampled_from(("a", "b", "a", 1, None)), max_size=4)),
    ("device_class", st.sampled_from(["temperature", "motion", "garage", "outlet", "battery", "restart", "enum", "nonsense"])),
    ("unit_of_measurement", st.sampled_from(["°C", "°F", "%", "W", "kWh", "parsecs"])),
)  # fmt: skip


def _value_of(key: str) -> st.SearchStrategy[Any]:
    for part, strategy in _OF_KEYS:
        if part in key:
            return st.one_of(strategy, strategy, strategy, _JSON)
    return _JSON


_KEYS = sorted(
    {
        *CONFIG.values(),
        "schema",
        "brightness",
        "white",
        "effect",
        "optimistic",
        "command_on_template",
        "command_off_template",
    }
)
_SETTINGS = st.lists(st.sampled_from(_KEYS), min_size=1, max_size=14, unique=True).flatmap(
    lambda keys: st.fixed_dictionaries({key: _value_of(key) for key in keys})
)
_FRAME: Final = {
    "command_topic": "z/lamp/set",
    "state_topic": "z/lamp",
    "value_template": "{{ value_json.state }}",
}
PARTS: Final = 8
"""Each with an eighth of the components, so that they can run beside each other."""

_PLACE = st.sampled_from(["n/o", "n/p", "o"])
_BODY = st.one_of(
    _SETTINGS.map(lambda s: _FRAME | s),
    _SETTINGS.map(lambda s: _FRAME | {"schema": "json"} | s),
    _SETTINGS.map(lambda s: {"dev": {"ids": ["d"]}, "o": {"name": "Zigbee2MQTT"}, "cmps": {"x": {"p": "light", **s}}}),
    _SETTINGS,
    _JSON,
    st.binary(max_size=40),
)  # fmt: skip


def _announcements(part: int) -> st.SearchStrategy[list[tuple[str, str, Any]]]:
    components = st.sampled_from([*sorted(COMPONENTS)[part::PARTS], "device", "nonsense"])
    return st.lists(st.tuples(components, _PLACE, _BODY), min_size=1, max_size=3)


_STATE = st.tuples(st.sampled_from(TOPICS), _JSON | st.binary(max_size=60), st.booleans())


def dumped(value: object) -> bytes:
    return (
        value
        if isinstance(value, bytes)
        else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str)
    )


@pytest.mark.parametrize("part", at_length(range(PARTS), here=[0]))
def test_ten_thousand_conversations(part: int) -> None:
    @settings(
        max_examples=EXAMPLES // PARTS, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(_announcements(part), st.lists(_STATE, max_size=4), _JSON)
    def conversations(
        announcements: list[tuple[str, str, Any]], states: list[tuple[str, Any, bool]], wish: Any
    ) -> None:
        _converse(announcements, states, wish)

    conversations()


def _converse(
    announcements: list[tuple[str, str, Any]], states: list[tuple[str, Any, bool]], wish: Any
) -> None:
    bench = Bench()
    for component, place, body in announcements:
        bench.feed(f"{component}/{place}", dumped(body))
        _is_a_candidate_or_explained(bench, f"{component}/{place}", dumped(body))
    for topic, body, retained in states:
        bench.says(topic, dumped(body), retained=retained)
        _what_is_reported_is_bounded(bench)
    for device in bench.discovery.devices.values():
        _commands(device.commands(), wish)
        _composes_or_says_why(device.describe("mqtt"))
    _is_bounded(bench)


def _is_a_candidate_or_explained(bench: Bench, place: str, payload: bytes) -> None:
    """Taken in, refused with a reason that people see, or ignored with one."""
    discovery = bench.discovery
    told = [reason for where, reason in discovery.ignored.items() if place in where]
    inside = [device for device in discovery.devices.values() if device.configs]
    try:
        says_something = bool(read_announcement(place.partition("/")[0], place, payload).entities)
    except ValueError:
        says_something = True
    if says_something:
        assert told or inside, f"{place} vanished"
    for device in inside:
        for key, reason in device.refused.items():
            assert key
            assert len(reason) > 8, reason
    for reason in told:
        assert len(reason) > 8, reason


def _what_is_reported_is_bounded(bench: Bench) -> None:
    for seen in bench.seen:
        value = seen.data if isinstance(seen, Occurrence) else None
        if value is not None:
            assert len(orjson.dumps(value)) <= MOST_VALUE_CHARS
    for report in bench.reports():
        assert len(orjson.dumps(report.reading.value)) <= MOST_VALUE_CHARS
    for line in bench.ingest.complaints.lines():
        assert re.fullmatch(r"(?s).+: .+ \(\d+ times\)", line), line
        assert len(line) <= MOST_LINE_CHARS


def _commands(commands: Any, wish: Any) -> None:
    for _, command in commands:
        assert not set("#+\0") & set(command.topic)
        for value in (wish, True, 50, "ON", {"on": True, "brightness": 10}):
            with contextlib.suppress(
                ValueError, TypeError, ArithmeticError, LookupError
            ):  # it makes them `NotSent`
                assert len(command.encode(value)) <= MAX_COMMAND_CHARS


def _composes_or_says_why(candidate: Candidate) -> None:
    assert len(candidate.problems) <= MAX_PROBLEMS_PER_DEVICE
    assert all(len(line) <= MOST_LINE_CHARS for line in candidate.problems)
    assert len(candidate.title) <= 200
    if candidate.components:
        try:
            compose("it", candidate.title, candidate.components, allot_names(candidate.components, {}))
        except ComposeError as error:
            assert len(str(error)) > 20, "names what is wrong"


def _is_bounded(bench: Bench) -> None:
    assert len(bench.ingest.complaints.lines()) <= MAX_COMPLAINTS
    points = sum(1 for device in bench.discovery.devices.values() for _ in device.sources())
    assert len(bench.ingest._timers) <= points
    bench.ingest.close()
