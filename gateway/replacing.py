"""One device takes another's place in a Thing: which of its components is which of the old one's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

from capabilities.components import ComponentDescription
from gateway.adopted import Adopted
from gateway.kinds import a

T = TypeVar("T")

NAMES_SAID: Final = 8
"""Of what leads nowhere any more; the rest is counted."""


def heirs(old: Sequence[ComponentDescription], new: Sequence[ComponentDescription]) -> dict[str, str]:
    """Old component key → the new one's that takes its place: of the same kind, and called the same or the only one of it on
    either side. Which of two relays is the pump nobody knows: they inherit nothing.
    """
    found: dict[str, str] = {}
    for same in (lambda c: (c.kind, c.key), lambda c: (c.kind, c.title), lambda c: (c.kind,)):
        left = [one for one in old if one.key not in found]
        right = [one for one in new if one.key not in found.values()]
        olds, news = Counter(map(same, left)), Counter(map(same, right))
        candidates = {same(one): one.key for one in right if news[same(one)] == 1}
        found |= {
            one.key: candidates[same(one)] for one in left if olds[same(one)] == 1 and same(one) in candidates
        }
    return found


def inherited(of: Mapping[str, T], found: Mapping[str, str]) -> dict[str, T]:
    """What was kept by old keys, by new ones. What nobody inherits stays under its own key: its names are not given anew."""
    return {found.get(key, key): value for key, value in of.items()}


def left_behind(old: Iterable[ComponentDescription], found: Mapping[str, str]) -> list[str]:
    """Old components that the new device has nothing for, as a person calls them."""
    return [one.title or one.kind for one in old if one.key not in found]


def left_out(old: Adopted, fresh: Adopted) -> list[str]:
    """Names of properties, actions and events that nothing stands behind any more."""
    now = fresh.component_names()
    return [name for name in old.component_names() if name not in now]


def losses(old: Adopted, fresh: Adopted) -> list[str]:
    """What a person should know before another device takes this one's place, a sentence each; none where it is as it seems:
    the same again for one that is out of reach.
    """
    found = []
    reach = old.reach
    if reach.reachable or (reach.reachable is None and reach.heard is not None):
        found.append(f"{old.id} is not out of reach: its device may work still, and would be let go")
    if old.thing.kind != fresh.thing.kind:
        found.append(f"it is {a(old.thing.kind)}, and would be {a(fresh.thing.kind)}")
    if names := left_out(old, fresh):
        more = f" and {len(names) - NAMES_SAID} more" if len(names) > NAMES_SAID else ""
        found.append(
            f"nothing would stand behind these names any more: {', '.join(names[:NAMES_SAID])}{more}"
        )
    return found
