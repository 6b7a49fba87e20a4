"""What keeps software from using a Thing for now: an end that is under way or has failed, or a time that is used up."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.adopted import Adopted
from gateway.groups import commanded
from gateway.normalise import Target
from gateway.obligations.core import Core
from gateway.obligations.owed import FAILED, MAX_ON, Owed
from gateway.obligations.uses import Use, end_of
from policies.times import in_words


def trouble(core: Core, adopted: Adopted, target: Target) -> str:
    """Why it waits for an end that is owed on the Thing or on a group's member; "" where it would end that itself."""
    troubled, parts = core.book.troubled, core.parts
    for thing in _reached(core, adopted):
        here = list(troubled.get(thing, {}).values())
        if not here:
            continue
        targets = [target]
        if thing != adopted.id:
            reached = commanded(parts.house, adopted, target).members
            targets = [one.target for one in reached if one.adopted.id == thing]
        if not any(_ends(owed, one) for owed in here for one in targets):
            return _told(core, here[0])
    return ""


def spent(core: Core, uses: Iterable[Use]) -> str:
    """Why software waits until something has rested; "" where it need not."""
    for use in uses:
        for duty in use.duties:
            if duty.kind != MAX_ON or not isinstance(duty.value, int | float):
                continue
            topic = end_of(use).slot.topic
            rest = core.resting.at(topic)
            if rest is not None and core.resting.is_spent(topic, duty.value):
                until = core.parts.house.time.told(core.resting.over_at(rest))
                return (
                    f"{use.adopted.id} was on for {in_words(rest.used)}, and rule {duty.rule} lets it be on for "
                    f"{in_words(duty.value)} at a time; it has to be off for {in_words(rest.term.seconds)} before software "
                    f"may switch it on again (at {until}); a person may at any time"
                )
    return ""


def _reached(core: Core, adopted: Adopted) -> Iterable[str]:
    yield adopted.id
    for device in adopted.members:
        member = core.parts.house.by_device(adopted.driver, device)
        if member is not None:
            yield member.id


def _ends(owed: Owed, target: Target) -> bool:
    """Whether it is the very step that is owed."""
    name, is_action, value = owed.step
    if (target.operation.name, target.operation.is_action) != (name, is_action):
        return False
    return target.value == value or (is_action and not target.value and not value)


def _told(core: Core, owed: Owed) -> str:
    what = "switched off" if owed.kind == MAX_ON else "put back as it was"
    if owed.state != FAILED:
        return f"{owed.thing} is being {what} just now (rule {owed.term.rule}); ask again later"
    at = core.parts.house.time.told(owed.failed_at)
    return (
        f"{owed.thing} was to be {what}, and that failed at {at} ({owed.error}; rule {owed.term.rule}); it is tried "
        "again, and software waits until it was seen or a person has looked"
    )
