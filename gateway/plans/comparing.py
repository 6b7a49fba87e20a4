"""What became worse between prepare and commit."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from capabilities.vocabulary import Json
from gateway.commands import Reason
from gateway.plans.plan import Call
from gateway.plans.preparing import Draft, Foreseen
from policies.decision import Verdict

BLOCKING = frozenset(
    {Reason.CONFLICT, Reason.SUSPENDED, Reason.OBLIGATION, Reason.STATE_UNKNOWN, Reason.STALE_LEASE}
)
"""Obstacles that do not pass by waiting a little."""


def worse(before: Draft, now: Draft) -> list[str]:
    """In sentences, by step; empty where nothing did. Where a step starts from does not matter."""
    old = {one.step.id: one for one in before.foreseen}
    found: list[str] = []
    for fresh in now.foreseen:
        known = old.pop(fresh.step.id, None)
        if known is None:
            found.append(f"step {fresh.step.id} ({fresh.step.call.thing}) is new: a selection finds it now")
        else:
            found += [f"step {fresh.step.id}: {what}" for what in _differences(known, fresh)]
    found += [f"step {name} is no more: a selection does not find it now" for name in old]
    return found


def blocked(draft: Draft) -> list[str]:
    """Why it cannot be committed as it is; empty where it can."""
    found = []
    for one in draft.foreseen:
        if one.decision.verdict is Verdict.DENY:
            why = next(
                (f.why for f in one.decision.findings if f.verdict is Verdict.DENY), "no rule allows it"
            )
            found.append(f"step {one.step.id} is not allowed: {why}")
        elif one.obstacle is not None and one.obstacle.reason in BLOCKING:
            found.append(f"step {one.step.id}: {one.obstacle.detail or one.obstacle.reason}")
    return found


def _differences(old: Foreseen, new: Foreseen) -> Iterator[str]:
    if new.decision.verdict < old.decision.verdict:
        yield f"the rules say {new.step.verdict} now, they said {old.step.verdict}"
    if new.step.call != old.step.call:
        yield f"it would be {_said(new.step.call)} now, it was {_said(old.step.call)}"
    stands = new.obstacle is not None and new.obstacle.reason in BLOCKING
    stood = old.obstacle is not None and old.obstacle.reason in BLOCKING
    if stands and not stood and new.obstacle is not None:
        yield f"something stands in its way now: {new.obstacle.detail or new.obstacle.reason}"


def _said(call: Call) -> str:
    value: Json = call.value
    return call.affordance if value is None else f"{call.affordance} {orjson.dumps(value).decode()}"
