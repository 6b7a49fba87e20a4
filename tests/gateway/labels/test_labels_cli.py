"""`hearth label` takes `-word` for a word; the ledger's entries read like sentences. No gateway is asked."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from capabilities.vocabulary import Json
from gateway.cli.commands.labels import label
from gateway.cli.exits import Exit
from gateway.cli.main import cli
from gateway.cli.words import new_text, panic_text, thing_text


@pytest.mark.parametrize("command", ["label", "room", "rename"])
def test_a_missing_thing_is_named(command: str) -> None:
    ran = CliRunner().invoke(cli, [command])
    assert ran.exit_code == int(Exit.USAGE)
    assert "Missing argument 'THING'" in ran.output


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        (["lamp", "-new"], ("\0-new",)),
        (["lamp", "+heater", "-heater-old", "--yes"], ("+heater", "\0-heater-old")),
        (["--yes", "lamp", "-h2o"], ("\0-h2o",)),
        (["lamp"], ()),
    ],
)
def test_a_minus_takes_a_label_off(words: list[str], heard: tuple[str, ...]) -> None:
    with label.make_context("label", words, help_option_names=["-h", "--help"]) as context:
        assert (context.params["thing"], context.params["words"]) == ("lamp", heard)
        assert context.params["yes"] is ("--yes" in words)


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_is_still_help(word: str) -> None:
    ran = CliRunner().invoke(cli, ["label", "lamp", word])
    assert ran.exit_code == 0
    assert ran.output.startswith("Usage: cli label [OPTIONS] THING [+WORD | -WORD ...]")


def test_an_option_that_is_none_is_named() -> None:
    ran = CliRunner().invoke(cli, ["label", "lamp", "--jes"])
    assert ran.exit_code == int(Exit.USAGE)
    assert "--jes" in ran.output


def test_how_to_open_what_is_new() -> None:
    assert new_text("lamp").endswith("hearth label lamp -new")


@pytest.mark.parametrize(
    ("body", "private", "text"),
    [
        ({"room": ["Study", "Attic"]}, None, "room Study → Attic"),
        (
            {"labels": [["new"], []], "widened": ["agents may now use on"]},
            None,
            "labels new → none (agents may now use on)",
        ),
        ({"renamed": True}, {"title": ["lamp", "Reading lamp"]}, "title lamp → Reading lamp"),
        ({"renamed": True}, None, "renamed"),
        ({"members": [["a", "b"], ["b"]]}, None, "members a, b → b"),
        ({"kinds": {"relay": [None, "light"]}}, None, "kind of relay as announced → light"),
        ({"accepted": True}, None, "accepted true"),
    ],
)
def test_what_the_ledger_has_of_a_thing(body: dict[str, Json], private: Json, text: str) -> None:
    assert thing_text(body, private) == text


def test_what_the_ledger_has_of_panic() -> None:
    pressed: dict[str, Json] = {"stage": "pressed", "tokens": 1, "cancelled": 2}
    assert panic_text(pressed) == "pressed: 1 token revoked, 2 commands cancelled"
    ended: dict[str, Json] = {
        "stage": "ended",
        "stopped": 3,
        "moving": 1,
        "not_stopped": [{"thing": "garage"}],
    }
    assert panic_text(ended) == "ended: 3 stand still, 1 not seen to stop (garage)"
