"""`hearth plan`, `hearth plans` and `hearth all`, against a house with a simulated lamp, lock and agent."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.house import HEARTH, House, hearth

EVENING = """
title = "Evening"
purpose = "guests come"
[[steps]]
id = "on"
thing = "desk-lamp"
property = "on"
value = true
[[steps]]
id = "dim"
thing = "desk-lamp"
property = "brightness"
value = 30
"""


def plan_file(directory: Path, text: str = EVENING) -> str:
    file = directory / "plan.toml"
    file.write_text(text)
    return str(file)


def test_prepare_shows_what_would_become_of_it(house: House, tmp_path: Path) -> None:
    said = hearth(house.box, "plan", "prepare", plan_file(tmp_path))
    assert said.code == 0, said.err
    first, head, *rows = said.out.splitlines()
    assert re.fullmatch(r"Evening \(plan \w{20}\)", first)
    assert head.split("  ")[0] == "STEP" and "NOW → THEN" in head and "UNDONE BY" in head
    assert re.match(r"on +desk-lamp on true +o\w+ → on +at once +allowed +undo all +what it was", rows[0])
    assert re.match(r"dim +desk-lamp brightness 30 +brightness .* → 30 +on +allowed", rows[1])
    assert re.search(r"→ hearth plan commit \w{6}$", said.err)


def test_run_shows_it_does_it_and_tells_how_it_ended(house: House, tmp_path: Path) -> None:
    file = plan_file(tmp_path)
    asked = hearth(house.box, "plan", "run", file)
    assert (asked.code, "--yes begins it" in asked.err) == (2, True)
    said = hearth(house.box, "plan", "run", file, "--yes")
    assert said.code == 0, said.err
    assert re.search(r"^✓ on  desk-lamp on true: \w+$", said.out, re.MULTILINE)
    assert re.search(r"^done \(2 done in [\d.]+ m?s\)$", said.out, re.MULTILINE)
    listed = hearth(house.box, "plans")
    ident = re.search(r"^(\w{6})  Evening +done", listed.out, re.MULTILINE)
    assert ident is not None
    shown = hearth(house.box, "plan", "show", ident[1])
    assert re.match(rf"Evening: done \(plan \w+{ident[1]}\)", shown.out)
    assert re.search(r"^✓ dim  desk-lamp brightness 30: \w+$", shown.out, re.MULTILINE)
    over = hearth(house.box, "plan", "pause", ident[1])
    assert (over.code, "it is over: done" in over.err) == (3, True)


def test_mistakes_are_told_one_by_one(house: House, tmp_path: Path) -> None:
    said = hearth(
        house.box, "plan", "run", plan_file(tmp_path, EVENING.replace("30", "300").replace("true", "3"))
    )
    assert said.code == 2
    assert "nothing was done" in said.err
    assert re.search(r"step on, value: .*true or false", said.err) and re.search(
        r"step dim, value: .*100", said.err
    )
    nowhere = hearth(house.box, "plan", "prepare", str(tmp_path / "none.toml"))
    assert (nowhere.code, "cannot be read" in nowhere.err) == (2, True)
    junk = hearth(house.box, "plan", "prepare", plan_file(tmp_path, "[["))
    assert (junk.code, "neither JSON nor TOML" in junk.err) == (2, True)
    gone = hearth(house.box, "plan", "show", "nothing")
    assert (gone.code, "`hearth plans` lists them" in gone.err) == (8, True)


def test_all_of_a_kind(house: House) -> None:
    said = hearth(house.box, "all", "lights", "off", "--yes")
    assert said.code == 0, said.err
    assert "desk-lamp on false" in said.out
    wrong = hearth(house.box, "all", "lights", "off", "--room", "moon", "--yes")
    assert (wrong.code, "rooms are" in wrong.err) == (2, True)
    typo = hearth(house.box, "all", "ligt", "off", "--yes")
    assert (typo.code, "did you mean light?" in typo.err) == (2, True)


def test_json_is_the_plan(house: House, tmp_path: Path) -> None:
    said = hearth(house.box, "plan", "run", plan_file(tmp_path), "--yes", "--json")
    document = json.loads(said.out)
    assert (document["state"], [step["state"] for step in document["steps"]]) == ("done", ["done", "done"])


def test_an_agents_plan_waits_for_a_person(house: House, tmp_path: Path) -> None:
    file = plan_file(
        tmp_path,
        'title = "Heat"\n[[steps]]\nid = "off"\nthing = "hallway-outlet"\nproperty = "on"\nvalue = false\n',
    )
    process = subprocess.Popen(
        [HEARTH, "plan", "run", file, "--yes"],
        env=house.agent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert "awaiting-approval" in process.stderr.readline()
        listed = hearth(house.box, "approvals").out
        short = re.search(r"hearth approve (\w+)", listed)
        assert short is not None, listed
        assert hearth(house.box, "approve", short[1]).code == 0
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, err
    assert "asks" in out and re.search(r"^asked: .* for 1 step", out, re.MULTILINE)
    assert "approved by box" in out


def test_a_plan_is_named_by_its_end_its_title_or_as_the_last(house: House, tmp_path: Path) -> None:
    file = plan_file(tmp_path, EVENING.replace('"Evening"', '"Late reading"'))
    begun = hearth(house.box, "plan", "run", file, "--yes", "--no-wait")
    assert begun.code == 0 and re.search(
        r"^begun: `hearth plan watch \w{6}` shows how it goes$", begun.out, re.MULTILINE
    )
    assert hearth(house.box, "plan", "watch", "last").code == 0
    for name in (re.findall(r"watch (\w{6})", begun.out)[0], "last", "late reading", "Late"):
        shown = hearth(house.box, "plan", "show", name)
        assert shown.out.startswith("Late reading: done ("), shown


@pytest.mark.parametrize("columns", ["60", "80"])
def test_a_narrow_terminal_cuts_nothing(house: House, tmp_path: Path, columns: str) -> None:
    said = hearth({**house.box, "COLUMNS": columns}, "plan", "prepare", plan_file(tmp_path))
    assert all(len(line) <= int(columns) for line in said.out.splitlines()), said.out
    assert "brightness" in said.out and "undone by: what it was" in said.out and "…" not in said.out


def test_what_cannot_be_begun_ends_with_3(house: House, tmp_path: Path) -> None:
    text = 'title = "Door"\n[[steps]]\nthing = "front-door"\naction = "unlock"\n'
    said = hearth(house.agent, "plan", "prepare", plan_file(tmp_path, text))
    denied = "it cannot be begun" in said.out
    assert said.code == (3 if denied else 0), said
