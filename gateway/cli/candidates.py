"""What was found and is no Thing yet, as a person reads it before saying yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.found import components_of, problem_lines, tell_waiting
from gateway.cli.names import nearest
from gateway.cli.session import Session, items
from gateway.cli.text import joined, shortened, terminal_width
from gateway.cli.words import plain_id

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

NARROW: Final = 80
"""Columns: below it, ids give way to titles and kinds, and who made it is left out."""

SHORTEST_ID: Final = 12


def show_candidates(
    session: Session, found: list[dict[str, Json]], *, ignored: bool = False, whole: bool = False
) -> None:
    """A table, and under it for each what is to be known before it is adopted, with the command to type. `whole`: all that is
    the matter with it, not only the first of it.
    """
    if not found:
        session.note("nothing was waved away" if ignored else "the inbox is empty")
        return
    _table(session, found)
    if ignored:
        session.note("hearth inbox --restore CANDIDATE brings one back")
        return
    for one in found:
        tell_waiting(session, one, whole=whole)
    session.note(
        "hearth adopt CANDIDATE makes one a Thing; with --open software may use it at once, as the rules say"
    )


def pick_candidate(session: Session, found: list[dict[str, Json]], wanted: str) -> dict[str, Json]:
    """The one that `wanted` names: by its id or title, the beginning of either, or its id as the table shortens it. Raises
    `Failure`.
    """
    text = wanted.casefold()
    head, cut, tail = text.partition("…")
    names = [(c, [str(c.get(key) or "").casefold() for key in ("id", "title")]) for c in found]
    for matches in (
        [c for c, _ in names if str(c.get("id")) == wanted],
        [c for c, known in names if text in known],
        [
            c
            for c, known in names
            if any(one.startswith(head) and (not cut or one.endswith(tail)) for one in known)
        ],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise Failure(
                f"{wanted!r} may mean {joined([str(c.get('id')) for c in matches[:6]])}", Exit.USAGE
            )
    _refuse_adopted(session, wanted)
    near = nearest(wanted, [str(c.get("id")) for c in found])
    hint = f"did you mean {joined(near)}?" if near else "`hearth inbox` lists them"
    raise Failure(f"there is no candidate {wanted!r}; {hint}", Exit.NOT_FOUND)


def understood(candidate: dict[str, Json]) -> bool:
    """Whether it can become a Thing as far as is known: something of it is, or it asks to be paired first."""
    return bool(candidate.get("components") or candidate.get("asks"))


def _refuse_adopted(session: Session, wanted: str) -> None:
    answer = session.client.ask("GET", "/ledger?kind=adoption&newest=1&limit=1000")
    for entry in items(answer.body) if answer.ok else []:
        body = entry.get("body")
        if isinstance(body, dict) and wanted in {body.get("device"), entry.get("thing")}:
            thing = plain_id(entry.get("thing"))
            # A Thing that was forgotten is none.
            if session.client.ask("GET", f"/things/{segment(thing)}?view=summary").ok:
                raise Failure(f"{wanted!r} is adopted already, as {thing}", Exit.REFUSED)
            return


def _table(session: Session, found: list[dict[str, Json]]) -> None:
    width = terminal_width()
    narrow = width is not None and width < NARROW
    most = max(SHORTEST_ID, width // 4) if width is not None else None
    rows = [
        [
            str(c.get("id")) if most is None else shortened(str(c.get("id")), most),
            str(c.get("title") or ""),
            _kinds(c),
            str(c.get("room") or ""),
            "" if narrow else " ".join(str(c.get(k) or "") for k in ("manufacturer", "model")).strip(),
        ]
        for c in found
    ]
    head = ["CANDIDATE", "TITLE", "KINDS", "ROOM", "MADE BY"]
    kept = [i for i in range(len(head)) if i <= 2 or any(row[i] for row in rows)]
    session.table([head[i] for i in kept], [[row[i] for i in kept] for row in rows], whole=[0], folded=2)


def _kinds(candidate: dict[str, Json]) -> str:
    """What it is, or what stands before that."""
    asks, components = candidate.get("asks"), components_of(candidate)
    kinds = [f"{c.get('kind')}{'?' if c.get('means') else ''}" for c in components]
    if kinds:
        return ", ".join(dict.fromkeys(kinds))
    if isinstance(asks, dict):
        return f"asks for its {asks.get('what')}"
    return "see below" if len(problem_lines(candidate)) == 1 else "nothing understood"
