"""`hearth doctor` in a state directory of which no gateway runs: what is wrong, and what to do."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.checks import Check, Level
from gateway.cli.checks_state import checks_of_state
from gateway.cli.exits import Exit
from gateway.cli.main import cli
from gateway.clock import SystemClock
from gateway.keeping.backup import Made, note_last
from gateway.ledger import Entry, Ledger
from gateway.storage import Database


@pytest.fixture
def state(tmp_path: Path) -> Path:
    place = tmp_path / "state"
    place.mkdir(mode=0o700)

    async def make() -> None:
        async with Ledger(place, SystemClock()) as ledger, Database(place / "hearth.db"):
            for number in range(5):
                await ledger.commit(Entry("mode", 1_700_000_000.0 + number, {"mode": "home"}))

    asyncio.run(make())
    return place


def checked(state: Path, *, deep: bool = False) -> dict[str, Check]:
    return {check.name: check for check in checks_of_state(state, deep=deep)}


def test_a_sound_house_lacks_nothing_but_a_backup(state: Path) -> None:
    for deep in (False, True):
        found = checked(state, deep=deep)
        assert {name for name, one in found.items() if one.level is not Level.OK} == {"backup"}
        assert "hearth backup" in found["backup"].remedy


def test_a_ledger_whose_tail_was_cut_is_told(state: Path) -> None:
    with closing(sqlite3.connect(state / "ledger.db")) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute("DELETE FROM entries WHERE seq >= 4")
        db.commit()
    for deep in (False, True):
        assert checked(state, deep=deep)["ledger.db"].level is Level.FAILURE


def test_rules_that_keep_it_from_starting_are_named(state: Path) -> None:
    (state / "policies").mkdir()
    (state / "policies" / "household.toml").write_text("format = ")
    found = checked(state)["rules"]
    assert found.level is Level.FAILURE and "household.toml" in found.found


def test_a_database_of_a_newer_program_is_told(state: Path) -> None:
    with closing(sqlite3.connect(state / "hearth.db")) as db:
        db.execute("PRAGMA user_version = 999")
    assert checked(state)["hearth.db"].level is Level.FAILURE


def test_what_is_no_database_is_told(state: Path) -> None:
    (state / "hearth.db").write_bytes(b"\xff" * 8192)
    found = checked(state)["hearth.db"]
    assert found.level is Level.FAILURE and "hearth restore" in found.remedy


@pytest.mark.parametrize(("age_s", "level"), [(3600.0, Level.OK), (30 * 86_400.0, Level.WARNING)])
def test_the_age_of_the_last_backup(state: Path, age_s: float, level: Level) -> None:
    note_last(state, Made(SystemClock().wall() - age_s, 1, 1, 1, ""), "stdout")
    assert checked(state)["backup"].level is level


def test_a_backup_on_the_same_disk_is_told(state: Path) -> None:
    target = state.parent / "house.backup"
    target.touch()
    note_last(state, Made(SystemClock().wall(), 1, 1, 1, ""), str(target))
    assert "same disk" in checked(state)["backup"].found


def test_others_who_can_look_in_are_told(state: Path) -> None:
    state.chmod(0o755)
    assert checked(state)["state"].remedy == f"chmod 700 {state}"


def test_the_command_looks_at_it_while_the_gateway_is_down(state: Path, tmp_path: Path) -> None:
    environ = {"HEARTH_SOCKET": str(tmp_path / "none.sock"), "HEARTH_URL": None, "HEARTH_TOKEN": None}
    ran = CliRunner().invoke(cli, ["doctor", "--json", "--state-dir", str(state)], env=environ)
    assert ran.exit_code == int(Exit.UNREACHABLE), ran.output
    levels = {one["check"]: one["level"] for one in json.loads(ran.output)}
    assert levels["gateway"] == "FAILED" and levels["ledger.db"] == "ok" and levels["backup"] == "warning"
