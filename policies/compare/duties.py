"""What a permitted use owed before, and does not owe now, or less."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from policies.compare.books import Content, Duty
from policies.compare.boxes import Box
from policies.compare.moments import STARTING
from policies.compare.restrictions import uncovered
from policies.decision import Role
from policies.obligations import ON_START


class Eased(NamedTuple):
    """In `box`, the duty `kind` that `before` laid on uses is not owed as it was. `now`: the duties that hold there."""

    box: Box
    kind: str
    before: Duty
    now: tuple[Duty, ...]


def eased(old: Content, new: Content) -> Iterator[Eased]:
    """A duty dropped or loosened, where a use is possible at all."""
    for before in old.duties:
        for box in before.region.boxes():
            for kind, value in before.owed.items():

                def covers(part: Box, kind: str = kind, value: object = value) -> bool:
                    holding = [one for one in new.duties if one.region.holds(part)]
                    is_owed = kind not in ON_START or part.moments.uses & STARTING
                    return not is_owed or _owes(holding, kind, value) or new.bars(part)

                for rest in uncovered(box, new, covers, new.cuts):
                    yield Eased(
                        rest, kind, before, tuple(one for one in new.duties if one.region.holds(rest))
                    )


def _owes(duties: list[Duty], kind: str, wanted: object) -> bool:
    """Whether `duties` together owe at least what is wanted: the shortest time, everybody who is to be told."""
    found = [one.owed[kind] for one in duties if kind in one.owed]
    if isinstance(wanted, frozenset):
        return wanted <= told(found)
    if isinstance(wanted, bool):
        return bool(found)
    return any(isinstance(one, int) and isinstance(wanted, int) and one <= wanted for one in found)


def told(values: list[object]) -> frozenset[str]:
    """Everybody who is told. The adults include the owner."""
    names = frozenset(name for one in values if isinstance(one, frozenset) for name in one)
    return names | {str(Role.OWNER)} if Role.ADULT in names else names
