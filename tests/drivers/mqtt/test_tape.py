"""How recordings are written and read, and what they listen to."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.recording.following import Following
from drivers.mqtt.recording.tape import Recorded, Tape, TapeError, read, written
from drivers.recording.redaction import Care

messages = st.builds(
    Recorded,
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50),
    st.binary(max_size=100) | st.text(st.characters(exclude_categories=["Cs"]), max_size=50).map(str.encode),
    st.booleans(),
    st.integers(0, 10**6).map(lambda thousandths: thousandths / 1000),
)


@given(st.lists(messages, max_size=8).map(tuple))
def test_what_is_written_is_read(recorded: tuple[Recorded, ...]) -> None:
    tape = Tape("homeassistant", recorded)
    assert read(written(tape)) == tape


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_anything_else_is_an_error_with_a_line(lines: list[bytes]) -> None:
    try:
        read(lines)
    except TapeError as error:
        assert str(error).startswith(("line ", "it is empty"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"topic":"a","payload":"b","retained":1,"at":0}', "line 2: retained should be true or false"),
        (b'{"topic":"","payload":"b","retained":true,"at":0}', "line 2: topic should be text"),
        (b'{"topic":"a","retained":true,"at":0}', "line 2: either payload or base64"),
        (b'{"topic":"a","base64":"?","retained":true,"at":0}', "line 2: base64 should be base64"),
        (b"[]", "line 2: should be a JSON object"),
    ],
)
def test_errors_say_what_would_be_right(line: bytes, says: str) -> None:
    with pytest.raises(TapeError, match=says):
        read([b'{"format":1,"discovery_prefix":"homeassistant"}', line])


def announced(**settings: object) -> bytes:
    return orjson.dumps(settings)


def test_states_and_availability_are_followed_and_commands_are_not() -> None:
    following = Following("homeassistant")
    new = following.feed(
        "homeassistant/cover/blind/config",
        announced(
            stat_t="~/state", cmd_t="~/set", set_pos_t="~/position/set", pos_t="~/position", **{"~": "blinds/one"},
            avty=[{"t": "zigbee2mqtt/bridge/state"}], json_attr_t="~/more",
        ),
    )  # fmt: skip
    assert set(new) == {
        "blinds/one/state", "blinds/one/position", "blinds/one/more", "zigbee2mqtt/bridge/state",
        *(f"zigbee2mqtt/bridge/{name}" for name in ("devices", "event", "groups", "info", "logging")),
    }  # fmt: skip
    assert following.feed("homeassistant/cover/blind/config", announced(stat_t="blinds/one/state")) == ()


def test_a_tasmota_is_followed_by_what_it_says_of_itself() -> None:
    following = Following("homeassistant")
    said = {
        "ft": "%prefix%/%topic%/",
        "t": "tasmota_1",
        "tp": ["cmnd", "stat", "tele"],
        "mac": "A0B1C2D3E4F5",
    }
    new = following.feed("tasmota/discovery/A0B1C2D3E4F5/config", announced(**said))
    assert new == ("stat/tasmota_1/+", "tele/tasmota_1/+")
    for wrong in ({}, {**said, "t": "#"}, {**said, "tp": 1}, {**said, "ft": None}):
        assert following.feed("tasmota/discovery/A0B1C2D3E4F5/config", announced(**wrong)) == ()
    assert following.feed("tasmota/discovery/A0B1C2D3E4F5/config", b"[]") == ()


def test_nothing_with_wildcards_is_followed() -> None:
    following = Following("homeassistant")
    assert following.feed("homeassistant/sensor/all/config", announced(stat_t="#")) == ()
    assert following.feed("homeassistant/sensor/all/config", b"not JSON") == ()
    assert following.feed("some/state", announced(stat_t="a")) == ()
    assert following.announced == 2


def test_a_device_and_what_needs_care() -> None:
    following = Following("homeassistant")
    parts = {
        "note": {"p": "text", "stat_t": "n"},
        "shared": {"p": "text", "stat_t": "p", "val_tpl": "{{ value_json.note }}", "avty_t": "a"},
        "tag": {"p": "tag", "t": "t"}, "power": {"p": "sensor", "stat_t": "p"},
    }  # fmt: skip
    new = following.feed(
        "homeassistant/device/box/config", announced(cmps=parts, dev={"ids": "box"}, o={"name": "x"})
    )
    assert set(new) == {"n", "t", "p", "a"}
    assert [following.care(topic) for topic in "ntpa"] == [
        {"": Care.NOTHING},
        {"": Care.NO_NUMBERS},
        {"note": Care.NOTHING},
        {},
    ]
