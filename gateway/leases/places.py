"""What a lease holds, and what a command touches: a group is its members, too."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.adopted import Adopted
from gateway.groups import MOST_MEMBERS, commanded
from gateway.house import House
from gateway.leases.lease import Spot
from gateway.normalise import Target


def spots_of(house: House, adopted: Adopted, name: str) -> tuple[Spot, ...]:
    """The Thing's property `name` ("": all of it), and the same of a group's members."""
    if not adopted.members:
        return ((adopted.id, name),)
    found: list[Spot] = [(adopted.id, name)]
    for member in members_of(house, adopted):
        if not name or name in member.slots:
            found.append((member.id, name))
        else:
            found += [(member.id, same) for same in _alike(adopted, member, name)]
    return tuple(found)


def members_of(house: House, group: Adopted) -> Iterator[Adopted]:
    """The Things that a group commands, groups in groups included."""
    seen, waiting = {group.device}, [*group.members]
    while waiting and len(seen) <= MOST_MEMBERS:
        device = waiting.pop()
        if device in seen:
            continue
        seen.add(device)
        member = house.by_device(group.driver, device)
        if member is not None:
            waiting.extend(member.members)
            yield member


def touched(house: House, adopted: Adopted, target: Target) -> Iterator[tuple[Adopted, Target]]:
    """The Thing, and the members of a group, each with what the command does to it."""
    yield adopted, target
    if adopted.members:
        for member in commanded(house, adopted, target).members:
            yield member.adopted, member.target


def _alike(group: Adopted, member: Adopted, name: str) -> Iterator[str]:
    """A socket in a group of lamps is switched with them: `outlet.on` for `light.on`."""
    slot = group.slots.get(name)
    tail = slot.property.capability.rpartition(".")[2] if slot is not None else name
    for own, theirs in member.slots.items():
        if theirs.property.capability.rpartition(".")[2] == tail:
            yield own
