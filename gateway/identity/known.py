"""Everybody who ever had a token, as far as that is kept: an id that was somebody else's is not given away by software."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from policies.decision import Principal


class Known:
    """By id. Names do not matter, nor who made whom: what a principal is, it is by its role and for whom it acts."""

    def __init__(self) -> None:
        self._by_id: dict[str, set[Principal]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, principal: Principal) -> None:
        bare = Principal(principal.id, principal.role, acts_for=principal.acts_for)
        self._by_id.setdefault(principal.id, set()).add(bare)

    def of(self, ident: str) -> Collection[Principal]:
        """As what `ident` was known."""
        return self._by_id.get(ident, ())

    def keep(self, principals: Iterable[Principal]) -> None:
        """Forgets all others."""
        self._by_id.clear()
        for principal in principals:
            self.add(principal)
