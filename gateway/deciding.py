"""One decision for one command, whichever door it came through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from capabilities.thing import Operation
from capabilities.vocabulary import Hazard, Json
from gateway.adopted import Adopted
from gateway.groups import Commanded, commanded, of_member, suspended, unknown
from gateway.house import House
from gateway.normalise import Target
from gateway.uses import Counted
from policies import Policy, strictest, with_parts
from policies.decision import AccessRequest, Decision, Finding, Principal, RuleRef, Verdict
from policies.facts import Approval
from policies.mandates import bounds_values

OF_HOUSE: Final = {
    "panic": "A person pressed the panic switch: what moves is stopped",
    "max_on": "It ran for as long as a rule lets it: it is switched off",
    "restore": "A rule wants it put back as it was after this time",
}
"""What the house does by itself, and why."""


UNSEEN: Final = Finding(
    "relative",
    "handed-on",
    Verdict.DENY,
    "Values are bounded by what was handed on: a toggle or a step needs the right to read what it starts from",
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """The decision, and what the shadow sets say of it: they count their own uses, and change nothing. `members` are, by Thing,
    the rules that count it as a use of a group's member.
    """

    decision: Decision
    shadow: tuple[Finding, ...] = ()
    shadow_counts: tuple[RuleRef, ...] = ()
    members: tuple[tuple[str, tuple[RuleRef, ...]], ...] = ()

    @property
    def counts(self) -> tuple[RuleRef, ...]:
        """The rules that count the use when it is dispatched."""
        return self.decision.counts + self.shadow_counts

    def counted(self, thing: str) -> Counted:
        """The same, each with the Thing of which it counts: `thing` itself, and a group's members."""
        own = tuple((rule, thing) for rule in self.counts)
        return own + tuple((rule, member) for member, rules in self.members for rule in rules)


def decide(
    policy: Policy,
    house: House,
    principal: Principal,
    adopted: Adopted,
    target: Target,
    *,
    purpose: str = "",
    approvals: Sequence[Approval] = (),
) -> Ruling:
    """Asks the rules. An action whose input sets several properties at once needs what each of them would need alone:
    a limit on `light.brightness` also binds the brightness in `light.set`. A group needs what each of its members would need,
    and its findings say which: it is no way around a member's rules.
    """
    if target.relative and _feels_its_way(policy, principal, adopted, target):
        return Ruling(Decision(Verdict.DENY, (UNSEEN,), policy.version))
    if not adopted.members:
        return alone(policy, house, principal, adopted, target, purpose=purpose, approvals=approvals)
    of_one = partial(alone, policy, house, principal, purpose=purpose, approvals=approvals)
    return _together(of_one, adopted, target, commanded(house, adopted, target))


def _feels_its_way(policy: Policy, principal: Principal, adopted: Adopted, target: Target) -> bool:
    """Whether the answer would tell a state that `principal` may not read: by bounds of its own making, whoever hands on could
    find out with a few steps what a value is.
    """
    seen = adopted.readable().get(target.operation.name)
    return bounds_values(principal) and (seen is None or not policy.may_see(principal, seen))


def permit_of_house(version: str, why: str) -> Ruling:
    """What the house itself does: no rule of `version` stands against it. `why` is one of `OF_HOUSE`."""
    finding = Finding(why, "house", Verdict.PERMIT, OF_HOUSE[why])
    return Ruling(Decision(Verdict.PERMIT, (finding,), version))


def alone(
    policy: Policy,
    house: House,
    principal: Principal,
    adopted: Adopted,
    target: Target,
    *,
    purpose: str = "",
    approvals: Sequence[Approval] = (),
    at_least: Hazard | None = None,
) -> Ruling:
    """As `decide`, but for a group without its members. `at_least`: how dangerous it is where not all is known of them."""
    operation, value = target.operation, target.value
    subject = adopted.subject(operation)
    if at_least is not None and subject.hazard < at_least:
        subject = replace(subject, hazard=at_least)
    request = AccessRequest(principal, subject, value, target.toward_safe, _becomes(target), purpose)
    facts = house.facts(adopted, operation, approvals)
    whole = policy.decide(request, facts)
    shadow = policy.shadow(request, facts, whole)
    found, counts = (shadow.findings, shadow.counts) if shadow is not None else ((), ())
    if operation.parts is None or not isinstance(value, dict):
        return Ruling(whole, found, counts)
    parts: dict[str, Decision] = {}
    for member, write, part_value in _parts(adopted, operation, value):
        part = AccessRequest(principal, adopted.subject(write), part_value, purpose=purpose)
        part_facts = house.facts(adopted, write, approvals)
        parts[member] = policy.decide(part, part_facts)
        shadow = policy.shadow(part, part_facts, parts[member])
        if shadow is not None:
            found, counts = (*found, *shadow.findings), (*counts, *shadow.counts)
    return Ruling(with_parts(whole, parts), tuple(dict.fromkeys(found)), tuple(dict.fromkeys(counts)))


def _together(of_one: Callable[..., Ruling], group: Adopted, target: Target, reached: Commanded) -> Ruling:
    """The strictest of what holds for the group and for each member. Who belongs to it, and what is said of them, may change
    before it is sent: it is decided once more then.
    """
    whole = of_one(group, target, at_least=Hazard.PROPERTY if reached.uncertain else None)
    decision, shadow = whole.decision, list(whole.shadow)
    if reached.uncertain and not decision.permitted:
        known = of_one(group, target).decision
        if known.verdict is not decision.verdict:
            why = unknown(group, target.operation, reached.uncertain, decision.verdict)
            decision = decision._replace(findings=(why, *decision.findings))
    counts: dict[str, dict[RuleRef, None]] = {}
    owns: dict[str, list[Decision]] = {}  # by part of the input
    for member in reached.members:
        ruling = of_one(member.adopted, member.target)
        counts.setdefault(member.adopted.id, {}).update(dict.fromkeys(ruling.counts))
        shadow += of_member(member, ruling.shadow)
        own = ruling.decision  # it counts its uses itself
        own = own._replace(findings=of_member(member, own.findings), counts=())
        owns.setdefault(member.part, []).append(own)
    stopped = [Decision(Verdict.DENY, (suspended(one),), decision.version) for one in reached.suspended]
    decision = strictest([decision, *owns.pop("", ()), *stopped])
    if owns:
        decision = with_parts(decision, {part: strictest(found) for part, found in owns.items()})
    return Ruling(
        decision._replace(rests_on_facts=True),
        tuple(dict.fromkeys(shadow)),
        whole.shadow_counts,
        tuple((thing, tuple(rules)) for thing, rules in counts.items() if rules),
    )


def _parts(
    adopted: Adopted, operation: Operation, value: dict[str, Json]
) -> list[tuple[str, Operation, Json]]:
    return [
        (member, write, value[member])
        for member, name in (operation.parts or {}).items()
        if member in value and (write := adopted.thing.writes.get(name)) is not None
    ]


def _becomes(target: Target) -> Json:
    """What an action makes of the property in which its effect shows."""
    return target.aims[0].expected if target.operation.is_action and len(target.aims) == 1 else None
