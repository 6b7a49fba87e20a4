"""Names of components and affordances: allotted once, kept for good.

A component's *prefix* is "" for the main function of a device, so that its affordances have bare names (`on`), and a short
word for each other one (`usb`, so `usb_on`). Properties, actions and events of a Thing share one namespace.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Final, TypeAlias
from unicodedata import normalize

from capabilities.components import ComponentDescription
from capabilities.vocabulary import KINDS

MAX_SLUG_CHARACTERS: Final = 40  # a name is read by people, and stands in URLs and in tools' names
MAX_PREFIX_CHARACTERS: Final = 32  # so that prefix and affordance together stay readable

_LETTERS: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_VALUE: Final = "value"  # the one affordance of a setting: its component's name says it all
_MAIN_FIRST: Final = (
    "lock", "alarm", "smoke", "co", "garage", "thermostat", "water-heater", "valve", "vacuum", "mower", "camera",
    "blind", "fan", "humidifier", "media", "light", "outlet", "siren", "switch",
    "leak", "contact", "occupancy", "presence", "air", "temperature", "humidity", "pressure", "illuminance",
)  # fmt: skip
"""Kinds that a device can be for: what says most about it first. The others (a battery, a setting) it merely has."""
_ACCESSORIES: Final = ("meter", "power", "button", "battery", "setting", "other")


_Counted: TypeAlias = tuple[tuple[int, str], ...]


def slug(text: str, separator: str = "-", limit: int = MAX_SLUG_CHARACTERS) -> str:
    """`text` in ASCII, of lower-case letters, digits and single separators: `Küche, links` -> `kuche-links`.

    A long one is cut, between words if that leaves half of it. Empty where nothing is left (a text in another script):
    the caller then uses the kind.
    """
    ascii_text = normalize("NFKD", text.casefold().translate(_LETTERS)).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", separator, ascii_text).strip(separator)
    if len(words) <= limit:
        return words
    whole = words[: limit + 1].rpartition(separator)[0]
    return whole if len(whole) > limit // 2 else words[:limit].rstrip(separator)


def primary(components: Sequence[ComponentDescription]) -> str:
    """The key of the component that is the device's main function. `components` is not empty.

    In this order: one that a device can be for; without a title of its own; of a known kind for sure; of the kind
    that says most; called as its kind (a weather station's temperature, not its external temperature); then the order
    of keys.
    """

    def rank(component: ComponentDescription) -> tuple[bool, bool, bool, int, bool, _Counted]:
        kind = component.kind
        accessory = kind not in _MAIN_FIRST
        order = (_ACCESSORIES if accessory else _MAIN_FIRST).index(kind) if kind in KINDS else len(KINDS)
        otherwise = slug(component.title) != kind
        return (
            accessory, bool(component.title), not component.certain, order, otherwise, _counted(component.key),
        )  # fmt: skip

    return min(components, key=rank).key


def allot_names(components: Sequence[ComponentDescription], stored: Mapping[str, str]) -> dict[str, str]:
    """Prefixes by component key: all of `stored`, unchanged, and new ones for the rest.

    Store the result: a prefix is never given again, not even after its component is gone. The order is that of allotment,
    and `compose` lets the older name win where two would meet.
    """
    names = dict(stored)
    taken = set(names.values())
    new = [component for component in components if component.key not in names]
    if new and not taken:
        names[primary(components)] = ""
        taken.add("")
    main = [component for component in components if names.get(component.key) == ""]
    bare = {affordance.name for component in main for affordance in component.affordances}
    for component in sorted(new, key=lambda component: _counted(component.key)):
        if component.key not in names:
            prefix = _free_prefix(component, taken, bare)
            names[component.key] = prefix
            taken.add(prefix)
    return names


def join(prefix: str, name: str) -> str:
    """The name of an affordance in its Thing.

    The prefix alone where it says what the name says: `temperature` (not `temperature_temperature`), `temperature_2`,
    `temperature_l2`, `device_temperature`, and a setting's `value` (`child_lock`, not `child_lock_value`). Else both: `usb_on`.
    """
    if not prefix:
        return name
    words = re.sub(r"_l?\d+$", "", prefix)
    if name in {_VALUE, words} or words.endswith(f"_{name}"):
        return prefix
    return f"{prefix}_{name}"


def join_all(prefix: str, names: Iterable[str], taken: set[str]) -> dict[str, str]:
    """`join` for the affordances of one component: name in its model -> name in its Thing. Adds them to `taken`.
    A name that is taken gets a number: `usb_on_2`.
    """
    joined: dict[str, str] = {}
    for name in names:
        joined[name] = _free(join(prefix, name), taken)
        taken.add(joined[name])
    return joined


def _counted(key: str) -> _Counted:
    """For an order in which 2 comes before 10. Longer runs of digits are addresses, and compare as text."""
    parts = re.split(r"(?<![0-9a-fA-F])(\d{1,3})(?![0-9a-fA-F])", key)
    return tuple((int(part), "") if place % 2 else (0, part) for place, part in enumerate(parts))


def _free_prefix(component: ComponentDescription, taken: set[str], bare: set[str]) -> str:
    """A new prefix, under which no affordance gets a bare name of the main component."""
    names = [affordance.name for affordance in component.affordances]
    return next(
        prefix
        for prefix in _wishes(component)
        if prefix not in taken and not any(join(prefix, name) in bare for name in names)
    )


def _wishes(component: ComponentDescription) -> Iterator[str]:
    """The title; the title and the kind; with one affordance, what that is; numbers. A name starts with a letter."""
    kind = slug(component.kind, "_")
    wish = slug(component.title, "_", MAX_PREFIX_CHARACTERS) or kind
    if wish[0].isdigit():
        wish = f"{kind}_{wish}"
    yield wish
    if not wish.endswith(kind):
        yield f"{wish}_{kind}"
    if len(component.affordances) == 1:
        yield join(wish, component.affordances[0].name)
    yield from (f"{wish}_{n}" for n in count(2))


def _free(wish: str, taken: set[str]) -> str:
    numbered = (f"{wish}_{n}" for n in count(2))
    return next(name for name in chain((wish,), numbered) if name not in taken)
