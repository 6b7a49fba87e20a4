"""The rules that concern one principal and one subject, found once: what is left to a decision is the value and the facts.

An agent is bound together with the person it acts for: what either may not do, both may not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from policies.acceptance import Acceptance
from policies.bounds import NOTHING, Bounds
from policies.clauses import starts
from policies.decision import AccessRequest, Decision, Finding, Principal, Subject, Verdict
from policies.facts import Approval, Facts
from policies.findings import (
    EVALUATION_ERROR,
    approved,
    barred,
    bound_failures,
    clause_failures,
    denial,
    error,
    question,
    silence,
    waived,
)
from policies.input_clauses import MaxChange
from policies.obligations import owed
from policies.patterns import matching
from policies.rules import Allow, Ask, Limit, Then, counting

Grant = tuple[str, Principal, Sequence[Allow]]
"""The allow rules of one set, one of which must cover the use by one principal."""


class Binding:
    """`decide` is the answer to a request of `principal` about `subject`."""

    __slots__ = (
        *("_asks", "_clauses", "_counting", "_granted", "_limits", "_moving", "_name", "_permits"),
        *("_rests_on_facts", "_safe_clauses", "_silent", "_thens", "_version"),
        *("acceptance", "always_asks", "chain", "principal", "reachable", "subject"),
    )

    def __init__(
        self,
        chain: Sequence[Principal],
        subject: Subject,
        version: str,
        *,
        grants: Iterable[Grant],
        limits: Sequence[Limit],
        asks: Sequence[Ask],
        thens: Sequence[Then],
    ) -> None:
        """`chain` is the principal, and the person it acts for. `limits`, `asks` and `thens` all concern the use."""
        self.principal, self.chain, self.subject = chain[0], tuple(chain), subject
        self._version = version
        self._name = subject.capability.partition(".")[2]
        self._limits, self._asks, self._thens = tuple(limits), tuple(asks), tuple(thens)
        self.acceptance = self.reachable = Acceptance(self._name, limits)
        """What is accepted, and what can be accepted: `reachable` leaves out what a waiver could lift, if nothing is left."""
        if self.acceptance.impossible:
            self.reachable = Acceptance(self._name, [one for one in limits if one.waivable_by is None])
        self.always_asks = any(not ask.clauses for ask in asks)
        granted, self._silent = _weigh(grants, subject)
        self._granted = (*granted, *(limit.finding for limit in limits))
        clauses = [clause for limit in limits for clause in limit.clauses]
        self._safe_clauses = tuple(clause for clause in clauses if not clause.spares_safe)
        self._clauses = (*clauses, *(clause for ask in asks for clause in ask.clauses))
        self._moving = tuple(clause for clause in clauses if isinstance(clause, MaxChange))
        self._rests_on_facts = bool(asks) or any(clause.rests_on_facts for clause in self._clauses)
        self._counting = counting((*limits, *asks))
        self._permits: dict[tuple[bool, bool], Decision] = {}

    # ---------------------------------------------------------------- the answer

    def decide(self, request: AccessRequest, facts: Facts) -> Decision:
        """The strictest of all rules. May raise what the rules or the facts raise: then `explain` tells which it was."""
        safe = request.toward_safe
        if self._silent or not self.acceptance.admit(request.value) or (self.always_asks and not safe):
            return self.explain(request, facts)
        for clause in self._safe_clauses if safe else self._clauses:
            if clause.failure(request, facts) is not None:
                return self.explain(request, facts)
        permit = self._permit(toward_safe=safe, is_start=not self._thens or starts(request))
        return permit if not self._moving else replace(permit, accepted=self._now(request, facts).accepted)

    def explain(self, request: AccessRequest, facts: Facts) -> Decision:
        """The same answer worked out rule by rule, with every reason. An error in a rule is a denial by that rule."""
        findings, kept, lifted = list(self._silent), list(self._granted), []
        for limit in self._limits:
            try:
                failed = _failures_of(limit, request, facts, self._name, self.acceptance)
                waiver = _waiver(limit, request, facts) if failed else None
            except Exception as raised:
                failed, waiver = [error(limit.ref, raised)], None
            if waiver is not None:
                kept[kept.index(limit.finding)] = waiver
                lifted.append(limit)
            else:
                findings += failed
        if not request.toward_safe:
            for ask in self._asks:
                answer = _answer_to(ask, self.chain, request, facts)
                (kept if answer.verdict is Verdict.PERMIT else findings).append(answer)
        if not findings and not lifted and not self.acceptance.admit(request.value):
            # What each limit wants is kept, and what all accept is not: one of the two is wrong.
            findings.append(error(EVALUATION_ERROR, RuntimeError()))
        accepted = self._now(request, facts, lifted).accepted
        verdict = min((one.verdict for one in findings), default=Verdict.PERMIT)
        is_start = starts(request)
        duties = owed(self._thens, is_start=is_start) if verdict is not Verdict.DENY else ()
        if verdict is Verdict.PERMIT:
            findings = [*kept, *(then.finding for then in self._thens)]
        return Decision(
            verdict,
            tuple(sorted(findings, key=_place) if verdict is not Verdict.PERMIT else findings),
            self._version,
            duties,
            accepted,
            () if request.toward_safe else self._counting,
            self._rests_on_facts or bool(lifted),
        )

    def _permit(self, *, toward_safe: bool, is_start: bool) -> Decision:
        found = self._permits.get((toward_safe, is_start))
        if found is None:
            asks = () if toward_safe else self._asks
            reasons = (
                *self._granted,
                *(ask.finding for ask in asks),
                *(then.finding for then in self._thens),
            )
            duties = owed(self._thens, is_start=is_start)
            counts = () if toward_safe else self._counting
            found = self._permits[toward_safe, is_start] = Decision(
                Verdict.PERMIT,
                reasons,
                self._version,
                duties,
                self.acceptance.accepted,
                counts,
                self._rests_on_facts,
            )
        return found

    def _now(self, request: AccessRequest, facts: Facts, lifted: Sequence[Limit] = ()) -> Acceptance:
        """What is accepted at this moment, without the limits that a waiver lifts."""
        if not self._moving and not lifted:
            return self.acceptance
        holding = [limit for limit in self._limits if not any(limit is one for one in lifted)]
        return Acceptance(self._name, holding, _windows(holding, request, facts))

    # ---------------------------------------------------------------- what it can be at best

    @property
    def is_usable(self) -> bool:
        """Whether any input can be permitted, at some time, perhaps after an approval or under a waiver."""
        return not self._silent and not self.reachable.impossible

    @property
    def reasons(self) -> tuple[Finding, ...]:
        return (*self._granted, *(ask.finding for ask in self._asks), *(then.finding for then in self._thens))

    def conditions(self) -> Iterator[str]:
        """What a use must keep to besides the range of its input, one sentence each."""
        for limit in self._limits:
            lifters = " or ".join(sorted(limit.waivable_by.words)) if limit.waivable_by else ""
            if lifters and self.reachable is not self.acceptance and (limit.value or limit.members):
                yield f'only while "{limit.ref.rule}" is lifted, which {lifters} may do'
            lift = f" ({lifters} may lift this)" if lifters else ""
            yield from (f"only {clause.say()}{lift}" for clause in limit.clauses)
        for ask in self._asks:
            without = " and ".join(clause.say() for clause in ask.clauses)
            yield f"needs approval by {' or '.join(ask.approver_words)}" + (
                f", except {without}" if without else ""
            )
        for duty in owed(self._thens, is_start=True):
            yield duty.say()

    def hopeless(self) -> tuple[Finding, ...]:
        """Why no input is permitted: what no set allows, and the limits that leave nothing over."""
        if not self.reachable.impossible:
            return self._silent
        barring = [limit for limit in self._limits if limit.value is NOTHING]
        barring = barring or [limit for limit in self._limits if limit.value is not None]
        return (*self._silent, *(barred(limit, self._name, self.acceptance) for limit in barring))


def _failures_of(
    limit: Limit, request: AccessRequest, facts: Facts, name: str, acceptance: Acceptance
) -> list[Finding]:
    found = bound_failures(limit, request.value, name, acceptance)
    return found + [denial(limit, one) for one in clause_failures(limit, request, facts)]


def _waiver(limit: Limit, request: AccessRequest, facts: Facts) -> Finding | None:
    """The consent that lifts a limit which is not kept."""
    if limit.waivable_by is None:
        return None
    waiver = facts.waiver(limit.ref, request.subject.thing)
    if waiver is None or not 0 < waiver.left_s < math.inf or not waiver.by.role.is_person:
        return None
    return waived(limit, waiver) if limit.waivable_by.fits(waiver.by) else None


def _answer_to(ask: Ask, chain: Sequence[Principal], request: AccessRequest, facts: Facts) -> Finding:
    try:
        failed = list(clause_failures(ask, request, facts))
        if ask.clauses and not failed:
            return ask.finding
        given = next((one for one in facts.approvals() if _answers(one, ask, chain)), None)
        return question(ask, failed) if given is None else approved(ask, given)
    except Exception as raised:
        return error(ask.ref, raised)


def _answers(approval: Approval, ask: Ask, chain: Sequence[Principal]) -> bool:
    return (
        ask.ref in approval.asks
        and 0 <= approval.age_s <= ask.valid.seconds
        and ask.may_approve(approval.approver, chain)
    )


def _windows(limits: Iterable[Limit], request: AccessRequest, facts: Facts) -> Iterator[tuple[str, Bounds]]:
    """How far the value may move from the present one; where that is not known, nothing is accepted."""
    for limit in limits:
        for clause in limit.clauses:
            if isinstance(clause, MaxChange):
                try:
                    yield clause.member, clause.accepts(request, facts) or NOTHING
                except Exception:
                    yield clause.member, NOTHING


def _weigh(grants: Iterable[Grant], subject: Subject) -> tuple[list[Finding], tuple[Finding, ...]]:
    """The findings of the rules that allow the use, and of the sets that are silent about it."""
    patterns = matching(subject.capability)
    granted: list[Finding] = []
    silent: list[Finding] = []
    for set_name, principal, allows in grants:
        covering = [one for one in allows if one.who.fits(principal) and one.covers_use(subject, patterns)]
        granted += [one.finding for one in covering if one.finding not in granted]
        if not covering:
            silent.append(silence(set_name, allows, principal, subject))
    return sorted(granted, key=_place), tuple(silent)


def _place(finding: Finding) -> tuple[int, str, str, str]:
    """Denials come first."""
    return (finding.verdict, finding.set, finding.rule, finding.seen)
