"""Short ways to write rules and to ask them, for tests that look at one word of the language at a time."""

from __future__ import annotations

from capabilities.vocabulary import Hazard, Json, Privacy, Privilege
from policies import (
    NO_FACTS,
    AccessRequest,
    Decision,
    Facts,
    Finding,
    Policy,
    Principal,
    Role,
    RuleRef,
    Subject,
    Verdict,
    compile_rules,
    parse,
)

ANNA = Principal("anna", Role.OWNER)
BEN = Principal("ben", Role.ADULT)
KID = Principal("kid", Role.CHILD)
COO = Principal("coo", Role.AGENT, acts_for="anna", acts_for_role=Role.OWNER)
BOT = Principal("bot", Role.AGENT, acts_for="ben", acts_for_role=Role.ADULT)
ANYBODY = '["owner", "adult", "child", "guest", "agent", "guest-agent", "service"]'
ALLOW = f'[[allow]]\nid = "all"\nwho = {ANYBODY}\nmay = ["*"]\nwhy = "w"\n'

HEATER = Subject("heater", "hall", frozenset(), "thermostat.target", Privilege.OPERATE, Hazard.COMFORT)
LAMP = Subject("lamp", "hall", frozenset(), "light.on", Privilege.OPERATE, Hazard.COMFORT)
SET = Subject("lamp", "hall", frozenset(), "light.set", Privilege.OPERATE, Hazard.COMFORT, Privacy.PUBLIC)


def rule(kind: str, words: str, name: str) -> str:
    on = "" if "on = [" in words.replace("max_on", "") else 'on = ["*"]\n'
    return f'[[{kind}]]\nid = "{name}"\nwhy = "w"\n{on}{words}\n'


def limit(words: str, name: str = "l") -> str:
    return rule("limit", words, name)


def ask(words: str = "", name: str = "q", approver: str = '["adult"]', valid: str = "2m") -> str:
    return rule("ask", f'approver = {approver}\nvalid = "{valid}"\n{words}', name)


def then(words: str, name: str = "t") -> str:
    return rule("then", words, name)


def policy(text: str, *narrowing: str) -> Policy:
    """Of the set `house`, which allows everything to everybody and has `text` besides, and of `set1`, `set2` …"""
    root = parse("format = 1\n" + ALLOW + text, name="house")
    others = [parse("format = 1\n" + one, name=f"set{place}") for place, one in enumerate(narrowing, 1)]
    return compile_rules(root, others)


def decide(
    rules: Policy | str,
    facts: Facts = NO_FACTS,
    value: Json = True,
    *,
    of: Subject = LAMP,
    who: Principal = COO,
    safe: bool = False,
    becomes: Json = None,
) -> Decision:
    found = policy(rules) if isinstance(rules, str) else rules
    return found.decide(AccessRequest(who, of, value, safe, becomes), facts)


def refusal(decision: Decision) -> Finding:
    """The one reason of a refusal."""
    (finding,) = decision.findings
    assert finding.verdict is decision.verdict is not Verdict.PERMIT
    return finding


def data(decision: Decision) -> Json:
    """The remedy of a refusal, as data."""
    remedy = refusal(decision).remedy
    assert remedy is not None
    return remedy.data


L, Q = RuleRef("house", "l"), RuleRef("house", "q")
"""What `limit` and `ask` call their rules in the set `house`."""
