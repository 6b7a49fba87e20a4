"""What is said of rules that hold at moments, or hardly at the moments that are meant."""

from __future__ import annotations

import pytest

from tests.policies.remarked import EVERYBODY, notes, remarks, rule, text_of

NIGHT = 'when = { between = ["22:00", "07:00"] }\n'


def test_limits_contradict_at_moments_at_which_both_hold() -> None:
    low, high = (
        'on = ["light.brightness"]\nvalue = { max = 30 }\n',
        'on = ["light.brightness"]\nvalue = { min = 60 }\n',
    )
    said = 'can never use light.brightness between 22:00 and 07:00: at most 30 ("a") and at least 60 ("b")'
    for one, two in ((low + NIGHT, high + NIGHT), (low + NIGHT, high), (low, high + NIGHT)):
        assert text_of(remarks(EVERYBODY + rule(one) + rule(two, "b"))) == [
            f'warning: "a": adults, children and agents {said}'
        ]
    day = 'when = { between = ["07:00", "22:00"] }\n'
    apart = [(low + NIGHT, high + day), (low + 'when = { modes = ["home"] }', high + NIGHT)]
    assert [text_of(remarks(EVERYBODY + rule(one) + rule(two, "b"))) for one, two in apart] == [[], []]


def test_quiet_hours_are_no_conflict_with_a_when_of_other_rules() -> None:
    quiet = rule('on = ["light.*"]\nnot_between = ["22:00", "07:00"]', "b") + rule(
        'on = ["light.*"]\nmodes = ["home"]', "c"
    )
    for when in (NIGHT, 'when = { modes = ["night"] }'):
        assert (
            text_of(
                remarks(
                    EVERYBODY + rule(f'on = ["light.brightness"]\nvalue = {{ max = 30 }}\n{when}') + quiet
                )
            )
            == []
        )


def test_what_contradicts_always_is_said_once() -> None:
    low, high = (
        'on = ["light.brightness"]\nvalue = { max = 30 }\n',
        'on = ["light.brightness"]\nvalue = { min = 60 }\n',
    )
    three = (
        rule(low) + rule(high, "b") + rule('on = ["light.brightness"]\nvalue = { max = 90 }\n' + NIGHT, "c")
    )
    (said,) = text_of(remarks(EVERYBODY + three))
    assert said.startswith('error: "a": adults, children and agents can never use light.brightness: ')


def test_a_condition_may_bar_all_that_its_when_is_about() -> None:
    one = rule('on = ["light.brightness"]\nmodes = ["home"]\nwhen = { modes = ["night"] }')
    assert text_of(remarks(EVERYBODY + one)) == [
        'warning: "a": adults, children and agents can never use light.brightness in mode night: only in mode home ("a")'
    ]


WET = 'needs = [{ thing = "tank", property = "level", min = 20 }]\n'


@pytest.mark.parametrize(
    ("on", "by"),
    [
        ('["outlet.on"]', "outlet.on"),
        ('["outlet.*"]', "outlet.on"),
        ('["valve.position"]', "valve.position"),
        ('["valve.*"]', "valve.close, valve.position and valve.stop"),
        ('["thermostat.mode"]', "thermostat.mode"),
    ],
)
def test_limits_that_also_stand_against_switching_off(on: str, by: str) -> None:
    said = f'warning: "a": also stands against switching off or closing by {by}: with when = {{ starts = true }} it would not'
    for words in (
        WET,
        'not_between = ["22:00", "07:00"]\n',
        'modes = ["home"]\n',
        'at_most = "6/h"\n',
        NIGHT + "never = true\n",
    ):
        assert said in text_of(remarks(EVERYBODY + rule(f"on = {on}\n{words}")))
        starting = words.replace("when = { ", "when = { starts = true, ")
        starting += "" if "when" in words else "when = { starts = true }\n"
        assert said not in text_of(remarks(EVERYBODY + rule(f"on = {on}\n{starting}")))


def test_a_limit_on_starting_needs_not_name_what_ends() -> None:
    both = ['["valve.open"]', '["valve.position"]']
    assert [
        text_of(remarks(EVERYBODY + rule(f"on = {on}\n{WET}when = {{ starts = true }}"))) for on in both
    ] == [
        ['warning: "a": is about valve.open, and not about valve.position, which does the same'],
        ['warning: "a": is about valve.position, and not about valve.open, which does the same'],
    ]


@pytest.mark.parametrize(
    "body",
    [
        'on = ["outlet.on"]\nvalue = { one_of = [true] }',
        'on = ["outlet.on"]\nrest = "5m"',
        'on = ["outlet.*"]\nnever = true',
        'on = ["valve.open"]\n' + WET + "when = { starts = true }",
        'on = ["blind.*"]\nnot_between = ["22:00", "07:00"]',
        'on = ["media.*"]\nnot_between = ["22:00", "07:00"]',
        'on = ["blind.close"]\nnot_between = ["22:00", "07:00"]',
    ],
)
def test_limits_that_mean_what_they_say(body: str) -> None:
    assert [
        one for one in (*remarks(EVERYBODY + rule(body)), *notes(rule(body))) if "stands against" in one
    ] == []


def test_a_lamp_that_cannot_be_switched_off_is_worth_a_note() -> None:
    found = notes(rule('on = ["light.on"]\nnot_between = ["22:00", "07:00"]'))
    assert (
        "also stands against switching off or closing by light.on: with when = { starts = true } it would not"
        in found
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('on = ["valve.close", "valve.stop"]\nat_most = "1/h"\nwhen = { starts = true }',
         "never holds: its when wants a start, and valve.close and valve.stop start nothing"),
        ('on = ["light.brightness"]\nmodes = ["home"]\nwhen = { modes = ["home"] }',
         "its when leaves no moment in which modes would refuse anything"),
        ('on = ["light.brightness"]\nnot_between = ["22:00", "07:00"]\nwhen = { between = ["08:00", "20:00"] }',
         "its when leaves no moment in which not_between would refuse anything"),
    ],
)  # fmt: skip
def test_whens_that_leave_nothing(body: str, said: str) -> None:
    assert f'warning: "a": {said}' in text_of(remarks(EVERYBODY + rule(body)))


def test_a_when_of_every_mode_says_nothing() -> None:
    found = notes(
        rule(
            'on = ["light.brightness"]\nvalue = { max = 3 }\nwhen = { modes = ["home", "away", "night", "holiday"] }'
        )
    )
    assert "its when names every mode, so modes says nothing there" in found
