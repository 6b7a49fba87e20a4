"""The findings that make up a refusal, in words that a person can act on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from capabilities.vocabulary import Hazard, Json, Privilege
from policies.acceptance import Acceptance
from policies.bounds import NOTHING, bounds_from, say, show
from policies.clauses import Failure
from policies.decision import Accepted, Finding, Principal, Remedy, RuleRef, Subject, Verdict
from policies.facts import Approval, Waiver
from policies.patterns import matching
from policies.rules import Allow, Ask, Limit
from policies.times import in_words

_RANGE: Final = frozenset({"minimum", "maximum", "one_of"})

NO_ALLOW: Final = "no-allow"
"""The `rule` of the finding that nothing allows the request."""

EVALUATION_ERROR: Final = RuleRef("", "evaluation-error")
"""The rule of the finding that a rule could not be evaluated, which denies."""


def silence(set_name: str, allows: Iterable[Allow], principal: Principal, subject: Subject) -> Finding:
    """No rule of the set allows the use. The remedy tells which allow would, or what a near one lacks."""
    kind_of_allow: dict[str, Json] = {
        "set": set_name,
        "who": [str(principal.role)],
        "may": [subject.capability],
    }
    lacks = [f'may naming "{subject.capability}"']
    if subject.privilege.rank > Privilege.OPERATE.rank:
        kind_of_allow["privilege"] = str(subject.privilege)
        lacks.append(f'privilege = "{subject.privilege}"')
    named = principal.id != principal.role  # a question about a role has no one's id
    who = f"{principal.role} or {principal.id}" if named else str(principal.role)
    text = f'an allow rule in set "{set_name}" for {who}, with ' + " and ".join(lacks)
    if subject.hazard >= Hazard.LIFE_SAFETY:
        text += "; hazard 3 is never covered by a wildcard"
    near = sorted(
        f'"{allow.ref.rule}" {reason}' for allow in allows if (reason := _near(allow, principal, subject))
    )
    return Finding(
        NO_ALLOW,
        set_name,
        Verdict.DENY,
        "What no rule allows is denied",
        f"no rule allows {who.replace(' or ', ' ')} to use {subject.capability}",
        Remedy("; ".join([text, *near]), kind_of_allow),
    )


def _near(allow: Allow, principal: Principal, subject: Subject) -> str:
    """What an allow for this principal and capability lacks; "" if it is about something else."""
    if not allow.who.fits(principal) or allow.may.isdisjoint(matching(subject.capability)):
        return ""
    if not allow.where.fits(subject):
        return f"allows it only for {allow.where}"
    if allow.privilege_rank < subject.privilege.rank:
        return f"lacks the privilege {subject.privilege}"
    if allow.unasked:
        return f"lets it go unasked, which does not reach hazard {int(subject.hazard)}"
    return f"names it by a wildcard only, which does not reach hazard {int(subject.hazard)}"


def bound_failures(
    limit: Limit, value: Json, name: str, acceptance: Acceptance, subject: Subject
) -> list[Finding]:
    """Each bound of `limit` that `value`, the input called `name` of `subject`, does not keep.

    The remedies come from `acceptance`: to keep this limit and break another would help nobody.
    """
    found = []
    if limit.value is NOTHING:
        found.append(barred(limit, name, acceptance, subject))
    elif limit.value is not None and not limit.value.admit(value):
        seen, unknown = limit.value.seen(value)
        found.append(_failure(limit, seen, unknown, acceptance.remedy()))
    if limit.members and not isinstance(value, dict):
        needed = ", ".join(member for member, _ in limit.members)
        fix = Remedy(f"an object, so that its {needed} can be looked at")
        found.append(_failure(limit, f"{show(value)} is not an object", True, fix))
    elif isinstance(value, dict):
        found += _member_failures(limit, value, acceptance)
    return found


def denial(limit: Limit, failure: Failure) -> Finding:
    ref = limit.ref
    return Finding(
        ref.rule,
        ref.set,
        Verdict.DENY,
        limit.why,
        failure.seen,
        failure.remedy,
        failure.unknown,
        failure.about,
    )


def question(ask: Ask, failures: Sequence[Failure], given: Iterable[Approval] = ()) -> Finding:
    """The use needs a person's approval; where it could do without one, the remedy says so, too. `given` are the approvals
    that it has, of several that it wants.
    """
    asked = _question(ask, failures)
    people = [one.approver.id for one in given]
    fix = asked.remedy
    if not people or fix is None or not isinstance(fix.data, dict):
        return asked
    has = f"{len(people)} of {ask.approvals}: {', '.join(people)}"
    data: dict[str, Json] = {**fix.data, "approved_by": [*people]}
    return asked._replace(
        seen=f"{asked.seen}; approved by {has}" if asked.seen else f"approved by {has}",
        remedy=fix._replace(data=data),
    )


def _question(ask: Ask, failures: Sequence[Failure]) -> Finding:
    approval = ask.question.remedy
    if not failures or approval is None:
        return ask.question
    without = "; ".join(one.remedy.text for one in failures)
    about, *also_about = dict.fromkeys(one.about for one in failures if one.about) or (None,)
    return Finding(
        ask.ref.rule,
        ask.ref.set,
        Verdict.NEEDS_APPROVAL,
        ask.why,
        "; ".join(one.seen for one in failures),
        Remedy(f"{approval.text}, or {without}", approval.data) if without else approval,
        any(one.unknown for one in failures),
        about,
        tuple(one for one in also_about if one is not None),
    )


def within_all(finding: Finding, name: str, accepted: Accepted) -> Finding:
    """`finding` with what all limits accept at this moment as its remedy, where the remedy is a range of the input `name`:
    to keep one limit and break another would help nobody.
    """
    fix = finding.remedy
    if fix is None or not isinstance(fix.data, dict) or not fix.data or not fix.data.keys() <= _RANGE:
        return finding
    bounds = bounds_from(accepted)
    text = say(name, bounds)
    if bounds.impossible:
        text = f"nothing at this moment: from where it is, the limits together accept no {name}"
    if fix.otherwise:
        text = f"{text}, or {fix.otherwise}"
    return finding._replace(remedy=Remedy(text, bounds.as_data(), fix.otherwise))


def approved(ask: Ask, given: Iterable[Approval]) -> Finding:
    """Answered, by all of `given`."""
    texts = [
        f"{'for a while ' if one.standing else ''}by {one.approver.id} {in_words(one.age_s)} ago"
        for one in given
    ]
    text = " and ".join(texts)
    return Finding(ask.ref.rule, ask.ref.set, Verdict.PERMIT, ask.why, f"approved {text}")


def waived(limit: Limit, waiver: Waiver) -> Finding:
    text = f"waived by {waiver.by.id}, for another {in_words(waiver.left_s)}"
    return Finding(limit.ref.rule, limit.ref.set, Verdict.PERMIT, limit.why, text)


def barred(limit: Limit, name: str, acceptance: Acceptance, subject: Subject) -> Finding:
    """`limit` leaves no input of `subject` over: by itself, or together with others."""
    if limit.value is None or limit.value is NOTHING:
        return _failure(limit, f"{name}: never, whatever the value", False, _way_out(limit, subject))
    return _failure(limit, f"{say(name, limit.value)}, and others rule that out", False, acceptance.remedy())


def _way_out(limit: Limit, subject: Subject) -> Remedy:
    """Of a limit that leaves nothing over: its labels may go, else only the rule can be changed."""
    held = sorted((limit.uses.where.labels or frozenset()) & frozenset(subject.labels))
    if not held:
        return Remedy(
            f'nothing in the request; only a change of rule "{limit.ref.rule}" in set "{limit.ref.set}"'
        )
    noun = "label" if len(held) == 1 else "labels"
    text = f"without the {noun} {' and '.join(held)}, which a person can take off"
    return Remedy(text, {"thing": subject.thing, "without_labels": list[Json](held)})


def _member_failures(limit: Limit, value: dict[str, Json], acceptance: Acceptance) -> Iterator[Finding]:
    for member, bounds in limit.members:
        if member in value and not bounds.admit(value[member]):
            seen, unknown = bounds.seen(value[member])
            yield _failure(limit, f"{member} {seen}", unknown, acceptance.remedy(member))


def error(ref: RuleRef, raised: Exception) -> Finding:
    """A rule (or the evaluation itself) failed: nobody knows, so it denies."""
    return Finding(
        ref.rule,
        ref.set,
        Verdict.DENY,
        "What cannot be evaluated is denied",
        f"the rules could not be evaluated: {type(raised).__name__}",
        Remedy("report this: no input should lead here"),
        unknown=True,
    )


def _failure(limit: Limit, seen: str, unknown: bool, fix: Remedy) -> Finding:
    return Finding(limit.ref.rule, limit.ref.set, Verdict.DENY, limit.why, seen, fix, unknown)
