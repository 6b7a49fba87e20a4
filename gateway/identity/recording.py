"""What the ledger is told of tokens and of the window through which they come in."""

from __future__ import annotations

import logging
from typing import Final

import orjson

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.identity.sessions import Session
from gateway.ledger import Entry, Ledger, LedgerUnavailable
from gateway.storage import TokenRow

THE_HOUSE: Final = "gateway"
"""Who made or revoked a token where nobody else is named."""

BY_CODE: Final = "pairing"
"""Who made a token that a pairing code let in. Who opened the window stands in the ledger before it."""

_log = logging.getLogger("hearth.identity")


class Recorder:
    """Writes it with the next group."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def made(self, row: TokenRow, by: str) -> None:
        """Raises `LedgerUnavailable`."""
        body: dict[str, Json] = {"made": row.id, "role": row.role, "by": by, "parent": row.parent}
        body |= {"acts_for": row.acts_for or None, "expires_at": row.expires_at}
        if row.mandate:
            body["mandate"] = orjson.loads(row.mandate)
        if row.idle_s is not None:
            body["idle_s"] = row.idle_s
        self.record("token", row.principal, body, {"title": row.title})

    def revoked(self, session: Session, by: str, using: str = "", because: str = "") -> None:
        body: dict[str, Json] = {"revoked": session.token_id, "role": session.principal.role, "by": by}
        body |= {"using": using or None, "parent": session.parent}
        if because:
            body["because"] = because
        self.if_possible("token", body, session.principal.id)

    def record(
        self, kind: str, principal: str, body: dict[str, Json], private: dict[str, Json] | None = None
    ) -> None:
        """Raises `LedgerUnavailable`."""
        self._ledger.append(
            Entry(kind=kind, at=self._clock.wall(), body=body, principal=principal, private=private)
        )

    def if_possible(self, kind: str, body: dict[str, Json], principal: str = "") -> None:
        """For what only narrows: it happens even if it cannot be recorded."""
        try:
            self.record(kind, principal, body)
        except LedgerUnavailable as error:
            _log.error("not recorded: %s %s: %s", kind, body, error)
