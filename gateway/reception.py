"""What of an announcement that comes again is taken in at once, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from capabilities.components import ComponentDescription
from drivers.driver import Candidate
from gateway.adopted import Adopted
from gateway.announcements import can_move, moved, no_laxer, no_surer
from gateway.changes import successor


class Reception(NamedTuple):
    """`merged` and `members` are the Thing's from now on; `waits` says in a word what does not come in ("": nothing)."""

    merged: Mapping[str, ComponentDescription]
    members: tuple[str, ...]
    waits: str


def received(adopted: Adopted, candidate: Candidate, *, closed: bool) -> Reception:
    """`closed`: the candidate would not become a Thing without a person.

    A sensor that turns out to have a motor: what came in as harmless does not bring it along. Nor does a group get rid of the
    rules of a member: one that is gone binds it until a person accepts that.
    """
    known = {component.key: component for component in adopted.components}
    kept_out = [c for c in candidate.components if c.key not in known and closed and can_move(c)]
    members = tuple(dict.fromkeys((*adopted.members, *candidate.members)))
    surer = {c.key: no_surer(known.get(c.key), c) for c in candidate.components if c not in kept_out}
    # A group is as its members are, which are asked each time.
    strict = surer if candidate.members else {k: no_laxer(known.get(k), c) for k, c in surer.items()}
    fewer = len(members) > len(set(candidate.members))
    waits = "grown" if kept_out else "laxer" if strict != surer else "members" if fewer else ""
    return Reception(known | strict, members, waits)


def has_moved(known: Iterable[ComponentDescription], candidate: Candidate) -> bool:
    """Whether a command that was adopted would do something else now."""
    before = {component.key: component for component in known}
    return any(c.key in before and moved(before[c.key], c) for c in candidate.components)


def is_as_before(known: Iterable[ComponentDescription], candidate: Candidate) -> bool:
    """Whether all commands that were adopted are announced, and do what they did."""
    keys = {component.key for component in candidate.components}
    before = tuple(known)
    return not has_moved(before, candidate) and all(c.key in keys for c in before if can_move(c))


def taken_in(
    adopted: Adopted, candidate: Candidate, names: Mapping[str, str]
) -> tuple[tuple[ComponentDescription, ...], Mapping[str, str]]:
    """The components and names of a Thing that a person accepts. What is not announced any more goes where commands changed,
    else it stays; a main component that is gone leaves its bare names to the one that the device is for now.
    """
    known, announced = adopted.components, candidate.components
    main = next((key for key, prefix in names.items() if prefix == ""), None)
    heir = successor(known, announced, main)
    if heir is not None:
        names = {key: prefix for key, prefix in names.items() if prefix} | {heir[1]: ""}
        known = tuple(component for component in known if component.key != heir[0])
    if adopted.suspended:
        return announced, names
    return tuple(({c.key: c for c in known} | {c.key: c for c in announced}).values()), names


def nothing_waits(adopted: Adopted) -> str:
    """Why there is nothing to accept."""
    if adopted.suspended:
        return f"{adopted.id} is not announced now: there is nothing to accept until it is"
    return f"{adopted.id} is as it was adopted: nothing of it waits to be accepted"
