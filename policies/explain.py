"""What can this principal do?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from policies.decision import Accepted, Finding, Principal, Subject, Verdict
from policies.policy import Policy


@dataclass(frozen=True, slots=True)
class Right:
    """What a principal may do with one subject.

    `use` is the best verdict that any input can get, `accepted` the inputs that can get it (None: any), `conditions` what it
    must keep to besides, in words, and `reasons` the rules behind it: those that permit and bound it, or those that deny it.
    `see` tells whether it may be read.
    """

    subject: Subject
    see: bool
    use: Verdict
    accepted: Accepted | None
    reasons: tuple[Finding, ...]
    conditions: tuple[str, ...] = ()


def explain(policy: Policy, principal: Principal, subjects: Iterable[Subject]) -> list[Right]:
    """The rights of `principal` over `subjects`, in their order."""
    return [
        Right(subject, policy.may_see(principal, subject), *policy.prospect(principal, subject))
        for subject in subjects
    ]
