"""What somebody may do now: on which Things, within which bounds and conditions, and what stands against it at the moment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from capabilities.errors import SchemaError
from capabilities.thing import Operation
from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.api.obligations import owed_on
from gateway.api.seen import Sight
from gateway.context import Gateway
from gateway.deciding import decide
from gateway.groups import shown_in
from gateway.normalise import StateUnknown, Target, resolve
from gateway.records import finding
from gateway.rulebook.probes import probes
from policies import Accepted, Decision, Principal, Verdict
from policies.decision import Finding
from policies.policy import Prospect

HIDDEN: Final = "only under a condition on something that this caller may not see"

_TOPIC: Final = re.compile(r"(?<![\w.-])([A-Za-z][\w-]*)\.([A-Za-z_]\w*)")
"""How a condition names another Thing's property; `its.` stands for the Thing's own."""


class Explainer:
    """Explains `principal` to `asker`, who is told no state, and with `all_rules` unset no Thing, that is not theirs to see."""

    def __init__(self, gateway: Gateway, asker: Principal, principal: Principal, *, all_rules: bool) -> None:
        self._gateway = gateway
        self._policy = gateway.policy
        self._asker = asker
        self._principal = principal
        self._all_rules = all_rules
        self._sight = Sight(gateway, asker)
        self._shown = gateway.rights.of(asker if all_rules else principal)

    def things(self, wanted: str = "") -> Iterator[dict[str, Json]]:
        """Every Thing (or the one that is `wanted`) that the principal may do something with; for a reader of the rules also
        what it may not use, and why.
        """
        order = sorted(
            self._gateway.registry, key=lambda one: (one.room.casefold(), one.title.casefold(), one.id)
        )
        for adopted in order:
            if self._shown.show(adopted.id) and wanted in {"", adopted.id}:
                yield self.thing(adopted)

    def thing(self, adopted: Adopted) -> dict[str, Json]:
        """One Thing, of which it was asked already whether it may be shown."""
        uses: list[Json] = []
        denied: list[Json] = []
        for operation in adopted.operations():
            shown = self._use(adopted, operation)
            (uses if "conditions" in shown else denied).append(shown)
        readable = adopted.readable().items()
        sees = [name for name, subject in readable if self._policy.may_see(self._principal, subject)]
        thing: dict[str, Json] = {
            "id": adopted.id,
            "title": adopted.title,
            "kind": adopted.thing.kind,
            "room": adopted.room,
            "labels": [*sorted(adopted.labels)],
            "suspended": adopted.suspended,
            "reachable": adopted.reach.reachable,
            "sees": [*sees],
            "uses": uses,
            "owed": list[Json](owed_on(self._gateway, adopted.id, self._asker)),
        }
        if self._all_rules:
            thing["unseen"] = [name for name, _ in readable if name not in sees]
            thing["denied"] = denied
        return thing

    def _use(self, adopted: Adopted, operation: Operation) -> dict[str, Json]:
        prospect = self._prospect(adopted, operation)
        shown: dict[str, Json] = {
            "name": operation.name,
            "action": operation.is_action,
            "capability": operation.capability,
            "hazard": int(operation.hazard),
            "verdict": _word(prospect.verdict),
        }
        if prospect.verdict is Verdict.DENY:
            return shown | {"reasons": [finding(one) for one in prospect.reasons]}
        rules: list[Json] = [f"{one.set}/{one.rule}" for one in prospect.reasons]
        conditions: list[Json] = [self._condition(one, adopted.id) for one in prospect.conditions]
        shown |= {"accepted": bounds(prospect.accepted), "conditions": conditions, "rules": rules}
        return shown | {"now": self._now(adopted, operation, prospect.verdict, prospect.accepted)}

    def _prospect(self, adopted: Adopted, operation: Operation) -> Prospect:
        """What the rules make of it: a toggle is the write that it becomes, and an action that sets several properties needs
        what each of them would need alone.
        """
        policy, principal, writes = self._policy, self._principal, adopted.thing.writes
        if operation.absolute is not None and (write := writes.get(operation.property or "")) is not None:
            relative = policy.prospect(principal, adopted.subject(write))
            own = policy.prospect(principal, adopted.subject(operation))
            return relative if own.verdict is not Verdict.DENY else own
        whole = policy.prospect(principal, adopted.subject(operation))
        if whole.verdict is Verdict.DENY:
            return whole
        members = dict(whole.accepted.members) if whole.accepted is not None else {}
        conditions = [*whole.conditions]
        for member, name in (operation.parts or {}).items():
            if (part := writes.get(name)) is None:
                continue
            own = policy.prospect(principal, adopted.subject(part))
            if own.verdict is Verdict.DENY:
                conditions.append(f"only without {member}")
                continue
            conditions += [f"{member}: {one}" for one in own.conditions if one not in whole.conditions]
            if own.accepted is not None:
                members[member] = own.accepted
        accepted = replace(whole.accepted or Accepted(), members=members) if members else whole.accepted
        return whole._replace(accepted=accepted, conditions=tuple(conditions))

    def _condition(self, text: str, thing: str) -> str:
        if self._all_rules:
            return text
        topics = [(of, name) for of, name in _TOPIC.findall(text) if of != "its"]
        return text if self._sight.may_tell(topics, thing, None) else HIDDEN

    def _now(self, adopted: Adopted, operation: Operation, best: Verdict, accepted: Accepted | None) -> Json:
        """What stands at this moment against the best that the rules allow; null where nothing does. With `value` it stands
        against this alone: a pump may be switched off, and not on.
        """
        known = [
            (value, decision)
            for value in probes(adopted, operation, accepted)
            if (decision := self._decide(adopted, operation, value)) is not None
        ]
        if not known:
            return None
        easiest = max((decision for _, decision in known), key=lambda one: one.verdict)
        if easiest.verdict < best:
            return self._against(easiest, adopted, operation)
        held = (decision for value, decision in known if value is True and decision.verdict < best)
        start = next(held, None)
        return None if start is None else self._against(start, adopted, operation) | {"value": True}

    def _against(self, decided: Decision, adopted: Adopted, operation: Operation) -> dict[str, Json]:
        decision = self._sight.decision(decided, adopted.id, operation)
        reasons: list[Json] = [finding(one) for one in decision.findings if one.verdict is decision.verdict]
        return {"verdict": _word(decision.verdict), "reasons": reasons}

    def _decide(self, adopted: Adopted, operation: Operation, value: Json) -> Decision | None:
        try:
            target = resolve(adopted, operation, operation.check(value))
        except (SchemaError, StateUnknown):
            return None
        decision = decide(self._policy, self._gateway.house, self._principal, adopted, target).decision
        return self._unless_unkept(adopted, target, decision) if decision.obligations else decision

    def _unless_unkept(self, adopted: Adopted, target: Target, decision: Decision) -> Decision:
        """What would owe what cannot be kept is refused, whatever the rules say else."""
        if decision.verdict is Verdict.DENY:
            return decision
        lack = self._gateway.obligations.lacking(self._principal, adopted, target, decision)
        if lack is None:
            return decision
        rule, about = lack.duty.rule, (adopted.id, shown_in(target.operation))
        why = "What it would owe cannot be kept"
        reason = Finding(rule.rule, rule.set, Verdict.DENY, why, lack.text, about=about)
        return decision._replace(verdict=Verdict.DENY, findings=(reason,))


def bounds(accepted: Accepted | None) -> Json:
    """`minimum`, `maximum`, `one_of`, and `members` with the same for members of the input; null for no bound."""
    if accepted is None:
        return None
    shown: dict[str, Json] = {"minimum": accepted.minimum, "maximum": accepted.maximum}
    if accepted.one_of is not None:
        shown["one_of"] = [*accepted.one_of]
    if accepted.members:
        shown["members"] = {name: bounds(one) for name, one in accepted.members.items()}
    return {name: value for name, value in shown.items() if value is not None} or None


def _word(verdict: Verdict) -> str:
    return verdict.name.lower().replace("_", "-")
