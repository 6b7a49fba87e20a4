"""The rules that concern one principal and one subject, found once: what is left to a decision is the value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from capabilities.vocabulary import Json
from policies.bounds import NOTHING, Bounds, intersection
from policies.decision import Accepted, Decision, Finding, Principal, Role, Subject, Verdict
from policies.findings import EVALUATION_ERROR, barred, error, failures, silence
from policies.patterns import matching
from policies.rules import Allow, Limit


class Binding:
    """`permit` is the answer when every one of `limits` is kept; None where some set allows nothing."""

    __slots__ = ("_members", "_name", "_silent", "_version", "_whole", "limits", "permit", "role", "subject")

    def __init__(
        self,
        principal: Principal,
        subject: Subject,
        version: str,
        grants: Iterable[tuple[str, Sequence[Allow]]],
        limits: tuple[Limit, ...],
    ) -> None:
        self.subject = subject
        self.role: Role = principal.role
        self.limits = limits
        self._version = version
        self._name = subject.capability.partition(".")[2]
        patterns = matching(subject.capability)
        granted: list[Finding] = []
        silent: list[Finding] = []
        for set_name, allows in grants:
            covering = [
                allow for allow in allows if allow.who.fits(principal) and allow.covers_use(subject, patterns)
            ]
            granted += [allow.finding for allow in covering]
            if not covering:
                silent.append(silence(set_name, allows, principal, subject))
        self._silent = tuple(silent)
        self._whole = intersection(limit.value for limit in limits if limit.value is not None)
        self._members = _together(limits)
        self.permit: Decision | None = None
        if not silent:
            reasons = (*sorted(granted, key=_place), *(limit.finding for limit in limits))
            self.permit = Decision(Verdict.PERMIT, reasons, version, (), self.accepted())

    @property
    def is_usable(self) -> bool:
        """Whether any input is permitted."""
        return self.permit is not None and not (self._whole is not None and self._whole.impossible)

    def hopeless(self) -> tuple[Finding, ...]:
        """Why no input is permitted: what no set allows, and the limits that leave nothing over."""
        whole = self._whole
        if whole is None or not whole.impossible:
            return self._silent
        barring = [limit for limit in self.limits if limit.value is not None]
        if any(limit.value is NOTHING for limit in barring):
            barring = [limit for limit in barring if limit.value is NOTHING]
        return (*self._silent, *(barred(limit, self._name, whole) for limit in barring))

    def accepted(self) -> Accepted | None:
        """What all limits together accept; None where nothing bounds the input."""
        if self._whole is None and not self._members:
            return None
        whole = Accepted() if self._whole is None else self._whole.accepted()
        members = {name: bounds.accepted() for name, bounds in self._members.items()}
        return Accepted(whole.minimum, whole.maximum, whole.one_of, members)

    def refuse(self, value: Json) -> Decision:
        """The denial, with every reason: what no set allows, and every bound that is not kept."""
        findings = list(self._silent)
        for limit in self.limits:
            try:
                findings += failures(limit, value, self._name, self._whole, self._members)
            except Exception as raised:
                findings.append(error(limit.rule, limit.set, raised))
        if not findings:  # a limit was not kept, and then it was: its answer cannot be relied upon
            findings.append(error(EVALUATION_ERROR, "", RuntimeError()))
        findings.sort(key=_place)
        return Decision(Verdict.DENY, tuple(findings), self._version, (), self.accepted())


def _together(limits: Iterable[Limit]) -> dict[str, Bounds]:
    """What all limits accept of each member of an object input."""
    named: dict[str, list[Bounds]] = {}
    for limit in limits:
        for name, bounds in limit.members:
            named.setdefault(name, []).append(bounds)
    return {
        name: both for name, bounds in sorted(named.items()) if (both := intersection(bounds)) is not None
    }


def _place(finding: Finding) -> tuple[str, str, str]:
    return (finding.set, finding.rule, finding.seen)
