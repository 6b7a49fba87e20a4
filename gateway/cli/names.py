"""Which Thing a person means: an id, a title, or the beginning of either."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.cli.exits import Exit, Failure
from gateway.cli.text import joined


@dataclass(frozen=True, slots=True)
class Named:
    id: str
    title: str


def find(things: Sequence[Named], wanted: str) -> Named:
    """The one Thing that `wanted` names, case aside. Raises `Failure` for none and for several, naming the nearest."""
    text = wanted.casefold()
    for matches in (
        [t for t in things if t.id == wanted],
        [t for t in things if t.title.casefold() == text or t.id.casefold() == text],
        [t for t in things if t.id.casefold().startswith(text) or t.title.casefold().startswith(text)],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise Failure(
                f"{wanted!r} may mean {joined([t.id for t in matches[:6]])}; name one of them", Exit.USAGE
            )
    near = nearest(wanted, [t.id for t in things])
    hint = f"did you mean {joined(near)}?" if near else "`hearth things` lists them"
    raise Failure(f"there is no Thing {wanted!r}; {hint}", Exit.NOT_FOUND)


def nearest(wanted: str, known: Iterable[str]) -> list[str]:
    """At most three of `known` that `wanted` may be a slip for; where none is like it, those that contain it."""
    from difflib import get_close_matches  # noqa: PLC0415 (only after a slip)

    names = list(known)
    text = wanted.casefold()
    return (
        get_close_matches(text, names, n=3, cutoff=0.6)
        or [name for name in names if text in name.casefold()][:3]
    )


def first_of_several(wanted: str, known: Sequence[str]) -> list[str]:
    """`on` for `relay_1_on`, where there are `on`, `relay_2_on`, `relay_3_on` …: the first of equal parts has the bare name."""
    found = re.fullmatch(r"(.+_)(\d{1,3})_(.+)", wanted.casefold())
    if found is None or found[3] not in known:
        return []
    same = (re.fullmatch(rf"{re.escape(found[1])}(\d{{1,3}})_{re.escape(found[3])}", name) for name in known)
    numbers = [int(one[1]) for one in same if one is not None]
    return [found[3]] if numbers and int(found[2]) < min(numbers) else []


def pick(what: str, wanted: str, known: Sequence[str], thing: str) -> str:
    """`wanted`, spelled as in `known`; a unique beginning will do. Raises `Failure`."""
    text = wanted.casefold()
    if wanted in known:
        return wanted
    matches = [name for name in known if name.casefold() == text] or [
        n for n in known if n.casefold().startswith(text)
    ]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise Failure(f"{wanted!r} may mean {joined(matches)}", Exit.USAGE)
    near = first_of_several(wanted, known) or nearest(wanted, known)
    if not known:
        raise Failure(f"{thing} has no {what} that you may use", Exit.NOT_FOUND)
    hint = f"did you mean {joined(near)}?" if near else f"there is {joined(known, 'and')}"
    raise Failure(f"{thing} has no {what} {wanted!r}, or none that you may use; {hint}", Exit.NOT_FOUND)
