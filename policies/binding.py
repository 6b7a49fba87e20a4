"""The rules that concern one principal and one subject, found once: what is left to a decision is the value and the facts.

An agent is bound together with the person it acts for: what either may not do, both may not.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from policies.acceptance import Acceptance
from policies.bounds import NOTHING, Bounds
from policies.clauses import Clause, starts
from policies.decision import (
    Accepted,
    AccessRequest,
    Decision,
    Finding,
    Principal,
    RuleRef,
    Subject,
    Verdict,
)
from policies.facts import Approval, Facts
from policies.findings import (
    EVALUATION_ERROR,
    approved,
    barred,
    bound_failures,
    denial,
    error,
    question,
    silence,
    waived,
)
from policies.input_clauses import MaxChange, Within
from policies.obligations import owed
from policies.patterns import matching
from policies.rules import Allow, Ask, Limit, Then, counting
from policies.when import Every, OnlyWhen

Grant = tuple[str, Principal, Sequence[Allow]]
"""The allow rules of one set, one of which must cover the use by one principal."""


class Binding:
    """`decide` is the answer to a request of `principal` about `subject`."""

    __slots__ = (
        *(
            "_asks",
            "_clauses",
            "_varies",
            "_counting",
            "_granted",
            "_kept",
            "_limits",
            "_moving",
            "_name",
            "_owing",
        ),
        *("_permits", "_rests_on_facts", "_safe_clauses", "_silent", "_thens", "_unasked", "_version"),
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
        self._granted = tuple(granted)
        self._kept = tuple(limit.finding for limit in limits)
        self._unasked = tuple(ask.finding for ask in asks)
        self._owing = tuple(then.finding for then in thens)
        clauses = [clause for limit in limits for clause in limit.clauses]
        self._safe_clauses = tuple(clause for clause in clauses if not clause.spares_safe)
        self._clauses = (*clauses, *(clause for ask in asks for clause in ask.clauses))
        self._moving = any(_moves(clause) for clause in clauses)
        self._rests_on_facts = bool(asks) or any(clause.rests_on_facts for clause in self._clauses)
        self._counting = counting((*limits, *asks))
        self._rests_on_facts |= any(then.when is not None and then.when.looks_at_facts for then in thens)
        # Whether two permits of the same kind may count, or owe, something else.
        self._varies = any(when for _, when in self._counting) or any(then.when for then in thens)
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
        is_start = not self._thens or starts(request)
        known = None if self._varies else self._permits.get((safe, is_start))
        if known is None:
            known = self._permit(request, facts, self.acceptance.accepted)
            if not self._varies:
                self._permits[safe, is_start] = known
        return known if not self._moving else _with_accepted(known, self._accepted(request, facts))

    def explain(self, request: AccessRequest, facts: Facts) -> Decision:
        """The same answer worked out rule by rule, with every reason. An error in a rule is a denial by that rule."""
        reasons = list(self._silent)
        waivers: dict[RuleRef, Finding] = {}
        for limit in self._limits:
            try:
                failed = _failures_of(limit, request, facts, self._name, self.acceptance)
                waiver = _waiver(limit, request, facts) if failed else None
            except Exception as raised:
                failed, waiver = [error(limit.ref, raised)], None
            if waiver is None:
                reasons += failed
            else:
                waivers[limit.ref] = waiver
        answers = () if request.toward_safe else self._answers(request, facts)
        reasons += [one for one in answers if one.verdict is not Verdict.PERMIT]
        if not reasons and not waivers and not self.acceptance.admit(request.value):
            # What each limit wants is kept, and what all accept is not: one of the two is wrong.
            reasons.append(error(EVALUATION_ERROR, RuntimeError()))
        accepted = self._accepted(request, facts, waivers)
        if not reasons:
            return self._permit(request, facts, accepted, answers=answers, waivers=waivers)
        reasons.sort(key=_place)
        verdict = reasons[0].verdict
        return Decision(
            verdict,
            tuple(reasons),
            self._version,
            () if verdict is Verdict.DENY else owed(self._due(request, facts), is_start=starts(request)),
            accepted,
            self._counts(request, facts),
            self._rests_on_facts or bool(waivers),
        )

    def _permit(
        self,
        request: AccessRequest,
        facts: Facts,
        accepted: Accepted | None,
        *,
        answers: Sequence[Finding] | None = None,
        waivers: Mapping[RuleRef, Finding] = MappingProxyType({}),
    ) -> Decision:
        """`answers` to the asks; None where all are kept to."""
        if answers is None:
            answers = () if request.toward_safe else self._unasked
        kept = [waivers.get(limit.ref, limit.finding) for limit in self._limits] if waivers else self._kept
        due = self._due(request, facts)
        return Decision(
            Verdict.PERMIT,
            (*self._granted, *kept, *answers, *(then.finding for then in due)),
            self._version,
            owed(due, is_start=starts(request)),
            accepted,
            self._counts(request, facts),
            self._rests_on_facts or bool(waivers),
        )

    def _due(self, request: AccessRequest, facts: Facts) -> Sequence[Then]:
        """The rules whose duties the use owes now."""
        return [then for then in self._thens if then.when is None or then.when.applies(request, facts)]

    def _counts(self, request: AccessRequest, facts: Facts) -> tuple[RuleRef, ...]:
        """The rules that count the use. Commands toward the safe state are free of rates, and not counted."""
        if request.toward_safe:
            return ()
        return tuple(ref for ref, when in self._counting if when is None or when.applies(request, facts))

    def _answers(self, request: AccessRequest, facts: Facts) -> list[Finding]:
        return [_answer_to(ask, self.chain, request, facts) for ask in self._asks]

    def _accepted(
        self, request: AccessRequest, facts: Facts, lifted: Container[RuleRef] = ()
    ) -> Accepted | None:
        """What is accepted at this moment, without the limits that a waiver lifts."""
        if not lifted and not self._moving:
            return self.acceptance.accepted
        holding = [limit for limit in self._limits if limit.ref not in lifted] if lifted else self._limits
        bounds = Acceptance(self._name, holding) if lifted else self.acceptance
        return bounds.accepted_within(_windows(holding, request, facts)) if self._moving else bounds.accepted

    # ---------------------------------------------------------------- what it can be at best

    @property
    def is_usable(self) -> bool:
        """Whether any input can be permitted, at some time, perhaps after an approval or under a waiver."""
        return not self._silent and not self.reachable.impossible

    @property
    def reasons(self) -> tuple[Finding, ...]:
        return (*self._granted, *self._kept, *self._unasked, *self._owing)

    def conditions(self) -> Iterator[str]:
        """What a use must keep to besides the range of its input, one sentence each."""
        for limit in self._limits:
            lifters = " or ".join(sorted(limit.waivable_by.words)) if limit.waivable_by else ""
            if lifters and self.reachable is not self.acceptance and (limit.value or limit.members):
                yield f'only while "{limit.ref.rule}" is lifted, which {lifters} may do'
            lift = f" ({lifters} may lift this)" if lifters else ""
            for clause in limit.clauses:
                only = "" if isinstance(clause, OnlyWhen) else "only "
                yield f"{only}{clause.say()}{lift}"
        for ask in self._asks:
            yield f"needs approval by {' or '.join(ask.approver_words)}{_unless(ask)}"
        for duty in owed((then for then in self._thens if then.when is None), is_start=True):
            yield duty.say()
        for then in self._thens:
            if then.when is not None:
                yield from (f"{then.when.say()} {duty.say()}" for duty in then.obligations)

    def hopeless(self) -> tuple[Finding, ...]:
        """Why no input is permitted: what no set allows, and the limits that leave nothing over."""
        if not self.reachable.impossible:
            return self._silent
        barring = [limit for limit in self._limits if limit.value is NOTHING]
        barring = barring or [limit for limit in self._limits if limit.value is not None]
        return (*self._silent, *(barred(limit, self._name, self.acceptance) for limit in barring))


def _with_accepted(permit: Decision, accepted: Accepted | None) -> Decision:
    """As `dataclasses.replace` does, in a third of the time."""
    return Decision(
        permit.verdict,
        permit.findings,
        permit.version,
        permit.obligations,
        accepted,
        permit.counts,
        permit.rests_on_facts,
    )


def _failures_of(
    limit: Limit, request: AccessRequest, facts: Facts, name: str, acceptance: Acceptance
) -> list[Finding]:
    found = []
    if limit.members or (limit.value is not None and not limit.value.admit(request.value)):
        found = bound_failures(limit, request.value, name, acceptance)
    for clause in limit.clauses:
        if request.toward_safe and clause.spares_safe:
            continue
        failure = clause.failure(request, facts)
        if failure is not None:
            found.append(denial(limit, failure))
    return found


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
        failed = [one for clause in ask.clauses if (one := clause.failure(request, facts)) is not None]
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
            if _moves(clause):
                yield from _window(clause, request, facts)


def _moves(clause: Clause) -> bool:
    """Whether what it accepts of the input is not always the same."""
    if isinstance(clause, OnlyWhen):
        return isinstance(clause.clause, MaxChange | Within)
    return isinstance(clause, MaxChange)


def _window(clause: Clause, request: AccessRequest, facts: Facts) -> Iterator[tuple[str, Bounds]]:
    inner = clause.clause if isinstance(clause, OnlyWhen) else clause
    if not isinstance(inner, MaxChange | Within):
        return
    try:
        if isinstance(clause, OnlyWhen) and not clause.when.applies(request, facts):
            return
        yield inner.member, inner.accepts(request, facts) or NOTHING
    except Exception:
        yield inner.member, NOTHING


def _unless(ask: Ask) -> str:
    """When it does not ask, or when alone it does."""
    if not ask.clauses:
        return ""
    only = next((clause for clause in ask.clauses if isinstance(clause, OnlyWhen)), None)
    if only is not None and isinstance(only.clause, Every):
        return f" {only.when.say()}"
    inner = [clause.clause if isinstance(clause, OnlyWhen) else clause for clause in ask.clauses]
    at = f" {only.when.say()}" if only is not None else ""
    return f"{at}, except {' and '.join(clause.say() for clause in inner)}"


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
