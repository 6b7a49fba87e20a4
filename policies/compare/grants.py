"""What somebody may use or see now, and could not before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final, NamedTuple

from policies.compare.books import Content
from policies.compare.boxes import ROLES, Box, cuts_of_boxes, wider
from policies.compare.restrictions import distinct

MOST_PIECES: Final = 20_000
"""Cuts of grants by further sets beyond this are left uncut: more is reported then, never less."""

Granted = list[tuple[str, frozenset[Box]]]


class Gained(NamedTuple):
    """`verb` (use or see) is allowed in `box` (of a role, and perhaps an id) by every set now, and was not by the set `by`."""

    verb: str
    box: Box
    by: str


def gained(old: Content, new: Content) -> Iterator[Gained]:
    """Each principal is one of a role, whose id is one of those that rules name, or another."""
    names = {
        name
        for content in (old, new)
        for _, allows in content.allows
        for one in allows
        for name in one.who.ids
    }
    for verb in ("use", "see"):
        for role in sorted(ROLES):
            known: list[Box] = []
            for name in (None, *sorted(names)):
                for one in _gains(old.granted(verb, role, name), new.granted(verb, role, name), verb):
                    if any(box.holds(one.box) for box in known):
                        continue
                    for box in (
                        _unbarred(new, replace(one.box, role=role, id=name))
                        if verb == "use"
                        else [replace(one.box, role=role, id=name)]
                    ):
                        yield one._replace(box=box)
                    if name is None:
                        known.append(one.box)


def _gains(before: Granted, now: Granted, verb: str) -> Iterator[Gained]:
    boxes_now = [boxes for _, boxes in now]
    for set_name, boxes in before:
        if boxes in boxes_now:
            continue
        holder = _Holder(boxes)
        pieces = _beyond(holder, boxes_now)
        yield from (Gained(verb, box, set_name) for box in distinct(sorted(pieces, key=repr)))


def _beyond(holder: _Holder, now: list[frozenset[Box]]) -> list[Box]:
    """What all of `now` allow together, and `holder` does not."""
    rests = [[rest for box in boxes for rest in holder.left_over(box)] for boxes in now]
    pieces = min(rests, key=len)
    for boxes in now:
        if len(pieces) * len(boxes) <= MOST_PIECES:
            met = (piece.meet(box) for piece in pieces for box in boxes)
            pieces = [*{rest: None for one in met if one is not None for rest in holder.left_over(one)}]
    return pieces


class _Holder:
    """Finds the boxes that may hold another by their patterns."""

    def __init__(self, boxes: frozenset[Box]) -> None:
        self._cuts = cuts_of_boxes(boxes)
        self._by_pattern: dict[str, list[Box]] = {}
        for box in boxes:
            self._by_pattern.setdefault(box.pattern, []).append(box)

    def left_over(self, box: Box) -> list[Box]:
        return self._cuts.left_over(box, self._holds)

    def _holds(self, box: Box) -> bool:
        candidates = chain.from_iterable(self._by_pattern.get(pattern, ()) for pattern in wider(box.pattern))
        return any(one.holds(box) for one in candidates)


def _unbarred(new: Content, box: Box) -> list[Box]:
    return new.cuts.left_over(box, new.bars)
