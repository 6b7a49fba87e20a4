"""Sirens and chimes."""

from __future__ import annotations

import orjson
import pytest

from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.vocabulary import Hazard, Json
from tests.drivers.mqtt_bench import Bench

SIREN: dict[str, Json] = {"command_topic": "s/set", "state_topic": "s", "available_tones": ["ping", "siren"]}

ZIGBEE2MQTT: dict[str, Json] = {
    "command_topic": "s/set",
    "command_template": (
        '{"warning": {"mode": "{{ tone | default(\'emergency\') }}", "level": "{% if volume_level is defined %}'
        "{% if volume_level | float <= 0.25 %}low{% elif volume_level | float <= 0.5 %}medium{% else %}high{% endif %}"
        '{% else %}medium{% endif %}", "duration": {{ duration | default(10) }}}}'
    ),
    "command_off_template": '{"warning": {"mode": "stop"}}',
    "available_tones": ["burglar", "fire"],
    "optimistic": True,
}


def announced(config: dict[str, Json], **more: Json) -> Bench:
    bench = Bench()
    bench.feed("siren/n/o", {**config, **more})
    return bench


def test_without_a_template_it_is_told_in_json() -> None:
    bench = announced(SIREN)
    assert bench.names == {"on", "tone", "volume", "duration", "sound"}
    assert orjson.loads(bench.sends("on", True)[1]) == {"state": "ON"}
    assert orjson.loads(bench.sends("on", False)[1]) == {"state": "OFF"}
    wish: Json = {"tone": "ping", "volume": 25, "duration": 30}
    assert orjson.loads(bench.sends("sound", wish)[1]) == {
        "state": "ON", "tone": "ping", "volume_level": 0.25, "duration": 30,
    }  # fmt: skip
    assert orjson.loads(bench.sends("sound", None)[1]) == {"state": "ON"}


def test_its_state_may_tell_all_of_it() -> None:
    bench = announced(SIREN)
    state: Json = {"state": "ON", "tone": "siren", "volume_level": 0.5, "duration": 10}
    assert bench.says("s", state) == {"on": True, "tone": "siren", "volume": 50, "duration": 10}
    assert bench.says("s", "OFF") == {"on": False}
    assert bench.says("s", {"tone": "ping"}) == {"tone": "ping"}
    assert not any(bench.affordance(name).writable for name in ("tone", "volume", "duration"))


def test_states_of_its_own() -> None:
    bench = announced(
        SIREN,
        state_on="ringing",
        state_off="quiet",
        state_value_template="{{ value_json.s }}",
        payload_on="go",
    )
    assert bench.says("s", {"s": "ringing"}) == {"on": True}
    assert orjson.loads(bench.sends("on", True)[1]) == {"state": "go"}


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("LOUD", "should be one of OFF, ON"),
        ({"tone": "opera"}, "should be one of ping, siren"),
        ({"volume_level": 50}, "should be a volume from 0 to 1"),
    ],
)
def test_what_it_cannot_mean_is_a_complaint(state: Json, why: str) -> None:
    bench = announced(SIREN)
    assert bench.says("s", state) == {}
    assert any(why in line for line in bench.ingest.complaints.lines())


def test_as_zigbee2mqtt_announces_one() -> None:
    bench = announced(ZIGBEE2MQTT)
    assert bench.names == {"on", "sound"}
    assert orjson.loads(bench.sends("on", True)[1]) == {
        "warning": {"mode": "emergency", "level": "medium", "duration": 10}
    }
    assert orjson.loads(bench.sends("on", False)[1]) == {"warning": {"mode": "stop"}}
    assert orjson.loads(bench.sends("sound", {"tone": "fire", "volume": 25, "duration": 5})[1]) == {
        "warning": {"mode": "fire", "level": "low", "duration": 5}
    }
    assert bench.qos("sound") == 1, "nobody sees whether it sounds"


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"tone": "opera"}, "one of the tones ping, siren"),
        ({"pitch": 3}, "this siren takes tone, volume, duration"),
        ({"volume": "loud"}, "number"),
        ("loud", "object"),
    ],
)
def test_nonsense_is_not_sent(wish: Json, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        announced(SIREN).sends("sound", wish)


def test_it_has_no_more_than_it_says() -> None:
    plain = announced(SIREN, available_tones=None, support_volume_set=False, support_duration=False)
    assert plain.names == {"on"}
    assert announced(SIREN, available_tones=None, support_volume_set=False).names == {
        "on",
        "duration",
        "sound",
    }


def test_a_template_that_gives_nothing_sends_nothing() -> None:
    bench = announced(SIREN, command_template="{{ None if state == 'OFF' else state }}")
    assert bench.sends("on", True) == ("s/set", "ON")
    with pytest.raises(ValueError, match="command_template"):
        bench.sends("on", False)


def test_to_sound_it_is_as_grave_as_to_switch_it_on() -> None:
    components = announced(SIREN).candidate.components
    thing = compose("t", "T", components, allot_names(components, {}))
    sound = thing.actions["sound"]
    assert sound.hazard is Hazard.PROPERTY
    assert sound.effect is not None
    assert (sound.effect.property, sound.effect.expected) == ("on", True)
    assert sound.check(None) == {}
    assert "command_topic" in announced(SIREN, command_topic=None).candidate.problems[0]
