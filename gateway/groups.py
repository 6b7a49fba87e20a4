"""What a command to a group does to each of its members: a group is no way around the rules of one.

Who belongs to it is what its bridge says. A member counts by each of its operations that the command may reach: of the same
capability, else of the same name in another kind (a socket in a group of lamps is switched with them), else by those of the
parts. What cannot be told (a member that is no Thing yet, or that has other operations alone) makes the command uncertain: it
counts as hazard 2, as a component of unknown kind does. A member that is suspended stops the whole group, for it would obey.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from capabilities.errors import SchemaError
from capabilities.thing import Operation
from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.house import House
from gateway.normalise import StateUnknown, Target, resolve
from policies.decision import Finding, Remedy, Verdict

MOST_MEMBERS: Final = 256
"""Looked at for one command, groups in groups included; what goes beyond makes it uncertain. A large house has 100 lamps."""


class Member(NamedTuple):
    """An operation of a member that the command reaches. `part`: what part of the group's input it is about ("": all of it)."""

    adopted: Adopted
    target: Target
    part: str = ""


@dataclass(slots=True)
class Commanded:
    """Whom a command reaches. `uncertain` names those of whom it is not known what it does."""

    members: list[Member] = field(default_factory=list)
    suspended: list[Adopted] = field(default_factory=list)
    uncertain: list[str] = field(default_factory=list)


def commanded(house: House, group: Adopted, target: Target) -> Commanded:
    """Whom `target` of `group` reaches, groups among its members with theirs."""
    reached = Commanded()
    seen = {group.device}
    waiting = [*group.members]
    while waiting:
        device = waiting.pop()
        if device in seen:
            continue
        seen.add(device)
        member = house.by_device(group.driver, device)
        if member is None or len(seen) > MOST_MEMBERS:
            reached.uncertain.append(device)
            if len(seen) > MOST_MEMBERS:
                break
            continue
        waiting.extend(member.members)
        if member.suspended:
            reached.suspended.append(member)
            continue
        reachable = list(_reached(group, member, target))
        reached.members += reachable
        if not reachable and any(True for _ in member.operations()):
            reached.uncertain.append(device)
    return reached


def of_member(member: Member, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """A member's findings, as the group's: they say whose they are, to whoever may see that member."""
    name, operation = member.adopted.id, member.target.operation
    shows = shown_in(operation)

    def named(topic: tuple[str, str]) -> tuple[str, str]:
        return (topic[0], topic[1] or shows)

    return tuple(
        one._replace(
            seen=f"its member {name}" + (f": {one.seen}" if one.seen else ""),
            about=named(one.about) if one.about else (name, shows),
            also_about=tuple(map(named, one.also_about)),
        )
        for one in findings
    )


def suspended(member: Adopted) -> Finding:
    """Why a group stands still while one of its members waits for a person."""
    return Finding(
        "member",
        "house",
        Verdict.DENY,
        "One of its members is suspended, and would obey a command to the group",
        f"its member {member.id}: {member.suspended}",
        Remedy("a person must accept the member first, or take it out of the group"),
        about=(member.id, next(iter(member.slots), "")) if member.slots else None,
    )


def unknown(group: Adopted, operation: Operation, devices: Iterable[str], verdict: Verdict) -> Finding:
    """Why a group counts as more dangerous than it looks."""
    return Finding(
        "member",
        "house",
        verdict,
        "It is not known what this does to some of its members, so it counts as hazard 2",
        f"not known: {', '.join(devices)}",
        Remedy("adopt those members, or take them out of the group"),
        about=(group.id, shown_in(operation)),
    )


def shown_in(operation: Operation) -> str:
    """The property from which one learns that it was used; where there is none, its own name."""
    return operation.property or (operation.effect.property if operation.effect else None) or operation.name


def _reached(group: Adopted, member: Adopted, target: Target) -> Iterator[Member]:
    operation, value = target.operation, target.value
    found = list(_like(member, operation.capability, is_action=operation.is_action))
    if found:
        yield from _resolved(member, found, value)
        return
    for part, name in (operation.parts or {}).items():
        write = group.thing.writes.get(name)
        if write is not None and isinstance(value, dict) and part in value:
            like = _like(member, write.capability, is_action=False)
            yield from _resolved(member, like, value[part], part)


def _like(member: Adopted, capability: str, *, is_action: bool) -> Iterator[Operation]:
    """The operations of that capability; where there is none, those that are called so in another kind."""
    group = (member.thing.actions if is_action else member.thing.writes).values()
    same = [one for one in group if one.capability == capability]
    tail = _tail(capability)
    yield from same or [one for one in group if _tail(one.capability) == tail]


def _resolved(
    member: Adopted, operations: Iterable[Operation], value: Json, part: str = ""
) -> Iterator[Member]:
    for operation in operations:
        try:
            yield Member(member, resolve(member, operation, value), part)
        except (StateUnknown, SchemaError):  # it would be carried out as it is
            yield Member(member, Target(operation, value, (), False), part)


def _tail(capability: str) -> str:
    return capability.rpartition(".")[2]
