"""What of a Thing waits for a person: what it was adopted as against what is announced now."""

from __future__ import annotations

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.arrivals import recalled
from gateway.changes import differences, seal
from gateway.context import Gateway
from gateway.kinds import seen_as
from gateway.making import hazard_of


def waiting(gateway: Gateway, adopted: Adopted) -> dict[str, Json] | None:
    """`changes` in sentences; `announced`, which an acceptance may name so that it accepts nothing else; `hazard`, the worst
    that it can do, or could. None where nothing waits.
    """
    candidate = gateway.registry.inbox.get((adopted.driver, adopted.device))
    if candidate is None and adopted.suspended:  # waved away: it stays suspended, and can be accepted
        candidate = recalled(gateway, adopted.driver, adopted.device)
    if candidate is None:
        return None
    now = max((int(operation.hazard) for operation in adopted.operations()), default=0)
    then = hazard_of(seen_as(candidate.components, adopted.kinds))
    members: list[str] = []
    if set(candidate.members) != set(adopted.members):
        members = [f"it commands {', '.join(candidate.members)}; it commanded {', '.join(adopted.members)}"]
    return {
        "changes": list[Json](differences(adopted.components, candidate.components) + members),
        "announced": seal(candidate),
        "hazard": max(now, then),
    }
