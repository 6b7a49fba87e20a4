"""What is to be known of one candidate before it becomes a Thing: what it asks for, what of it is a guess, what is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gateway.cli.acceptance import change_lines
from gateway.cli.session import Session
from gateway.cli.text import joined
from gateway.cli.words import member_texts, quoted

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

SHOWN_PROBLEMS: Final = 3
"""Of what could not be understood of one candidate: the rest is counted, and `hearth inbox CANDIDATE` has it."""

SHOWN_NAMES: Final = 6
"""Of components of which the same is to be said."""

MOST_OPTIONS: Final = 3
"""So many guesses are settled in the command that is shown; more of them one after the other."""

_NOBODY_KNOWS: Final = ("setting", "other")
"""Kinds that are no proposal: to confirm them would say nothing."""

_NUMBERED: Final = re.compile(r"(.*?)(\d{1,4})")


def problem_lines(candidate: dict[str, Json], *, whole: bool = False) -> list[str]:
    """What of it could not be understood, or is to be known: the first of it, or all."""
    listed = candidate.get("problems")
    problems = [str(one) for one in listed] if isinstance(listed, list) else []
    more = 0 if whole else len(problems) - SHOWN_PROBLEMS
    if more <= 0:
        return problems
    return [*problems[:SHOWN_PROBLEMS], f"and {more} more (hearth inbox {quoted(candidate.get('id'))})"]


def components_of(candidate: dict[str, Json]) -> list[dict[str, Json]]:
    listed = candidate.get("components")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def heading(candidate: dict[str, Json]) -> str:
    """`Hallway lamp (0c:fe:…)`: as it calls itself, and as it is typed."""
    name, title = str(candidate.get("id")), str(candidate.get("title") or "")
    return f"{title} ({name})" if title and title.casefold() != name.casefold() else name


def tell_waiting(session: Session, candidate: dict[str, Json], *, whole: bool = False) -> None:
    """For people; nothing where all is clear. `whole`: each problem."""
    name, head = quoted(candidate.get("id")), heading(candidate)
    if isinstance(asks := candidate.get("asks"), dict):
        whose = f" is {candidate['thing']}, and must be paired anew" if candidate.get("thing") else ""
        session.wrap(f"{head}{whose}: {asks.get('hint')}", "  ")
        words = "" if candidate.get("thing") else _guesses(session, candidate) or ""
        _problems(session, candidate, "", whole=whole)
        session.say(f"  → hearth adopt {name} --code {quoted(asks.get('example') or 'CODE')}{words}")
        return
    if candidate.get("thing"):
        why = f": {candidate['suspended']}" if candidate.get("suspended") else ""
        session.wrap(f"{head} is {candidate['thing']}, which announced itself anew{why}", "  ")
        for line in change_lines(candidate.get("waiting")):
            session.wrap(f"  {line}", "    ")
        _problems(session, candidate, "", whole=whole)
        session.say(f"  → hearth accept {candidate['thing']}")
        return
    _relations(session, candidate, head)
    options = _guesses(session, candidate)
    _problems(session, candidate, head if options is None else "", whole=whole)
    if options is not None:
        session.say(f"  → hearth adopt {name}{options}")


def _relations(session: Session, candidate: dict[str, Json], head: str) -> None:
    if isinstance(via := candidate.get("via"), dict):
        session.wrap(f"{head} is reached through {via.get('thing') or via.get('device')}", "  ")
    if isinstance(same := candidate.get("same_as"), list) and same:
        session.wrap(f"{head} says that it is the device of {joined([str(one) for one in same])}", "  ")
    if members := member_texts(candidate.get("members")):
        session.wrap(f"{head} commands {', '.join(members)}", "  ")


def _guesses(session: Session, candidate: dict[str, Json]) -> str | None:
    """Says what is a guess, the same of several once; the options of `adopt` that make it certain, None where all is."""
    components = components_of(candidate)
    guesses = [one for one in components if one.get("means")]
    alike: dict[str, list[dict[str, Json]]] = {}
    for one in guesses:
        alike.setdefault(f"{one['means']} {one.get('kinds')}", []).append(one)
    for group in alike.values():
        which = _together([_called(one, components) for one in group]) if len(components) > 1 else ""
        session.wrap(f"{heading(candidate)}{f', {which}' if which else ''}: {group[0]['means']}", "  ")
        able = group[0].get("kinds")
        if isinstance(able, list) and len(able) > 1:
            session.wrap(f"  could be: {joined([str(kind) for kind in able])}", "    ")
    if not guesses:
        return None
    if len(guesses) > MOST_OPTIONS:
        each = quoted(f"{_called(guesses[0], components)}=KIND")
        session.wrap(f"  with --kind {each} for each of them, or afterwards: hearth kind THING", "    ")
        return ""
    return "".join(_option(one, components, alone=len(guesses) == 1) for one in guesses)


def _option(one: dict[str, Json], components: list[dict[str, Json]], *, alone: bool) -> str:
    kind = str(one.get("proposal") or ("KIND" if one.get("kind") in _NOBODY_KNOWS else one.get("kind")))
    return f" --kind {quoted(kind if alone else f'{_called(one, components)}={kind}')}"


def _called(component: dict[str, Json], components: list[dict[str, Json]]) -> str:
    """As a person may call it: by its title, else by its kind where nothing else is of that, else by its key."""
    kind = component.get("kind")
    if component.get("title") or sum(one.get("kind") == kind for one in components) > 1:
        return str(component.get("title") or component.get("key"))
    return str(kind)


def _together(names: list[str]) -> str:
    """`Relay 1–8`, or `Pump, Lamp and 3 more`."""
    found = [_NUMBERED.fullmatch(name) for name in names]
    numbered = [(match[1], int(match[2])) for match in found if match is not None]
    begins = {begin for begin, _ in numbered}
    if len(numbered) == len(names) > 2 and len(begins) == 1:
        numbers = [number for _, number in numbered]
        if numbers == list(range(numbers[0], numbers[0] + len(numbers))):
            return f"{begins.pop()}{numbers[0]}–{numbers[-1]}"
    more = [f"{len(names) - SHOWN_NAMES} more"] if len(names) > SHOWN_NAMES else []
    return joined(names[:SHOWN_NAMES] + more, "and")


def _problems(session: Session, candidate: dict[str, Json], head: str, *, whole: bool) -> None:
    lines = problem_lines(candidate, whole=whole)
    if lines and head:
        session.wrap(f"{head}:", "  ")
    for line in lines:
        session.wrap(f"  ! {line}", "    ")
