"""`hearth adopt`, `inbox` and `record device` where the device asks for a code, takes another's place, or is nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.cli.exits import Exit
from tests.gateway.api.desk import House, lamp, lock, sensor, until
from tests.gateway.discovery.test_device_pairing import CODE, PairedDesk, a_house, waiting
from tests.gateway.labels.relays import candidate, found, hearth

HELD = "it is paired with somebody else: remove it there first, or reset it"


@pytest.fixture
async def paired(tmp_path: Path) -> AsyncIterator[tuple[House, PairedDesk]]:
    async with a_house(tmp_path) as (house, driver):
        driver.ask(lamp())
        await waiting(house, "lamp")
        yield house, driver


async def test_the_gateways_own_words_are_told_of_a_wrong_code(paired: tuple[House, PairedDesk]) -> None:
    ran = await hearth(paired[0], "adopt", "lamp", "--code", "000-00-000", "--kind", "light")
    assert ran.exit_code == int(Exit.REJECTED)
    assert "the code is wrong: look at its label again" in ran.output
    assert "cannot become a Thing" not in ran.output


async def test_a_slip_in_the_kind_is_told_before_it_is_paired(paired: tuple[House, PairedDesk]) -> None:
    ran = await hearth(paired[0], "adopt", "lamp", "--code", CODE, "--kind", "lamp")
    assert (ran.exit_code, "did you mean light?" in ran.output) == (int(Exit.USAGE), True), ran.output
    ran = await hearth(paired[0], "adopt", "lamp", "--code", CODE, "--kind", "lock")
    assert "it is paired now, and no Thing yet" in ran.output
    await until(lambda: paired[0].gateway.registry.inbox[("desk", "lamp")].asks is None)
    ran = await hearth(paired[0], "adopt", "lamp", "--code", CODE)
    assert (ran.exit_code, "yours is not used" in ran.output) == (0, True), ran.output


async def test_what_somebody_else_holds_says_so(house: House) -> None:
    await found(house, replace(candidate(name="hall"), problems=(HELD,)))
    for words in (("--code", CODE), ()):
        ran = await hearth(house, "adopt", "hall", *words)
        assert ran.exit_code == int(Exit.USAGE)
        assert ran.output == f"hearth: hall cannot become a Thing: {HELD}\n"


async def test_the_thing_to_replace_is_looked_up_first(paired: tuple[House, PairedDesk]) -> None:
    ran = await hearth(paired[0], "adopt", "lamp", "--code", CODE, "--replace", "nothing")
    assert ran.exit_code == int(Exit.NOT_FOUND)
    assert "pairing" not in ran.output


async def test_what_is_lost_by_a_replacement_is_told_before_it_is_done(
    paired: tuple[House, PairedDesk],
) -> None:
    house, driver = paired
    await house.adopt(sensor("attic"))
    words = ("adopt", "lamp", "--code", CODE, "--replace", "attic")
    ran = await hearth(house, *words[:-1], "att")
    assert (ran.exit_code, "write it whole" in ran.output) == (int(Exit.USAGE), True), ran.output
    ran = await hearth(house, *words)
    assert ran.exit_code == int(Exit.REFUSED)
    assert "attic was not replaced: something is lost by it" in ran.output
    assert "it is a temperature, and would be a light" in ran.output
    assert "repeat it with --yes" in ran.output
    assert house.gateway.registry["attic"].device == "attic"
    assert driver.let_go == []
    ran = await hearth(house, *words, "--yes")
    assert (ran.exit_code, house.gateway.registry["attic"].device) == (0, "lamp"), ran.output


async def test_whoever_sits_at_a_terminal_is_asked_and_told_what_for(
    paired: tuple[House, PairedDesk], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, _ = paired
    await house.adopt(sensor("attic"))
    monkeypatch.setattr("gateway.cli.joining.at_a_terminal", lambda: True)
    ran = await hearth(house, "adopt", "lamp", "--replace", "attic", keys=f"{CODE}\nn\n")
    assert "the eight digits on its label" in ran.output
    assert "pin of lamp (what you type is not shown): " in ran.output
    assert CODE not in ran.output
    assert "it is a temperature, and would be a light" in ran.output
    assert "is that meant? [y/N]: n" in ran.output
    assert house.gateway.registry["attic"].device == "attic"
    ran = await hearth(house, "adopt", "lamp", "--replace", "attic", keys="y\n")
    assert (ran.exit_code, house.gateway.registry["attic"].device) == (0, "lamp"), ran.output


async def test_the_same_again_for_what_is_out_of_reach_is_not_asked(house: House) -> None:
    await house.adopt(lock("door"))
    house.driver.lose("door", "its battery is empty")
    await until(lambda: house.gateway.registry["door"].reach.reachable is False)
    await found(house, lock("new"))
    assert (await hearth(house, "adopt", "new", "--replace", "door")).exit_code == 0


async def test_a_device_to_record_is_named_as_everywhere(house: House) -> None:
    await house.adopt(lamp("cellar-lamp"))
    ran = await hearth(house, "record", "device", "cellar", "/nowhere/tape.jsonl", "--seconds", "1")
    assert "no Thing" not in ran.output
    assert "recording" not in ran.output.partition("hearth:")[0], "it has not begun"
    ran = await hearth(house, "record", "device", "nothing", "/nowhere/tape.jsonl")
    assert "no Thing and no candidate 'nothing'" in ran.output
