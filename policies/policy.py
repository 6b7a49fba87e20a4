"""The compiled rules: one synchronous, pure answer to each request.

deny < needs approval < permit. The decision is the strictest of all rules of all sets; silence denies; one failed limit
denies; an error anywhere denies. Which rules concern a principal and a subject is worked out once and remembered, so that
a decision looks at the value alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from policies.binding import Binding
from policies.decision import Accepted, AccessRequest, Decision, Finding, Principal, Subject, Verdict
from policies.findings import EVALUATION_ERROR, error
from policies.patterns import matching
from policies.rules import Allow, Limit

MAX_BINDINGS: Final = 4096
"""Remembered pairs of principal and subject: 200 affordances for 20 principals. When full, the oldest is forgotten."""


@dataclass(frozen=True, slots=True)
class Grants:
    """The allow rules of one set."""

    set: str
    allows: tuple[Allow, ...]

    def concerning(self, principal: Principal) -> tuple[Allow, ...]:
        return tuple(allow for allow in self.allows if allow.who.fits(principal))


class Policy:
    """Compiled rules, made by `compile_rules`. `version` changes with anything that a decision could show."""

    __slots__ = ("_bindings", "_limits", "_mandates", "_root", "forgotten", "version")

    def __init__(
        self, version: str, root: Grants, mandates: Iterable[Grants], limits: Mapping[str, tuple[Limit, ...]]
    ) -> None:
        self.version = version
        self.forgotten = 0
        """How many bindings were dropped because `MAX_BINDINGS` were remembered."""
        self._root = root
        self._mandates = tuple(mandates)
        self._limits = limits
        self._bindings: dict[tuple[int, str], Binding] = {}

    def decide(self, request: AccessRequest) -> Decision:
        """The decision on using `request.subject`. Never raises: what cannot be evaluated is denied.

        A refusal's findings are all its reasons, a permit's are the rules that gave it.
        """
        try:
            binding = self._binding(request.principal, request.subject)
            permit = binding.permit
            if permit is not None and binding.acceptance.admit(request.value):
                return permit
            return binding.refuse(request.value)
        except Exception as raised:
            return Decision(Verdict.DENY, (error(EVALUATION_ERROR, "", raised),), self.version)

    def may_use(self, principal: Principal, subject: Subject) -> bool:
        """Whether there is any input with which `principal` may use `subject`. For filtering descriptions."""
        try:
            return self._binding(principal, subject).is_usable
        except Exception:
            return False

    def prospect(
        self, principal: Principal, subject: Subject
    ) -> tuple[Verdict, Accepted | None, tuple[Finding, ...]]:
        """The best verdict that any input can get, the inputs that can get it, and the rules behind it."""
        try:
            binding = self._binding(principal, subject)
            if binding.permit is not None and binding.is_usable:
                return Verdict.PERMIT, binding.acceptance.accepted, binding.permit.findings
            return Verdict.DENY, binding.acceptance.accepted, binding.hopeless()
        except Exception as raised:
            return Verdict.DENY, None, (error(EVALUATION_ERROR, "", raised),)

    def may_see(self, principal: Principal, subject: Subject) -> bool:
        """Whether `principal` may read `subject`. What is sensitive must be named exactly, or by a rule that says so."""
        try:
            patterns = matching(subject.capability)
            return self._sees(self._root.allows, principal, subject, patterns) and all(
                self._sees(allows, principal, subject, patterns)
                for grants in self._mandates
                if (allows := grants.concerning(principal))
            )
        except Exception:
            return False

    @staticmethod
    def _sees(
        allows: Iterable[Allow], principal: Principal, subject: Subject, patterns: tuple[str, ...]
    ) -> bool:
        return any(allow.who.fits(principal) and allow.covers_reading(subject, patterns) for allow in allows)

    def _binding(self, principal: Principal, subject: Subject) -> Binding:
        """What concerns this pair. The subject is known by identity (the binding holds it, so its id is not reused):
        a moved or relabelled Thing gets new subjects, and with them new bindings.
        """
        key = (id(subject), principal.id)
        binding = self._bindings.get(key)
        if binding is not None and binding.subject is subject and binding.role is principal.role:
            return binding
        binding = self._bind(principal, subject)
        self._bindings.pop(key, None)
        if len(self._bindings) >= MAX_BINDINGS:
            del self._bindings[next(iter(self._bindings))]
            self.forgotten += 1
        self._bindings[key] = binding
        return binding

    def _bind(self, principal: Principal, subject: Subject) -> Binding:
        patterns = matching(subject.capability)
        limits = {
            id(limit): limit  # a rule that several of its patterns name counts once
            for pattern in patterns
            for limit in self._limits.get(pattern, ())
            if limit.binds(principal, subject)
        }
        grants = [(self._root.set, self._root.allows)]
        grants += [(one.set, allows) for one in self._mandates if (allows := one.concerning(principal))]
        return Binding(principal, subject, self.version, grants, sorted(limits.values(), key=_place))


def _place(limit: Limit) -> tuple[str, str]:
    return (limit.set, limit.rule)
