"""What all limits that bind a use together accept of its input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from capabilities.vocabulary import Json
from policies.bounds import Bounds, both, intersection, say
from policies.decision import Accepted, Remedy
from policies.rules import Limit


class Acceptance:
    """The intersection of all bounds of `limits` on an input called `name`. The order of the limits does not matter."""

    __slots__ = ("_members", "_name", "_said", "_whole", "accepted")

    def __init__(self, name: str, limits: Sequence[Limit]) -> None:
        self._name = name
        self._whole = intersection(limit.value for limit in limits if limit.value is not None)
        self._members: dict[str, Bounds] = {}
        for limit in limits:
            for member, bounds in limit.members:
                known = self._members.get(member)
                self._members[member] = bounds if known is None else both(known, bounds)
        self._said: dict[str, Remedy] = {}  # by member, "" for the whole input: no more than the rules name
        self.accepted = _as_accepted(self._whole, self._members)
        """As data for the answer; None where nothing bounds the input."""

    def accepted_within(self, now: Iterable[tuple[str, Bounds]]) -> Accepted | None:
        """As `accepted`, with further bounds that hold at this moment, by member ("" for the whole input)."""
        whole, members = self._whole, self._members
        for member, bounds in now:
            if not member:
                whole = bounds if whole is None else both(whole, bounds)
            else:
                known = members.get(member)
                members = {**members, member: bounds if known is None else both(known, bounds)}
        return _as_accepted(whole, members)

    def admit(self, value: Json) -> bool:
        """Whether every limit is kept: the same as asking each of them."""
        if self._whole is not None and not self._whole.admit(value):
            return False
        if not self._members:
            return True
        return isinstance(value, dict) and all(
            bounds.admit(value[member]) for member, bounds in self._members.items() if member in value
        )

    @property
    def impossible(self) -> bool:
        """Whether no input is accepted. None is both a scalar, as bounds on the whole want it, and has members."""
        return self._whole is not None and (self._whole.impossible or bool(self._members))

    def remedy(self, member: str = "") -> Remedy:
        """What the input, or one member of it, must be: in words, and as `minimum`, `maximum`, `one_of`."""
        found = self._said.get(member)
        if found is None:
            bounds = self._members[member] if member else self._whole
            if bounds is None:
                raise KeyError(self._name)
            found = self._said[member] = _remedy(member or self._name, bounds)
        return found


def _as_accepted(whole: Bounds | None, members: Mapping[str, Bounds]) -> Accepted | None:
    if not members:
        return None if whole is None else whole.accepted()
    bounded = Accepted() if whole is None else whole.accepted()
    named = {member: members[member].accepted() for member in sorted(members)}
    return Accepted(bounded.minimum, bounded.maximum, bounded.one_of, named)


def _remedy(name: str, bounds: Bounds) -> Remedy:
    return Remedy(say(name, bounds), bounds.as_data())
