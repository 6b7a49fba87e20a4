"""The pairing window that is open, if one is."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.storage.database import Database


@dataclass(frozen=True, slots=True)
class PairingRow:
    """Who may come in, with which code (its hash), until when (seconds since the epoch)."""

    code_hash: bytes
    role: str
    principal: str
    principal_title: str
    expires_at: float
    tries_left: int
    takes_key: bool = True  # the device may bring a key that answers approvals
    link_hash: bytes = b""  # of the long code in the link; empty: there is none
    mandate: str = ""  # of its token, as in `gateway.storage.tokens.TokenRow`
    token_expires_at: float | None = None  # seconds since the epoch
    token_idle_s: float | None = None


class PairingRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> PairingRow | None:
        """Raises `sqlite3.Error`."""
        row = await self._database.fetch_one(
            "SELECT code_hash, role, principal, principal_title, expires_at, tries_left, takes_key, link_hash,"
            " mandate, token_expires_at, token_idle_s FROM pairings"
        )
        if row is None:
            return None
        code_hash, role, principal, title, expires, tries, takes_key, link_hash, mandate, *ends = row
        ends_at, idle_s = (float(one) if one is not None else None for one in ends)
        return PairingRow(
            code_hash if isinstance(code_hash, bytes) else b"",
            str(role),
            str(principal),
            str(title),
            float(expires or 0),
            int(tries or 0),
            bool(takes_key),
            link_hash if isinstance(link_hash, bytes) else b"",
            str(mandate),
            ends_at,
            idle_s,
        )

    async def save(self, pairing: PairingRow) -> None:
        """In place of the one before. Raises `sqlite3.Error`."""
        await self._database.execute(
            "INSERT OR REPLACE INTO pairings"
            " (only_one, code_hash, role, principal, principal_title, expires_at, tries_left, takes_key, link_hash,"
            " mandate, token_expires_at, token_idle_s)"
            " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                pairing.code_hash,
                pairing.role,
                pairing.principal,
                pairing.principal_title,
                pairing.expires_at,
                pairing.tries_left,
                int(pairing.takes_key),
                pairing.link_hash,
                pairing.mandate,
                pairing.token_expires_at,
                pairing.token_idle_s,
            ),
        )

    async def clear(self) -> None:
        """Raises `sqlite3.Error`."""
        await self._database.execute("DELETE FROM pairings")
