"""Policies: may this principal do this, here, with this value? Pure, synchronous, and explained.

`parse` reads a rule document, `compile_rules` joins sets to a `Policy`, `Policy.decide` answers. See `policies.documents`
for the language and `policies.defaults` for the sets that ship.
"""

from policies.asking import OpenAsk
from policies.compile import compile_rules
from policies.decision import (
    Accepted,
    AccessRequest,
    Decision,
    Finding,
    Mandate,
    Obligation,
    Principal,
    Remedy,
    Role,
    RuleRef,
    Subject,
    Verdict,
)
from policies.documents import RuleSet
from policies.explain import Right, explain
from policies.facts import NO_FACTS, Approval, Facts, GivenFacts, LocalTime, Observed, Waiver
from policies.mandates import Terms, mandate_of
from policies.parse import parse
from policies.parts import strictest, with_parts
from policies.policy import Policy
from policies.problems import PolicyError, Problem

__all__ = [
    "NO_FACTS",
    "Accepted",
    "AccessRequest",
    "Approval",
    "Decision",
    "Facts",
    "Finding",
    "GivenFacts",
    "LocalTime",
    "Mandate",
    "Obligation",
    "Observed",
    "OpenAsk",
    "Policy",
    "PolicyError",
    "Principal",
    "Problem",
    "Remedy",
    "Right",
    "Role",
    "RuleRef",
    "RuleSet",
    "Subject",
    "Terms",
    "Verdict",
    "Waiver",
    "compile_rules",
    "explain",
    "mandate_of",
    "parse",
    "strictest",
    "with_parts",
]
