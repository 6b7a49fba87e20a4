"""Who may do more with a Thing if its room, its labels or its kinds change? Asked of the rules in force, for each role and
each one known.

It errs on the side of telling: what is not surely as narrow as before counts as a gain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from capabilities.thing import Operation
from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from policies import Accepted, Policy, Principal, Role, Subject, Verdict
from policies.bounds import show

ROLES: Final = {
    Role.OWNER: "the owner",
    Role.ADULT: "adults",
    Role.CHILD: "children",
    Role.GUEST: "guests",
    Role.AGENT: "agents",
    Role.GUEST_AGENT: "guests' agents",
    Role.SERVICE: "services",
}


class Way(NamedTuple):
    """In which way somebody may do more: what stands before the names of properties and actions, and behind them."""

    before: str
    behind: str = ""


class Gain(NamedTuple):
    """`who` may do more in some `way`, with these properties and actions."""

    who: tuple[str, ...]
    way: Way
    names: tuple[str, ...]

    def say(self) -> str:
        """`agents and coo may now use on, brightness`."""
        who = self.who[0] if len(self.who) == 1 else f"{', '.join(self.who[:-1])} and {self.who[-1]}"
        return f"{who} {self.way.before} {', '.join(self.names)}{self.way.behind}"


def gains(policy: Policy, known: Iterable[Principal], before: Adopted, after: Adopted) -> list[Gain]:
    """What anybody may do with `after` and not with `before`; `known` are those with a good token."""
    pairs = _Pairs.of(before, after)
    by_role = {role: _of(policy, Principal("", role), pairs) for role in Role}
    found: dict[tuple[Way, tuple[str, ...]], list[str]] = {}
    for role, name in ROLES.items():
        for gain in by_role[role].items():
            found.setdefault(gain, []).append(name)
    for principal in sorted(set(known), key=lambda one: one.id):
        for way, names in _of(policy, principal, pairs).items():
            if by_role[principal.role].get(way) != names:  # else it is said of the role already
                found.setdefault((way, names), []).append(principal.id)
    return [Gain(tuple(who), way, names) for (way, names), who in found.items()]


class _Pairs(NamedTuple):
    """By the names that properties and operations will have: what rules look at now (None: it has no like), and what they will
    look at. A new kind calls the same point otherwise.
    """

    readable: list[tuple[str, Subject | None, Subject]]
    usable: list[tuple[str, Subject | None, Subject]]

    @classmethod
    def of(cls, before: Adopted, after: Adopted) -> _Pairs:
        was, known = before.readable(), {point: name for point, (name, _) in before.points().items()}
        places = {name: point for point, (name, _) in after.points().items()}
        readable = [
            (name, was.get(known.get(places.get(name, ""), name)), subject)
            for name, subject in after.readable().items()
        ]
        ways = {_way(operation): operation for operation in before.operations()}
        writes = {operation.point: operation for operation in before.thing.writes.values()}
        usable: list[tuple[str, Subject | None, Subject]] = []
        for operation in after.operations():
            like = ways.get(_way(operation)) or (writes.get(operation.point) if operation.absolute else None)
            old = before.subject(like) if like is not None else None
            usable.append((operation.name, old, after.subject(operation)))
        return cls(readable, usable)


def _way(operation: Operation) -> tuple[str, bool, str]:
    """What makes an operation of a device itself, whatever it is called: a write its point, an action its name there, too."""
    tail = operation.capability.partition(".")[2] if operation.is_action else ""
    return operation.point, operation.is_action, tail


def _of(policy: Policy, who: Principal, pairs: _Pairs) -> dict[Way, tuple[str, ...]]:
    """In which ways `who` may do more, with the names of properties and actions."""
    found: dict[Way, list[str]] = {}
    for name, old, new in pairs.readable:
        if policy.may_see(who, new) and (old is None or not policy.may_see(who, old)):
            found.setdefault(Way("may now read"), []).append(name)
    for name, old, new in pairs.usable:
        for way in _more(policy, who, old, new):
            found.setdefault(way, []).append(name)
    return {way: tuple(dict.fromkeys(names)) for way, names in found.items()}


def _more(policy: Policy, who: Principal, before: Subject | None, after: Subject) -> Iterator[Way]:
    now = policy.prospect(who, after)
    if now.verdict is Verdict.DENY:
        return
    was = policy.prospect(who, before) if before is not None else None
    if was is None or was.verdict is Verdict.DENY:
        yield Way("may now use", f" ({'; '.join(now.conditions)})" if now.conditions else "")
        return
    dropped = [*(Counter(was.conditions) - Counter(now.conditions))]
    if now.verdict > was.verdict:
        left = [one for one in now.conditions if one.startswith("needs approval")]
        asks = f" ({'; '.join(left)})" if left else ""
        yield Way("may now use", f" without an approval{asks}")
        dropped = [one for one in dropped if not one.startswith("needs approval")]
    if not _within(now.accepted, was.accepted):
        yield Way("may now set", f" to {_range(now.accepted)} (so far: {_range(was.accepted)})")
    for condition in dropped:
        yield Way("may now use", f' without the condition "{condition}"')


def _within(inner: Accepted | None, outer: Accepted | None) -> bool:
    """Whether `outer` surely accepts whatever `inner` does (None: everything)."""
    if outer is None or inner == outer:
        return True
    if inner is None:
        return False
    if outer.minimum is not None and (inner.minimum is None or inner.minimum < outer.minimum):
        return False
    if outer.maximum is not None and (inner.maximum is None or inner.maximum > outer.maximum):
        return False
    if outer.one_of is not None and (
        inner.one_of is None or any(_key(one) not in map(_key, outer.one_of) for one in inner.one_of)
    ):
        return False
    return all(_within(inner.members.get(name), bound) for name, bound in outer.members.items())


def _key(option: Json) -> tuple[bool, Json]:
    """1 equals 1.0, and neither equals true."""
    return type(option) is bool, option


def _range(accepted: Accepted | None) -> str:
    if accepted is None:
        return "anything"
    parts = []
    if accepted.one_of is not None:
        parts.append(" or ".join(show(one) for one in accepted.one_of) or "nothing")
    if accepted.minimum is not None:
        parts.append(f"from {show(accepted.minimum)}")
    if accepted.maximum is not None:
        parts.append(f"up to {show(accepted.maximum)}")
    parts += [f"{name} {_range(bound)}" for name, bound in accepted.members.items()]
    return " ".join(parts) or "anything"
