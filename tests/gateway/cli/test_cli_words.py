"""Words that a newcomer stumbled over."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Json
from gateway.api.problems import PROBLEMS, TYPE_PREFIX
from gateway.cli.answer import Answer
from gateway.cli.checks import Level, checks_of_drivers_health
from gateway.cli.problems import failure, finding_lines
from gateway.cli.text import display_width, shortened, terminal_width, wrapped
from gateway.cli.words import a, asked_text, value_text


@pytest.mark.parametrize(
    ("noun", "text"), [("outlet", "an outlet"), ("alarm", "an alarm"), ("lock", "a lock")]
)
def test_articles(noun: str, text: str) -> None:
    assert a(noun) == text


def test_an_empty_input_leaves_no_space() -> None:
    assert asked_text({"affordance": "lock", "value": {}}) == "lock"


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("mqtt:cam%2Fporch?type=image/jpeg&size=45213&sha256=ab", "a picture, 45 kB"),
        ("mqtt:cam?type=image/png&size=999", "a picture, 999 B"),
        ("mqtt:cam?type=application/pdf&size=1200000", "data, 1 MB"),
        ("mqtt:cam?type=image/png", "a picture"),
        ("https://cam/porch.jpg", "https://cam/porch.jpg"),
        ("", ""),
    ],
)
def test_a_picture_in_a_few_words(reference: str, text: str) -> None:
    assert value_text(reference) == text


def test_a_wrong_value_is_not_a_device_out_of_reach() -> None:
    status, title = PROBLEMS["device-unreachable"]
    document: Json = {
        "type": TYPE_PREFIX + "device-unreachable",
        "title": title,
        "status": status,
        "detail": "the value for 'alarm' has a wrong code",
        "outcome": "not_sent",
    }
    ended = failure(Answer(status, {}, document), "alarm disarm")
    assert str(ended) == "not sent: alarm disarm – the value for 'alarm' has a wrong code"


def test_the_command_that_takes_a_label_off() -> None:
    remedy: Json = {
        "text": "without the label new, which a person can take off",
        "data": {"thing": "sofa-lamp", "without_labels": ["new"]},
    }
    lines = finding_lines([{"verdict": "deny", "why": "w", "set": "s", "rule": "r", "remedy": remedy}])
    assert lines[1].endswith(
        "without the label new, which a person can take off (hearth label sofa-lamp -new)"
    )


@pytest.mark.parametrize("most", [1, 2, 5, 12, 40])
def test_the_middle_is_left_out(most: int) -> None:
    short = shortened("zigbee2mqtt_0x00158d0001a2b3c4", most)
    assert display_width(short) <= most
    assert short.startswith("zig"[: (most - 1) * 2 // 3])


def test_further_lines_are_indented_and_no_wider() -> None:
    lines = wrapped("word " * 20, 30, "    ")
    assert all(len(line) <= 30 for line in lines)
    assert all(line.startswith("    ") for line in lines[1:])


@pytest.mark.parametrize(("columns", "width"), [("60", 60), ("", None), ("0", None), ("wide", None)])
def test_a_pipe_is_as_wide_as_columns_says(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int | None
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal_width() == width


@pytest.mark.parametrize(
    ("detail", "remedy"),
    [
        ("the broker refused the connection: Not authorized (0x87)", "username and password_file in [mqtt]"),
        ("the broker refused the connection: Bad user name or password (0x86)", "username and password_file"),
        ("[Errno 111] Connect call failed ('127.0.0.1', 1883)", "nobody listens there"),
        ("[Errno -2] Name or service not known", "nobody knows it"),
        ("something else", "tried again by itself"),
    ],
)
def test_the_doctor_s_advice_fits_the_cause(detail: str, remedy: str) -> None:
    (check,) = checks_of_drivers_health({"mqtt": {"connected": False, "detail": detail}})
    assert check.level is Level.FAILURE
    assert remedy in check.remedy


def test_what_other_drivers_say_stands_as_they_say_it() -> None:
    why = "line cellar is closed: connection refused by a certificate"
    health: dict[str, Json] = {
        "modbus": {"connected": False, "detail": why, "problems": [why, "unit 3 is left out"]}
    }
    link, unit = checks_of_drivers_health(health)
    assert (link.level, link.remedy) == (
        Level.FAILURE,
        "nobody listens there: start it, or mend the address in hearth.toml",
    )
    assert (unit.found, unit.remedy) == ("unit 3 is left out", "")


def test_what_a_driver_could_not_read_is_a_line_each() -> None:
    health: dict[str, Json] = {"mqtt": {"connected": True, "problems": [f"topic/{i}: odd" for i in range(8)]}}
    checks = list(checks_of_drivers_health(health))
    assert [one.found for one in checks[1:]] == [f"could not read topic/{i}: odd" for i in range(5)]
    assert [bool(one.remedy) for one in checks] == [False, False, False, False, False, True]
    assert "3 more: `hearth doctor --all`" in checks[-1].remedy
    assert len(list(checks_of_drivers_health(health, all_of_it=True))) == 9
