"""What was seen of a command's effect, as far as its caller may see that property."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from capabilities.thing import Operation
from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.commands import Execution, Outcome, Reason
from gateway.requests import Preview
from gateway.rights import Topics
from policies.decision import Decision

_TELLS_NO_READING: Final = frozenset({Reason.NONE, Reason.ECHO_ONLY, Reason.SUPERSEDED})
"""Why a command ended, where the detail says what was asked for at the most."""


def visible(execution: Execution, adopted: Adopted | None, sees: Topics) -> Execution:
    """The execution without what it tells of properties that the caller may not see."""
    outcome, command = execution.outcome, execution.command
    if outcome is None:
        return execution
    if outcome.reading is not None and (command.thing, outcome.property) not in sees:
        outcome = _without_reading(outcome)
    if outcome.decision is not None and adopted is not None:
        operation = adopted.thing.operation(command.affordance, is_action=command.is_action)
        if operation is not None and _starts_unseen(command.thing, operation, sees):
            outcome = replace(outcome, decision=_without_value(outcome.decision))
    return execution if outcome is execution.outcome else replace(execution, outcome=outcome)


def visible_preview(preview: Preview, thing: str, operation: Operation, sees: Topics) -> Preview:
    """The same for what would happen: where that is not to be seen, `unchanged` is false, a relative command's value null."""
    if _starts_unseen(thing, operation, sees):
        preview = replace(preview, decision=_without_value(preview.decision), value=None)
    if any((thing, name) not in sees for name in _shows_in(operation)):
        preview = replace(preview, unchanged=False)
    return preview


def visible_body(thing: str, body: Mapping[str, Json], sees: Topics) -> dict[str, Json]:
    """The same for what the ledger holds of an outcome."""
    seen = body.get("seen")
    if not isinstance(seen, dict) or (thing, seen.get("property")) in sees:
        return dict(body)
    hidden = {"seen"} if body.get("reason", "") in _TELLS_NO_READING else {"seen", "detail"}
    return {name: value for name, value in body.items() if name not in hidden}


def _without_reading(outcome: Outcome) -> Outcome:
    detail = outcome.detail if outcome.reason in _TELLS_NO_READING else ""
    return replace(outcome, property="", reading=None, evidence=None, detail=detail)


def _without_value(decision: Decision) -> Decision:
    """What a relative command became is the state by another name: findings do not repeat it."""
    return replace(decision, findings=tuple(replace(finding, seen="") for finding in decision.findings))


def _starts_unseen(thing: str, operation: Operation, sees: Topics) -> bool:
    return operation.absolute is not None and (thing, operation.property) not in sees


def _shows_in(operation: Operation) -> set[str]:
    names = {operation.property, operation.effect.property if operation.effect else None}
    return {name for name in names if name} | set((operation.parts or {}).values())
