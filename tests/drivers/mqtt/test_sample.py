"""The announcements of 48 real device models, as Zigbee2MQTT publishes them: each becomes a candidate that composes."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from capabilities.compose import compose
from capabilities.naming import allot_names
from drivers.driver import Candidate
from drivers.mqtt.discovery import Discovery

SAMPLE = Path(__file__).parents[3] / "../shared/data/zigbee2mqtt-discovery-sample.jsonl"

pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason="the sample of announcements is not here")


def messages() -> list[tuple[str, bytes]]:
    lines = [orjson.loads(line) for line in SAMPLE.read_bytes().splitlines()]
    return [(m["topic"], m["payload"].encode()) for line in lines for m in line["messages"]]


@pytest.fixture(scope="module")
def candidates() -> dict[str, Candidate]:
    discovery = Discovery("homeassistant")
    for topic, payload in messages():
        discovery.feed(topic, payload)
    assert not discovery.ignored
    return {device.id: device.describe("mqtt") for device in discovery.take_changed()}


def test_every_model_is_a_candidate(candidates: dict[str, Candidate]) -> None:
    assert len(candidates) == 48
    for candidate in candidates.values():
        assert candidate.components
        assert candidate.manufacturer
        assert {identity.split(":")[0] for identity in candidate.identities} == {"eui64"}
        assert candidate.via


def test_every_entity_is_a_component_or_a_named_problem(candidates: dict[str, Candidate]) -> None:
    keys = {component.key for candidate in candidates.values() for component in candidate.components}
    problems = {line.split(": ")[0]: line for candidate in candidates.values() for line in candidate.problems}
    announced = {
        f"{topic.split('/')[1]}/{orjson.loads(payload)['unique_id']}" for topic, payload in messages()
    }
    assert keys == announced
    assert not problems, "of which a part is left out"


def test_no_two_points_are_the_same(candidates: dict[str, Candidate]) -> None:
    points = [
        a.point for c in candidates.values() for component in c.components for a in component.affordances
    ]
    assert len(points) == len(set(points))


def test_every_candidate_composes_to_a_thing(candidates: dict[str, Candidate]) -> None:
    for candidate in candidates.values():
        names = allot_names(candidate.components, {})
        thing = compose("a-thing", candidate.title, candidate.components, names)
        described = sum(len(component.affordances) for component in candidate.components)
        assert len(thing.properties) + len(thing.actions) >= described


def test_kinds(candidates: dict[str, Candidate]) -> None:
    count: dict[str, int] = {}
    for candidate in candidates.values():
        for component in candidate.components:
            count[component.kind] = count.get(component.kind, 0) + 1
    for kind, number in {
        "light": 13,
        "blind": 5,
        "lock": 3,
        "thermostat": 23,
        "switch": 6,
        "contact": 3,
    }.items():
        assert count[kind] == number, kind


def test_announced_again_nothing_changes(candidates: dict[str, Candidate]) -> None:
    discovery = Discovery("homeassistant")
    for topic, payload in reversed(messages()):
        discovery.feed(topic, payload)
    assert {device.id: device.describe("mqtt") for device in discovery.take_changed()} == candidates


def test_settings_are_marked(candidates: dict[str, Candidate]) -> None:
    settings = [c for candidate in candidates.values() for c in candidate.components if c.kind == "setting"]
    assert len(settings) > 200
    for affordance in (a for component in settings for a in component.affordances):
        assert affordance.role == "property" or affordance.hazard >= 1
        assert not affordance.writable or affordance.hazard == 2
