"""What was seen of a command's effect, as far as its caller may see that property."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from capabilities.vocabulary import Json
from gateway.commands import Execution, Outcome, Reason
from gateway.rights import Topics

_TELLS_NO_READING: Final = frozenset({Reason.NONE, Reason.ECHO_ONLY, Reason.SUPERSEDED})
"""Why a command ended, where the detail says what was asked for at the most."""


def visible(execution: Execution, sees: Topics) -> Execution:
    """The execution without a reading that the caller may not see."""
    outcome = execution.outcome
    if outcome is None or outcome.reading is None or (execution.command.thing, outcome.property) in sees:
        return execution
    return replace(execution, outcome=_without_reading(outcome))


def _without_reading(outcome: Outcome) -> Outcome:
    detail = outcome.detail if outcome.reason in _TELLS_NO_READING else ""
    return replace(outcome, property="", reading=None, evidence=None, detail=detail)


def visible_body(thing: str, body: Mapping[str, Json], sees: Topics) -> dict[str, Json]:
    """The same for what the ledger holds of an outcome."""
    seen = body.get("seen")
    if not isinstance(seen, dict) or (thing, seen.get("property")) in sees:
        return dict(body)
    hidden = {"seen"} if body.get("reason", "") in _TELLS_NO_READING else {"seen", "detail"}
    return {name: value for name, value in body.items() if name not in hidden}
