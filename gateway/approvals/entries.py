"""What the ledger holds of approvals and grants.

intent    what is asked, bound to its digest: written before the question counts
approval  each answer (`answer`: approve or deny, `channel`: box or key, `by`, `digest`), and how a question ended otherwise
          (`ended`); of a plan also that it is asked (`asked`)
grant     a yes for a while: `given`, `ended`
"""

from __future__ import annotations

from capabilities.vocabulary import Json
from gateway.approvals.asked import Asked, End
from gateway.commands import Command
from gateway.ledger import Entry
from gateway.normalise import Target


def intent(asked: Asked, command: Command, target: Target, rules: str) -> Entry:
    """What an approval of `command` is bound to."""
    operation = target.operation
    body: dict[str, Json] = {
        "affordance": operation.name,
        "action": operation.is_action,
        "capability": operation.capability,
        "value": target.value,
        "hazard": int(operation.hazard),
        "rules": rules,
        **_bound(asked),
    }
    if command.key:
        body["key"], body["request"] = command.key, asked.request
    if command.plan:
        body["plan"], body["step"] = command.plan, command.step
    if command.lease:
        body["lease"] = command.lease
    if command.traceparent:
        body["trace"] = command.traceparent
    private: dict[str, Json] = {"purpose": command.purpose} if command.purpose else {}
    if command.evidence is not None:
        private["evidence"] = command.evidence
    return Entry(
        "intent", asked.asked_at, body, asked.waits, asked.principal.id, command.thing, private or None
    )


def asked_plan(asked: Asked, rules: str) -> Entry:
    """That people are asked for a whole plan."""
    private: dict[str, Json] = {"says": asked.shown.get("says"), "title": asked.shown.get("titled")}
    body: dict[str, Json] = {"asked": True, "plan": asked.plan, "rules": rules, **_bound(asked)}
    if worst := _worst(asked.shown.get("steps")):
        body["hazard"] = worst
    return Entry("approval", asked.asked_at, body, asked.waits, asked.principal.id, "", private)


def changed(asked: Asked, rules: str, at: float) -> Entry:
    """Other rules ask now, or ask otherwise."""
    body: dict[str, Json] = {"changed": True, "rules": rules, **_bound(asked)}
    return Entry("approval", at, body, asked.waits, asked.principal.id, asked.same.thing)


def ended(asked: Asked, end: End, why: str, by: str, at: float) -> Entry:
    """How a question ended without the answer of a person."""
    body: dict[str, Json] = {"approval": asked.id, "ended": str(end), "because": why}
    return Entry("approval", at, body, asked.waits, by, asked.same.thing)


def _worst(steps: Json) -> int:
    """The hazard of the worst of the steps."""
    found = [one.get("hazard") for one in steps if isinstance(one, dict)] if isinstance(steps, list) else []
    return max((one for one in found if isinstance(one, int)), default=0)


def _bound(asked: Asked) -> dict[str, Json]:
    body: dict[str, Json] = {
        "approval": asked.id,
        "digest": asked.digest,
        "asks": [str(ask.ref) for ask in asked.asks],
        "expires_ms": round(asked.expires_at * 1000),
    }
    if asked.secret:
        body["secret"] = True
    return body
