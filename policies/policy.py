"""The compiled rules: one synchronous, pure answer to each request.

deny < needs approval < permit. The decision is the strictest of all rules of all sets; silence denies; one failed limit
denies; an error anywhere denies. Which rules concern a principal and a subject is worked out once and remembered, so that
a decision looks at the value alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from policies.asking import OpenAsk, open_asks
from policies.binding import Binding, Grant
from policies.decision import (
    Accepted,
    AccessRequest,
    Decision,
    Finding,
    Mandate,
    Obligation,
    Principal,
    RuleRef,
    Subject,
    Verdict,
)
from policies.facts import NO_FACTS, Facts
from policies.findings import EVALUATION_ERROR, error
from policies.index import Index
from policies.mandates import compiled
from policies.obligations import StateDuties
from policies.patterns import matching
from policies.rules import Allow, Ask, Limit, Then
from policies.selectors import Who
from policies.sparing import Sparing, sparing, unasking
from policies.times import Rate

MAX_BINDINGS: Final = 4096
"""Remembered pairs of principal and subject: 200 affordances for 20 principals. When full, the oldest is forgotten."""


@dataclass(frozen=True, slots=True)
class Grants:
    """The allow rules of one set."""

    set: str
    allows: tuple[Allow, ...]

    def concerning(self, principal: Principal) -> tuple[Allow, ...]:
        return tuple(allow for allow in self.allows if allow.who.fits(principal))


class Rules(NamedTuple):
    """What every set contributes besides allowing."""

    limits: Index[Limit]
    asks: Index[Ask]
    thens: Index[Then]


class Prospect(NamedTuple):
    """The best verdict that any input can get, the inputs that can get it, the rules behind it, and other conditions."""

    verdict: Verdict
    accepted: Accepted | None
    reasons: tuple[Finding, ...]
    conditions: tuple[str, ...] = ()


class Policy:
    """Compiled rules, made by `compile_rules`. `version` changes with anything that a decision could show."""

    __slots__ = (
        *("_bindings", "_duties", "_mandates", "_root", "_rules", "_shadow", "_shadows", "_unasking"),
        *("asks", "forgotten", "limits", "rates", "rested", "sets", "timed", "version"),
    )

    def __init__(self, version: str, root: Grants, mandates: Iterable[Grants], rules: Rules) -> None:
        self.version = version
        self.forgotten = 0
        """How many bindings were dropped because `MAX_BINDINGS` were remembered."""
        self.rates: dict[RuleRef, Rate] = {}
        """Every rule that counts uses, those of shadow sets too: so far back must whoever counts look after a restart."""
        self.limits: dict[RuleRef, Who | None] = {}
        """Every limit in force, and by whom it may be waived (None: by nobody)."""
        self.asks: dict[RuleRef, Ask] = {}
        """Every ask in force."""
        self.rested: frozenset[str] = frozenset()
        """Patterns of the capabilities of which some rule wants a rest: since when they are off must outlast a restart."""
        self.timed: frozenset[str] = frozenset()
        """Patterns of the capabilities of which some rule in force wants an end after a time, whoever switched them on."""
        self.sets: tuple[str, ...] = ()
        """The names of all sets, the root first, the shadows too."""
        self._root = root
        self._unasking = unasking(root.allows)
        self._mandates = tuple(mandates)
        self._rules = rules
        self._bindings: dict[tuple[int, str, tuple[Mandate, ...]], Binding] = {}
        self._duties: dict[int, StateDuties] = {}
        self._shadow: Policy | None = None
        self._shadows: frozenset[str] = frozenset()

    def decide(self, request: AccessRequest, facts: Facts = NO_FACTS) -> Decision:
        """The decision on using `request.subject`. Never raises: what cannot be evaluated is denied.

        A refusal's findings are all its reasons, a permit's are the rules that gave it.
        """
        try:
            return self._binding(request.principal, request.subject).decide(request, facts)
        except Exception as raised:
            return Decision(Verdict.DENY, (error(EVALUATION_ERROR, raised),), self.version)

    def open_asks(self, decision: Decision) -> tuple[OpenAsk, ...]:
        """What people must be asked for `decision`, one of these rules, to become a permit. Empty for any other verdict."""
        return open_asks(self.asks, decision)

    @property
    def root(self) -> str:
        """The name of the set that allows: the household's own."""
        return self._root.set

    def asked_of(self, ref: RuleRef, chain: Sequence[Principal]) -> tuple[Principal, ...]:
        """Those of a requester's `chain` whom the ask `ref` is about; none where there is no such ask."""
        ask = self.asks.get(ref)
        return () if ask is None else ask.asked_of(chain)

    def may_approve(self, ref: RuleRef, approver: Principal, chain: Sequence[Principal]) -> bool:
        """Whether `approver` may answer the ask `ref` for a requester with this `chain` (`Principal.chain`). False where there
        is no such ask, and for software.
        """
        ask = self.asks.get(ref)
        return ask is not None and bool(chain) and ask.may_approve(approver, chain)

    def duties_of_state(self, subject: Subject, facts: Facts | None = None) -> tuple[Obligation, ...]:
        """What is owed while `subject` runs, flows or stands open, whoever caused it: its `max_on`, the shortest (of rules that
        name nobody). A rule whose `when` names hours or modes counts only where `facts` are given, if now is such a moment.
        """
        known = self._duties.get(id(subject))
        if known is None or known.subject is not subject:
            known = StateDuties.of(
                subject, self._rules.thens.concerning((), subject, matching(subject.capability))
            )
            self._duties.pop(id(subject), None)
            if len(self._duties) >= MAX_BINDINGS:
                del self._duties[next(iter(self._duties))]
            self._duties[id(subject)] = known
        return known.always if facts is None or not known.sometimes else known.at(facts)

    def cast(self, shadow: Policy, names: frozenset[str]) -> None:
        """Lets `shadow`, which takes the sets `names` in earnest, report what it would have decided."""
        self._shadow, self._shadows = shadow, names

    def shadow(self, request: AccessRequest, facts: Facts, decision: Decision) -> Decision | None:
        """What the shadow sets would have made of a `decision`, with their findings alone; None where they agree."""
        if self._shadow is None:
            return None
        would = self._shadow.decide(request, facts)
        mine = tuple(one for one in would.findings if one.set in self._shadows)
        if would.verdict >= decision.verdict:
            mine = ()
        counts = tuple(one for one in would.counts if one.set in self._shadows)
        if not mine and not counts:
            return None
        return Decision(would.verdict, mine, would.version, counts=counts)

    def may_use(self, principal: Principal, subject: Subject) -> bool:
        """Whether there is any input with which `principal` may use `subject`. For filtering descriptions."""
        try:
            return self._binding(principal, subject).is_usable
        except Exception:
            return False

    def prospect(self, principal: Principal, subject: Subject) -> Prospect:
        """What `principal` can do with `subject` at best."""
        try:
            binding = self._binding(principal, subject)
            accepted = binding.reachable.accepted
            if not binding.is_usable:
                return Prospect(Verdict.DENY, accepted, binding.hopeless())
            best = Verdict.NEEDS_APPROVAL if binding.always_asks else Verdict.PERMIT
            return Prospect(best, accepted, binding.reasons, tuple(binding.conditions()))
        except Exception as raised:
            return Prospect(Verdict.DENY, None, (error(EVALUATION_ERROR, raised),))

    def may_see(self, principal: Principal, subject: Subject) -> bool:
        """Whether `principal` may read `subject`. What is sensitive must be named exactly, or by a rule that says so."""
        try:
            patterns = matching(subject.capability)
            return all(
                any(allow.who.fits(one) and allow.covers_reading(subject, patterns) for allow in allows)
                for _, one, allows in self._grants(principal.chain, reading=True)
            )
        except Exception:
            return False

    def _grants(self, chain: Iterable[Principal], *, reading: bool = False) -> list[Grant]:
        """What must each time cover a use or a reading: the root for everybody, a set that narrows for whom it concerns, and
        what was given to one alone.
        """
        found: list[Grant] = []
        for one in chain:
            found.append((self._root.set, one, self._root.allows))
            narrowed = ((each.set, each.concerning(one)) for each in self._mandates)
            found += [(name, one, allows) for name, allows in narrowed if allows]
            for mandate in one.mandates:
                own = compiled(mandate).reads if reading else compiled(mandate).uses
                if own is not None:
                    found.append((mandate.name, one, own))
        return found

    def _binding(self, principal: Principal, subject: Subject) -> Binding:
        """What concerns this pair. The subject is known by identity (the binding holds it, so its id is not reused):
        a moved or relabelled Thing gets new subjects, and with them new bindings.
        """
        key = (id(subject), principal.id, principal.mandates)
        binding = self._bindings.get(key)
        if binding is not None and binding.subject is subject:
            known = binding.principal
            if known is principal or known == principal:
                return binding
        binding = self._bind(principal, subject)
        self._bindings.pop(key, None)
        if len(self._bindings) >= MAX_BINDINGS:
            del self._bindings[next(iter(self._bindings))]
            self.forgotten += 1
        self._bindings[key] = binding
        return binding

    def _questions(
        self, chain: Sequence[Principal], subject: Subject, patterns: Sequence[str]
    ) -> list[tuple[Ask, Sparing]]:
        """The asks about the use, each with what spares it."""
        asks = self._rules.asks.concerning(chain, subject, patterns)
        if not self._unasking:
            return [(ask, ()) for ask in asks]
        return [(ask, sparing(ask, self._unasking, chain, subject, patterns)) for ask in asks]

    def _bind(self, principal: Principal, subject: Subject) -> Binding:
        patterns, chain, rules = matching(subject.capability), principal.chain, self._rules
        limits = rules.limits.concerning(chain, subject, patterns)
        for mandate in dict.fromkeys(one for each in chain for one in each.mandates):
            limits += compiled(mandate).limits_on(chain, subject, patterns)
        return Binding(
            chain,
            subject,
            self.version,
            grants=self._grants(chain),
            limits=limits,
            asks=self._questions(chain, subject, patterns),
            thens=rules.thens.concerning(chain, subject, patterns),
        )
