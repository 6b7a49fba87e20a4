"""One decision for one command, whichever door it came through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from capabilities.thing import Operation
from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.house import House
from gateway.normalise import Target
from policies import Policy, with_parts
from policies.decision import AccessRequest, Decision, Finding, Principal, RuleRef, Verdict
from policies.facts import Approval


@dataclass(frozen=True, slots=True)
class Ruling:
    """The decision, and what the shadow sets say of it: they count their own uses, and change nothing."""

    decision: Decision
    shadow: tuple[Finding, ...] = ()
    shadow_counts: tuple[RuleRef, ...] = ()

    @property
    def counts(self) -> tuple[RuleRef, ...]:
        """The rules that count the use when it is dispatched."""
        return self.decision.counts + self.shadow_counts


def decide(
    policy: Policy,
    house: House,
    principal: Principal,
    adopted: Adopted,
    target: Target,
    *,
    purpose: str = "",
    approvals: Sequence[Approval] = (),
) -> Ruling:
    """Asks the rules. An action whose input sets several properties at once needs what each of them would need alone:
    a limit on `light.brightness` also binds the brightness in `light.set`.
    """
    operation, value = target.operation, target.value
    request = AccessRequest(
        principal, adopted.subject(operation), value, target.toward_safe, _becomes(target), purpose
    )
    facts = house.facts(adopted, operation, approvals)
    whole = policy.decide(request, facts)
    shadow = policy.shadow(request, facts, whole)
    found, counts = (shadow.findings, shadow.counts) if shadow is not None else ((), ())
    if operation.parts is None or not isinstance(value, dict):
        return Ruling(whole, found, counts)
    parts: dict[str, Decision] = {}
    for member, write, part_value in _parts(adopted, operation, value):
        part = AccessRequest(principal, adopted.subject(write), part_value, purpose=purpose)
        part_facts = house.facts(adopted, write, approvals)
        parts[member] = policy.decide(part, part_facts)
        shadow = policy.shadow(part, part_facts, parts[member])
        if shadow is not None:
            found, counts = (*found, *shadow.findings), (*counts, *shadow.counts)
    return Ruling(with_parts(whole, parts), tuple(dict.fromkeys(found)), tuple(dict.fromkeys(counts)))


def permit_of_house(version: str) -> Ruling:
    """What the house itself does when a person presses the panic switch: no rule of `version` stands against standing still."""
    finding = Finding(
        "panic", "house", Verdict.PERMIT, "A person pressed the panic switch: what moves is stopped"
    )
    return Ruling(Decision(Verdict.PERMIT, (finding,), version))


def _parts(
    adopted: Adopted, operation: Operation, value: dict[str, Json]
) -> list[tuple[str, Operation, Json]]:
    return [
        (member, write, value[member])
        for member, name in (operation.parts or {}).items()
        if member in value and (write := adopted.thing.writes.get(name)) is not None
    ]


def _becomes(target: Target) -> Json:
    """What an action makes of the property in which its effect shows."""
    return target.aims[0].expected if target.operation.is_action and len(target.aims) == 1 else None
