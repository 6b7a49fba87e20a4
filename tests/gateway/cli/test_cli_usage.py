"""A command line with something missing is told what; `--help` shows what may be left out. No gateway is asked."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from gateway.cli.exits import Exit
from gateway.cli.main import cli

USAGE = int(Exit.USAGE)


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


@pytest.mark.parametrize("command", ["show", "read", "write", "do", "why", "accept", "forget"])
def test_a_missing_thing_is_named(command: str) -> None:
    ran = run(command)
    assert ran.exit_code == USAGE
    assert "Missing argument 'THING'" in ran.output


def test_a_missing_property_is_named() -> None:
    ran = run("write", "desk-lamp")
    assert ran.exit_code == USAGE
    assert "Missing argument 'PROPERTY'" in ran.output


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("why", "why [OPTIONS] THING [PROPERTY]\n"),
        ("read", "read [OPTIONS] THING [PROPERTY]\n"),
        ("write", "write [OPTIONS] THING PROPERTY VALUE\n"),
        ("watch", "watch [OPTIONS] [THING]\n"),
    ],
)
def test_what_may_be_left_out_stands_in_brackets(command: str, usage: str) -> None:
    assert usage in run(command, "--help").output


@pytest.mark.parametrize("words", [("write",), ("lease", "hold"), ("policy", "edit"), ()])
def test_help_is_what_help_is_for_others(words: tuple[str, ...]) -> None:
    assert run("help", *words).output == run(*words, "--help").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("thigns",), "`cli` has no command 'thigns'; did you mean `cli things`?"),
        (("lease", "hodl"), "did you mean `cli lease hold`?"),
        (("policy", "xyzzy"), "`cli help policy` lists them"),
        (("why", "x"), "`cli why` has no commands of its own"),
    ],
)
def test_help_for_what_there_is_not(words: tuple[str, ...], said: str) -> None:
    ran = run("help", *words)
    assert (ran.exit_code, said in ran.output) == (USAGE, True), ran.output
