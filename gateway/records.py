"""What the ledger holds of a command: built here, and read back here after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from capabilities.effects import INPUT, Effect
from capabilities.vocabulary import Json
from gateway.commands import Command, Execution, Outcome
from gateway.ledger import Entry
from gateway.normalise import Aim, Target
from policies.decision import Decision, Finding

if TYPE_CHECKING:
    from capabilities.readings import Reading
    from gateway.deciding import Ruling


def dispatch(execution: Execution, target: Target, ruling: Ruling, request: str, at: float) -> Entry:
    """Written to disk before the first byte goes out; without an approval it is the intent, too. `counts` are the rules whose
    rate it counts against (`member_counts`: by the Thing of a group's member): after a restart the windows are rebuilt.
    """
    command, operation, decision = execution.command, target.operation, ruling.decision
    body: dict[str, Json] = {
        "affordance": command.affordance,
        "action": command.is_action,
        "capability": operation.capability,
        "value": target.value,
        "hazard": operation.hazard,
        "rules": decision.version,
        "findings": [f"{f.set}/{f.rule}" for f in decision.findings],
    }
    if command.key:
        body["key"], body["request"] = command.key, request
    body |= _under(execution)
    if ruling.counts:
        body["counts"] = [str(rule) for rule in ruling.counts]
    if ruling.members:
        counted = {thing: [str(rule) for rule in rules] for thing, rules in ruling.members}
        body["member_counts"] = {thing: list[Json](rules) for thing, rules in counted.items()}
    if decision.obligations:
        body["owes"] = [{"kind": o.kind, "rule": str(o.rule), "value": o.value} for o in decision.obligations]
    if ruling.shadow:
        body["shadow"] = [finding(f) for f in ruling.shadow]
    if target.aims:
        body["effects"] = [_effect(aim) for aim in target.aims]
    return _entry("dispatch", command, at, body)


def _under(execution: Execution) -> dict[str, Json]:
    """Under whose yes, plan and lease it is done."""
    command = execution.command
    under: dict[str, Json] = {}
    if execution.approvals:
        under["approvals"] = list[Json](execution.approvals)
    if command.plan:
        under["plan"], under["step"] = command.plan, command.step
    if command.task:
        under["task"] = command.task
    if command.lease:
        under["lease"] = command.lease
    return under


def _effect(aim: Aim) -> Json:
    """What must be seen. Whole milliseconds, and nothing that is none: numbers with a fraction have a slow canonical form."""
    effect: dict[str, Json] = {
        "property": aim.slot.property.name,
        "value": aim.expected,
        "within_ms": round(aim.effect.within * 1000),
    }
    if aim.effect.tolerance:
        effect["tolerance"] = aim.effect.tolerance
    if aim.effect.one_of:
        effect["one_of"] = list(aim.effect.one_of)
    return effect


def effects(body: Mapping[str, Json]) -> list[tuple[Effect, Json]]:
    """What a dispatch entry's effects were, each with the value to see."""
    listed = body.get("effects")
    return [_effect_from(one) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _effect_from(data: Mapping[str, Json]) -> tuple[Effect, Json]:
    within_ms, tolerance, one_of = data.get("within_ms"), data.get("tolerance", 0), data.get("one_of", [])
    return Effect(
        str(data["property"]),
        INPUT,
        within_ms / 1000 if isinstance(within_ms, int | float) else 0.0,
        tolerance if isinstance(tolerance, int | float) else 0.0,
        tuple(one_of) if isinstance(one_of, list) else (),
    ), data.get("value")


def outcome(execution: Execution, result: Outcome, at: float) -> Entry:
    """How it ended, and what was seen."""
    body: dict[str, Json] = {"result": result.result, "ms": round((at - execution.free_at) * 1000)}
    if execution.approved_at is not None:  # people said yes first
        body["waited_ms"] = round((execution.approved_at - execution.requested_at) * 1000)
    if result.reason:
        body["reason"] = result.reason
    if result.detail:
        body["detail"] = result.detail
    if result.reading is not None:
        body["seen"] = {"property": result.property, **_seen(result.reading), "evidence": result.evidence}
    if result.conflict is not None:
        body["conflict"] = {
            name: result.conflict[name] for name in ("kind", "lease") if name in result.conflict
        }
    command = execution.command
    if execution.dispatched_at is None:  # nothing else tells what it was
        body |= {"affordance": command.affordance, "action": command.is_action, "value": command.value}
    return Entry(
        kind="outcome",
        at=at,
        body=body,
        execution=command.id,
        principal=command.principal.id,
        thing=command.thing,
    )


def denied(command: Command, target: Target, decision: Decision, at: float) -> Entry:
    """An attempt that the rules refused, with every reason."""
    body: dict[str, Json] = {
        "affordance": command.affordance,
        "action": command.is_action,
        "capability": target.operation.capability,
        "value": target.value,
        "hazard": target.operation.hazard,
        "rules": decision.version,
        "verdict": decision.verdict.name.lower(),
        "findings": [finding(f) for f in decision.findings],
    }
    return _entry("denied", command, at, body)


def finding(f: Finding) -> Json:
    """One rule's part in a decision, as the ledger and the API show it."""
    shown: dict[str, Json] = {
        "rule": f.rule,
        "set": f.set,
        "verdict": f.verdict.name.lower().replace("_", "-"),
        "why": f.why,
        "seen": f.seen,
    }
    if f.remedy is not None:
        shown["remedy"] = {"text": f.remedy.text, "data": f.remedy.data}
    if f.unknown:
        shown["unknown"] = True
    if topics := f.tells_of:
        shown["about"] = [[thing, name] for thing, name in topics]
    return shown


def _entry(kind: str, command: Command, at: float, body: dict[str, Json]) -> Entry:
    private: dict[str, Json] | None = None
    if command.purpose or command.evidence is not None:
        private = {"purpose": command.purpose}
        if command.evidence is not None:
            private["evidence"] = command.evidence
    if command.traceparent:
        body["trace"] = command.traceparent
    return Entry(
        kind=kind,
        at=at,
        body=body,
        execution=command.id,
        principal=command.principal.id,
        thing=command.thing,
        private=private,
    )


def _seen(reading: Reading) -> dict[str, Json]:
    return {"value": reading.value, "at_ms": round(reading.observed_at * 1000), "quality": reading.quality}
