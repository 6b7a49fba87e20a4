"""`hearth history`, as people type it; and the plot that it prints."""

from __future__ import annotations

import asyncio

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cli.commands import history  # noqa: F401  loaded before a loop runs
from gateway.cli.exits import Exit
from gateway.cli.main import cli
from gateway.cli.plotting import BLOCKS, UNKNOWN, numbers, plot
from policies import Role
from tests.gateway.api.desk import House, lock, sensor
from tests.gateway.contracts.hand_clock import HandClock


async def hearth(house: House, *words: str, code: int = 0) -> str:
    environ = {
        "HEARTH_URL": house.url,
        "HEARTH_TOKEN": await house.secret("anna", Role.OWNER),
        "COLUMNS": "80",
    }
    ran = await asyncio.to_thread(CliRunner().invoke, cli, words, env=environ)
    assert ran.exit_code == code, ran.output
    return ran.output


async def test_a_past_on_the_command_line(house: House, clock: HandClock) -> None:
    await house.adopt(sensor(), lock())
    for value, state in ((20.0, "locked"), (30.0, "unlocked"), (25.0, "locked")):
        await house.known("attic", "temperature", value)
        await house.known("door", "state", state)
        clock.move(3_600)
    listed = await hearth(house, "history")
    assert "attic" in listed
    assert "door" in listed
    told = await hearth(house, "history", "attic", "temp", "--from", "-3h")
    assert "from 20 to 30 °C; 3 changes" in told
    assert "█" in told
    assert "\n30 ┤" in told
    assert "unlocked" in await hearth(house, "history", "door", "state", "--from", "-4h")
    both = await hearth(house, "history", "attic", "temperature", "--from", "-1h", "--compare", "-1h")
    assert "60 min before" in both
    table = await hearth(house, "history", "attic", "temperature", "--from", "-3h", "--csv")
    assert table.splitlines()[0].startswith("thing,property,time,value")
    assert len(table.splitlines()) == 4
    assert await hearth(house, "history", "attic", "temperature", "--json") != ""
    await hearth(house, "history", "attic", "temperature", "--from", "soon", code=int(Exit.USAGE))


async def test_erased_on_the_command_line(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    await house.known("attic", "temperature", 20.0)
    clock.move(60)
    assert "is erased" in await hearth(house, "history", "attic", "temperature", "--erase")
    await hearth(house, "history", "attic", "temperature", code=int(Exit.NOT_FOUND))
    assert "history" in await hearth(house, "ledger", "tail", "--kind", "erase")


@given(st.lists(st.none() | st.floats(-1e9, 1e9), max_size=80))
@settings(max_examples=50)
def test_a_plot_has_a_column_for_each_window(column: list[float | None]) -> None:
    lines = plot(column)
    if all(one is None for one in column):
        assert lines == []
        return
    assert len(lines) == 6
    bodies = [line.partition("┤")[2] for line in lines]
    assert {len(body) for body in bodies} == {len(column)}
    assert set("".join(bodies)) <= {*BLOCKS, UNKNOWN}
    known = [one for one in column if one is not None]
    assert "█" in bodies[0] or len(set(known)) == 1
    assert all((bodies[-1][at] == UNKNOWN) == (one is None) for at, one in enumerate(column))


@pytest.mark.parametrize("told", [None, "x", [True, "1", None, 2]])
def test_what_is_no_number_is_not_known(told: object) -> None:
    assert all(one is None or one == 2 for one in numbers(told))  # type: ignore[arg-type]
