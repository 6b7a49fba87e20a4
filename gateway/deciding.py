"""One decision for one command, whichever door it came through."""

from __future__ import annotations

from gateway.adopted import Adopted
from gateway.normalise import Target
from policies import Policy, with_parts
from policies.decision import AccessRequest, Decision, Principal


def decide(policy: Policy, principal: Principal, adopted: Adopted, target: Target) -> Decision:
    """Asks the rules. An action whose input sets several properties at once needs what each of them would need alone:
    a limit on `light.brightness` also binds the brightness in `light.set`.
    """
    operation, value = target.operation, target.value
    whole = policy.decide(AccessRequest(principal, adopted.subject(operation), value, target.toward_safe))
    if operation.parts is None or not isinstance(value, dict):
        return whole
    parts: dict[str, Decision] = {}
    for member, name in operation.parts.items():
        write = adopted.thing.writes.get(name)
        if member in value and write is not None:
            parts[member] = policy.decide(AccessRequest(principal, adopted.subject(write), value[member]))
    return with_parts(whole, parts)
