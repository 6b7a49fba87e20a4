"""The rules that concern one principal and one subject, found once: what is left to a decision is the value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from capabilities.vocabulary import Json
from policies.acceptance import Acceptance
from policies.bounds import NOTHING
from policies.decision import Decision, Finding, Principal, Role, Subject, Verdict
from policies.findings import EVALUATION_ERROR, barred, error, failures, silence
from policies.patterns import matching
from policies.rules import Allow, Limit


class Binding:
    """`permit` is the answer when `acceptance` admits the input; None where some set allows nothing."""

    __slots__ = ("_limits", "_name", "_silent", "_version", "acceptance", "permit", "role", "subject")

    def __init__(
        self,
        principal: Principal,
        subject: Subject,
        version: str,
        grants: Iterable[tuple[str, Sequence[Allow]]],
        limits: Sequence[Limit],
    ) -> None:
        """`grants` are the allow rules that must each time cover the use, by set; `limits` all bind it."""
        self.subject = subject
        self.role: Role = principal.role
        self._version = version
        self._name = subject.capability.partition(".")[2]
        self._limits = tuple(limits)
        self.acceptance = Acceptance(self._name, limits)
        granted, self._silent = _weigh(grants, principal, subject)
        self.permit: Decision | None = None
        if not self._silent:
            reasons = (*granted, *(limit.finding for limit in limits))
            self.permit = Decision(Verdict.PERMIT, reasons, version, (), self.acceptance.accepted)

    @property
    def is_usable(self) -> bool:
        """Whether any input is permitted."""
        return self.permit is not None and not self.acceptance.impossible

    def refuse(self, value: Json) -> Decision:
        """The denial, with every reason: what no set allows, and every bound that is not kept."""
        findings = list(self._silent)
        for limit in self._limits:
            try:
                findings += failures(limit, value, self._name, self.acceptance)
            except Exception as raised:
                findings.append(error(limit.rule, limit.set, raised))
        if not findings:  # what all accept was not kept, but what each wants was: one of the two is wrong
            findings.append(error(EVALUATION_ERROR, "", RuntimeError()))
        if len(findings) > 1:
            findings.sort(key=_place)
        return Decision(Verdict.DENY, tuple(findings), self._version, (), self.acceptance.accepted)

    def hopeless(self) -> tuple[Finding, ...]:
        """Why no input is permitted: what no set allows, and the limits that leave nothing over."""
        if not self.acceptance.impossible:
            return self._silent
        barring = [limit for limit in self._limits if limit.value is NOTHING]
        barring = barring or [limit for limit in self._limits if limit.value is not None]
        return (*self._silent, *(barred(limit, self._name, self.acceptance) for limit in barring))


def _weigh(
    grants: Iterable[tuple[str, Sequence[Allow]]], principal: Principal, subject: Subject
) -> tuple[list[Finding], tuple[Finding, ...]]:
    """The findings of the rules that allow the use, and of the sets that are silent about it."""
    patterns = matching(subject.capability)
    granted: list[Finding] = []
    silent: list[Finding] = []
    for set_name, allows in grants:
        covering = [one for one in allows if one.who.fits(principal) and one.covers_use(subject, patterns)]
        granted += [one.finding for one in covering]
        if not covering:
            silent.append(silence(set_name, allows, principal, subject))
    return sorted(granted, key=_place), tuple(silent)


def _place(finding: Finding) -> tuple[str, str, str]:
    return (finding.set, finding.rule, finding.seen)
