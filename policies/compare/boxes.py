"""What a rule is about, cut into boxes: one word in each dimension, so that one lies in another or it does not.

A box stands for the pairs of a principal and a subject that fit all its words. None fits everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Final, NamedTuple

from capabilities.vocabulary import KINDS, Hazard, Privilege
from policies.compare.moments import ALWAYS, Moments
from policies.decision import Role
from policies.patterns import EVERYTHING, matching
from policies.selectors import Uses, Where, Who

ROLES: Final = frozenset(map(str, Role))
LOWEST_RANK: Final = Privilege.VIEW.rank
Span = tuple[int, int]
HIGHEST_RANK: Final = Privilege.ADMINISTER.rank


@dataclass(frozen=True, slots=True)
class Box:
    """`role` and `id` of the principal; a subject whose capability fits `pattern`, with its Thing, room, all of `labels`, and
    a hazard and privilege between the ends. What a grant to *read* reaches as hazard 3 is what is sensitive.
    """

    pattern: str
    role: str | None = None
    id: str | None = None
    thing: str | None = None
    room: str | None = None
    labels: frozenset[str] = frozenset()
    least_hazard: int = Hazard.COMFORT
    most_hazard: int = Hazard.LIFE_SAFETY
    least_rank: int = LOWEST_RANK
    most_rank: int = HIGHEST_RANK
    moments: Moments = ALWAYS

    def holds(self, other: Box) -> bool:
        """Whether all of `other` lies in it."""
        return (
            self.pattern in wider(other.pattern)
            and self.role in (None, other.role)
            and self.id in (None, other.id)
            and self.thing in (None, other.thing)
            and self.room in (None, other.room)
            and self.labels <= other.labels
            and self.least_hazard <= other.least_hazard
            and self.most_hazard >= other.most_hazard
            and self.least_rank <= other.least_rank
            and self.most_rank >= other.most_rank
            and self.moments.holds(other.moments)
        )

    def meet(self, other: Box) -> Box | None:
        """What lies in both; None where that is nothing."""
        pattern = _common(self.pattern, other.pattern)
        hazards = max(self.least_hazard, other.least_hazard), min(self.most_hazard, other.most_hazard)
        ranks = max(self.least_rank, other.least_rank), min(self.most_rank, other.most_rank)
        moments = self.moments.meet(other.moments)
        if pattern is None or moments is None or hazards[0] > hazards[1] or ranks[0] > ranks[1]:
            return None
        words = [
            (self.role, other.role),
            (self.id, other.id),
            (self.thing, other.thing),
            (self.room, other.room),
        ]
        if any(None not in pair and pair[0] != pair[1] for pair in words):
            return None
        role, name, thing, room = (one if one is not None else two for one, two in words)
        return Box(pattern, role, name, thing, room, self.labels | other.labels, *hazards, *ranks, moments)


@cache
def wider(pattern: str) -> tuple[str, ...]:
    """The patterns that fit everything that `pattern` fits: itself first."""
    kind, _, name = pattern.partition(".")
    if "*" not in pattern:
        return matching(pattern)
    if pattern == EVERYTHING:
        return (pattern,)
    return (pattern, EVERYTHING) if kind == "*" or name == "*" else ()


def _common(one: str, other: str) -> str | None:
    if one in wider(other):
        return other
    if other in wider(one):
        return one
    halves = [pattern.partition(".")[::2] for pattern in (one, other)]
    for (kind, star), (any_kind, name) in (halves, halves[::-1]):
        if star == "*" and any_kind == "*":
            return f"{kind}.{name}"
    return None


@dataclass(frozen=True, slots=True)
class Region:
    """Everything that one rule's selectors fit: many boxes at once."""

    uses: Uses
    moments: Moments = ALWAYS

    def holds(self, box: Box) -> bool:
        """Whether all of `box` lies in it."""
        uses, where = self.uses, self.uses.where
        return (
            not uses.on.isdisjoint(wider(box.pattern))
            and uses.hazard_min <= box.least_hazard
            and uses.privilege_rank <= box.least_rank
            and self.moments.holds(box.moments)
            and (where.things is None or box.thing in where.things)
            and (where.rooms is None or box.room in where.rooms)
            and (where.labels is None or not where.labels.isdisjoint(box.labels))
            and fits_all(uses.who, box.role, box.id)
        )

    def boxes(self) -> Iterator[Box]:
        uses = self.uses
        for pattern, (role, name), place in product(sorted(uses.on), tokens(uses.who), places(uses.where)):
            yield replace(
                place,
                pattern=pattern,
                role=role,
                id=name,
                least_hazard=uses.hazard_min,
                least_rank=uses.privilege_rank,
                moments=self.moments,
            )


def fits_all(who: Who | None, role: str | None, name: str | None) -> bool:
    """Whether `who` fits every principal of this role and id (None: any)."""
    return who is None or role in who.roles or (name is not None and name in who.ids) or who.roles >= ROLES


def tokens(who: Who | None) -> list[tuple[str | None, str | None]]:
    """The roles and ids in it, one at a time."""
    if who is None or who.roles >= ROLES:
        return [(None, None)]
    return [*((role, None) for role in sorted(who.roles)), *((None, name) for name in sorted(who.ids))]


def places(where: Where) -> Iterator[Box]:
    """Where it is: boxes about everything there."""
    for thing, room, label in product(_each(where.things), _each(where.rooms), _each(where.labels)):
        yield Box(
            EVERYTHING, thing=thing, room=room, labels=frozenset() if label is None else frozenset({label})
        )


def _each(names: Iterable[str] | None) -> list[str | None]:
    return [None] if names is None else [*sorted(names)]


class Cuts(NamedTuple):
    """Where cutting a box can help: only what some rule tells apart is worth a cut. Roles, kinds, hazards and privileges are
    closed lists, so that all parts together are the whole.
    """

    by_role: bool
    by_kind: bool
    hazards: tuple[int, ...]
    """The least hazard of the upper part, for each cut; the same for privileges."""
    ranks: tuple[int, ...]
    moments: tuple[Moments, ...] = ()

    def left_over(self, box: Box, is_covered: Callable[[Box], bool]) -> list[Box]:
        """What of `box` is not covered; `box` itself if that is all of it."""
        found = _left_over(
            box, is_covered, (self._by_moment, self._by_hazard, self._by_rank, self._by_role, self._by_kind)
        )
        if len(found) < 2:
            return found
        found = _rejoined(_rejoined(found, _hazards, _with_hazards), _ranks, _with_ranks)
        return _at_once(found)

    def _by_moment(self, box: Box) -> list[Box]:
        if not self.moments:
            return [box]
        return [replace(box, moments=one) for one in box.moments.cut(self.moments)]

    def _by_hazard(self, box: Box) -> list[Box]:
        return [
            _with_hazards(box, span) for span in _between(box.least_hazard, box.most_hazard, self.hazards)
        ]

    def _by_rank(self, box: Box) -> list[Box]:
        return [_with_ranks(box, span) for span in _between(box.least_rank, box.most_rank, self.ranks)]

    def _by_role(self, box: Box) -> list[Box]:
        if not self.by_role or box.role is not None:
            return [box]
        return [replace(box, role=role) for role in sorted(ROLES)]

    def _by_kind(self, box: Box) -> list[Box]:
        kind, _, name = box.pattern.partition(".")
        if not self.by_kind or kind != "*":
            return [box]
        return [replace(box, pattern=f"{each}.{name or '*'}") for each in KINDS]


def cuts_of_regions(regions: Iterable[Region]) -> Cuts:
    given = [*regions]
    uses = [region.uses for region in given]
    return Cuts(
        by_role=any(one.who is not None for one in uses),
        by_kind=any(pattern[0] != "*" for one in uses for pattern in one.on),
        hazards=tuple(sorted({one.hazard_min for one in uses})),
        ranks=tuple(sorted({one.privilege_rank for one in uses})),
        moments=tuple({region.moments: None for region in given if region.moments != ALWAYS}),
    )


def cuts_of_boxes(boxes: Iterable[Box]) -> Cuts:
    """For grants to one principal."""
    found = [*boxes]
    return Cuts(
        by_role=False,
        by_kind=any(one.pattern[0] != "*" for one in found),
        hazards=tuple(sorted({one.most_hazard + 1 for one in found})),
        ranks=tuple(sorted({one.most_rank + 1 for one in found})),
    )


def _between(least: int, most: int, cuts: tuple[int, ...]) -> Iterator[Span]:
    for cut in cuts:
        if least < cut <= most:
            yield least, cut - 1
            least = cut
    yield least, most


def _left_over(
    box: Box, is_covered: Callable[[Box], bool], cuts: Sequence[Callable[[Box], list[Box]]]
) -> list[Box]:
    if is_covered(box):
        return []
    if not cuts:
        return [box]
    parts = cuts[0](box)
    found = [_left_over(part, is_covered, cuts[1:]) for part in parts]
    if all(rest == [part] for rest, part in zip(found, parts, strict=True)):
        return [box]
    return [one for rest in found for one in rest]


def _rejoined(
    boxes: Iterable[Box], span: Callable[[Box], Span], with_span: Callable[[Box, Span], Box]
) -> list[Box]:
    """Boxes that differ only in ranges of hazards (or ranks) which touch each other, as one."""
    found: dict[Box, list[Span]] = {}
    for box in sorted(boxes, key=span):
        spans = found.setdefault(with_span(box, (0, 0)), [])
        if spans and spans[-1][1] + 1 == span(box)[0]:
            spans[-1] = (spans[-1][0], span(box)[1])
        else:
            spans.append(span(box))
    return [with_span(box, one) for box, spans in found.items() for one in spans]


def _hazards(box: Box) -> Span:
    return (box.least_hazard, box.most_hazard)


def _with_hazards(box: Box, span: Span) -> Box:
    return replace(box, least_hazard=span[0], most_hazard=span[1])


def _ranks(box: Box) -> Span:
    return (box.least_rank, box.most_rank)


def _with_ranks(box: Box, span: Span) -> Box:
    return replace(box, least_rank=span[0], most_rank=span[1])


def _at_once(boxes: Iterable[Box]) -> list[Box]:
    """Boxes that differ only in one of the three sets of their moments, as one."""
    found = [*boxes]
    for word in ("minutes", "modes", "uses"):
        joined: dict[Box, int] = {}
        for box in found:
            key = replace(box, moments=replace(box.moments, **{word: 0}))
            joined[key] = joined.get(key, 0) | getattr(box.moments, word)
        found = [replace(box, moments=replace(box.moments, **{word: bits})) for box, bits in joined.items()]
    return found
