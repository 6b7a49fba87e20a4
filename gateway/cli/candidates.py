"""What was found and is no Thing yet, as a person reads it before saying yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.cli.acceptance import change_lines
from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.names import nearest
from gateway.cli.session import Session, items
from gateway.cli.text import joined, shortened, terminal_width
from gateway.cli.words import member_texts, plain_id, quoted

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

SHOWN_PROBLEMS: Final = 3
"""Of what could not be understood of one candidate: the rest is counted, and `--json` has it."""

NARROW: Final = 80
"""Columns: below it, ids give way to titles and kinds, and who made it is left out."""

SHORTEST_ID: Final = 12


def show_candidates(session: Session, found: list[dict[str, Json]], *, ignored: bool) -> None:
    """A table, and under it for each what is to be known before it is adopted, with the command to type."""
    if not found:
        session.note("nothing was waved away" if ignored else "the inbox is empty")
        return
    _table(session, found)
    if ignored:
        session.note("hearth inbox --restore CANDIDATE brings one back")
        return
    for one in found:
        _waits(session, one)
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


def problem_lines(candidate: dict[str, Json]) -> list[str]:
    """What of it could not be understood, or is to be known: the first of it."""
    listed = candidate.get("problems")
    problems = [str(one) for one in listed] if isinstance(listed, list) else []
    more = len(problems) - SHOWN_PROBLEMS
    return problems[:SHOWN_PROBLEMS] + ([f"and {more} more (hearth inbox --json)"] if more > 0 else [])


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
            _kinds(c.get("components")),
            str(c.get("room") or ""),
            "" if narrow else " ".join(str(c.get(k) or "") for k in ("manufacturer", "model")).strip(),
        ]
        for c in found
    ]
    head = ["CANDIDATE", "TITLE", "KINDS", "ROOM", "MADE BY"]
    kept = [i for i in range(len(head)) if i <= 2 or any(row[i] for row in rows)]
    session.table([head[i] for i in kept], [[row[i] for i in kept] for row in rows], whole=[0], folded=2)


def _waits(session: Session, candidate: dict[str, Json]) -> None:
    name = quoted(candidate.get("id"))
    if isinstance(asks := candidate.get("asks"), dict):
        whose = f" is {candidate['thing']}, and must be paired anew" if candidate.get("thing") else ""
        session.wrap(f"{name}{whose}: {asks.get('hint')}", "  ")
        words = "" if candidate.get("thing") else _guesses(session, name, candidate.get("components"))
        _problems(session, candidate, "")
        session.say(f"  → hearth adopt {name} --code {quoted(asks.get('example') or 'CODE')}{words}")
        return
    if candidate.get("thing"):
        why = f": {candidate['suspended']}" if candidate.get("suspended") else ""
        session.wrap(f"{name} is {candidate['thing']}, which announced itself anew{why}", "  ")
        for line in change_lines(candidate.get("waiting")):
            session.wrap(f"  {line}", "    ")
        _problems(session, candidate, "")
        session.say(f"  → hearth accept {candidate['thing']}")
        return
    if isinstance(via := candidate.get("via"), dict):
        session.wrap(f"{name} is reached through {via.get('thing') or via.get('device')}", "  ")
    if isinstance(same := candidate.get("same_as"), list) and same:
        session.wrap(f"{name} says that it is the device of {joined([str(one) for one in same])}", "  ")
    if members := member_texts(candidate.get("members")):
        session.wrap(f"{name} commands {', '.join(members)}", "  ")
    words = _guesses(session, name, candidate.get("components"))
    _problems(session, candidate, "" if words else name)
    if words:
        session.say(f"  → hearth adopt {name}{words}")


def _guesses(session: Session, name: str, listed: Json) -> str:
    """Says what is a guess; the options of `adopt` that make it certain."""
    components = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    guesses = [one for one in components if one.get("means")]
    words = ""
    for one in guesses:
        title = str(one.get("title") or one.get("key"))
        which = f" {title}" if len(components) > 1 else ""
        session.wrap(f"{name}{which}: {one['means']}", "  ")
        kind = str(one.get("proposal") or one.get("kind"))
        words += f" --kind {quoted(f'{title}={kind}' if len(guesses) > 1 else kind)}"
        able = one.get("kinds")
        kinds = [str(kind) for kind in able] if isinstance(able, list) else []
        if len(kinds) > 1:
            session.wrap(f"  could be: {joined(kinds)}", "  ")
    return words


def _problems(session: Session, candidate: dict[str, Json], name: str) -> None:
    lines = problem_lines(candidate)
    if lines and name:
        session.wrap(f"{name}:", "  ")
    for line in lines:
        session.wrap(f"  ! {line}", "    ")


def _kinds(components: Json) -> str:
    known = [c for c in components if isinstance(c, dict)] if isinstance(components, list) else []
    kinds = [f"{c.get('kind')}{'?' if c.get('means') else ''}" for c in known]
    return ", ".join(dict.fromkeys(kinds)) or "nothing understood"
