"""What is told of a command, its reasons and its effect, as far as the caller may see what they tell of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from capabilities.thing import Operation
from capabilities.vocabulary import Json
from gateway.api.auth import manages
from gateway.commands import Execution, Outcome, Reason, Result
from gateway.context import Gateway
from gateway.ledger import Record
from gateway.observers import Topic
from gateway.requests import Preview
from policies import Principal
from policies.asking import approval_in_words
from policies.decision import Decision, Finding, Remedy

_TELLS_NO_READING: Final = frozenset({Reason.NONE, Reason.ECHO_ONLY, Reason.SUPERSEDED})
"""Why a command ended, where the detail says what was asked for at the most."""

_LISTS_OF_FINDINGS: Final = ("findings", "shadow")
"""Members of an entry in the ledger."""


class Sight:
    """What one caller may be told of the state of the house."""

    __slots__ = ("_principal", "_registry", "sees")

    def __init__(self, gateway: Gateway, principal: Principal) -> None:
        self._principal = principal
        self._registry = gateway.registry
        self.sees = gateway.rights.of(principal).sees

    def execution(self, execution: Execution) -> Execution:
        """The execution without what it tells of properties that the caller may not see."""
        outcome, command = execution.outcome, execution.command
        if outcome is None:
            return execution
        if outcome.reading is not None and (command.thing, outcome.property) not in self.sees:
            outcome = _without_reading(outcome)
        operation = self._operation(command.thing, command.affordance, command.is_action)
        if outcome.reason is Reason.UNCHANGED and not self._may_know(command.thing, operation):
            outcome = replace(outcome, result=Result.CONFIRMED, reason=Reason.NONE, detail="")
        if outcome.decision is not None:
            decision = self.decision(outcome.decision, command.thing, operation)
            if decision is not outcome.decision:
                outcome = replace(outcome, decision=decision)
        return execution if outcome is execution.outcome else replace(execution, outcome=outcome)

    def preview(self, preview: Preview, thing: str, operation: Operation) -> Preview:
        """The same for what would happen: where that is not to be seen, `unchanged` is false, and a relative command's value
        null.
        """
        decision = self.decision(preview.decision, thing, operation)
        hidden = self._starts_unseen(thing, operation)
        unchanged = preview.unchanged and self._sees_all(thing, operation)
        obstacle = preview.obstacle
        if obstacle is not None and obstacle.reading is not None and not self._sees_all(thing, operation):
            obstacle = _without_reading(obstacle)
        value = None if hidden else preview.value
        return replace(preview, decision=decision, value=value, unchanged=unchanged, obstacle=obstacle)

    def decision(self, decision: Decision, thing: str, operation: Operation | None) -> Decision:
        """The reasons as far as the caller may see what they look at, when `operation` of `thing` is used."""
        relative = operation is not None and self._starts_unseen(thing, operation)
        findings = tuple(self._finding(one, thing, operation, relative) for one in decision.findings)
        accepted = decision.accepted
        if decision.rests_on_facts and operation is not None and not self._sees_all(thing, operation):
            accepted = None  # around the present value, perhaps
        if accepted is decision.accepted and all(map(_is, findings, decision.findings)):
            return decision
        return decision._replace(findings=findings, accepted=accepted)

    def body(self, record: Record) -> dict[str, Json]:
        """What the ledger holds of a command."""
        body, thing = dict(record.body), record.thing
        if record.kind == "intent":  # whoever asks people gets nothing in hand
            body = {name: value for name, value in body.items() if name not in {"approval", "digest"}}
        seen = body.get("seen")
        if isinstance(seen, dict) and (thing, seen.get("property")) not in self.sees:
            del body["seen"]
            if body.get("reason", "") not in _TELLS_NO_READING:
                body.pop("detail", None)
        operation = self._operation(thing, str(body.get("affordance")), bool(body.get("action")))
        if body.get("reason") == Reason.UNCHANGED and not self._may_know(thing, operation):
            body |= {"result": str(Result.CONFIRMED)}
            body = {name: value for name, value in body.items() if name not in {"reason", "detail", "ms"}}
        for name in _LISTS_OF_FINDINGS:
            if isinstance(listed := body.get(name), list):
                body[name] = [self._recorded(one, thing, operation) for one in listed]
        return body

    def may_tell(self, topics: Iterable[Topic], thing: str, operation: Operation | None) -> bool:
        """Whether the caller may learn the state of all `topics`; the name "" is what `operation` of `thing` changes."""
        return all(
            operation is not None and self._sees_all(thing, operation) if not name else self._knows(of, name)
            for of, name in topics
        )

    def _finding(self, finding: Finding, thing: str, operation: Operation | None, relative: bool) -> Finding:
        if not self.may_tell(finding.tells_of, thing, operation):
            return finding._replace(
                seen="", remedy=_approval_of(finding), unknown=False, about=None, also_about=()
            )
        # What a relative command became is the state by another name.
        return finding._replace(seen="") if relative and finding.seen else finding

    def _recorded(self, finding: Json, thing: str, operation: Operation | None) -> Json:
        if not isinstance(finding, dict):
            return finding
        about = finding.get("about")
        topics = (
            [(str(one[0]), str(one[1])) for one in about or () if isinstance(one, list)]
            if isinstance(about, list)
            else []
        )
        shown = dict(finding)
        if not self.may_tell(topics, thing, operation):
            for name in ("remedy", "unknown", "about"):
                shown.pop(name, None)
            shown["seen"] = ""
            remedy = finding.get("remedy")
            if (kept := _approval(remedy.get("data") if isinstance(remedy, dict) else None)) is not None:
                shown["remedy"] = {"text": kept.text, "data": kept.data}
        elif operation is not None and self._starts_unseen(thing, operation):
            shown["seen"] = ""
        return shown

    def _knows(self, thing: str, name: str) -> bool:
        if (thing, name) in self.sees:
            return True
        adopted = self._registry.get(thing)
        # Who may read the rules may learn that they name what is not there.
        return manages(self._principal) and (adopted is None or name not in adopted.slots)

    def _operation(self, thing: str, affordance: str, is_action: bool) -> Operation | None:
        adopted = self._registry.get(thing)
        return None if adopted is None else adopted.thing.operation(affordance, is_action=is_action)

    def _may_know(self, thing: str, operation: Operation | None) -> bool:
        """Whether the caller may be told that it was so already: that is the state by another name."""
        return operation is not None and self._sees_all(thing, operation)

    def _starts_unseen(self, thing: str, operation: Operation) -> bool:
        return operation.absolute is not None and (thing, operation.property) not in self.sees

    def _sees_all(self, thing: str, operation: Operation) -> bool:
        return all((thing, name) in self.sees for name in shows_in(operation))


def _is(one: object, other: object) -> bool:
    return one is other


def _approval_of(finding: Finding) -> Remedy | None:
    """Of a remedy, whom one may ask: that tells no state."""
    return _approval(finding.remedy.data) if finding.remedy is not None else None


def _approval(data: Json) -> Remedy | None:
    approvers = data.get("approver") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(approvers, list):
        return None
    wanted, once = data.get("approvals", 1), data.get("once")
    count = wanted if isinstance(wanted, int) else 1
    return Remedy(approval_in_words([str(one) for one in approvers], count, once=once is True), data)


def _without_reading(outcome: Outcome) -> Outcome:
    detail = outcome.detail if outcome.reason in _TELLS_NO_READING else ""
    return replace(outcome, property="", reading=None, evidence=None, detail=detail)


def shows_in(operation: Operation) -> set[str]:
    """The properties of its Thing from which one learns that it was used, and how."""
    names = {operation.property, operation.effect.property if operation.effect else None}
    return {name for name in names if name} | set((operation.parts or {}).values())
