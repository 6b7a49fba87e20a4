"""Announcements that are as large as they may be, and larger."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Json
from drivers.mqtt import availability
from drivers.mqtt import config as config_module
from drivers.mqtt import discovery as module
from tests.drivers.mqtt_bench import Bench


def sensor(name: str, template: str, **more: Json) -> dict[str, Json]:
    settings: dict[str, Json] = {
        "platform": "sensor",
        "unique_id": name,
        "state_topic": "t",
        "value_template": template,
    }
    return settings | more


def device(*sensors: dict[str, Json]) -> dict[str, Json]:
    parts: dict[str, Json] = {str(one["unique_id"]): one for one in sensors}
    return {"device": {"identifiers": ["x"]}, "origin": {"name": "q"}, "components": parts}


def test_templates_of_a_message_have_room_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_module, "MAX_MESSAGE_TEMPLATE_CHARS", 60)
    bench = Bench()
    alike = [sensor(f"a{i}", "{{ value | int + 1 }}") for i in range(9)]
    plain = [sensor(f"p{i}", f"{{{{ value_json.a{i} }}}}") for i in range(9)]
    bench.feed(
        "device/x",
        device(*alike, *plain, sensor("b", "{{ value | int + 2 }}"), sensor("c", "{{ value|int + 30 }}")),
    )
    (refused,) = bench.device.refused.items()
    assert refused[0] == "sensor/c"
    assert "templates of its message" in refused[1]


def test_all_templates_have_room_together_which_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TEMPLATE_CHARS", 50)
    bench = Bench()
    for name in "abc":
        bench.feed(f"sensor/{name}", sensor(name, "{{ value | int + 1 }}", device={"identifiers": ["x"]}))
    assert list(bench.device.refused) == ["sensor/c"]
    bench.feed("sensor/a", b"")
    bench.feed("sensor/c", sensor("c", "{{ value | int + 1 }}", device={"identifiers": ["x"]}, icon="x"))
    assert not bench.device.refused


def test_what_is_kept_of_a_device_is_short() -> None:
    bench = Bench()
    bench.feed("sensor/a", sensor("a", "{{ value }}", device={"identifiers": ["x"], "more": [[]] * 2000}))
    assert not bench.discovery.devices
    assert "bytes together" in bench.discovery.ignored["sensor/a"]


def test_a_topic_has_an_end() -> None:
    bench = Bench()
    bench.feed("sensor/" + "a" * 2000, sensor("a", "{{ value }}"))
    assert not bench.discovery.devices
    (line,) = bench.discovery.ignored.items()
    assert len(line[0]) <= 100
    assert "longer than" in line[1]


def test_there_are_a_few_topics_of_availability() -> None:
    bench = Bench()
    topics: list[Json] = [{"topic": f"t{i}"} for i in range(17)]
    bench.feed("sensor/a", sensor("a", "{{ value }}", availability=topics))
    assert "availability" in bench.device.refused["sensor/a"]


def test_templates_of_availability_have_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(availability, "MAX_TEMPLATES_S", -1.0)
    bench = Bench()
    there: list[Json] = [{"topic": "here", "value_template": "{{ value | lower }}"}]
    bench.feed("sensor/a", sensor("a", "{{ value }}", availability=there))
    bench.says("here", "online")
    assert bench.contacts() == []
    assert "take too long" in bench.complaint()


@pytest.mark.parametrize(("depth", "taken"), [(16, True), (17, False), (253, False)])
def test_attributes_are_not_deep(depth: int, taken: bool) -> None:
    bench = Bench()
    bench.feed("sensor/a", sensor("a", "{{ value }}", json_attributes_topic="j"))
    assert bool(bench.says("j", b'{"a":' * depth + b"1" + b"}" * depth)) is taken


def test_no_encoding_gives_halves_of_characters() -> None:
    bench = Bench()
    bench.feed("sensor/a", sensor("a", "{{ value }}", encoding="utf-7"))
    assert "no encoding of text" in bench.device.refused["sensor/a"]


def test_what_waits_for_a_unique_id_is_short() -> None:
    bench = Bench()
    bench.feed("sensor/first", sensor("same", "{{ value }}"))
    bench.feed("sensor/long", sensor("same", "{{ value }}", more=[[]] * 4000))
    bench.feed("sensor/first", b"")
    assert not bench.discovery.devices
