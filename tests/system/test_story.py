"""A day in the life, played by `hearth demo --story`: each step as the ledger and the devices' own log have it. What it printed
is only looked at for its form.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.simulated.actuations import Actuation, read_log
from gateway.ledger import verify
from tests.bench.campaign.evidence import result_of
from tests.bench.campaign.rows import Book, Row
from tests.bench.campaign.trace import orders, traced
from tests.house import HEARTH

pytestmark = pytest.mark.xdist_group("story")  # what they look at is made once, and takes long

COLUMNS = 60
LONGEST_S = 60.0
PATIENCE_S = 120.0

BLIND, CEILING, LAMP, HEATING, LOCK = (
    "bedroom-blind",
    "ceiling-light",
    "desk-lamp",
    "thermostat",
    "front-door",
)


@dataclass(frozen=True)
class Told:
    """A story that was told. `plans` in the order of their making: the film, the evening, and fresh air."""

    code: int
    text: str
    seconds: float
    state: Path
    book: Book
    actuations: list[Actuation]
    temporary: list[str]
    plans: list[str]

    def rows(self, kind: str, thing: str = "") -> list[Row]:
        return [row for row in self.book.rows if row.kind == kind and thing in {"", row.thing}]

    def stages(self, plan: str) -> list[str]:
        return [row.body["stage"] for row in self.book.of[plan] if row.kind == "plan"]

    def steps(self, plan: str) -> list[Row]:
        """What was sent for a plan."""
        return [row for row in self.rows("dispatch") if row.body.get("plan") == plan]

    def end(self, row: Row) -> Row:
        return next(one for one in self.book.of[row.execution] if one.kind in {"outcome", "denied"})

    def heard(self, thing: str, after: float = 0.0, before: float = float("inf")) -> list[object]:
        """What a device was told in that time, by its own log."""
        told = [one for one in self.actuations if one.device == thing and after <= one.wall <= before]
        return [_rounded(order.value) for one in told for order in orders(one)[:1]]


def _rounded(value: object) -> object:
    return round(value) if isinstance(value, float) and abs(value - round(value)) < 0.3 else value


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    home = tmp_path_factory.mktemp("story")
    temporary, state = home / "tmp", home / "state"
    temporary.mkdir()
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(temporary), "LANG": "C.UTF-8"}
    for name in ("PYTHONPATH",):
        environ |= {name: os.environ[name]} if name in os.environ else {}
    began = time.monotonic()
    done = subprocess.run(
        [HEARTH, "demo", "--story", "--state-dir", str(state)],
        env=environ | {"COLUMNS": str(COLUMNS)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    seconds = time.monotonic() - began
    assert done.returncode == 0, done.stdout
    book = Book(state)
    book.read()
    plans = [row.execution for row in book.rows if row.kind == "plan" and row.body["stage"] == "prepared"]
    left = [path.name for path in temporary.iterdir()]
    yield Told(
        done.returncode,
        done.stdout,
        seconds,
        state,
        book,
        read_log(state / "devices.jsonl"),
        left,
        plans,
    )


def test_it_is_told_in_time_and_fits_a_small_terminal(told: Told) -> None:
    assert told.seconds < LONGEST_S
    assert [line for line in told.text.splitlines() if len(line) > COLUMNS] == []
    heads = [line for line in told.text.splitlines() if line[:1].isdigit() and line[1:3] == "  "]
    assert len(heads) == 9
    assert told.temporary == []


def test_what_was_done_before_the_lamp_failed_is_undone(told: Told) -> None:
    film = told.plans[0]
    assert [row.body["step"] for row in told.steps(film)] == ["1", "2", "3", "2/undo", "1/undo"]
    results = [result_of(told.end(row)) for row in told.steps(film)]
    assert results == ["confirmed", "confirmed", "unconfirmed", "confirmed", "confirmed"]
    assert told.stages(film) == ["prepared", "committed", "step-failed", "compensating", "ended"]
    end = told.book.of[film][-1]
    over = next(row for row in told.book.of[film] if row.kind == "plan" and row.body["stage"] == "ended")
    assert (over.body["result"], over.body["not_undone"]) == ("undone", [])
    until = end.at
    assert told.heard(BLIND, before=until)[:2] == [20, 100]
    assert told.heard(CEILING, before=until)[:2] == [20, 80]
    assert told.heard(LAMP, before=until)[:1] == [True]


def test_the_evening_waited_for_a_person(told: Told) -> None:
    evening = told.plans[1]
    assert told.stages(evening) == [
        "prepared",
        "committed",
        "awaiting-approval",
        "approved",
        "running",
        "ended",
    ]
    answers = [row for row in told.rows("approval") if "answer" in row.body]
    assert [(row.execution, row.principal, row.body["answer"]) for row in answers] == [
        (evening, "box", "approve")
    ]
    assert all(row.seq > answers[0].seq for row in told.steps(evening)), "nothing was sent before"
    locked = told.steps(evening)[-1]
    assert (locked.thing, locked.body["approvals"]) == (LOCK, [answers[0].body["approval"]])
    assert {result_of(told.end(row)) for row in told.steps(evening)} == {"confirmed"}
    first, last = told.steps(evening)[0].at, told.end(locked).at
    assert told.heard(LOCK) == [None]
    assert (told.heard(BLIND, first, last), told.heard(LAMP, first, last)) == ([0], [True])
    assert told.heard(HEATING, first, last) == [21.5]


def test_two_wishes_were_settled_by_a_counter_proposal(told: Told) -> None:
    (lease,) = told.rows("lease", HEATING)[:1]
    assert (lease.principal, lease.body["change"], lease.body["state"]) == ("butler", "claimed", "held")
    ends = [row for row in told.rows("outcome", HEATING) if row.seq > lease.seq]
    assert [(row.principal, result_of(row), row.body.get("reason")) for row in ends] == [
        ("coo", "refused", "conflict"),
        ("coo", "confirmed", None),
    ]
    assert ends[0].body["value"] == 22.5
    assert told.heard(HEATING, after=lease.at) == [20.5]


def test_the_agent_stood_back_for_a_person(told: Told) -> None:
    (takeover,) = told.rows("takeover")
    assert takeover.thing == LAMP, (
        "what the gateway's own commands moved, also while it was down, is nobody's hand"
    )
    assert (takeover.body["property"], takeover.body["value"]) == ("on", False)
    (correction,) = told.rows("correction", LAMP)
    assert (correction.body["principal"], correction.body["by"]) == ("coo", "device")
    ends = [row for row in told.rows("outcome", LAMP) if row.seq > takeover.seq]
    assert [(row.principal, result_of(row), row.body["reason"]) for row in ends] == [
        ("coo", "refused", "conflict")
    ]
    assert told.heard(LAMP, after=takeover.at) == []


def test_the_plan_was_taken_up_after_the_kill(told: Told) -> None:
    air = told.plans[2]
    starts, stops = told.rows("start"), told.rows("stop")
    assert (len(starts), len(stops)) == (2, 1)
    assert stops[0].seq > starts[1].seq, "the first one did not end in order"
    moved = told.steps(air)[0]
    assert moved.seq < starts[1].seq < told.end(moved).seq
    assert (result_of(told.end(moved)), told.end(moved).body["recovered"]) == ("confirmed", True)
    assert [row.body["step"] for row in told.steps(air)] == ["1", "2", "3"]
    assert told.stages(air)[-1] == "ended"
    assert told.heard(BLIND, after=moved.at - 0.01) == [100], "it was told once"
    assert told.heard(CEILING, after=starts[1].at) == [5, False]


def test_the_ledger_tells_all_of_it_and_verifies(told: Told) -> None:
    found = verify(told.state)
    assert found.ok, found.problems
    assert told.book.gaps == []
    assert told.book.open() == {}
    results = {
        name: result_of(row)
        for name, rows in told.book.of.items()
        for row in rows
        if row.kind in {"outcome", "denied"}
    }
    follows = traced(told.actuations, told.book.rows, results)
    assert [one for found in follows.values() for one in found.unexplained] == []
    assert sum(len(one.matched) for one in follows.values()) == len(told.actuations) == 14
