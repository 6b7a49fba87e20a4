"""Two books of rules compared: who may do more, who may do less, and is there anything at all that became possible?

The comparison is exact on what the words of rules say, and knows no house: it finds every edit under which somebody could
get a better answer than before, for some Thing, value and state of the world. Now and then it names one that this house
would never notice.

    allow      each pattern for each role or id at each place is a grant; a new one must lie in old ones. In sets that narrow,
               the allow rules for a principal are what they leave to it: without them it may do more. What goes unasked is
               a grant, too, of each ask's question: with its bounds, a new one must lie in an old one
    limit, ask each condition at each place for each role or id; an old one must lie in new ones that are as tight. An ask is
               looser than a limit. Rules that count, ask or can be waived are known by their names
    then       each duty likewise
"""

from __future__ import annotations

from dataclasses import dataclass

from policies.compare.books import Book, Content
from policies.compare.changes import Change, in_order, joined
from policies.compare.duties import eased
from policies.compare.grants import gained
from policies.compare.restrictions import loosened
from policies.compare.telling import of_ease, of_gain, of_loosening, of_unasked
from policies.compare.unasked import unasked

__all__ = ["Book", "Change", "Difference", "diff", "widened"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What of an edit lets somebody do more, and what less. The order is stable."""

    more: tuple[Change, ...]
    less: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.more or self.less)


def widened(old: Book, new: Book) -> list[Change]:
    """What `new` permits, shows, lets off or lets people lift, and `old` does not. Empty: nobody may do more."""
    before, now = Content(old.real), Content(new.real)
    drafts = [draft for one in gained(before, now) for draft in of_gain(one)]
    drafts += [draft for one in loosened(before, now) for draft in of_loosening(one)]
    drafts += [of_unasked(one) for one in unasked(before, now)]
    drafts += [draft for one in eased(before, now) for draft in of_ease(one)]
    return joined(drafts)


def diff(old: Book, new: Book) -> Difference:
    """`new` against `old`, in words. What is less one way is more the other way."""
    less = in_order(one.reversed for one in widened(new, old))
    return Difference(tuple(widened(old, new)), tuple(less))
