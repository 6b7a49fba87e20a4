"""One decision for one command, whichever door it came through."""

from __future__ import annotations

from dataclasses import replace

from gateway.adopted import Adopted
from gateway.normalise import Target
from policies import Policy
from policies.decision import AccessRequest, Decision, Principal


def decide(policy: Policy, principal: Principal, adopted: Adopted, target: Target) -> Decision:
    """Asks the rules. An action whose input sets several properties at once needs what each of them would need alone:
    a limit on `light.brightness` also binds the brightness in `light.set`.
    """
    operation, value = target.operation, target.value
    decision = policy.decide(AccessRequest(principal, adopted.subject(operation), value, target.toward_safe))
    if operation.parts is None or not isinstance(value, dict):
        return decision
    for member, name in operation.parts.items():
        write = adopted.thing.writes.get(name)
        if member in value and write is not None:
            part = policy.decide(AccessRequest(principal, adopted.subject(write), value[member]))
            decision = _strictest(decision, part)
    return decision


def _strictest(first: Decision, second: Decision) -> Decision:
    """Both must hold: the stricter verdict, every finding, every obligation."""
    return replace(
        first,
        verdict=min(first.verdict, second.verdict),
        findings=first.findings + tuple(f for f in second.findings if f not in first.findings),
        obligations=first.obligations + second.obligations,
        accepted=first.accepted if first.verdict <= second.verdict else second.accepted,
    )
