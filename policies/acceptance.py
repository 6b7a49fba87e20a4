"""What all limits that bind a use together accept of its input."""

from __future__ import annotations

from collections.abc import Iterable

from capabilities.vocabulary import Json
from policies.bounds import Bounds, intersection, say
from policies.decision import Accepted, Remedy
from policies.rules import Limit


class Acceptance:
    """The intersection of all bounds of `limits` on an input called `name`. The order of the limits does not matter."""

    __slots__ = ("_members", "_name", "_said", "_whole", "accepted")

    def __init__(self, name: str, limits: Iterable[Limit], now: Iterable[tuple[str, Bounds]] = ()) -> None:
        """`now` are further bounds that hold at this moment, by member ("" for the whole input)."""
        limits = tuple(limits)
        named: dict[str, list[Bounds]] = {}
        whole = [limit.value for limit in limits if limit.value is not None]
        for member, bounds in (*(one for limit in limits for one in limit.members), *now):
            if member:
                named.setdefault(member, []).append(bounds)
            else:
                whole.append(bounds)
        self._name = name
        self._whole = intersection(whole)
        self._members = {
            member: both for member in sorted(named) if (both := intersection(named[member])) is not None
        }
        self._said: dict[
            str, Remedy
        ] = {}  # by member, "" for the whole input: bounded by the rules' own names
        self.accepted = self._as_accepted()
        """As data for the answer; None where nothing bounds the input."""

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

    def _as_accepted(self) -> Accepted | None:
        if self._whole is None and not self._members:
            return None
        whole = Accepted() if self._whole is None else self._whole.accepted()
        members = {member: bounds.accepted() for member, bounds in self._members.items()}
        return Accepted(whole.minimum, whole.maximum, whole.one_of, members)


def _remedy(name: str, bounds: Bounds) -> Remedy:
    return Remedy(say(name, bounds), bounds.as_data())
