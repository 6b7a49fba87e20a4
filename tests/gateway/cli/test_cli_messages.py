"""`hearth assign`, `messages`, `track-record` and `metrics`, against the demonstration."""

from __future__ import annotations

import re

import pytest

from tests.house import House, hearth


def test_a_task_is_given_and_what_is_said_about_it_is_read(house: House) -> None:
    given = hearth(
        house.box, "assign", "coo", "Make it cosy", "--thing", "thermostat", "--by", "2050-01-31T20:00+01:00"
    )
    assert given.code == 0, given.err
    task = re.fullmatch(r"told coo, as task (\w+)\n", given.out)
    assert task, given.out
    said = hearth(house.agent, "messages", task[1]).out
    assert "box to coo: please: “Make it cosy”, about thermostat, by 2050-01-31" in said
    assert len(said.splitlines()) == 1
    assert task[1] in hearth(house.box, "messages", "--with", "coo").out
    (message,) = list(hearth(house.agent, "messages", task[1], "--json").json)
    assert message
    tail = hearth(house.box, "ledger", "tail", "--kind", "message").out
    assert "box to coo: please: “Make it cosy”" in tail


def test_what_went_well_is_shown_as_bars_and_what_somebody_did_as_a_table(house: House) -> None:
    assert hearth(house.agent, "write", "thermostat", "target", "29").code == 3
    assert hearth(house.agent, "write", "desk-lamp", "on", "true").code == 0
    record = hearth(house.agent, "track-record", "coo", "--since", "1h").out
    assert re.search(r"^light\.on +1 +1 ", record, re.MULTILINE), record
    assert re.search(r"^thermostat\.target +1 +– +1$", record, re.MULTILINE), record
    page = hearth(house.box, "metrics").out
    assert re.search(r"commands done +█{24} +100 % +1 of 1", page), page
    assert re.search(r"traced from end to end +█{24} +100 % +1 of 1", page), page
    assert "held back: 1 command, by the rules\n" in page
    assert "latency" not in page, "one command tells nothing"
    assert "caught: nothing that could do damage was tried without leave" in page
    assert hearth(house.box, "metrics", "--json").json["trace"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("assign", "nobody", "x"), 2, "there is no 'nobody' to whom you may give a task"),
        (("assign", "coo", "x", "--by", "soon"), 2, "body.deadline"),
        (("assign", "coo", "x", "--thing", "termostat"), 8, "did you mean thermostat"),
        (("messages", "nothing"), 8, "there is nothing here"),
        (("track-record", "coo", "--since", "soon"), 2, "--since takes"),
        (("track-record", "nobody"), 8, "nobody is called 'nobody'"),
    ],
)
def test_a_slip_is_told(house: House, words: tuple[str, ...], code: int, said: str) -> None:
    slip = hearth(house.box, *words)
    assert (slip.code, said in slip.err) == (code, True), slip.err


def test_an_agent_sees_no_records_of_others(house: House) -> None:
    assert hearth(house.agent, "track-record", "owner").code == 8
