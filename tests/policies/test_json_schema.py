"""The schema for editors: what ships passes, slips fail, and every word is explained."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from jsonschema import Draft202012Validator

from policies import PolicyError, defaults, parse
from policies.json_schema import json_schema, patterns
from tests.policies.compare.edits import as_data
from tests.policies.random_rules import Maker

SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
RULE = 'format = 1\n[[limit]]\nid = "l"\nwhy = "w"\n'
SOUND = RULE + 'on = ["light.on"]\nvalue = { max = 1 }\n'


def faults(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(tomllib.loads(text))]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name", defaults.NAMES)
def test_the_shipped_sets_pass(name: str) -> None:
    assert faults(defaults.load(name)) == []


def test_what_parses_passes() -> None:
    for number in range(40):
        for one in Maker(f"schema-{number}").book():
            assert not [error.message for error in VALIDATOR.iter_errors(as_data(one))]


@pytest.mark.parametrize(
    "text",
    [
        SOUND.replace("value", "valu"),
        SOUND.replace("max", "mx"),
        SOUND.replace("light.on", "light.onn"),
        SOUND.replace("light.on", "lihgt.on"),
        SOUND.replace("light.on", "sensitive"),
        SOUND.replace('["light.on"]', "[]"),
        SOUND.replace('["light.on"]', '"light.on"'),
        SOUND.replace('"l"', '"L l"'),
        SOUND.replace("[[limit]]", "[[limits]]"),
        SOUND.replace("[[limit]]", "[[ask]]"),
        SOUND.replace("[[limit]]", "[[then]]"),
        SOUND.replace("format = 1", "format = 2"),
        SOUND.replace("{ max = 1 }", "{}"),
        SOUND.replace("value = { max = 1 }", ""),
        SOUND + "hazard_min = 4",
        SOUND + 'privilege = "manag"',
        SOUND + 'modes = ["hom"]',
        SOUND + 'days = ["mon"]',
        SOUND + 'not_between = ["22:00", "7:00"]',
        SOUND + 'not_between = ["22:00"]',
        SOUND + 'at_most = "6 an hour"',
        SOUND + 'rest = "5 minutes"',
        SOUND + 'needs = [{ thing = "tank", min = 2 }]',
        SOUND + 'needs = [{ property = "level" }]',
        SOUND + "members = { brightness = { maximum = 2 } }",
        SOUND + 'never = "yes"',
        SOUND + "when = {}",
        SOUND + "when = { start = true }",
        SOUND + 'when = { modes = ["hom"] }',
        SOUND + 'when = { days = ["mon"], starts = true }',
        SOUND + 'why2 = "x"',
    ],
)
def test_slips_fail(text: str) -> None:
    assert faults(SOUND) == []
    assert faults(text)
    with pytest.raises(PolicyError):
        parse(text, name="slip")


def words(schema: object, name: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(schema, dict):
        properties = schema.get("properties")
        for word, told in properties.items() if isinstance(properties, dict) else ():
            yield f"{name}.{word}", told
        for key, inner in schema.items():
            yield from words(inner, key)


def test_every_word_is_explained() -> None:
    found = dict(words(SCHEMA))
    assert len(found) > 50
    assert [
        word for word, told in found.items() if not isinstance(told, dict) or not told.get("description")
    ] == []


def test_every_pattern_is_one() -> None:
    listed = list(patterns())
    assert len(listed) == len(set(listed))
    text = ", ".join(f'"{one}"' for one in listed)
    assert parse(f"{RULE}on = [{text}]\nnever = true", name="all").document.limit
