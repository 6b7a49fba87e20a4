"""What one use owes, and on which Things: a group's use is one of its members, too, and each owes by its own rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.deciding import alone
from gateway.duties import LASTING
from gateway.groups import commanded
from gateway.normalise import Target
from gateway.obligations.endings import Ending, ending_of, lacking, switch_of, way_to
from gateway.obligations.owed import MAX_ON, RESTORE, Step
from gateway.parts import Parts
from gateway.state import Slot
from policies.decision import Decision, Obligation, Principal


class Use(NamedTuple):
    """What `target` on one Thing owes."""

    adopted: Adopted
    target: Target
    duties: tuple[Obligation, ...]


class Back(NamedTuple):
    """How one property is put back: `slot` shows what the use made of it (`made`), `step` undoes that."""

    slot: Slot
    made: Json
    step: Step


class Lack(NamedTuple):
    """A duty that cannot be kept, and why, in a sentence."""

    duty: Obligation
    text: str


class Unkept(Exception):
    """It cannot be kept; the text says what is missing, as the end of a sentence."""


def uses_of(
    parts: Parts, principal: Principal, adopted: Adopted, target: Target, decision: Decision
) -> Iterator[Use]:
    """The Thing's own duties, and those of a group's members."""
    if not adopted.members:
        yield Use(adopted, target, _lasting(decision))
        return
    policy, house = parts.policy(), parts.house
    own = alone(policy, house, principal, adopted, target).decision
    told = tuple(duty for duty in decision.obligations if duty.kind == "notify")
    yield Use(adopted, target, (*(d for d in _lasting(own) if d.kind != "notify"), *told))
    for member in commanded(house, adopted, target).members:
        of_member = alone(policy, house, principal, member.adopted, member.target).decision
        duties = tuple(d for d in _lasting(of_member) if d.kind != "notify")
        if duties:
            yield Use(member.adopted, member.target, duties)


def unkept(use: Use) -> Lack | None:
    """What is missing to keep the duties of a use; None where nothing is."""
    for duty in use.duties:
        try:
            if duty.kind == MAX_ON:
                end_of(use)
            elif duty.kind == RESTORE:
                backs_of(use)
        except Unkept as error:
            text = (
                f"rule {duty.rule} wants it to be so that it {duty.say()}, and that cannot be kept: {error}"
            )
            return Lack(duty, text)
    return None


def end_of(use: Use) -> Ending:
    """What ends it. Raises `Unkept`."""
    ending = ending_of(use.adopted, use.target.operation)
    if ending is None:
        raise Unkept(lacking(use.adopted, use.target.operation))
    return ending


def backs_of(use: Use) -> tuple[Back, ...]:
    """How each property that it changes is put back; nothing where it changes none. Raises `Unkept`."""
    adopted, target = use.adopted, use.target
    if not target.aims:
        raise Unkept(f"what {target.operation.name} of {adopted.id} changes cannot be seen")
    backs: dict[tuple[str, bool, str], Back] = {}
    for aim in target.aims:
        back = _back(adopted, aim.slot, aim.expected)
        if back is not None:
            backs.setdefault((back.step.name, back.step.is_action, repr(back.step.value)), back)
    return tuple(backs.values())


def _back(adopted: Adopted, slot: Slot, made: Json) -> Back | None:
    switch = switch_of(adopted, slot.property.component)
    if switch is not None and switch[1] is not slot:
        write, shown = switch
        if _known(adopted, shown) is False:  # what was off is off again, however bright it was made
            return Back(slot, made, Step(write.name, write.is_action, False))
    before = _known(adopted, slot)
    if before == made:
        return None
    way = way_to(adopted, slot, before)
    if way is None:
        name = slot.property.name
        raise Unkept(f"{adopted.id} has nothing that makes its {name} {_shown(before)} again")
    operation, value = way
    return Back(slot, made, Step(operation.name, operation.is_action, value))


def _known(adopted: Adopted, slot: Slot) -> Json:
    reading = slot.trusted
    if reading is None:
        name = slot.property.name
        raise Unkept(f"there is no good reading of {adopted.id}'s {name}, so nobody knows what it was")
    return reading.value


def _lasting(decision: Decision) -> tuple[Obligation, ...]:
    return tuple(duty for duty in decision.obligations if duty.kind in LASTING)


def _shown(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)[:60]
