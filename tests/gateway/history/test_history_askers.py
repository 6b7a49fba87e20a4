"""Who asks about the past takes nobody else's turn, and no table does anything in a program that opens it."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from gateway.api.history_csv import cell
from gateway.api.past import MOST_AT_ONCE, MOST_OF_ONE, Askers
from gateway.api.problems import Problem
from policies import Principal, Role

ANNA = Principal("anna", Role.OWNER)
COO = Principal("coo", Role.AGENT, acts_for="anna")


def test_an_agent_and_its_helpers_are_one() -> None:
    askers = Askers()
    helpers = [
        Principal(f"helper{n}", Role.AGENT, acts_for="anna", makers=(COO,)) for n in range(MOST_OF_ONE)
    ]
    with ExitStack() as open_:
        for one in helpers:
            open_.enter_context(askers.taking(one))
        with pytest.raises(Problem):
            open_.enter_context(askers.taking(COO))
        open_.enter_context(askers.taking(ANNA))
    with askers.taking(COO):
        pass


def test_half_of_the_places_are_for_people() -> None:
    askers = Askers()
    agents = [Principal(f"agent{n}", Role.AGENT, acts_for="anna") for n in range(MOST_AT_ONCE)]
    with ExitStack() as open_:
        for one in agents[: MOST_AT_ONCE // 2]:
            open_.enter_context(askers.taking(one))
        with pytest.raises(Problem):
            open_.enter_context(askers.taking(agents[-1]))
        open_.enter_context(askers.taking(ANNA))


@pytest.mark.parametrize("text", ["=1+1", " =1", "\u00a0=1", "＝1", "x;=1", "a\t=1", "-1", "@x", "+1"])
def test_no_cell_is_a_formula_for_any_program(text: str) -> None:
    written = cell(text)
    assert ";" not in written
    assert "\t" not in written
    assert not written.strip('"').lstrip().startswith(("=", "+", "-", "@", "＝"))
