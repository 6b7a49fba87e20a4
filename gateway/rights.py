"""What a principal may see and use: worked out once for each Thing, then looked up."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from gateway.adopted import Adopted
from gateway.registry import Registry
from policies import Policy
from policies.decision import Principal

CACHED_PRINCIPALS: Final = 256
"""Principals whose rights are kept; a house has a dozen."""


@dataclass(frozen=True, slots=True)
class ThingRights:
    """What one principal may do with one Thing: names of properties and events, of properties to write, of actions."""

    adopted: Adopted
    sees: frozenset[str]
    writes: frozenset[str]
    acts: frozenset[str]

    @property
    def shows(self) -> bool:
        return bool(self.sees or self.writes or self.acts)


class Topics:
    """A set of (thing, affordance), worked out Thing by Thing when it is asked."""

    __slots__ = ("_names", "_of")

    def __init__(
        self, of: Callable[[str], ThingRights | None], names: Callable[[ThingRights], frozenset[str]]
    ) -> None:
        self._of = of
        self._names = names

    def __contains__(self, topic: object) -> bool:
        if not isinstance(topic, tuple):
            return False
        rights = self._of(topic[0])
        return rights is not None and topic[1] in self._names(rights)


class Rights:
    """One principal's rights, under one set of rules. `sees`, `writes` and `acts` hold topics."""

    __slots__ = ("_known", "_policy", "_principal", "_registry", "_sets", "acts", "sees", "writes")

    def __init__(self, registry: Registry, policy: Policy, principal: Principal) -> None:
        self._registry = registry
        self._policy = policy
        self._principal = principal
        self._known: dict[str, ThingRights] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}
        self.sees = Topics(self.of, lambda rights: rights.sees)
        self.writes = Topics(self.of, lambda rights: rights.writes)
        self.acts = Topics(self.of, lambda rights: rights.acts)

    def of(self, thing: str) -> ThingRights | None:
        """The rights on one Thing; None where there is none of that id."""
        adopted = self._registry.get(thing)
        known = self._known.get(thing)
        if known is not None and known.adopted is adopted:
            return known
        if adopted is None:
            self._known.pop(thing, None)
            return None
        fresh = self._known[thing] = self._work_out(adopted)
        return fresh

    @property
    def things(self) -> frozenset[str]:
        """The ids of the Things that show at all."""
        return frozenset(
            a.id for a in self._registry if (rights := self.of(a.id)) is not None and rights.shows
        )

    def show(self, thing: str) -> bool:
        rights = self.of(thing)
        return rights is not None and rights.shows

    def _work_out(self, adopted: Adopted) -> ThingRights:
        policy, principal = self._policy, self._principal
        usable = [o for o in adopted.operations() if policy.may_use(principal, adopted.subject(o))]
        return ThingRights(
            adopted,
            sees=self._shared(
                n for n, subject in adopted.readable().items() if policy.may_see(principal, subject)
            ),
            writes=self._shared(o.name for o in usable if not o.is_action),
            acts=self._shared(o.name for o in usable if o.is_action),
        )

    def _shared(self, names: Iterable[str]) -> frozenset[str]:
        """Things of one kind share their sets of names: there are few kinds, and may be thousands of Things."""
        fresh = frozenset(names)
        return self._sets.setdefault(fresh, fresh)


class RightsTable:
    """`Rights` by principal, for the rules in force."""

    def __init__(self, registry: Registry, policy: Callable[[], Policy]) -> None:
        self._registry = registry
        self._policy = policy
        self._table: OrderedDict[Principal, Rights] = OrderedDict()
        self._rules = ""

    def of(self, principal: Principal) -> Rights:
        policy = self._policy()
        if policy.version != self._rules:
            self._table.clear()
            self._rules = policy.version
        rights = self._table.get(principal)
        if rights is None:
            rights = self._table[principal] = Rights(self._registry, policy, principal)
            if len(self._table) > CACHED_PRINCIPALS:
                self._table.popitem(last=False)
        return rights
