"""Tokens, as they are stored: never the secret, only its hash."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.storage.database import Database, Row

_COLUMNS: Final = (
    "id, secret_hash, title, principal, role, principal_title, acts_for, parent, created_at, expires_at,"
    " last_used_at, revoked_at, acts_for_role, public_key, mandate, idle_s"
)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token. Times are in seconds since the epoch; None: never. `acts_for_role` is what the person it acts for was when it
    was made ("" where it acts for nobody).
    """

    id: str
    secret_hash: bytes
    title: str
    principal: str
    role: str
    principal_title: str
    acts_for: str
    parent: str | None
    created_at: float
    expires_at: float | None = None
    last_used_at: float | None = None
    revoked_at: float | None = None
    acts_for_role: str = ""
    public_key: str = ""  # a JWK as JSON; "" for a device without one
    mandate: str = ""  # canonical JSON of `policies.Terms`; "": it says nothing more
    idle_s: float | None = None  # so long without a use, and it is no longer good


class TokenRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_all(self) -> list[TokenRow]:
        """Revoked ones too, in the order of their making. Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all(f"SELECT {_COLUMNS} FROM tokens ORDER BY created_at, rowid")  # noqa: S608
        return [_from_row(row) for row in rows]

    async def insert(self, token: TokenRow) -> None:
        """Raises `sqlite3.IntegrityError` if its id is taken or its parent unknown, `sqlite3.Error`."""
        await self._database.execute(
            f"INSERT INTO tokens ({_COLUMNS}) VALUES ({', '.join('?' * 16)})",  # noqa: S608
            (
                token.id,
                token.secret_hash,
                token.title,
                token.principal,
                token.role,
                token.principal_title,
                token.acts_for,
                token.parent,
                token.created_at,
                token.expires_at,
                token.last_used_at,
                token.revoked_at,
                token.acts_for_role,
                token.public_key,
                token.mandate,
                token.idle_s,
            ),
        )

    async def delete(self, token: str) -> None:
        """For one that was never given out. Raises `sqlite3.Error`."""
        await self._database.execute("DELETE FROM tokens WHERE id = ?", (token,))

    async def revoke(self, tokens: Collection[str], at: float) -> None:
        """All or none. Raises `sqlite3.Error`."""
        async with self._database.transaction() as transaction:
            sql = "UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"
            await transaction.execute_many(sql, [(at, token) for token in tokens])

    async def prune(self, now: float, kept: int) -> int:
        """Deletes the tokens that were made from one of software, a child or a guest and are no longer good (at `now`, in
        seconds since the epoch), but the newest `kept`; from which others were made go when those have gone. How many went.
        Raises `sqlite3.Error`.
        """
        rows = await self._database.fetch_all(
            "SELECT one.id FROM tokens one JOIN tokens maker ON maker.id = one.parent"
            " WHERE maker.role NOT IN ('owner', 'adult')"
            " AND (one.revoked_at IS NOT NULL OR one.expires_at <= ?)"
            " AND one.id NOT IN (SELECT parent FROM tokens WHERE parent IS NOT NULL)"
            " ORDER BY one.created_at DESC, one.rowid DESC LIMIT -1 OFFSET ?",
            (now, kept),
        )
        if rows:
            async with self._database.transaction() as transaction:
                await transaction.execute_many("DELETE FROM tokens WHERE id = ?", rows)
        return len(rows)

    async def used(self, last: Mapping[str, float]) -> None:
        """When each token was used last. Raises `sqlite3.Error`."""
        async with self._database.transaction() as transaction:
            sql = "UPDATE tokens SET last_used_at = ? WHERE id = ?"
            await transaction.execute_many(sql, [(at, token) for token, at in last.items()])


def _from_row(row: Row) -> TokenRow:
    ident, secret_hash, title, principal, role, principal_title, acts_for, parent, created, *rest = row
    *times, acting, key, mandate, idle = rest
    expires, used, revoked = (float(time) if time is not None else None for time in times)
    return TokenRow(
        id=str(ident),
        secret_hash=secret_hash if isinstance(secret_hash, bytes) else b"",
        title=str(title),
        principal=str(principal),
        role=str(role),
        principal_title=str(principal_title),
        acts_for=str(acts_for),
        parent=str(parent) if parent is not None else None,
        created_at=float(created or 0),
        expires_at=expires,
        last_used_at=used,
        revoked_at=revoked,
        acts_for_role=str(acting),
        public_key=str(key),
        mandate=str(mandate),
        idle_s=float(idle) if idle is not None else None,
    )
