"""What `hearth policy` teaches, and how it says what somebody may do."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from capabilities.thing_models import contract
from capabilities.vocabulary import KINDS, Json
from gateway.cli.commands.policy_explain import right_text, story
from gateway.cli.commands.policy_group import MODULES
from gateway.cli.policy_cases import CASES
from gateway.cli.policy_cases import EXAMPLES as CASE_EXAMPLES
from gateway.cli.policy_texts import EXAMPLES, IN_SHORT, LANGUAGE, UNSAYABLE
from policies import parse
from policies.cases.documents import MODELS
from policies.documents import AllowTable, AskTable, BoundsTable, LimitTable, NeedTable, ThenTable
from tests.gateway.cli.policy_cli import run

pytestmark = pytest.mark.usefixtures("no_gateway_of_this_box")


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


def test_the_file_in_the_document_is_one() -> None:
    readme = (Path(__file__).parents[3] / "docs/rules.md").read_text()
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
