"""What somebody may do at the end: the meet of the house's rules, of whom it acts for, and of all that was handed on to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.context import Gateway
from gateway.delegation.wish import Wish
from gateway.rights import Rights
from policies import Accepted, Principal, Verdict
from policies.bounds import show
from policies.patterns import matching

MOST_THINGS: Final = 50
"""That are listed one by one: what a model, or a person, looks through before it is handed on."""

HIDDEN: Final = "under a condition that is not for it to see"

_TOPIC: Final = re.compile(r"(?<![\w.-])([A-Za-z][\w-]*)\.([A-Za-z_]\w*)")
"""How a condition names a property; `its.` stands for the Thing's own."""


def effective(gateway: Gateway, principal: Principal) -> dict[str, Json]:
    """`things` (at most `MOST_THINGS`, and how many `more`), each with what `principal` reads and uses there. Never more than
    it may see itself.
    """
    rights = Rights(
        gateway.registry, gateway.policy, principal
    )  # of somebody who may never be: not remembered
    shown = sorted(rights.things)
    things: list[Json] = []
    for thing in shown[:MOST_THINGS]:
        adopted = gateway.registry.get(thing)
        if adopted is not None:
            things.append(_thing(gateway, principal, rights, adopted))
    return {"things": things, "more": max(0, len(shown) - MOST_THINGS)}


def _thing(gateway: Gateway, principal: Principal, rights_of: Rights, adopted: Adopted) -> dict[str, Json]:
    rights = rights_of.of(adopted.id)
    sees = sorted(rights.sees) if rights is not None else []
    uses: list[Json] = []
    for operation in adopted.operations():
        prospect = gateway.policy.prospect(principal, adopted.subject(operation))
        if prospect.verdict is Verdict.DENY:
            continue
        asks = ["after a person's approval"] if prospect.verdict is Verdict.NEEDS_APPROVAL else []
        told = dict.fromkeys(_told(one, adopted.id, rights_of) for one in prospect.conditions)
        within = bounds_in_words(prospect.accepted)
        how = "; ".join([*([within] if within else []), *asks, *told])
        uses.append(f"{operation.name} ({how})" if how else operation.name)
    return {"id": adopted.id, "title": adopted.title, "room": adopted.room, "sees": [*sees], "uses": uses}


def _told(condition: str, thing: str, rights: Rights) -> str:
    topics = [(thing if of == "its" else of, name) for of, name in _TOPIC.findall(condition)]
    return condition if all(topic in rights.sees for topic in topics) else HIDDEN


def bounds_in_words(accepted: Accepted | None) -> str:
    """`from 0 up to 40`; "" where nothing bounds it."""
    if accepted is None:
        return ""
    parts = []
    if accepted.one_of is not None:
        parts.append(" or ".join(show(one) for one in accepted.one_of) or "nothing")
    if accepted.minimum is not None:
        parts.append(f"from {show(accepted.minimum)}")
    if accepted.maximum is not None:
        parts.append(f"up to {show(accepted.maximum)}")
    parts += [
        f"{name} {text}" for name, bound in accepted.members.items() if (text := bounds_in_words(bound))
    ]
    return " ".join(parts)


def moot(gateway: Gateway, maker: Principal, child: Principal, wish: Wish) -> list[str]:
    """What of the wish changes nothing, since the maker has no right to it. A Thing that is hidden from the maker, and one that
    is not there, are called the same.
    """
    return [*_no_place(gateway, maker, wish), *_no_use(gateway, child, wish)]


def _no_place(gateway: Gateway, maker: Principal, wish: Wish) -> Iterator[str]:
    rights = gateway.rights.of(maker)
    known = [one for one in gateway.registry if rights.show(one.id)]
    there = {
        "things": {one.id for one in known},
        "rooms": {one.room for one in known},
        "labels": {label for one in known for label in one.labels},
    }
    for member, names in there.items():
        for name in getattr(wish, member) or ():
            if name not in names:
                yield f"{member}: {name} is nothing that {maker.id} may see or use"


def _no_use(gateway: Gateway, child: Principal, wish: Wish) -> Iterator[str]:
    used, read = _reached(gateway, child)
    rates = wish.at_most if isinstance(wish.at_most, dict) else {}
    for member, names, reached in (
        ("may", wish.may or (), used),
        ("see", wish.see or (), read | {"sensitive"}),
        ("bounds", wish.bounds or {}, used),
        ("at_most", rates, used),
    ):
        yield from (f"{member}: {name} is not left to it there" for name in names if name not in reached)


def _reached(gateway: Gateway, child: Principal) -> tuple[set[str], set[str]]:
    """All patterns of what it may use and read."""
    used: set[str] = set()
    read: set[str] = set()
    rights_of = Rights(gateway.registry, gateway.policy, child)
    for adopted in gateway.registry:
        rights = rights_of.of(adopted.id)
        if rights is None or not rights.shows:
            continue
        for operation in adopted.operations():
            if operation.name in (rights.acts if operation.is_action else rights.writes):
                used.update(matching(operation.capability))
        for name, subject in adopted.readable().items():
            if name in rights.sees:
                read.update(matching(subject.capability))
    return used, read
