"""What is otherwise of a Thing than when it was adopted, in sentences for whoever must judge that."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.naming import primary
from capabilities.stored import components_to_json
from drivers.driver import Candidate
from gateway.announcements import moved
from gateway.kinds import AdoptionError, a, called

MOST_CHANGES: Final = 40
"""Sentences that a person is shown; a device that changed more is another one."""

IN_A_REASON: Final = 3
"""Sentences of which the reason of a suspension is made."""

LONGEST_LIST: Final = 8
"""Names in one sentence."""


class NothingWaits(AdoptionError):
    """There is nothing to be accepted."""


class AnnouncedOtherwise(AdoptionError):
    """What is announced now is not what the person saw."""


def differences(
    known: Iterable[ComponentDescription], announced: Iterable[ComponentDescription]
) -> list[str]:
    """`announced` against `known`, a sentence for each change that a person should know of; none where it is as it was."""
    before = {component.key: component for component in known}
    now = {component.key: component for component in announced}
    heir = successor(tuple(before.values()), tuple(now.values()))
    if heir is not None:
        before[heir[1]] = before.pop(heir[0])
    return list(islice(_differences(before, now), MOST_CHANGES))


def reason(changes: list[str]) -> str:
    """Why a Thing is suspended, in one line."""
    rest = len(changes) - IN_A_REASON
    more = f"; and {rest} more" if rest > 0 else ""
    return f"announced anew: {'; '.join(changes[:IN_A_REASON])}{more}"


def successor(
    known: tuple[ComponentDescription, ...],
    announced: tuple[ComponentDescription, ...],
    main: str | None = None,
) -> tuple[str, str] | None:
    """The keys of the main component (`main`, if that is known), where it is gone, and of the new one that the device is for
    now: a relay that is announced as a lamp. None where there is no such pair.
    """
    if not known or not announced:
        return None
    old, new = main or primary(known), primary(announced)
    gone = all(component.key != old for component in announced)
    fresh = all(component.key != new for component in known)
    return (old, new) if gone and fresh and any(c.key == old for c in known) else None


def seal(candidate: Candidate) -> str:
    """Changes with whatever an acceptance takes in."""
    text = components_to_json(candidate.components) + repr(candidate.members).encode()
    return hashlib.sha256(text).hexdigest()[:16]


def _differences(
    before: Mapping[str, ComponentDescription], now: Mapping[str, ComponentDescription]
) -> Iterator[str]:
    for key, component in now.items():
        if key in before:
            yield from _changed(before[key], component)
        else:
            names = _listed(one.name for one in component.affordances)
            yield f"{called(component)} is new, {a(component.kind)}: {names}"
    for key, component in before.items():
        if key not in now:
            yield f"{called(component)} is not announced any more ({component.kind})"


def _changed(known: ComponentDescription, announced: ComponentDescription) -> Iterator[str]:
    name, told = called(known), False
    if known.kind != announced.kind:
        told = True
        yield f"{name} is announced as {a(announced.kind)}, was {a(known.kind)}"
    elif announced.certain and not known.certain:
        yield f"{name} is {a(announced.kind)} for sure, which was a guess"
    was, now = _by_name(known), _by_name(announced)
    if more := _listed(one for one in now if one not in was):
        yield f"{name} has more: {more}"
    if less := _listed(one for one in was if one not in now):
        yield f"{name} has no more: {less}"
    for one in was:
        if one in now:
            yield from _eased(name, was[one], now[one])
    if not moved(known, announced):
        return
    for line in _elsewhere(known, announced):
        told = True
        yield f"{name}: {line}"
    if not told:
        yield f"{name}: {'other payloads, templates or readings' if known.commands else 'other commands'}"


def _elsewhere(known: ComponentDescription, announced: ComponentDescription) -> Iterator[str]:
    """Commands that go where they did not go."""
    was, now = _topics(known), _topics(announced)
    for command, topic in now.items():
        if command not in was:
            yield f"{command} goes to {topic}" + ("" if was else ", nobody knows where it went")
        elif was[command] != topic:
            yield f"{command} goes elsewhere: {was[command]} → {topic}"


def _eased(name: str, was: AffordanceDescription, now: AffordanceDescription) -> Iterator[str]:
    """What a command asks for and how far it goes, where that is otherwise."""
    if was.hazard != now.hazard:
        yield f"{name}: {was.name} has hazard {int(now.hazard)}, had {int(was.hazard)}"
    if was.privilege != now.privilege:
        yield f"{name}: {was.name} asks for {now.privilege.value}, asked for {was.privilege.value}"
    for end in ("minimum", "maximum"):
        if (was.writable or was.role == "action") and was.schema.get(end) != now.schema.get(end):
            yield f"{name}: {end} of {was.name} is {now.schema.get(end)}, was {was.schema.get(end)}"


def _by_name(component: ComponentDescription) -> dict[str, AffordanceDescription]:
    return {one.name: one for one in component.affordances}


def _topics(component: ComponentDescription) -> dict[str, str]:
    pairs = (line.partition(" → ") for line in component.commands)
    return {command: topic for command, _, topic in pairs}


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    more = [f"{len(listed) - LONGEST_LIST} more"] if len(listed) > LONGEST_LIST else []
    return ", ".join([*listed[:LONGEST_LIST], *more])
