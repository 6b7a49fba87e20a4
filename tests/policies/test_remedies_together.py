"""A remedy is what all limits together accept at this moment: to follow it must help."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Hazard, Privilege
from policies import (
    AccessRequest,
    Decision,
    GivenFacts,
    Principal,
    Role,
    Subject,
    Verdict,
    compile_rules,
    parse,
)

AGENT = Principal("coo", Role.AGENT)
SUBJECT = Subject("stove", "living", frozenset(), "thermostat.target", Privilege.OPERATE, Hazard.NUISANCE)
POLICY = compile_rules(
    parse(
        """
format = 1
[[allow]]
id = "heating"
who = ["agent"]
may = ["thermostat.target"]
why = "Comfort"
[[limit]]
id = "band"
on = ["thermostat.target"]
value = { min = 18, max = 22, max_change = 2 }
why = "No jumps"
""",
        name="household",
    )
)


def decided(present: float, asked: float) -> Decision:
    facts = GivenFacts(present={("stove", "target"): (present,)})
    return POLICY.decide(AccessRequest(AGENT, SUBJECT, asked), facts)


@pytest.mark.parametrize(
    ("present", "asked", "low", "high"),
    [(22, 19, 20, 22), (19, 22, 18, 21), (18, 16, 18, 20), (23, 20, 21, 22)],
)
def test_the_remedy_keeps_every_limit(present: float, asked: float, low: float, high: float) -> None:
    decision = decided(present, asked)
    assert decision.verdict is Verdict.DENY
    for finding in decision.findings:
        assert finding.remedy is not None
        assert finding.remedy.text == f"target between {low} and {high}"
        assert finding.remedy.data == {"minimum": low, "maximum": high}
    for value in (low, high):
        assert decided(present, value).permitted


def test_where_nothing_would_do_it_says_so() -> None:
    decision = decided(30, 27.5)
    assert decision.verdict is Verdict.DENY
    texts = {finding.remedy.text for finding in decision.findings if finding.remedy}
    assert texts == {"nothing at this moment: from where it is, the limits together accept no target"}
