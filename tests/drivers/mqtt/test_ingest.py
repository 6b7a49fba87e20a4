"""Reports: whose word they are, what is kept, what falls silent, what is refused."""

from __future__ import annotations

import asyncio

import pytest

from capabilities.readings import Report
from capabilities.vocabulary import Evidence, Json, Quality
from drivers.mqtt import ingest
from drivers.mqtt.ingest import ECHO_WINDOW_S, MAX_COMPLAINTS, MAX_STATE_BYTES, READ_GRACE_S, RETELLING_S
from tests.drivers.mqtt_bench import Bench

SWITCH: dict[str, Json] = {
    "command_topic": "s/set",
    "state_topic": "s",
    "device": {"identifiers": ["x"], "via_device": "b"},
}


def announced(config: dict[str, Json], component: str = "switch") -> Bench:
    bench = Bench()
    bench.feed(f"{component}/a", config)
    return bench


def evidence(bench: Bench, *, retained: bool = False) -> Evidence:
    bench.says("s", "ON", retained=retained)
    return bench.reports()[0].evidence


def test_the_first_word_of_a_bridge_after_a_command_may_be_an_echo() -> None:
    bench = announced(SWITCH)
    assert evidence(bench) is Evidence.DEVICE
    bench.ingest.expect_echo(bench.routes())
    bench.ingest.expect_echo(bench.routes())
    assert [evidence(bench) for _ in range(3)] == [Evidence.BRIDGE, Evidence.BRIDGE, Evidence.DEVICE]


def test_a_device_without_a_bridge_speaks_for_itself() -> None:
    bench = announced({**SWITCH, "device": {"identifiers": ["x"]}})
    bench.ingest.expect_echo(bench.routes())
    assert evidence(bench) is Evidence.DEVICE


def test_a_command_that_did_not_go_out_has_no_echo() -> None:
    bench = announced(SWITCH)
    bench.ingest.expect_echo(bench.routes())
    bench.ingest.no_echo(bench.routes())
    assert evidence(bench) is Evidence.DEVICE


def test_an_answer_is_the_devices_word_unless_it_may_be_the_echo() -> None:
    bench = announced(SWITCH)
    bench.ingest.expect_echo(bench.routes())
    bench.ingest.expect_answer(bench.routes())
    assert evidence(bench) is Evidence.BRIDGE, "asked at once: the echo may still come first"
    bench.ingest.expect_echo(bench.routes())
    bench.clock.now += READ_GRACE_S + 0.1
    bench.ingest.expect_answer(bench.routes())
    assert evidence(bench) is Evidence.DEVICE


def test_an_echo_does_not_come_that_late() -> None:
    bench = announced(SWITCH)
    bench.ingest.expect_echo(bench.routes())
    bench.clock.now += ECHO_WINDOW_S + 0.1
    assert evidence(bench) is Evidence.DEVICE


def test_what_the_broker_kept_is_marked_and_is_no_echo() -> None:
    bench = announced(SWITCH)
    bench.ingest.expect_echo(bench.routes())
    bench.says("s", "ON", retained=True)
    assert bench.reports()[0].retained
    assert evidence(bench) is Evidence.BRIDGE


def test_a_waiting_echo_survives_a_new_announcement() -> None:
    bench = announced(SWITCH)
    bench.ingest.expect_echo(bench.routes())
    bench.feed("switch/a", {**SWITCH, "name": "new"})
    assert evidence(bench) is Evidence.BRIDGE


def test_one_topic_may_speak_for_several_devices() -> None:
    bench = announced(SWITCH)
    bench.feed("switch/b", {**SWITCH, "device": {"identifiers": ["y"]}})
    bench.says("s", "ON")
    assert {report.point for report in bench.reports()} == {"x|switch/a#on", "y|switch/b#on"}


def test_an_empty_or_huge_payload_says_nothing() -> None:
    bench = announced(SWITCH)
    assert bench.says("s", b"") == {}
    assert bench.ingest.complaints.total == 0
    assert bench.says("s", b"x" * (MAX_STATE_BYTES + 1)) == {}
    assert "longer" in bench.complaint()


def test_complaints_are_counted_and_bounded() -> None:
    bench = announced(SWITCH)
    for number in range(MAX_COMPLAINTS + 10):
        bench.says("s", f"strange {number}")
        bench.says("s", "strange 0")
    assert bench.ingest.complaints.total == 2 * (MAX_COMPLAINTS + 10)
    lines = bench.ingest.complaints.lines()
    assert len(lines) == MAX_COMPLAINTS
    assert lines[0].endswith(f"({MAX_COMPLAINTS + 11} times)")


async def concluded(bench: Bench) -> Report:
    """The next report, which nobody's message caused."""
    arrived: asyncio.Future[Report] = asyncio.get_running_loop().create_future()
    bench.ingest._put = lambda item: arrived.set_result(item) if isinstance(item, Report) else None
    async with asyncio.timeout(10):
        return await arrived


async def test_motion_ends_by_itself() -> None:
    bench = announced({"state_topic": "m", "device_class": "motion", "off_delay": 0.01}, "binary_sensor")
    assert bench.says("m", "ON") == {"occupied": True}
    report = await concluded(bench)
    assert (report.reading.value, report.evidence) == (False, Evidence.BRIDGE)
    bench.ingest.close()


async def test_a_silent_sensor_goes_stale() -> None:
    bench = announced({"state_topic": "t", "device_class": "temperature", "expire_after": 0.01}, "sensor")
    bench.says("t", "20")
    report = await concluded(bench)
    assert (report.reading.value, report.reading.quality) == (20, Quality.STALE)


async def test_timers_end_with_the_driver() -> None:
    bench = announced({"state_topic": "t", "device_class": "temperature", "expire_after": 60}, "sensor")
    bench.says("t", "20")
    bench.says("t", "21")
    bench.ingest.close()
    assert not bench.ingest._timers


@pytest.mark.parametrize("payload", [b"\xff\xfe", b"{", b'"text"', b"[]", b"nul"])
def test_what_is_not_json_is_a_complaint_where_json_is_wanted(payload: bytes) -> None:
    bench = announced({**SWITCH, "value_template": "{{ value_json.state }}"})
    assert bench.says("s", payload) == {}
    assert "JSON" in bench.complaint()


def test_what_a_bridge_tells_again_is_its_memory_until_the_device_is_asked() -> None:
    bench = announced(SWITCH)
    bench.ingest.expect_retelling()
    assert [evidence(bench), evidence(bench)] == [Evidence.BRIDGE, Evidence.BRIDGE]
    bench.feed("switch/a", {**SWITCH, "name": "new"})
    assert evidence(bench) is Evidence.BRIDGE
    bench.ingest.expect_answer(bench.routes())
    assert [evidence(bench), evidence(bench)] == [Evidence.DEVICE, Evidence.DEVICE]


def test_a_command_after_the_question_may_be_what_is_remembered() -> None:
    bench = announced(SWITCH)
    bench.ingest.expect_retelling()
    bench.ingest.expect_answer(bench.routes())
    bench.clock.now += 1
    bench.ingest.expect_echo(bench.routes())
    assert [evidence(bench), evidence(bench)] == [Evidence.BRIDGE, Evidence.BRIDGE]


def test_memories_are_told_within_a_minute() -> None:
    bench = announced(SWITCH)
    bench.ingest.expect_retelling(bench.routes())
    assert evidence(bench) is Evidence.BRIDGE
    bench.clock.now += RETELLING_S + 0.1
    assert evidence(bench) is Evidence.DEVICE


def test_a_device_without_a_bridge_has_no_memory_but_its_own() -> None:
    bench = announced({**SWITCH, "device": {"identifiers": ["x"]}})
    bench.ingest.expect_retelling()
    assert evidence(bench) is Evidence.DEVICE


def test_a_template_that_takes_everybodys_time_is_read_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    config: dict[str, Json] = {
        "state_topic": "t",
        "value_template": "{{ value | int + 1 }}",
        "unit_of_measurement": "x",
    }
    bench.feed("sensor/slow", config)
    monkeypatch.setattr(ingest, "SLOW_READING_S", -1.0)  # whatever it takes is too long
    assert [bench.says("t", str(number)) for number in range(2)] == [{"value": 1}, {"value": 2}]
    bench.says("t", "2")
    assert bench.lost == {"value"}, "nobody reads it any more"
    assert bench.says("t", "7") == {}
    assert "read no more" in bench.complaint()
    bench.feed("sensor/slow", {**config, "name": "Anew"})
    assert bench.says("t", "7") == {}, "announcing it anew is no way around that"
    bench.clock.now += ingest.FORGIVEN_AFTER_S
    assert bench.says("t", "7") == {"value": 8}


def test_devices_at_one_topic_cannot_take_the_time_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    for name in "abc":
        template = {"value_template": "{{ value | int + 1 }}", "unit_of_measurement": "x"}
        bench.feed(f"sensor/{name}", {"state_topic": "t", "unique_id": name, **template})
    bench.feed("sensor/plain", {"state_topic": "t", "unique_id": "plain", "unit_of_measurement": "x"})
    monkeypatch.setattr(ingest, "MAX_TEMPLATES_S", 1e-9)  # what the first one takes is all of it
    bench.says("t", "1")
    assert sorted(report.reading.value for report in bench.reports()) == [1, 2]  # type: ignore[type-var]
    assert "take too long" in bench.complaint()


def test_many_templates_of_one_device_have_the_time_of_one() -> None:
    bench = Bench()
    slow = "{{ value_json.l | map('int') | list | sum + %d }}"
    parts: dict[str, Json] = {
        f"c{i}": {"platform": "sensor", "unique_id": f"u{i}", "state_topic": "t", "value_template": slow % i}
        for i in range(200)
    }
    bench.feed("device/x", {"device": {"identifiers": ["x"]}, "origin": {"name": "q"}, "components": parts})
    bench.says("t", {"l": [*range(5000)]})
    assert 0 < len(bench.reports()) < 200
