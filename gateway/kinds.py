"""Of which kind a Thing's components are: as its device is understood, or as a person said.

What the driver described stays as it is; a person's word is kept beside it, and put over it whenever the Thing is composed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from capabilities.components import ComponentDescription
from capabilities.errors import ComposeError
from capabilities.recast import castable, recast
from capabilities.vocabulary import KINDS
from gateway.announcements import can_move

Kinds = Mapping[str, str]
"""Component key → the kind that a person gave it."""

THE_ONLY_ONE: Final = ""
"""Instead of a component's name: the one that needs a kind."""

_TO_BE_SAID: Final = {
    **dict.fromkeys(("switch", "outlet"), "what it feeds"),
    **dict.fromkeys(("blind", "garage", "valve"), "what it moves"),
    "setting": "what it sets",
}
"""What nobody but a person knows, by the kind that is guessed."""


CARE: Final = "hazard 2: it may do damage"
"""What is taken for granted of a guess that can move something."""


_ALSO_CALLED: Final = {
    **dict.fromkeys(("lamp", "bulb", "dimmer"), "light"),
    **dict.fromkeys(("plug", "socket"), "outlet"),
    **dict.fromkeys(("shutter", "curtain", "cover", "awning"), "blind"),
    **dict.fromkeys(("heating", "heater", "climate"), "thermostat"),
    **dict.fromkeys(("tap", "irrigation"), "valve"),
    **dict.fromkeys(("door", "window"), "contact"),
    **dict.fromkeys(("gate",), "garage"),
    **dict.fromkeys(("relay",), "switch"),
    **dict.fromkeys(("motion",), "occupancy"),
    **dict.fromkeys(("energy",), "power"),
}
"""What people call kinds, too."""


class AdoptionError(Exception):
    """A candidate cannot become a Thing; the text says why and what would help."""


class KindError(AdoptionError):
    """No component is meant, or it cannot be of that kind. `known` are the kinds that it can be, or the components."""

    def __init__(self, text: str, known: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.known = tuple(known)


def seen_as(components: Iterable[ComponentDescription], kinds: Kinds) -> tuple[ComponentDescription, ...]:
    """The components under the kinds that a person gave them. A kind that a component cannot be (it was announced anew since)
    is left out: then the caution of before holds again.
    """
    return tuple(_seen_as(one, kinds[one.key]) if one.key in kinds else one for one in components)


def fitting(components: Iterable[ComponentDescription], kinds: Kinds) -> dict[str, str]:
    """Those of `kinds` whose component is there and can be that."""
    able = {one.key: castable(one) for one in components if one.key in kinds}
    return {key: kind for key, kind in kinds.items() if kind in able.get(key, ())}


def chosen(
    components: Sequence[ComponentDescription],
    kinds: Kinds,
    wanted: Mapping[str, str | None],
    names: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """`kinds` changed by what is `wanted`: component → kind, None to take a person's word back. A component is named by its
    key, its title, the name of one of its affordances (`names`: name → key), its kind where it has no title, or ""
    for the only one that needs a kind. Raises `KindError`.
    """
    changed = dict(kinds)
    for said, kind in wanted.items():
        component = _meant(components, kinds, said, names or {}, undo=kind is None)
        if kind is None:
            changed.pop(component.key, None)
            continue
        known = castable(component)
        if kind not in known:
            raise KindError(_refusal(component, kind, known), known)
        if kind == component.kind and component.certain:
            changed.pop(component.key, None)
        else:
            changed[component.key] = kind
    return changed


def check_words(kinds: Iterable[str | None]) -> None:
    """Whether each is a kind at all, before anything is known of what it is for. Raises `KindError`."""
    for kind in kinds:
        if kind is not None and kind not in KINDS:
            raise KindError(f"there is no kind {kind!r}{_did_you_mean(kind, KINDS)}", KINDS)


def last(names: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """The names with those of `keys` last: where two would meet, what is called otherwise from now on gives way."""
    moved = [key for key in keys if key in names]
    return {key: name for key, name in names.items() if key not in moved} | {key: names[key] for key in moved}


def unconfirmed(components: Iterable[ComponentDescription], kinds: Kinds) -> list[ComponentDescription]:
    """Those whose kind is a guess that nobody has looked at."""
    return [one for one in components if not one.certain and one.key not in kinds]


def called(component: ComponentDescription) -> str:
    """How a person names a component."""
    return component.title or component.key


def meaning(component: ComponentDescription) -> str:
    """What an uncertain kind means, in words; "" for a certain one."""
    if component.certain:
        return ""
    taken = "of no known kind" if component.kind == "other" else f"taken for {a(component.kind)}"
    care = f" ({CARE})" if can_move(component) else ""
    hint = f"; its name says {component.proposal}" if component.proposal else ""
    return f"{taken} until somebody says {_TO_BE_SAID.get(component.kind, 'what it is')}{care}{hint}"


def _refusal(component: ComponentDescription, kind: str, known: Sequence[str]) -> str:
    able = f"it can be {_either(known)}" if len(known) > 1 else f"it is {a(component.kind)} for sure"
    if kind in KINDS:
        return f"{called(component)} cannot be {a(kind)}; {able}"
    return f"there is no kind {kind!r}{_did_you_mean(kind, known)}; {called(component)}: {able}"


def _did_you_mean(word: str, known: Sequence[str]) -> str:
    """` (did you mean light?)`; those of `known` first."""
    text = word.casefold()
    near = get_close_matches(text, [*known, *(one for one in KINDS if one not in known)], n=2)
    meant = [_ALSO_CALLED[text]] if text in _ALSO_CALLED else near
    return f" (did you mean {_either(meant)}?)" if meant else ""


def _either(words: Sequence[str]) -> str:
    """`a, b or c`."""
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)


def a(kind: str) -> str:
    """`a switch`, `an outlet`."""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _seen_as(component: ComponentDescription, kind: str) -> ComponentDescription:
    try:
        return recast(component, kind)
    except ComposeError:
        return component


def _meant(
    components: Sequence[ComponentDescription],
    kinds: Kinds,
    said: str,
    names: Mapping[str, str],
    *,
    undo: bool,
) -> ComponentDescription:
    if said == THE_ONLY_ONE:
        return _only(components, kinds, undo=undo)
    text = said.casefold()
    found = (
        [one for one in components if one.key == said]
        or [one for one in components if one.title and one.title.casefold() == text]
        or [one for one in components if one.key == names.get(said)]
        or [one for one in components if one.kind == said and not one.title]
    )
    if len(found) == 1:
        return found[0]
    known = [called(one) for one in (found or components)]
    if found:
        keys = [one.key for one in found]
        raise KindError(
            f"{len(found)} components are called {said!r}; name one by its key: {', '.join(keys)}", keys
        )
    raise KindError(f"there is no component {said!r}; there is {', '.join(known)}", known)


def _only(components: Sequence[ComponentDescription], kinds: Kinds, *, undo: bool) -> ComponentDescription:
    if undo:
        found = [one for one in components if one.key in kinds]
        what = "was given a kind by somebody"
    else:
        found = unconfirmed(components, kinds) or [one for one in components if len(castable(one)) > 1]
        what = "can be given a kind"
    if len(found) == 1:
        return found[0]
    known = [called(one) for one in found]
    text = f"say which component: {', '.join(known)}" if found else f"no component {what}"
    raise KindError(text, known)
