"""Boxes and conditions in words that an ordinary person understands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from capabilities.vocabulary import KINDS, Hazard, Privilege
from policies.bounds import Bounds, show
from policies.clauses import AtMost, Clause, Modes, Need, QuietHours, Rest
from policies.compare.boxes import LOWEST_RANK, ROLES, Box, wider
from policies.decision import Role
from policies.fields import EXPLICIT_ID
from policies.input_clauses import MaxChange, Within
from policies.patterns import EVERYTHING, is_exact
from policies.selectors import Who

_PLURAL: Final = {
    Role.OWNER: "the owner",
    Role.ADULT: "adults",
    Role.CHILD: "children",
    Role.GUEST: "guests",
    Role.AGENT: "agents",
    Role.GUEST_AGENT: "guests' agents",
    Role.SERVICE: "services",
}
_RANKS: Final = tuple(Privilege)
_MOST_LISTED: Final = 10
"""More capabilities than these are told by the ones that are missing."""


class Said(NamedTuple):
    """A condition as what it leaves (`only`), and as what it takes away (`beyond`): "up to 23", "above 23"."""

    only: str
    beyond: str


def whom(box: Box) -> str:
    """Whom a box is about; "" for everybody."""
    if box.id is not None:
        return written(box.id)
    return "" if box.role is None else _PLURAL[Role(box.role)]


def all_of(whos: Iterable[str]) -> str:
    """Several of `whom`: adults include the owner."""
    found = set(whos)
    if "" in found or found >= {_PLURAL[Role(role)] for role in ROLES}:
        return ""
    if "adults" in found:
        found.discard("the owner")
    order = [*_PLURAL.values()]
    return listed(sorted(found, key=lambda who: (order.index(who) if who in order else len(order), who)))


def listed(words: Iterable[str], last: str = "and") -> str:
    """`adults, children and agents`."""
    found = [*words]
    return f" {last} ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def where(box: Box) -> str:
    """At which Things: ` on tank in the hall with label heater`."""
    found = f" on {box.thing}" if box.thing is not None else ""
    found += f" in the {box.room}" if box.room is not None else ""
    return found + (f" with label {' and '.join(sorted(box.labels))}" if box.labels else "")


def held(box: Box) -> str:
    """Where, and from which hazard and privilege up, a limit, an ask or a then holds."""
    found = where(box)
    if box.least_hazard:
        found += f" of hazard {box.least_hazard}" + (
            " and above" if box.most_hazard > box.least_hazard else ""
        )
    if box.least_rank > Privilege.OPERATE.rank:
        found += f" of privilege {_RANKS[box.least_rank]}" + (
            " and above" if box.most_rank > box.least_rank else ""
        )
    return found + box.moments.say()


def granted(verb: str, box: Box) -> str:
    """Where, and up to which hazard and privilege, an allow reaches, as far as that is not the usual."""
    found, is_sensitive = where(box), box.most_hazard == Hazard.LIFE_SAFETY
    if box.least_rank > LOWEST_RANK:
        found += (
            f" of privilege {' to '.join(_RANKS[rank] for rank in sorted({box.least_rank, box.most_rank}))}"
        )
    elif box.most_rank != Privilege.OPERATE.rank:
        found += f" up to privilege {_RANKS[box.most_rank]}"
    if verb == "use":
        return found + (f" of hazard {box.least_hazard}" if box.least_hazard else "")
    if box.least_hazard:
        return found + ", as far as it is sensitive"
    return found + (", what is sensitive too" if is_sensitive and not is_exact(box.pattern) else "")


def things_of(patterns: Iterable[str]) -> str:
    """Capabilities, each once, and nearly all of them by what is missing."""
    given = set(patterns)
    found = {one for one in given if given.isdisjoint(wider(one)[1:])}
    if len(found) <= _MOST_LISTED:
        return ", ".join("everything" if one == EVERYTHING else one for one in sorted(found))
    by_name: dict[str, set[str]] = {}
    for one in found:
        kind, _, name = one.partition(".")
        by_name.setdefault(name, set()).add(kind)
    return ", ".join(_of_name(name, kinds) for name, kinds in sorted(by_name.items()))


def _of_name(name: str, kinds: set[str]) -> str:
    """One name of several kinds."""
    if len(kinds) <= _MOST_LISTED:
        return ", ".join(f"{kind}.{name}" for kind in sorted(kinds))
    missing = ", ".join(f"{kind}.{name}" for kind in KINDS if kind not in kinds)
    return ("everything" if name == "*" else f"*.{name}") + (f" but {missing}" if missing else "")


def people(who: Who | None) -> str:
    """`adult or coo`: who may approve or consent; "" for nobody."""
    if who is None:
        return ""
    return named([*(str(role) for role in Role if role in who.roles), *sorted(map(written, who.ids))], "or")


def named(words: Iterable[str], last: str) -> str:
    """Roles and ids in a sentence. The adults include the owner."""
    found = [*words]
    return listed([one for one in found if one != Role.OWNER or Role.ADULT not in found], last)


def written(name: str) -> str:
    """A principal's id as a rule writes it."""
    return f"{EXPLICIT_ID}{name}" if name in ROLES else name


def said(clause: Clause) -> Said:
    """`clause` in words. Bounds are told by their ends, see `ends`."""
    match clause:
        case Within():
            parts = ends(clause.bounds)
            name = f"{clause.member} " if clause.member else ""
            only = " and ".join(one.only for one in parts.values())
            return Said(name + only, name + " or ".join(one.beyond for one in parts.values()))
        case MaxChange():
            name = f" of {clause.member}" if clause.member else ""
            change = f"{show(clause.distance)}{name} at once"
            return Said(f"by at most {change}", f"by more than {change}")
        case Modes():
            modes = listed(clause.modes, "or")
            return Said(f"in mode {modes}", f"outside mode {modes}")
        case QuietHours():
            text = clause.say().removeprefix("outside ")
            return Said(f"outside {text.replace(' and ', ' to ', 1)}", f"between {text}")
        case AtMost():
            return Said(clause.say(), f"more than {clause.rate.text}")
        case Rest():
            return Said(clause.say(), f"after less than {clause.span.text} of rest")
        case Need():
            needed = clause.say().removeprefix("while ")
            return Said(needed, f"while not {needed}")
        case _:
            return Said(clause.say(), f"unless {clause.say()}")


def ends(bounds: Bounds) -> dict[str, Said]:
    """The parts of bounds, each of which may move by itself: `most`, `least`, `options`."""
    if bounds.impossible:
        return {"options": Said("no value", "with any value")}
    data, found = bounds.accepted(), {}
    if data.minimum is not None:
        found["least"] = Said(f"from {show(data.minimum)}", f"below {show(data.minimum)}")
    if data.maximum is not None:
        found["most"] = Said(f"up to {show(data.maximum)}", f"above {show(data.maximum)}")
    if data.one_of is not None:
        options = ", ".join(map(show, data.one_of))
        found["options"] = Said(f"only {options}", f"other than {options}")
    return found or {"options": Said("a number", "what is no number")}
