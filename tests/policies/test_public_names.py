"""The public names of the package: a change here is a change for everyone who uses it."""

from __future__ import annotations

import policies


def test_public_names() -> None:
    assert sorted(policies.__all__) == [
        "Accepted",
        "AccessRequest",
        "Approval",
        "Decision",
        "Facts",
        "Finding",
        "GivenFacts",
        "LocalTime",
        "Mandate",
        "NO_FACTS",
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
    assert all(hasattr(policies, name) for name in policies.__all__)
