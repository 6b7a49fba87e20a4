"""`hearth mode` and `hearth policy waive`, against the demonstration."""

from __future__ import annotations

import pytest

from tests.house import House, hearth


def test_a_person_looks_at_the_mode_and_changes_it(house: House) -> None:
    first = hearth(house.box, "mode")
    assert (first.code, first.out) == (0, "home (as at the first start; `hearth mode MODE` changes it)\n")
    try:
        changed = hearth(house.box, "mode", "away", "--why", "the sea")
        assert (changed.code, changed.out) == (0, "mode away, before home\n")
        again = hearth(house.box, "mode", "away")
        assert again.out == "the house is in mode away already\n"
        shown = hearth(house.box, "mode")
        assert shown.out.startswith("away, set ") and shown.out.endswith(" by box\n")
        assert hearth(house.agent, "mode", "--json").json["mode"] == "away"
        assert "away; `hearth mode` changes it" in hearth(house.box, "doctor").out
        tail = hearth(house.box, "ledger", "tail", "--kind", "mode").out
        assert "mode away, before home – the sea" in tail
    finally:
        hearth(house.box, "mode", "home")


def test_an_agent_changes_no_mode(house: House) -> None:
    refused = hearth(house.agent, "mode", "away")
    assert refused.code == 3
    assert "only an owner or an adult of the house may do this" in refused.err
    assert "you are coo (agent)" in refused.err


def test_a_slip_is_told(house: House) -> None:
    slip = hearth(house.box, "mode", "nigth")
    assert slip.code == 2
    assert "a house's mode is home, away, night or holiday, not 'nigth'; did you mean 'night'?" in slip.err


def test_the_doctor_tells_whether_the_time_is_known(house: House) -> None:
    line = next(line for line in hearth(house.box, "doctor").out.splitlines() if " time " in line)
    assert "known: rules can look at it" in line or "clock is not synchronised" in line


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("waive", "room-temprature", "--for", "2h", "--why", "x"), 2, 'did you mean "room-temperature"?'),
        (("waive", "administration-is-for-people", "--for", "2h", "--why", "x"), 3, "cannot be waived"),
        (("waive", "room-temperature", "--why", "x"), 2, 'give either for, like "2h", or until'),
        (("waive", "room-temperature", "--for", "soon", "--why", "x"), 2, '"soon" is not a duration'),
        (("waive", "room-temperature", "--for", "2h"), 2, "Missing option '--why'"),
        (
            ("waive", "room-temperature", "--thing", "attic", "--for", "2h", "--why", "x"),
            8,
            "no Thing 'attic'",
        ),
        (("unwaive", "nothing"), 8, "`hearth policy waivers` lists those in force"),
    ],
)
def test_what_cannot_be_waived_is_told(house: House, words: tuple[str, ...], code: int, said: str) -> None:
    ran = hearth(house.box, "policy", *words)
    assert (ran.code, said in ran.err) == (code, True), ran


def test_without_waivers_every_limit_holds(house: House) -> None:
    assert hearth(house.box, "policy", "waivers").out.startswith("every limit holds")
    assert hearth(house.box, "policy", "waivers", "--json").out == "[]\n"


def test_software_waives_nothing(house: House) -> None:
    ran = hearth(house.agent, "policy", "waive", "room-temperature", "--for", "2h", "--why", "she is cold")
    assert ran.code == 3
    assert "never by software" in ran.err
