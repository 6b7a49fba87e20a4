"""Whether a tool is of any use to somebody, by their rights."""

from __future__ import annotations

from gateway.context import Gateway
from gateway.identity import Session


def uses_anything(gateway: Gateway, session: Session) -> bool:
    """Whether there is a Thing with an operation that may be theirs to use."""
    table = gateway.rights.of(session.principal)
    return any(
        rights is not None and (rights.writes or rights.acts)
        for rights in (table.of(adopted.id) for adopted in gateway.registry)
    )
