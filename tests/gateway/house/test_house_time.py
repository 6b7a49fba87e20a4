"""Local time: not known until the clock is set, in the house's own zone, over both changes of the clocks."""

from __future__ import annotations

import ctypes
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from capabilities.vocabulary import Hazard, Privilege
from gateway import localtime
from gateway.commands import Reason, Result
from gateway.config import House, parse
from gateway.localtime import ASK_AGAIN_S, HouseTime, system_clock_is_set
from policies import LocalTime, Policy, compile_rules
from policies import parse as parse_rules
from policies.decision import AccessRequest, Subject
from policies.facts import GivenFacts
from tests.gateway.core.rig import OWNER, how, lamp
from tests.gateway.house.home import TwoClocks, home, limit

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> float:
    """`2026-03-29T00:59` in UTC, as seconds since the epoch."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def berlin(text: str) -> LocalTime | None:
    return HouseTime(TwoClocks(at(text)), BERLIN, lambda: True).now()


def test_it_is_not_known_until_the_clock_is_set() -> None:
    clock, asked = TwoClocks(), list[float]()
    answers = {"is_set": False}

    def ask() -> bool:
        asked.append(clock.passed)
        return answers["is_set"]

    time = HouseTime(clock, BERLIN, ask)
    assert time.now() is None
    clock.passed += ASK_AGAIN_S / 2
    assert time.now() is None
    assert len(asked) == 1, "the system is not asked at every decision"
    answers["is_set"] = True
    clock.passed += ASK_AGAIN_S
    assert time.now() is not None and time.is_known
    answers["is_set"] = False
    clock.passed += ASK_AGAIN_S
    assert time.now() is not None and len(asked) == 2, "once set, it runs on by itself"


def test_the_zone_is_the_one_of_the_configuration() -> None:
    assert berlin("2026-01-15T21:30:00") == LocalTime(22 * 60 + 30, 3)
    assert berlin("2026-01-15T23:30:00") == LocalTime(30, 4), "and with it the day"
    config = parse({"house": {"zone": "Asia/Tokyo", "clock": "trusted"}})
    assert HouseTime.of(config.house, TwoClocks(at("2026-01-15T21:30:00"))).now() == LocalTime(6 * 60 + 30, 4)
    system = HouseTime.of(House(clock="trusted"), TwoClocks(at("2026-01-15T21:30:00"))).now()
    local = datetime.fromtimestamp(at("2026-01-15T21:30:00")).astimezone()
    assert system == LocalTime(local.hour * 60 + local.minute, local.weekday())


@cache
def policy_of(window: str) -> Policy:
    rules = limit("quiet", "light.on", f"not_between = {window}")
    allow = '[[allow]]\nid = "o"\nwho = ["owner"]\nmay = ["*"]\nwhy = "all"\n'
    return compile_rules(parse_rules(f"format = 1\n{allow}{rules}", name="household"))


def quiet(window: str, when: str) -> bool:
    """Whether a light is refused then, in Berlin."""
    subject = Subject("lamp", "study", frozenset(), "light.on", Privilege.OPERATE, Hazard.COMFORT)
    facts = GivenFacts(at=berlin(when))
    return not policy_of(window).decide(AccessRequest(OWNER, subject, True), facts).permitted


@pytest.mark.parametrize(
    ("utc", "local", "is_quiet"),
    [
        ("2026-03-29T00:59:59", "01:59:59 before the gap", True),
        ("2026-03-29T01:00:00", "03:00 behind it", True),
        ("2026-03-29T01:29:00", "03:29", True),
        ("2026-03-29T01:30:00", "03:30", False),
        ("2026-03-29T00:29:00", "01:29", False),
    ],
)
def test_a_window_over_the_hour_that_is_left_out(utc: str, local: str, is_quiet: bool) -> None:
    assert quiet('["01:30", "03:30"]', utc) is is_quiet, local


def test_a_window_within_the_hour_that_is_left_out_does_not_come_that_day() -> None:
    minutes = [f"2026-03-29T{hour:02}:{minute:02}:00" for hour in (0, 1) for minute in range(60)]
    assert not any(quiet('["02:10", "02:50"]', minute) for minute in minutes)


@pytest.mark.parametrize(
    ("utc", "local", "is_quiet"),
    [
        ("2026-10-24T23:59:00", "01:59", False),
        ("2026-10-25T00:30:00", "02:30 for the first time", True),
        ("2026-10-25T00:55:00", "02:55 for the first time", False),
        ("2026-10-25T01:10:00", "02:10 for the second time", True),
        ("2026-10-25T01:30:00", "02:30 for the second time", True),
        ("2026-10-25T02:00:00", "03:00", False),
    ],
)
def test_a_window_within_the_doubled_hour_comes_twice(utc: str, local: str, is_quiet: bool) -> None:
    assert quiet('["02:10", "02:50"]', utc) is is_quiet, local


def test_a_night_over_the_doubled_hour_has_no_hole() -> None:
    minutes = [
        f"2026-10-{24 if hour >= 20 else 25}T{hour:02}:{minute:02}:00"
        for hour in (20, 21, 22, 23, 0, 1, 2, 3, 4, 5)
        for minute in range(0, 60, 7)
    ]
    assert all(quiet('["22:00", "07:00"]', minute) for minute in minutes)


async def test_quiet_hours_refuse_what_they_cannot_tell_and_follow_the_clock(tmp_path: Path) -> None:
    clock = TwoClocks(at("2026-01-15T21:30:00"))
    rules = limit("quiet", "light.on", 'not_between = ["22:00", "07:00"]')
    zone = House(zone="Europe/Berlin", clock="trusted")
    async with home(tmp_path, [lamp()], rules, clock=clock, house=zone) as rig:
        refused = await rig.run("lamp.on", True)
        assert how(refused) == (Result.REFUSED, Reason.POLICY)
        clock.now = at("2026-01-16T06:00:00")
        assert (await rig.run("lamp.on", True)).result is Result.CONFIRMED
        clock.now = at("2026-01-15T21:30:00")
        assert how(await rig.run("lamp.on", False)) == (Result.REFUSED, Reason.POLICY), "set back is set back"
        rig.gateway.house.time = HouseTime(clock, BERLIN, lambda: False)
        clock.now = at("2026-01-16T06:00:00")
        unknown = await rig.run("lamp.on", True)
        assert how(unknown) == (Result.REFUSED, Reason.POLICY)
        assert unknown.decision is not None and unknown.decision.findings[0].unknown


def test_the_system_is_really_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "adjtimex"):
        pytest.skip("this system has no adjtimex")
    monkeypatch.setattr(localtime, "SYNCHRONISED_FILES", ())
    state = libc.adjtimex(ctypes.create_string_buffer(512))
    assert system_clock_is_set() is (0 <= state < localtime.TIME_ERROR)
    told = tmp_path / "synchronized"
    told.touch()
    monkeypatch.setattr(localtime, "SYNCHRONISED_FILES", (told,))
    assert system_clock_is_set()


def test_a_system_that_does_not_tell_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object, **__: object) -> object:
        raise OSError("no such library")

    monkeypatch.setattr(localtime, "SYNCHRONISED_FILES", ())
    monkeypatch.setattr(ctypes, "CDLL", nothing)
    assert not system_clock_is_set()
