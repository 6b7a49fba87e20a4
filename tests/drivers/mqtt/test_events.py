"""What happens and passes: triggers, events, tags, infrared; where people are; scenes and notifications."""

from __future__ import annotations

import orjson
import pytest

from capabilities.readings import Occurrence
from capabilities.vocabulary import Hazard, Json, Privacy, Privilege
from tests.drivers.mqtt_bench import Bench, announced, thing_of

REMOTE: dict[str, Json] = {"identifiers": ["zigbee2mqtt_0x00158d0001a2b3c4"], "name": "Remote"}


def happened(bench: Bench, topic: str, payload: Json | str, *, retained: bool = False) -> list[Json]:
    bench.says(topic, payload, retained=retained)
    return [seen.data for seen in bench.seen if isinstance(seen, Occurrence)]


# -- triggers ----------------------------------------------------------------------------------------------------------------


def trigger(subtype: str) -> dict[str, Json]:
    """As Zigbee2MQTT announces it."""
    return {
        "automation_type": "trigger", "type": "action", "subtype": subtype, "payload": subtype,
        "topic": "zigbee2mqtt/remote/action", "device": REMOTE,
    }  # fmt: skip


def test_each_way_of_pressing_is_an_announcement_of_its_own() -> None:
    bench = Bench()
    for subtype in ("single", "double", "hold"):
        bench.feed(f"device_automation/0x1/action_{subtype}", trigger(subtype))
    assert [one.kind for one in bench.candidate.components] == ["button"] * 3
    assert {one.title for one in bench.candidate.components} == {
        "Single action", "Double action", "Hold action",
    }  # fmt: skip
    assert happened(bench, "zigbee2mqtt/remote/action", "double") == [{"type": "action", "subtype": "double"}]
    assert happened(bench, "zigbee2mqtt/remote/action", "shake") == []
    assert happened(bench, "zigbee2mqtt/remote/action", "hold", retained=True) == [], "nobody knows when"
    thing = thing_of(bench)
    assert len(thing.events) == 3
    for event in thing.events.values():
        event.check({"type": "action", "subtype": "double"})


def test_a_trigger_reads_what_its_template_says() -> None:
    config = {**trigger("button_1"), "value_template": "{{ value_json.button }}", "payload": "1"}
    bench = announced("device_automation", config)
    assert happened(bench, "zigbee2mqtt/remote/action", {"button": 1}) == [
        {"type": "action", "subtype": "button_1"}
    ]
    assert happened(bench, "zigbee2mqtt/remote/action", {"other": 1}) == []


def test_a_trigger_without_a_payload_is_every_message() -> None:
    bench = announced("device_automation", {**trigger("x"), "payload": None})
    assert len(happened(bench, "zigbee2mqtt/remote/action", "whatever")) == 1


@pytest.mark.parametrize("missing", ["automation_type", "type", "subtype", "topic", "device"])
def test_what_a_trigger_lacks_is_named(missing: str) -> None:
    config = {key: value for key, value in trigger("x").items() if key != missing}
    assert missing in announced("device_automation", config).candidate.problems[0]


# -- events ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device_class", "types", "kind", "name"),
    [("doorbell", ["ring"], "button", "pressed"), ("button", ["x"], "button", "pressed"),
     ("motion", ["moved"], "occupancy", "detected"), (None, ["single", "double"], "button", "pressed"),
     (None, ["1_short_release", "on_press"], "button", "pressed"), (None, ["parcel"], "other", "occurred")],
)  # fmt: skip
def test_each_class_of_events(device_class: str | None, types: list[str], kind: str, name: str) -> None:
    bench = announced("event", {"state_topic": "e", "event_types": list(types), "device_class": device_class})
    assert bench.component.kind == kind
    data: dict[str, Json] = {"event_type": types[0], "duration": 0.1}
    assert happened(bench, "e", data) == [data]
    (event,) = thing_of(bench).events.values()
    assert event.name == name
    assert event.check(data) == data


def test_what_is_no_event() -> None:
    bench = announced("event", {"state_topic": "e", "event_types": ["press"]})
    for nothing in ("", "None", "{}", "null"):
        assert happened(bench, "e", nothing) == []
    assert bench.ingest.complaints.total == 0
    refused: tuple[Json, ...] = ("press", {"type": "press"}, {"event_type": "hold"}, [1])
    for wrong in refused:
        assert happened(bench, "e", wrong) == []
    assert bench.ingest.complaints.total == 4
    assert happened(bench, "e", {"event_type": "press"}, retained=True) == []


def test_zigbee2mqtts_button_events() -> None:
    """A template that loops over patterns: as its experimental event entities have it, shortened."""
    bench = announced(
        "event",
        {
            "state_topic": "zigbee2mqtt/remote",
            "event_types": ["single", "double"],
            "value_template": '{"event_type": "{{ value_json.action }}"}',
        },
    )
    assert happened(bench, "zigbee2mqtt/remote", {"action": "single"}) == [{"event_type": "single"}]
    assert happened(bench, "zigbee2mqtt/remote", {"battery": 80}) == []


def test_what_an_event_lacks_is_named() -> None:
    assert "event_types" in announced("event", {"state_topic": "e"}).candidate.problems[0]
    assert "state_topic" in announced("event", {"event_types": ["x"]}).candidate.problems[0]


# -- tags --------------------------------------------------------------------------------------------------------------------


def test_a_reader_of_tags() -> None:
    bench = announced(
        "tag",
        {"topic": "0AFFD2/tagscanned", "value_template": "{{ value_json.PN532.UID }}", "device": {"identifiers": ["r"]}},
    )  # fmt: skip
    assert happened(bench, "0AFFD2/tagscanned", {"Time": "x", "PN532": {"UID": "E9F35959"}}) == ["E9F35959"]
    assert happened(bench, "0AFFD2/tagscanned", {"Time": "x"}) == []
    (event,) = thing_of(bench).events.values()
    assert (event.capability, event.privacy) == ("presence.scanned", Privacy.SENSITIVE)


def test_a_tag_may_be_a_number_and_is_bounded() -> None:
    bench = announced("tag", {"topic": "t"})
    assert happened(bench, "t", "  12345 ") == ["12345"]
    assert happened(bench, "t", "x" * 300) == []
    assert "longer" in bench.complaint()


# -- where people are --------------------------------------------------------------------------------------------------------


def test_a_tracker() -> None:
    bench = announced(
        "device_tracker",
        {
            "state_topic": "t",
            "json_attributes_topic": "t/attributes",
            "payload_home": "in",
            "source_type": "gps",
        },
    )
    assert bench.component.kind == "presence"
    assert bench.says("t", "in") == {"home": True, "location": "home"}
    assert bench.says("t", "not_home") == {"home": False, "location": "not_home"}
    assert bench.says("t", "Work") == {"home": False, "location": "Work"}
    assert bench.says("t", "None") == {"location": "unknown"}
    assert bench.lost == {"home"}
    place: dict[str, Json] = {"latitude": 32.87336, "longitude": -117.22743, "gps_accuracy": 1.2}
    seen = bench.says("t/attributes", place)
    assert seen == {"latitude": 32.87336, "longitude": -117.22743, "accuracy": 1.2, "attributes": place}
    thing = thing_of(bench)
    assert {one.privacy for one in thing.properties.values()} == {Privacy.SENSITIVE}
    assert thing.properties["accuracy"].unit == "m"


def test_a_tracker_with_coordinates_alone() -> None:
    bench = announced("device_tracker", {"json_attributes_topic": "a"})
    assert bench.says("a", {"battery": 12}) == {"attributes": {"battery": 12}}
    assert bench.names == {"latitude", "longitude", "accuracy", "attributes"}
    assert "state_topic" in announced("device_tracker", {"name": "x"}).candidate.problems[0]


# -- scenes, notifications, infrared -------------------------------------------------------------------------------------------


def test_a_scene_does_what_nobody_here_knows() -> None:
    bench = announced("scene", {"command_topic": "g/set", "payload_on": '{ "scene_recall": 3 }'}, name="Tea")
    assert bench.sends("press") == ("g/set", '{ "scene_recall": 3 }')
    assert bench.qos("press") == 1
    press = thing_of(bench).actions["press"]
    assert (press.capability, press.hazard, press.effect) == ("button.press", Hazard.PROPERTY, None)
    assert announced("scene", {"command_topic": "s"}).sends("press") == ("s", "ON")


def test_a_text_is_shown() -> None:
    bench = announced("notify", {"command_topic": "n"})
    assert bench.sends("notify", "007") == ("n", "007")
    notify = thing_of(bench).actions["notify"]
    assert (notify.capability, notify.hazard, notify.privilege) == (
        "other.notify",
        Hazard.NUISANCE,
        Privilege.OPERATE,
    )
    with pytest.raises(ValueError, match="characters"):
        notify.check("")


def test_a_text_cannot_become_another_command() -> None:
    bench = announced("notify", {"command_topic": "n", "command_template": '{"say": "{{ value }}"}'})
    assert bench.sends("notify", "It's {cold}, isn't it?")[1] == '{"say": "It\'s {cold}, isn\'t it?"}'
    for wrong in ('x", "volume": "100', 'say "hi"', "back\\slash", "two\nlines"):
        with pytest.raises(ValueError, match="change the command"):
            bench.sends("notify", wrong)
    careful = announced(
        "notify", {"command_topic": "n", "command_template": '{"say": {{ value | tojson }} }'}
    )
    assert orjson.loads(careful.sends("notify", 'say "hi"')[1]) == {"say": 'say "hi"'}


def test_a_sender_of_infrared_is_a_setting() -> None:
    bench = announced(
        "infrared",
        {"schema": "emitter", "command_topic": "ir/set"},
        command_template='{"t": {{ timings | to_json }}, "f": {{ modulation }} }',
    )
    send = thing_of(bench).actions["send"]
    assert (send.hazard, send.privilege) == (Hazard.PROPERTY, Privilege.MANAGE)
    signal = send.check({"timings": [9000, -4500]})
    assert signal == {"timings": [9000, -4500], "modulation": 38_000, "repeat_count": 0}
    assert bench.sends("send", signal) == ("ir/set", '{"t": [9000,-4500], "f": 38000 }')
    refused: tuple[Json, ...] = ({}, {"timings": []}, {"timings": ["x"]}, {"timings": [1] * 2000})
    for wrong in refused:
        with pytest.raises(ValueError, match="timings"):
            send.check(wrong)
    plain = announced("infrared", {"schema": "emitter", "command_topic": "ir/set"})
    assert orjson.loads(plain.sends("send", signal)[1]) == signal


def test_a_receiver_of_infrared() -> None:
    bench = announced("infrared", {"schema": "receiver", "state_topic": "ir"})
    assert happened(bench, "ir", {"timings": [1, 2], "modulation": 38_000, "noise": 1}) == [
        {"timings": [1, 2], "modulation": 38_000}
    ]
    assert happened(bench, "ir", "null") == []
    refused: tuple[Json, ...] = ({"timings": []}, {"timings": [1.5]}, {"timings": [True]}, {"modulation": 1})
    for wrong in refused:
        assert happened(bench, "ir", wrong) == []
    assert bench.ingest.complaints.total == 4
    bridged = announced(
        "infrared", {"schema": "receiver", "state_topic": "ir"}, origin={"name": "Zigbee2MQTT"}
    )
    told = [happened(bridged, "ir", {"timings": [1, n]}) for n in (2, 2, 3)]
    assert [len(one) for one in told] == [1, 0, 1], "its device's other news repeat the signal"
    assert "emitter or receiver" in announced("infrared", {"state_topic": "i"}).candidate.problems[0]
