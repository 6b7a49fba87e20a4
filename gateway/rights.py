"""What a principal may see and use: computed once for a set of rules and a set of Things, then looked up."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from gateway.adopted import Adopted
from gateway.observers import Topic
from gateway.registry import Registry
from policies import Policy
from policies.decision import Principal

CACHED_PRINCIPALS: Final = 256
"""Principals whose sets are kept; a house has a dozen."""


class Rights:
    """Answers for one principal. `sees` and `uses` hold (thing, affordance); `things` those that show at all."""

    __slots__ = ("acts", "sees", "things", "writes")

    def __init__(self, registry: Registry, policy: Policy, principal: Principal) -> None:
        sees: set[Topic] = set()
        writes: set[Topic] = set()
        acts: set[Topic] = set()
        for adopted in registry:
            for name, subject in adopted.readable().items():
                if policy.may_see(principal, subject):
                    sees.add((adopted.id, name))
            for operation in adopted.operations():
                if policy.may_use(principal, adopted.subject(operation)):
                    (acts if operation.is_action else writes).add((adopted.id, operation.name))
        self.sees = frozenset(sees)
        self.writes = frozenset(writes)
        self.acts = frozenset(acts)
        self.things = frozenset(topic[0] for topic in sees | writes | acts)

    @property
    def topics(self) -> frozenset[Topic]:
        """All topics whose events this principal may observe."""
        return self.sees | self.acts | self.writes | frozenset((thing, "") for thing in self.things)


class RightsTable:
    """`Rights` by principal, recomputed when rules or Things change."""

    def __init__(self, registry: Registry, policy: Callable[[], Policy]) -> None:
        self._registry = registry
        self._policy = policy
        self._table: OrderedDict[Principal, Rights] = OrderedDict()
        self._made_for: tuple[str, int] = ("", -1)

    def of(self, principal: Principal) -> Rights:
        policy = self._policy()
        now = (policy.version, self._registry.version)
        if now != self._made_for:
            self._table.clear()
            self._made_for = now
        rights = self._table.get(principal)
        if rights is None:
            rights = self._table[principal] = Rights(self._registry, policy, principal)
            if len(self._table) > CACHED_PRINCIPALS:
                self._table.popitem(last=False)
        return rights

    def shows(self, principal: Principal, adopted: Adopted) -> bool:
        return adopted.id in self.of(principal).things
