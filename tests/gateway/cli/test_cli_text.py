"""What is printed: columns, times, sentences, and nothing that a device smuggled in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from gateway.cli.outcomes import Asked, sentence
from gateway.cli.text import clean, coloured, display_width, joined, table
from gateway.cli.times import ago, clock, duration, seconds_of
from gateway.cli.words import summary, value_text

TABLE = """\
THING       STATE                 AGE
desk-lamp   on, brightness 40     4 s
front-door  locked yes         12 min
灯          off                   1 s"""


def test_a_table() -> None:
    rows = [
        ["desk-lamp", "on, brightness 40", "4 s"],
        ["front-door", "locked yes", "12 min"],
        ["灯", "off", "1 s"],
    ]
    assert table(["THING", "STATE", "AGE"], rows, right=frozenset({2})) == TABLE


def test_a_table_in_a_narrow_terminal() -> None:
    rows = [
        ["desk-lamp ", "on, brightness 40, color_temperature 250", "4 s"],
        ["front-door", "locked yes", "12 s"],
    ]
    shown = table(["THING", "STATE", "AGE"], rows, width=28, right=frozenset({2}))
    assert all(display_width(line) <= 28 for line in shown.splitlines())
    assert "on, brigh…" in shown


def test_what_is_typed_again_is_never_cut() -> None:
    rows = [["zigbee2mqtt-0x00158d0001a2b3c4", "Aqara door and window sensor", "Aqara MCCGQ11LM"]]
    shown = table(["CANDIDATE", "TITLE", "MADE BY"], rows, width=60, whole=frozenset({0}))
    assert "zigbee2mqtt-0x00158d0001a2b3c4  " in shown
    assert all(display_width(line) <= 60 for line in shown.splitlines())


def test_the_head_is_dim_on_a_terminal() -> None:
    assert table(["A"], [["b"]], style=coloured) == "\x1b[2mA\x1b[0m\nb"


@given(st.lists(st.tuples(st.text(), st.text()), max_size=4), st.integers(20, 80))
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, str]], width: int) -> None:
    cells = [
        [
            str(clean(a)).replace("\n", " ").replace("\t", " "),
            str(clean(b)).replace("\n", " ").replace("\t", " "),
        ]
        for a, b in rows
    ]
    shown = table(["ONE", "TWO"], cells, width=width)
    assert all(display_width(line) <= width for line in shown.split("\n"))


def test_what_a_terminal_would_obey_is_replaced() -> None:
    dirty: Json = {
        "title": "Lamp\x1b[2J\x07",
        "x\x9b31m": ["\u202eexe.txt", 1, None, True],
        "fine": "Küche – 21 °C 灯",
    }
    assert clean(dirty) == {
        "title": "Lamp\ufffd[2J\ufffd",
        "x\ufffd31m": ["\ufffdexe.txt", 1, None, True],
        "fine": "Küche – 21 °C 灯",
    }


def test_durations() -> None:
    shown = [duration(s) for s in (0.0004, 0.084, 1.23, 42, 89, 95, 240, 5400, 86400, 200000)]
    assert shown == ["0 ms", "84 ms", "1.2 s", "42 s", "89 s", "2 min", "4 min", "2 h", "24 h", "2 days"]


def test_times() -> None:
    assert seconds_of("2026-01-01T00:00:00.500Z") == 1767225600.5
    assert seconds_of(12) == 12.0
    assert seconds_of("soon") is None
    assert ago("2026-01-01T00:00:00Z", now=1767225660.0) == "60 s ago"
    assert ago(None) == ""
    assert len(clock(1767225600, now=1767225660)) == len("00:00:00")
    assert len(clock(1767225600, now=1777225660)) == len("2026-01-01 00:00:00")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (True, None, "true"),
        (21.5, "degreeCelsius", "21.5 °C"),
        (40, "percent", "40 %"),
        (None, "percent", "–"),
        ("heat", None, "heat"),
        ({"h": 1}, None, '{"h": 1}'),
        (0.1 + 0.2, None, "0.3"),
    ],
)
def test_values(value: Json, unit: str | None, text: str) -> None:
    assert value_text(value, unit) == text


def test_a_things_state_in_a_few_words() -> None:
    assert summary({"state": {"on": True, "brightness": 40}}) == "on, brightness 40"
    assert summary({"state": {"a": 1, "b": 2, "c": 3, "d": 4}}) == "a 1, b 2, c 3, …"
    assert summary({"state": {"locked": False}, "reachable": False}) == "out of reach (locked no)"
    assert summary({"state": {"on": True}, "suspended": "it changed"}) == "suspended: it changed"
    assert summary({}) == "nothing known"
    assert summary({"reachable": False}) == "out of reach"


def test_lists_in_a_sentence() -> None:
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b or c"
    assert joined([]) == ""


LAMP = Asked("desk-lamp", "on", is_action=False, shows_in="on")
LOCK = Asked("front-door", "lock", is_action=True, shows_in="locked")


@pytest.mark.parametrize(
    ("asked", "status", "text"),
    [
        (
            LAMP,
            {
                "outcome": "confirmed",
                "seen": {"value": True, "evidence": "device"},
                "timeRequested": "2026-01-01T00:00:00.000Z",
                "timeEnded": "2026-01-01T00:00:00.084Z",
            },
            "confirmed: desk-lamp on is true (seen at the device 84 ms later)",
        ),
        (
            LOCK,
            {"outcome": "confirmed", "seen": {"value": True, "evidence": "bridge"}},
            "confirmed: front-door locked is true (its bridge said so; the device itself has not yet)",
        ),
        (
            LAMP,
            {"outcome": "acknowledged", "detail": "on was true already; nothing was sent"},
            "acknowledged: desk-lamp on – on was true already; nothing was sent",
        ),
    ],
)
def test_what_came_of_a_command(asked: Asked, status: dict[str, Json], text: str) -> None:
    assert sentence(asked, status) == text
