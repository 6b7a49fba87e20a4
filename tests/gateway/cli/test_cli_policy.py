"""`hearth policy …` against files, and against a gateway that runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.cli.main import cli
from gateway.config import Adoption, Config, Http
from tests.gateway.api.desk import DeskDriver, House, lamp, lock
from tests.gateway.cli.policy_cli import LIMIT, OWN, SHIPPED, ask, editor, run

pytestmark = pytest.mark.usefixtures("no_gateway_of_this_box")


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    old = Adoption(label_new=False)  # what these stories are about has been there for long
    config = Config(
        state_dir=tmp_path / "state", runtime_dir=tmp_path / "run", http=Http(port=0), adoption=old
    )
    monkeypatch.setenv("HEARTH_SOCKET", str(config.socket))
    driver = DeskDriver()
    async with open_gateway(config, drivers={"desk": driver}) as gateway, serve(gateway) as url:
        yield House(gateway, driver, url, config.socket)


# -------------------------------------------------------------------- without a gateway


def test_check_names_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "household.toml"
    file.write_text(OWN + "[[limits]]\n")
    wrong = run("check", str(file))
    assert wrong.exit_code == 2
    assert f'{file}:8: "limits" is not a known word; did you mean "limit"?' in wrong.output
    assert "1 problem: these rules cannot be used" in wrong.output
    document = json.loads(run("check", str(file), "--json").output)
    assert document["problems"][0]["line"] == 8
    file.write_bytes(b"format = 1\n# \xff\n")
    assert f"{file}:2: is not UTF-8" in run("check", str(file)).output


def test_check_of_good_files(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(OWN)
    fine = run("check", str(file))
    assert fine.exit_code == 0
    assert f"{file} can be used" in fine.output
    assert f"{file} is read as your household's rules (--as mine: as a set that narrows them)" in fine.output
    assert "is read as the set 'mine', which narrows" in run("check", str(file), "--as", "mine").output
    folder = tmp_path / "all"
    folder.mkdir()
    (folder / "household.toml").write_text(OWN)
    (folder / "Landlord.toml").write_text(LIMIT)
    assert "a set is named after its file" in run("check", str(folder)).output


def test_one_file_is_the_household_wherever_it_lies(tmp_path: Path) -> None:
    """The same bytes, the same answer: only what lies in a gateway's own folder is the set that it is named after."""
    told = []
    for name in ("household.toml", "my.toml", "x/my.toml"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(SHIPPED)
        ran = run("test", "--rules", str(file))
        assert ran.exit_code == 0, ran.output
        assert f"{file} is read as your household's rules" in ran.output
        told.append(ran.stdout.splitlines()[-1].partition(" for ")[0])
    assert len(set(told)) == 1
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "household.toml").write_text(SHIPPED)
    (tmp_path / "policies" / "my.toml").write_text("format = 1\n")
    assert "is read as your household's rules" in run("check", str(tmp_path / "policies" / "my.toml")).output
    (tmp_path / "ledger.db").touch()
    ran = run("test", "--rules", str(tmp_path / "policies" / "my.toml"))
    assert ran.exit_code == 0, ran.output
    assert "is read as the set 'my', which narrows the household's rules beside it" in ran.output
    alone = run("test", "--rules", str(tmp_path / "my.toml"), "--as", "landlord")
    assert "narrows the household's rules: those that ship with Hearth" in alone.output


def test_check_finds_the_state_directory_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "household.toml").write_text("format = 2\n")
    assert run("check", "--dir", str(tmp_path)).exit_code == 2
    assert run("check").exit_code == 8
    assert run("check", "--dir", str(tmp_path / "nowhere")).exit_code == 8


def test_diff_says_it_in_words(tmp_path: Path) -> None:
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    old.write_text(OWN + LIMIT)
    new.write_text(OWN)
    more = run("diff", str(old), str(new))
    assert more.exit_code == 0
    assert f"with {new} somebody may do more:" in more.output
    assert "light.brightness" in more.output
    assert "somebody may do less:" in run("diff", str(new), str(old)).output
    assert "nobody may do more or less" in run("diff", str(new), str(new)).output
    assert run("diff", str(old)).exit_code == 2
    new.write_text("[[")
    broken = run("diff", str(old), str(new))
    assert broken.exit_code == 2
    assert f"{new}:1: is not TOML" in broken.output


def test_test_runs_the_shipped_cases(tmp_path: Path) -> None:
    fine = run("test", "--shipped")
    assert fine.exit_code == 0, fine.output
    assert "cases hold for the rules that ship with Hearth" in fine.output
    rules = tmp_path / "mine.toml"
    rules.write_text(OWN)
    failing = run("test", "--rules", str(rules))
    assert failing.exit_code == 1
    assert "expected:" in failing.output
    assert "decided:" in failing.output


def test_test_runs_own_cases(tmp_path: Path) -> None:
    cases = tmp_path / "cases.toml"
    text = 'format = 1\n[[case]]\nname = "Dim"\ngiven = { who = "agent" }\n'
    text += 'when = { use = "light.brightness", value = 50 }\nthen = { verdict = "permit" }\n'
    cases.write_text(text)
    rules = tmp_path / "household.toml"
    rules.write_text(OWN + LIMIT)
    failing = run("test", str(cases), "--rules", str(rules))
    assert failing.exit_code == 1
    assert f"{cases}, fails: Dim (line 2)" in failing.output
    cases.write_text(text.replace("verdict", "verdikt"))
    wrong = run("test", str(cases), "--rules", str(rules))
    assert wrong.exit_code == 2
    assert f"{cases}:" in wrong.output


# -------------------------------------------------------------------- changing them


def test_the_first_edit_begins_with_the_shipped_rules(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    words = ("edit", "--dir", str(state), "--editor", editor(tmp_path, "max = 60", "max = 80"))
    refused = run(*words, keys="\n")
    assert "somebody may do more than now:" in refused.output
    assert refused.exit_code == 1
    assert not (state / "policies").exists()
    unasked = run(*words)
    assert (unasked.exit_code, "--yes asks nothing" in unasked.output) == (2, True), unasked.output
    done = run(*words, keys="y\n")
    assert done.exit_code == 0, done.output
    file = state / "policies" / "household.toml"
    assert file.read_text() == SHIPPED.replace("max = 60", "max = 80")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "in force at the next start" in done.output
    assert run("undo", "--dir", str(state), "--yes").exit_code == 0
    assert file.read_text() == SHIPPED
    assert run("undo", "--dir", str(state), "--yes").exit_code == 0
    assert file.read_text() != SHIPPED


def test_a_slip_can_be_mended_before_anything_changes(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    broken = run("edit", "--dir", str(state), "--editor", editor(tmp_path, "[[ask]]", "[[asks]]"), keys="n\n")
    assert broken.exit_code == 2
    assert "household.toml:" in broken.output
    assert 'did you mean "ask"' in broken.output
    assert not (state / "policies").exists()
    again = run(
        "edit", "--dir", str(state), "--editor", editor(tmp_path, "[[ask]]", "[[asks]]"), keys="y\nn\n"
    )
    assert again.output.count("cannot be used") == 2
    assert "nothing was changed" in run("edit", "--dir", str(state), "--editor", "true").output


def test_another_set_begins_empty_and_its_name_is_looked_at(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    words = (
        "--dir",
        str(state),
        "--yes",
        "--editor",
        editor(tmp_path, "format = 1\n", f"format = 1\n{LIMIT}"),
    )
    done = run("edit", "landlord", *words)
    assert done.exit_code == 0, done.output
    assert "somebody may do less" in done.output
    assert LIMIT in (state / "policies" / "landlord.toml").read_text()
    assert run("edit", "safety", *words).exit_code == 2
    assert run("undo", "--dir", str(state)).exit_code == 8


def test_init_writes_the_shipped_rules_once(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    done = run("init", "--dir", str(state))
    assert str(state / "policies" / "household.toml") in done.output
    assert (state / "policies" / "household.toml").read_text() == SHIPPED
    assert run("init", "--dir", str(state)).exit_code == 2


# -------------------------------------------------------------------- with a gateway


async def test_an_edit_is_in_force_when_the_command_ends(house: House, tmp_path: Path) -> None:
    before = house.gateway.policy.version
    done = await ask("edit", "--yes", "--editor", editor(tmp_path, "max = 60", "max = 50"))
    assert done.exit_code == 0, done.output
    assert f"rules {house.gateway.policy.version} are in force" in done.output
    assert house.gateway.policy.version != before
    assert (await ask("undo", "--yes")).exit_code == 0
    assert house.gateway.policy.version == before
    shown = await ask("show")
    assert "yours" in shown.output
    assert (await ask("show", "--text", "household")).output == SHIPPED
    missing = await ask("show", "--text", "landlord")
    assert missing.exit_code == 8
    assert "there is household and safety" in missing.output


async def test_what_is_wrong_with_the_files_is_shown_everywhere(house: House) -> None:
    folder = house.gateway.rules.folder
    folder.mkdir()
    (folder / "household.toml").write_text(OWN + "[[limits]]\n")
    (folder / "notes.tml").write_text("x")
    broken = await ask("reload")
    assert broken.exit_code == 2
    assert "the rules of before stay in force" in broken.output
    assert 'household.toml:8: "limits"' in broken.output
    shown = (await ask("show")).output
    assert "the files cannot be used" in shown
    assert "no rule files, and not read: notes.tml" in shown
    doctor = await asyncio.to_thread(CliRunner().invoke, cli, ["doctor"])
    assert f"{folder}/household.toml:8" in doctor.output
    (folder / "household.toml").write_text(OWN)
    fine = await ask("reload")
    assert "somebody may do more:" in fine.output
    tail = await asyncio.to_thread(CliRunner().invoke, cli, ["ledger", "tail", "--kind", "rules-refused"])
    assert "the files cannot be used" in tail.output


async def test_check_compares_with_what_is_in_force_and_knows_the_house(house: House, tmp_path: Path) -> None:
    await house.adopt(lamp())
    file = tmp_path / "household.toml"
    file.write_text(SHIPPED.replace('on = ["media.volume"]', 'on = ["media.volume"]\nthings = ["lmap"]'))
    told = await ask("check", str(file))
    assert told.exit_code == 0, told.output
    assert 'did you mean "lamp"' in told.output
    assert "somebody may do more than now:" in told.output
    diff = await ask("diff", "--in-force", str(file))
    assert "somebody may do more:" in diff.output


async def test_explain_is_a_table_for_people(house: House) -> None:
    folder = house.gateway.rules.folder
    folder.mkdir()
    asks = '[[ask]]\nid = "doors"\nwho = ["agent"]\non = ["lock.unlock"]\napprover = ["adult"]\nvalid = "5m"\nwhy = "A door"\n'
    (folder / "household.toml").write_text(OWN + asks)
    await house.gateway.rules.reload()
    await house.adopt(lamp(), room="study")
    await house.adopt(lock(), room="hall")
    told = (await ask("explain", "--role", "agent")).output
    assert "any agent, by rules" in told
    assert told.index("hall:") < told.index("study:")
    assert "    unlock: needs approval by adult" in told
    assert "    on, brightness, toggle" in told
    one = (await ask("explain", "--role", "guest", "--thing", "door", "--all")).output
    assert "not lock, unlock: no rule allows it" in one
    assert (await ask("explain", "--principal", "nobody")).exit_code == 8
    assert (await ask("explain", "--principal", "a", "--role", "b")).exit_code == 2


async def test_shadow_without_one_says_how(house: House) -> None:
    assert "put `shadow = true`" in (await ask("shadow")).output
    folder = house.gateway.rules.folder
    folder.mkdir()
    (folder / "trial.toml").write_text(LIMIT.join(("format = 1\nshadow = true\n", "")))
    await house.gateway.rules.reload()
    await house.adopt(lamp())
    await house.known("lamp", "brightness", 5)
    do = ["write", "lamp", "brightness", "60"]
    assert (await asyncio.to_thread(CliRunner().invoke, cli, do)).exit_code == 0
    told = (await ask("shadow")).output
    assert "of 1 commands in 7 days, trial would have stopped 1" in told
    assert "trial/dim: refused 1 times – No glare" in told
    assert "lamp brightness 60: 60 is above 40" in told
