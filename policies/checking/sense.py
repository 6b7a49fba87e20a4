"""Rules whose words cannot work: asks that nobody answers, duties without a meaning, modes that exclude nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Final

from policies.checking.operations import can_restore, can_stop, operations_fitting
from policies.checking.remarks import House, Remarks
from policies.clauses import Modes
from policies.compare.books import Content, Restriction
from policies.compare.boxes import tokens
from policies.compare.restrictions import PEOPLE
from policies.compare.wording import listed
from policies.decision import Principal, Role, RuleRef
from policies.patterns import is_exact
from policies.selectors import Who
from policies.times import MODES

AT_BOX: Final = Principal("box", Role.OWNER, at_box=True)
"""Whoever is at the box answers as an owner, for everybody but themselves. What wants two people it does not answer: nobody
can tell them apart there.
"""


def answers(content: Content, remarks: Remarks, house: House | None) -> None:
    """Asks that no person can answer, and consents that no person can give."""
    for one in content.restrictions:
        if one.approver is not None:
            if not _has_person(one.approver, house):
                remarks.error(
                    one.ref, "nobody can approve: approver names no person, and software answers for nobody"
                )
            else:
                _answers_for_itself(one, remarks, house)
        if one.waivable_by is not None and not _has_person(one.waivable_by, house):
            remarks.error(
                one.ref, "nobody can lift it: waivable_by names no person, and software consents to nothing"
            )


def questions_that_are_not_spared(content: Content, remarks: Remarks) -> None:
    """What an allow says to go unasked, and is asked about all the same, or never was."""
    root, allows = content.allows[0]
    asks = {one.ref.rule: one for one in content.restrictions if one.is_ask and one.ref.set == root}
    for allow in allows:
        boxes = [box for role, name in tokens(allow.who) for box in content.uses_of(allow, role, name)]
        for ask_id in sorted(allow.unasked & asks.keys()):
            ask = asks[ask_id]
            if ask.once:
                remarks.warning(
                    allow.ref, f'"{ask_id}" asks about each use (once = true): unasked does not spare it'
                )
                continue
            # Whom an ask is about may be an agent's person: that of no role is looked at alone.
            regions = [replace(one, role=None, id=None) for one in ask.region.boxes()]
            if all(box.meet(region) is None for box in boxes for region in regions):
                remarks.note(
                    allow.ref, f'"{ask_id}" asks about nothing that it allows: unasked spares nothing'
                )


def _has_person(who: Who, house: House | None) -> bool:
    """Whether a person can be among `who`. An id is taken for a person's, unless the house knows better."""
    if who.roles & PEOPLE:
        return True
    roles = {} if house is None else house.principals
    return any(name not in roles or roles[name].is_person for name in who.ids)


def _answers_for_itself(one: Restriction, remarks: Remarks, house: House | None) -> None:
    """Who would be the only one to approve what it asks itself."""
    assert one.approver is not None
    asked = one.region.uses.who
    if one.approver.roles & PEOPLE == frozenset() and len(one.approver.ids) == 1:
        (name,) = one.approver.ids
        if asked is not None and name in asked.ids:
            remarks.warning(
                one.ref, f"{name} is asked, and nobody else may approve: nobody answers for itself"
            )
    elif house is not None:
        _answered_in(house, one, remarks)


def _answered_in(house: House, one: Restriction, remarks: Remarks) -> None:
    """Who of this house may approve: its people, and for what wants one person alone whoever is at the box."""
    assert one.approver is not None
    asked, alone = one.region.uses.who, one.approvals == 1
    principals = [Principal(name, role) for name, role in house.principals.items()]
    people = [each for each in principals if each.role.is_person and one.approver.fits(each)]
    may = [*people, AT_BOX] if alone and one.approver.fits(AT_BOX) else people
    if not may:
        remarks.warning(one.ref, "nobody in this house can approve")
    elif len(may) < one.approvals:
        few = "1 person of this house may" if len(may) == 1 else f"{len(may)} people of this house may"
        remarks.warning(
            one.ref, f"{one.approvals} people must approve, and only {few}, each with a key of their own"
        )
    elif len(may) == 1 and may != [AT_BOX] and (asked is None or asked.fits(may[0])):
        remarks.warning(one.ref, f"{may[0].id} is asked, too, and nobody else in this house may approve")


def duties_with_a_meaning(content: Content, remarks: Remarks) -> None:
    """`max_on` where there is no off, `restore` where nothing can be put back."""
    for one in content.duties:
        for kind, can, text in (
            ("max_on", can_stop, "there is no off for {}, so max_on does nothing there"),
            ("restore", can_restore, "nothing of {} can be put back, so restore does nothing there"),
        ):
            exact = [
                each
                for pattern in one.region.uses.on
                if is_exact(pattern)
                for each in operations_fitting(pattern)
            ]
            lost = sorted(each.capability for each in exact if not can(each))
            if kind in one.owed and lost:
                remarks.warning(one.ref, text.format(listed(lost)))


def modes_that_exclude_nothing(content: Content, remarks: Remarks) -> None:
    for one in content.restrictions:
        for condition in one.conditions:
            if isinstance(condition, Modes) and set(condition.modes) >= set(MODES):
                remarks.note(one.ref, "modes names every mode: it only holds while the mode is not known")


def doubled_ids(refs: list[RuleRef], remarks: Remarks) -> None:
    """Ids that several sets use: each finding names its set, but people say only the rule."""
    by_id: dict[str, list[RuleRef]] = defaultdict(list)
    for ref in sorted(refs):
        by_id[ref.rule].append(ref)
    for rule, found in by_id.items():
        for ref in found[1:]:
            remarks.note(ref, f'set "{found[0].set}" has a rule "{rule}", too: another id tells them apart')
