"""What goes unasked now by an allow of the root, and was asked about before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from policies.clauses import Clause
from policies.compare.books import Content, Restriction
from policies.compare.boxes import Box, cuts_of_boxes, tokens
from policies.compare.restrictions import distinct
from policies.compare.tightness import implied
from policies.decision import RuleRef
from policies.rules import Allow


class Spare(NamedTuple):
    """In `box`, an input that keeps `within` goes without the question of `ask`."""

    ask: RuleRef
    box: Box
    within: tuple[Clause, ...]


def unasked(old: Content, new: Content) -> Iterator[Spare]:
    """Every spare of `new` that holds where an ask of `old` asked. Asks that are not there any more are told as such."""
    before = [*_spares(old)]
    asked = {one.ref: one for one in old.restrictions if one.is_ask}
    for spare in _spares(new):
        ask = asked.get(spare.ask)
        if ask is not None:
            held = [one.box for one in before if one.ask == spare.ask and _spares_as_much(one, spare)]
            for box in _beyond(spare.box, held):
                yield from (spare._replace(box=part) for part in _asked(box, ask, new))


def _spares(content: Content) -> Iterator[Spare]:
    root, allows = content.allows[0]
    for allow in allows:
        for box in _boxes(allow, content):
            yield from (Spare(RuleRef(root, ask), box, allow.within) for ask in sorted(allow.unasked))


def _boxes(allow: Allow, content: Content) -> Iterator[Box]:
    """What it covers, and so spares: never what can cost a life."""
    if allow.unasked:
        for role, name in tokens(allow.who):
            yield from content.uses_of(allow, role, name)


def _spares_as_much(before: Spare, spare: Spare) -> bool:
    """Whether every input that goes unasked by `spare` went so by `before`."""
    return all(implied(one, spare.within, spares_safe=True) for one in before.within)


def _beyond(box: Box, held: list[Box]) -> list[Box]:
    return cuts_of_boxes(held).left_over(box, lambda part: any(one.holds(part) for one in held))


def _asked(box: Box, ask: Restriction, new: Content) -> list[Box]:
    """The parts of `box` that `ask` is about, for whomever it is (an agent asks for its person, too), and that nothing bars."""
    regions = (replace(one, role=None, id=None) for one in ask.region.boxes())
    met = (part for region in regions if (part := box.meet(region)) is not None)
    return distinct(left for part in met for left in new.cuts.left_over(part, new.bars))
