"""The rules that concern one principal and one subject, found once: what is left to a decision is the value and the facts.

An agent is bound together with the person it acts for: what either may not do, both may not.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Sequence

from policies.acceptance import Acceptance
from policies.asking import approval_in_words
from policies.bounds import NOTHING, Bounds
from policies.clauses import starts
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
    within_all,
)
from policies.input_clauses import MaxChange, Within
from policies.obligations import owed
from policies.patterns import matching
from policies.rules import Allow, Ask, Limit, Then
from policies.sparing import Sparing, always, spared, unasked_by
from policies.sparing import say as say_spared
from policies.when import Every, OnlyWhen, When

Grant = tuple[str, Principal, Sequence[Allow]]
"""The allow rules of one set, one of which must cover the use by one principal."""

Answers = dict[RuleRef, Finding]
"""What people said to a request: the waivers of limits, and the approvals that were asked for."""

Moving = tuple[RuleRef, When | None, MaxChange | Within]
"""What a limit accepts now, and perhaps not a moment later."""


class Binding:
    """`decide` is the answer to a request of `principal` about `subject`."""

    __slots__ = (
        *("_asks", "_clausal", "_counting", "_granted", "_kept", "_limits", "_moving", "_name"),
        *("_permits", "_rests_on_facts", "_silent", "_thens", "_unasked", "_varies", "_version"),
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
        asks: Sequence[tuple[Ask, Sparing]],
        thens: Sequence[Then],
    ) -> None:
        """`chain` is the principal, and the person it acts for. `limits`, `asks` and `thens` all concern the use; with each ask
        comes what spares it.
        """
        self.principal, self.chain, self.subject = chain[0], tuple(chain), subject
        self._version = version
        self._name = subject.capability.partition(".")[2]
        self._limits, self._thens = tuple(limits), tuple(thens)
        self._asks = tuple(one for one in asks if not (one[1] and always(one[1])))
        self.acceptance = self.reachable = Acceptance(self._name, limits)
        """What is accepted, and what can be accepted: `reachable` leaves out what a waiver could lift, if nothing is left."""
        if self.acceptance.impossible:
            self.reachable = Acceptance(self._name, [one for one in limits if one.waivable_by is None])
        self.always_asks = any(not (ask.clauses or spares) for ask, spares in asks)
        granted, self._silent = _weigh(grants, subject)
        self._granted = tuple(granted)
        self._kept = [limit.finding for limit in limits]
        self._unasked = [_finding(ask, spares) for ask, spares in asks]
        self._clausal = [limit for limit in limits if limit.clauses]
        self._moving: list[Moving] = [(limit.ref, *one) for limit in limits for one in limit.moving]
        rules: tuple[Limit | Ask, ...] = (*limits, *(ask for ask, _ in asks))
        self._counting = [(rule.ref, when) for rule in rules for when in rule.counting]
        self._rests_on_facts = (
            bool(asks)
            or any(limit.rests_on_facts for limit in limits)
            or any(then.when is not None and then.when.looks_at_facts for then in thens)
        )
        # Whether two permits of the same kind may count, or owe, something else.
        self._varies = any(when for _, when in self._counting) or any(then.when for then in thens)
        self._permits: dict[tuple[bool, bool], Decision] = {}

    # ---------------------------------------------------------------- the answer

    def decide(self, request: AccessRequest, facts: Facts) -> Decision:
        """The strictest of all rules, with every reason. An error in a rule is a denial by that rule."""
        reasons = [*self._silent]
        answers = self._ask_limits(request, facts, reasons)
        if not request.toward_safe:
            self._ask_people(request, facts, reasons, answers)
        if not (reasons or answers or self._varies):
            return self._known(request, facts)
        counts, due = self._counts(request, facts, reasons), self._due(request, facts, reasons)
        accepted = self._accepted(request, facts, answers)
        if not reasons:
            return self._permit(request, accepted, counts, due, answers)
        if self._moving and accepted is not None and not accepted.members:
            reasons = [within_all(one, self._name, accepted) for one in reasons]
        reasons.sort(key=_place)
        verdict = reasons[0].verdict
        return Decision(
            verdict,
            tuple(reasons),
            self._version,
            () if verdict is Verdict.DENY else owed(due, is_start=starts(request)),
            accepted,
            counts,
            self._rests_on_facts or bool(answers),
        )

    def _ask_limits(self, request: AccessRequest, facts: Facts, reasons: list[Finding]) -> Answers:
        """Adds to `reasons` what the limits find wrong. Answered are the consents that lift some of them."""
        answers: Answers = {}
        safe, admitted = request.toward_safe, self._admits(request)
        for limit in self._clausal if admitted else self._limits:
            try:
                found: list[Finding] = []
                if not admitted and (limit.value is not None or limit.members):
                    found = bound_failures(limit, request.value, self._name, self.acceptance, self.subject)
                for clause in limit.safe_clauses if safe else limit.clauses:
                    failure = clause.failure(request, facts)
                    if failure is not None:
                        found.append(denial(limit, failure))
                if not found:
                    continue
                waiver = _waiver(limit, request, facts)
            except Exception as raised:
                found, waiver = [error(limit.ref, raised)], None
            if waiver is None:
                reasons += found
            else:
                answers[limit.ref] = waiver
        if not (admitted or reasons or answers):
            # What each limit wants is kept, and what all accept is not: one of the two is wrong.
            reasons.append(error(EVALUATION_ERROR, RuntimeError()))
        return answers

    def _admits(self, request: AccessRequest) -> bool:
        """Whether the bounds of all limits are kept. Where that is not known, limit by limit will tell whose are not."""
        try:
            return self.acceptance.admit(request.value)
        except Exception:
            return False

    def _ask_people(
        self, request: AccessRequest, facts: Facts, reasons: list[Finding], answers: Answers
    ) -> None:
        """Adds to `reasons` what people must be asked, and to `answers` the approvals that they gave."""
        for ask, spares in self._asks:
            answer = _answer_to(ask, spares, self.chain, request, facts)
            if answer is None:
                continue
            if answer.verdict is Verdict.PERMIT:
                answers[ask.ref] = answer
            else:
                reasons.append(answer)

    def _known(self, request: AccessRequest, facts: Facts) -> Decision:
        """The permit of a use that every rule is content with."""
        safe, is_start = request.toward_safe, not self._thens or starts(request)
        known = self._permits.get((safe, is_start))
        if known is None:
            counts = () if safe else tuple(ref for ref, _ in self._counting)
            known = self._permit(request, self.acceptance.accepted, counts, self._thens, {})
            self._permits[safe, is_start] = known
        return known if not self._moving else known._replace(accepted=self._accepted(request, facts))

    def _permit(
        self,
        request: AccessRequest,
        accepted: Accepted | None,
        counts: tuple[RuleRef, ...],
        due: Sequence[Then],
        answers: Answers,
    ) -> Decision:
        asked = () if request.toward_safe else self._unasked
        kept = [*self._kept, *asked]
        if answers:
            kept = [answers.get(RuleRef(one.set, one.rule), one) for one in kept]
        return Decision(
            Verdict.PERMIT,
            (*self._granted, *kept, *(then.finding for then in due)),
            self._version,
            owed(due, is_start=starts(request)),
            accepted,
            counts,
            self._rests_on_facts or bool(answers),
        )

    def _due(self, request: AccessRequest, facts: Facts, reasons: list[Finding]) -> Sequence[Then]:
        """The rules whose duties the use owes now. One that cannot tell denies: it is added to `reasons`."""
        return [one for one in self._thens if _is_now(one.when, one.ref, request, facts, reasons)]

    def _counts(self, request: AccessRequest, facts: Facts, reasons: list[Finding]) -> tuple[RuleRef, ...]:
        """The rules that count the use. Commands toward the safe state are free of rates, and not counted."""
        if request.toward_safe:
            return ()
        return tuple(ref for ref, when in self._counting if _is_now(when, ref, request, facts, reasons))

    def _accepted(
        self, request: AccessRequest, facts: Facts, lifted: Container[RuleRef] = ()
    ) -> Accepted | None:
        """What is accepted at this moment, without the limits that a waiver lifts."""
        bounds, moving = self.acceptance, self._moving
        if lifted and self._limits:
            bounds = Acceptance(self._name, [one for one in self._limits if one.ref not in lifted])
            moving = [one for one in moving if one[0] not in lifted]
        return bounds.accepted_within(_windows(moving, request, facts)) if moving else bounds.accepted

    # ---------------------------------------------------------------- what it can be at best

    @property
    def is_usable(self) -> bool:
        """Whether any input can be permitted, at some time, perhaps after an approval or under a waiver."""
        return not self._silent and not self.reachable.impossible

    @property
    def reasons(self) -> tuple[Finding, ...]:
        return (*self._granted, *self._kept, *self._unasked, *(then.finding for then in self._thens))

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
        for ask, spares in self._asks:
            wanted = approval_in_words(ask.approver_words, ask.approvals, once=ask.once)
            yield f"needs {wanted}{_unless(ask)}{say_spared(spares)}"
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
        return (
            *self._silent,
            *(barred(limit, self._name, self.acceptance, self.subject) for limit in barring),
        )


def _waiver(limit: Limit, request: AccessRequest, facts: Facts) -> Finding | None:
    """The consent that lifts a limit which is not kept."""
    if limit.waivable_by is None:
        return None
    waiver = facts.waiver(limit.ref, request.subject.thing)
    if waiver is None or not 0 < waiver.left_s < math.inf or not waiver.by.role.is_person:
        return None
    return waived(limit, waiver) if limit.waivable_by.fits(waiver.by) else None


def _finding(ask: Ask, spares: Sparing) -> Finding:
    """The part of an ask in a permit for which nobody was asked."""
    if not (spares and always(spares)):
        return ask.finding
    rules = (next(one.ref.rule for one in allows if not one.within) for allows in spares)
    return unasked_by(ask, dict.fromkeys(rules))


def _answer_to(
    ask: Ask, spares: Sparing, chain: Sequence[Principal], request: AccessRequest, facts: Facts
) -> Finding | None:
    """The question, or the approvals that answer it, or the allows that spare it; None where the use keeps to what it may
    without asking.
    """
    try:
        failed = [one for clause in ask.clauses if (one := clause.failure(request, facts)) is not None]
        if ask.clauses and not failed:
            return None
        if spares and (answer := spared(ask, spares, request, facts)) is not None:
            return answer
        given: dict[str, Approval] = {}
        for approval in facts.approvals():
            if _answers(approval, ask, chain):
                given.setdefault(approval.approver.id, approval)
                if len(given) == ask.approvals:
                    return approved(ask, given.values())
        return question(ask, failed, given.values()) if given else question(ask, failed)
    except Exception as raised:
        return error(ask.ref, raised)


def _answers(approval: Approval, ask: Ask, chain: Sequence[Principal]) -> bool:
    """A standing approval has an end of its own, and answers no ask about each use."""
    return (
        ask.ref in approval.asks
        and (
            not ask.once and 0 <= approval.age_s < math.inf
            if approval.standing
            else 0 <= approval.age_s <= ask.valid.seconds
        )
        and ask.may_approve(approval.approver, chain)
    )


def _is_now(
    when: When | None, ref: RuleRef, request: AccessRequest, facts: Facts, reasons: list[Finding]
) -> bool:
    """Whether the rule `ref` holds; that it cannot tell is one of the `reasons` to deny."""
    try:
        return when is None or when.applies(request, facts)
    except Exception as raised:
        failed = error(ref, raised)
        if failed not in reasons:
            reasons.append(failed)
        return True


def _windows(moving: Iterable[Moving], request: AccessRequest, facts: Facts) -> Iterator[tuple[str, Bounds]]:
    """What is accepted now, by member; where that is not known, nothing is."""
    for _, when, clause in moving:
        try:
            if when is None or when.applies(request, facts):
                yield clause.member, clause.accepts(request, facts) or NOTHING
        except Exception:
            yield clause.member, NOTHING


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
