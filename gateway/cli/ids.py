"""Ids as people type them: a few letters of the end or the beginning, `last`, or a title."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.cli.exits import Exit, Failure
from gateway.cli.text import joined

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

SHORT: Final = 6
"""Letters of an id that are shown: its end, for its beginning is the time."""

WHOLE: Final = 20
"""Letters of an id (`gateway.ids`)."""

LAST: Final = "last"

SHOWN: Final = 5
"""Of several that are meant."""


class Known(NamedTuple):
    """One that can be meant. `about` says in a few words what it is; a `title` can be typed instead of the id."""

    id: str
    about: str
    title: str = ""


def short(ident: Json) -> str:
    """The end of an id: what people type."""
    return str(ident)[-SHORT:]


def is_whole(wanted: str) -> bool:
    """Whether nothing has to be looked up: what there is under it the gateway says."""
    return len(wanted) == WHOLE and wanted.isascii() and wanted.isalnum()


def meant(what: str, wanted: str, known: Sequence[Known], listing: str) -> str:
    """The id of the one that is meant by `wanted`: its id, the id's end or beginning, `last`, its title or how that begins.
    `what` it is (`plan`) and the command that lists them stand in the `Failure`, where it is none or several.
    """
    text = wanted.strip().rstrip("…").casefold()
    if text == LAST and known:
        return max(one.id for one in known)
    for hits in (
        [one for one in known if one.id == text],
        [one for one in known if text and (one.id.endswith(text) or one.id.startswith(text))],
        [one for one in known if text and one.title.casefold() == text],
        [one for one in known if text and one.title.casefold().startswith(text)],
    ):
        if len(hits) == 1:
            return hits[0].id
        if hits:
            raise _several(wanted, hits)
    hint = f"`{listing}` lists them" if known else f"`{listing}` lists them, and there are none just now"
    raise Failure(f"there is no {what} {wanted!r} that you may see; {hint}", Exit.NOT_FOUND)


def _several(wanted: str, hits: Sequence[Known]) -> Failure:
    newest = sorted(hits, reverse=True)[:SHOWN]
    listed = joined([f"{short(one.id)} ({one.about})" for one in newest])
    more = f", or one of {len(hits) - SHOWN} more" if len(hits) > SHOWN else ""
    return Failure(f"{wanted!r} may mean {listed}{more}; name one of them", Exit.USAGE)
