"""A JSON Schema of rule files, from the models themselves: editors complete words, explain them, and underline slips.

It says less than `policies.parse` does (what several words mean together is said there), and refuses nothing that is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel

from capabilities.vocabulary import KINDS, Json
from policies.agent_files import RULE_TABLES
from policies.documents import (
    CONDITIONS,
    AllowTable,
    AskTable,
    BoundsTable,
    Document,
    LimitTable,
    NeedTable,
    ThenTable,
    WhenTable,
)
from policies.fields import SENSITIVE
from policies.patterns import EVERYTHING, names_of

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ID: Final = "urn:hearth:schema:rules:1"

_WORDS: Final[Mapping[str, str]] = {
    "format": "The version of the format: 1.",
    "shadow": "The whole set only reports what it would have refused.",
    "mandate": "The id of an agent: the set is its mandate, and every rule in it is about that agent alone. None says who.",
    "allow": "What somebody may do and see. What no rule allows is denied.",
    "limit": "What every use that its selectors fit must keep to. It grants nothing.",
    "ask": "Uses that need a person's approval, unless they keep to its conditions.",
    "then": "What a permitted use still owes.",
    "id": "The rule's name in this set: lower-case letters, digits and -.",
    "why": "The reason in plain words. People read it where the rule decides.",
    "who": "Roles (owner, adult, child, guest, agent, guest-agent, service) or principals' ids. adult includes the owner. "
    "In a limit, an ask or a then, without it: everybody.",
    "may": "Capabilities to use: light.on, light.*, *.target, *. What can cost a life is covered by its exact name only.",
    "see": "Capabilities to read. With the word sensitive, its wildcards reach what is sensitive.",
    "unasked": "These asks of the household's own set do not ask about what this covers. Hazard 3, and an ask with once, are "
    "asked about all the same.",
    "on": "The capabilities that it is about: light.on, light.*, *.target, *.",
    "things": "Only these Things, by id.",
    "rooms": "Only Things in these rooms.",
    "labels": "Only Things with one of these labels.",
    "hazard_min": "Only from this hazard up: 0 comfort, 1 nuisance, 2 property, 3 life safety.",
    "when": "Only for these uses, at these moments. What is not known counts as such a moment.",
    "starts": "Only uses that make something run, flow or stand open: switching off is free.",
    "between": 'Only within these hours: ["22:00", "07:00"].',
    "value": "Bounds on the input.",
    "members": "Bounds on the members of an input that is an object, by the member's name.",
    "needs": "What other properties must be, now: an interlock. What is not known does not count.",
    "not_between": 'Quiet hours, from and to: ["22:00", "07:00"].',
    "days": "The days on which the quiet hours begin; every day, if left out.",
    "at_most": "How often, over everybody, in any such time, for each Thing: 6/h, 1/10m.",
    "rest": "How long it must have been off before it starts again: 5m.",
    "modes": "Only in these modes of the house.",
    "never": "No use at all.",
    "waivable_by": "Who may lift this limit for a while, by a recorded consent.",
    "approver": "Who may approve: roles or ids, of persons.",
    "approvals": "So many different people must say yes: 1 to 5.",
    "once": "Each use is asked about: no approval for a while, or for a whole plan, answers it.",
    "valid": "For how long an approval counts: 2m.",
    "max_on": "Switched off after that time: 2h.",
    "restore": "Put back as it was after that time: 1h.",
    "confirm": "Done only when the device itself says so.",
    "notify": "Who is told: roles or ids.",
    "min": "The least that is accepted; it belongs to the range.",
    "max": "The most that is accepted; it belongs to the range.",
    "one_of": "The only values that are accepted.",
    "max_change": "The farthest that one use may move the value from what it is.",
    "thing": "The other Thing's id; the Thing itself, if left out.",
    "property": "The name of the property.",
    "equals": "What it must be.",
    "fresh": "Heard of within that time: 2m.",
    "trusted": "By the device's own word, not by a bridge's echo.",
}
_OF_TABLE: Final[Mapping[tuple[str, str], str]] = {
    ("AllowTable", "privilege"): "The highest privilege that it covers: operate, if left out.",
    ("AllowTable", "value"): "Only an input within these bounds goes unasked. It bounds nothing else.",
    ("AllowTable", "members"): "Only an input whose members are within these bounds goes unasked.",
    ("SelectingTable", "privilege"): "Only from this privilege up.",
    ("WhenTable", "days"): "The days on which the hours begin; every day, if left out.",
}
_ONE_OF_THESE: Final[Mapping[str, tuple[str, ...]]] = {
    "AllowTable": ("may", "see"),
    "LimitTable": (*CONDITIONS, "never"),
    "ThenTable": ("max_on", "restore", "confirm", "notify"),
    "BoundsTable": ("min", "max", "one_of", "max_change"),
    "WhenTable": ("starts", "modes", "between"),
    "NeedTable": ("min", "max", "equals", "fresh"),
}
_CAPABILITIES: Final = {"may": "capability", "on": "capability", "see": "readable"}
_TABLES: Final = (AllowTable, LimitTable, AskTable, ThenTable, BoundsTable, NeedTable, WhenTable)


def json_schema() -> dict[str, Json]:
    """The schema (draft 2020-12). Reads every Thing Model: the names of all capabilities stand in it."""
    generated = _object(Document.model_json_schema())
    definitions = _object(generated.pop("$defs"))
    for model in _TABLES:
        definitions[model.__name__] = _described(_object(definitions[model.__name__]), model)
    allow = definitions["AllowTable"]
    if isinstance(allow, dict) and isinstance(needed := allow.get("required"), list):
        allow["required"] = [word for word in needed if word != "who"]
    names: list[Json] = [*patterns()]
    definitions["capability"] = {"type": "string", "enum": names}
    definitions["readable"] = {"type": "string", "enum": [*names, SENSITIVE]}
    return {
        "$schema": DIALECT,
        "$id": ID,
        **_described(generated, Document),
        "title": "Hearth rules",
        "if": {"required": ["mandate"]},
        "then": {"properties": {table: _items({"not": {"required": ["who"]}}) for table in RULE_TABLES}},
        "else": {"properties": {"allow": _items({"required": ["who"]})}},
        "$defs": definitions,
    }


def _items(rule: Json) -> Json:
    return {"description": "Who it is about is said in each rule, or once by mandate.", "items": rule}


def patterns() -> Iterator[str]:
    """Every pattern that a rule may name."""
    yield EVERYTHING
    for kind in KINDS:
        yield f"{kind}.*"
        yield from (f"{kind}.{name}" for name in names_of(kind))
    yield from sorted({f"*.{name}" for kind in KINDS for name in names_of(kind)})


def _described(schema: dict[str, Json], model: type[BaseModel]) -> dict[str, Json]:
    """One table: each word with what it means."""
    words: dict[str, Json] = {}
    for word, value in _object(schema["properties"]).items():
        told = _bare(_object(value))
        if word in _CAPABILITIES:
            told["items"] = {"$ref": f"#/$defs/{_CAPABILITIES[word]}"}
        if told.get("type") == "array" and model is not Document:
            told.setdefault("minItems", 1)
        words[word] = {**told, "description": _meaning(model.__name__, word)}
    found: dict[str, Json] = {**schema, "title": model.__name__.removesuffix("Table"), "properties": words}
    if model.__name__ in _ONE_OF_THESE:
        found["anyOf"] = [{"required": [word]} for word in _ONE_OF_THESE[model.__name__]]
    if "unasked" in words:
        found["dependentRequired"] = {"unasked": ["may"], "value": ["unasked"], "members": ["unasked"]}
    if "days" in words:
        found["dependentRequired"] = {"days": ["between" if "between" in words else "not_between"]}
    return found


def _meaning(table: str, word: str) -> str:
    return _OF_TABLE.get((table, word)) or _WORDS.get(word) or _OF_TABLE["SelectingTable", word]


def _bare(schema: dict[str, Json]) -> dict[str, Json]:
    """Without null, which TOML does not have, and without a title that repeats the word."""
    told: dict[str, Json] = {key: value for key, value in schema.items() if key not in {"title", "default"}}
    options = told.pop("anyOf", None)
    if not isinstance(options, list):
        return told
    real = [one for one in options if one != {"type": "null"}]
    return {**told, **_object(real[0])} if len(real) == 1 else {**told, "anyOf": real}


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} stands where the models' schema has an object")
    return value
