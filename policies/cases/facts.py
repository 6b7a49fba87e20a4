"""The world of one case, as facts for a decision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from capabilities.vocabulary import Json
from policies.cases.documents import GivenTable
from policies.cases.fields import UNKNOWN
from policies.decision import Decision, Principal, Role, RuleRef, Subject, Verdict
from policies.facts import Approval, LocalTime, Observed, Waiver


def principal_of(given: GivenTable) -> Principal:
    """Who asks. The person of an agent is somebody else than an approver, unless both are given one id."""
    role = given.who or Role.GUEST_AGENT
    name = given.id or str(role)
    if role.is_person or given.person is None:
        return Principal(name, role)
    return Principal(name, role, acts_for=given.person_id or str(given.person), acts_for_role=given.person)


def approvals_of(given: GivenTable, decision: Decision) -> tuple[Approval, ...]:
    """Each given yes, to all that `decision` asked."""
    asked = frozenset(
        RuleRef(one.set, one.rule) for one in decision.findings if one.verdict is Verdict.NEEDS_APPROVAL
    )
    return tuple(
        Approval(Principal(one.id or f"another {one.by}", one.by), asked, one.ago.seconds, one.standing)
        for one in given.approved
    )


class CaseFacts:
    """`policies.Facts` of a case."""

    def __init__(self, given: GivenTable, approvals: Sequence[Approval] = ()) -> None:
        self._given = given
        self._approvals = tuple(approvals)

    def local_time(self) -> LocalTime | None:
        return self._given.at

    def mode(self) -> str | None:
        return None if self._given.mode == UNKNOWN else self._given.mode

    def reading(self, thing: str, name: str) -> Observed | None:
        found = self._given.readings.get(f"{thing}.{name}")
        if found is None:
            return None
        return Observed(found.value, found.age.seconds, found.good, found.trusted, found.deviation)

    def before(self, subject: Subject, member: str) -> Sequence[Json]:
        present = self._given.present
        if isinstance(present, dict):
            present = present.get(member or subject.capability.partition(".")[2])
        if present is None:
            return ()
        return present if isinstance(present, list) else (present,)

    def age_of_use(self, rule: RuleRef, thing: str, nth: int) -> float | None:
        ages = [age for name in _names(rule, self._given.used) for age in self._given.used[name].ages]
        return sorted(ages)[nth - 1] if len(ages) >= nth else None

    def off_for_s(self, subject: Subject) -> float | None:
        off = self._given.off_for
        return None if off is None else float(off.seconds)

    def waiver(self, rule: RuleRef, thing: str) -> Waiver | None:
        for name in _names(rule, self._given.waived):
            given = self._given.waived[name]
            return Waiver(Principal(given.id, given.by), given.left.seconds)
        return None

    def approvals(self) -> Sequence[Approval]:
        return self._approvals


def _names(rule: RuleRef, given: Iterable[str]) -> list[str]:
    """How the case may call `rule`: by its id, or with its set."""
    return [name for name in (rule.rule, str(rule)) if name in given]
