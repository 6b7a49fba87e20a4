"""`hearth policy …` against files, and against a gateway that runs."""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from capabilities.thing_models import contract
from capabilities.vocabulary import KINDS, Json
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.cli.commands.policy_explain import right_text, story
from gateway.cli.commands.policy_group import MODULES
from gateway.cli.main import cli
from gateway.cli.policy_cases import CASES
from gateway.cli.policy_cases import EXAMPLES as CASE_EXAMPLES
from gateway.cli.policy_texts import EXAMPLES, IN_SHORT, LANGUAGE, UNSAYABLE
from gateway.config import Adoption, Config, Http
from policies import defaults, parse
from policies.cases.documents import MODELS
from policies.documents import AllowTable, AskTable, BoundsTable, LimitTable, NeedTable, ThenTable
from tests.gateway.api.desk import DeskDriver, House, lamp, lock

SHIPPED = defaults.load("household")
OWN = 'format = 1\n[[allow]]\nid = "all"\nwho = ["adult", "agent"]\nmay = ["*"]\nsee = ["*"]\nwhy = "All"\n'
LIMIT = '[[limit]]\nid = "dim"\non = ["light.brightness"]\nvalue = { max = 40 }\nwhy = "No glare"\n'


@pytest.fixture(autouse=True)
def no_gateway_of_this_box(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HEARTH_URL", "HEARTH_TOKEN", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HEARTH_SOCKET", str(tmp_path / "none.sock"))
    monkeypatch.setenv("HOME", str(tmp_path))


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


def run(*words: str, keys: str = "") -> Result:
    return CliRunner().invoke(cli, ["policy", *words], input=keys)


async def ask(*words: str, keys: str = "") -> Result:
    async with asyncio.timeout(20):
        return await asyncio.to_thread(run, *words, keys=keys)


def editor(folder: Path, old: str, new: str) -> str:
    """A program that replaces text in the file that it is given."""
    script = folder / "editor.py"
    script.write_text(
        f"import pathlib, sys\np = pathlib.Path(sys.argv[1])\np.write_text(p.read_text().replace({old!r}, {new!r}))\n"
    )
    return f"python3 {script}"


# -------------------------------------------------------------------- what the help teaches


def test_the_help_teaches_the_language() -> None:
    told = run("--help").output
    assert IN_SHORT.splitlines()[0] in told
    for name in MODULES:
        assert f"\n  {name} " in told
        assert run(name, "--help").exit_code == 0


def test_every_word_of_a_rule_is_explained() -> None:
    models = (AllowTable, LimitTable, AskTable, ThenTable, BoundsTable, NeedTable)
    words = {word for model in models for word in model.model_fields} | {"shadow", "format", "sensitive"}
    taught = LANGUAGE + UNSAYABLE
    assert [word for word in sorted(words) if word not in taught] == []
    assert LANGUAGE in run("help-rules").output


@pytest.mark.parametrize("text", [EXAMPLES, IN_SHORT.partition("decides:\n")[2]])
def test_the_examples_are_rules(text: str) -> None:
    body = "\n".join(line.removeprefix("  ") for line in text.splitlines())
    whole = body if "format = 1" in body else f"format = 1\n{body}"
    assert len(tomllib.loads(whole)) >= 3
    parse(whole, name="household")


def test_everything_sensitive_is_named() -> None:
    named = re.findall(
        r"[a-z]+[.][a-z]+", LANGUAGE.partition("Sensitive are\n")[2].partition("  and nothing else")[0]
    )
    readings = [(f"{kind}.{name}", one) for kind in KINDS for name, one in contract(kind).affordances.items()]
    sensitive = {name for name, one in readings if one.privacy == "sensitive" and one.role != "action"}
    assert sorted(named) == sorted(sensitive)


def test_every_word_of_a_case_is_explained() -> None:
    words = {word for model in MODELS.values() for word in model.model_fields}
    assert [word for word in sorted(words) if word not in CASES] == []
    assert CASES in run("help-cases").output


def test_the_examples_of_cases_hold(tmp_path: Path) -> None:
    file = tmp_path / "cases.toml"
    file.write_text(CASE_EXAMPLES)
    ran = run("test", str(file), "--shipped")
    assert ran.exit_code == 0, ran.output


def test_the_file_in_the_readme_is_one() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    (text,) = [part for part in readme.split("```toml\n")[1:] if part.startswith("format = 1")]
    assert len(parse(text.partition("```")[0], name="household").document.allow) == 2


def test_the_capabilities_are_listed() -> None:
    assert "light.brightness" in run("words", "light").output
    assert "sensitive" in run("words", "lock").output
    listed = json.loads(run("words", "blind", "--json").output)
    assert listed["blind"][0]["capability"] == "blind.position"
    slip = run("words", "ligth")
    assert slip.exit_code == 8
    assert "did you mean light?" in slip.output


def test_the_schema_is_json() -> None:
    assert json.loads(run("schema").output)["properties"]["allow"]


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


# -------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("right", "said"),
    [
        ({"accepted": None, "conditions": []}, "may"),
        (
            {"accepted": {"minimum": 16, "maximum": 24}, "conditions": ["only at most 12/h"]},
            "16 to 24; only at most 12/h",
        ),
        ({"accepted": {"maximum": 40}, "conditions": []}, "at most 40"),
        ({"accepted": {"one_of": [True]}, "conditions": []}, "only true"),
        (
            {"accepted": {"members": {"brightness": {"minimum": 5}}}, "conditions": []},
            "brightness at least 5",
        ),
        (
            {
                "accepted": None,
                "conditions": ["only outside 22:00 and 07:00"],
                "now": {"verdict": "deny", "reasons": [{"seen": "it is 23:10", "set": "s", "rule": "r"}]},
            },
            "only outside 22:00 and 07:00; at this moment refused: it is 23:10 (s/r)",
        ),
        (
            {
                "accepted": None,
                "conditions": ["when it starts something only while tank.level at least 20"],
                "now": {
                    "verdict": "deny",
                    "value": True,
                    "reasons": [{"seen": "tank.level: 5 is below 20", "set": "s", "rule": "r"}],
                },
            },
            "when it starts something only while tank.level at least 20; "
            "at this moment refused for true: tank.level: 5 is below 20 (s/r)",
        ),
    ],
)
def test_a_right_in_words(right: dict[str, Any], said: str) -> None:
    assert right_text(right) == said


def test_nothing_is_said_too() -> None:
    answer: dict[str, Json] = {
        "principal": {"id": "eve", "role": "guest-agent"},
        "rules": "1",
        "mode": "home",
        "things": [],
    }
    head, last = story(answer)
    assert head == "eve (guest-agent), by rules 1; the house is in mode home, the time is not known"
    assert (
        last == "nothing at all: no rule allows it to use or to see anything here, or there are no Things yet"
    )


def test_rules_with_a_time_bind_while_it_is_not_known() -> None:
    answer: dict[str, Json] = {"principal": {"id": "eve", "role": "guest"}, "minutes": None, "things": []}
    assert "every rule with a time of day binds" in "\n".join(story(answer))
    assert "binds" not in "\n".join(story(answer | {"minutes": 600}))
