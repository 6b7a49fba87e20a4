"""Between a token as it is stored, as the gateway uses it, and as people see it."""

from __future__ import annotations

import hashlib
import math
import secrets
from typing import Final

from gateway.identity.sessions import TokenInfo
from gateway.storage import TokenRow
from policies.decision import Mandate, Principal, Role
from policies.mandates import Terms, mandate_of

SECRET_PREFIX: Final = "hearth_"  # noqa: S105
"""So that a secret that leaked into a text can be found."""

_SECRET_BYTES: Final = 32
_ID_BYTES: Final = 9


def new_row(
    principal: Principal,
    parent: str | None,
    title: str,
    at: float,
    *,
    expires_at: float | None,
    key: str = "",
    mandate: Terms | None = None,
    idle_s: float | None = None,
) -> tuple[TokenRow, str]:
    """A token as it is stored, and the secret, which is not. Raises `ValueError` where the mandate is too long."""
    secret = SECRET_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    row = TokenRow(
        id=secrets.token_hex(_ID_BYTES),
        secret_hash=hash_of(secret),
        title=title,
        principal=principal.id,
        role=principal.role,
        principal_title=principal.title,
        acts_for=principal.acts_for,
        acts_for_role=principal.acts_for_role or "",
        parent=parent,
        created_at=at,
        expires_at=expires_at,
        public_key=key,
        mandate="" if mandate is None or mandate.says_nothing else mandate_of("", mandate).terms,
        idle_s=idle_s,
    )
    return row, secret


def hash_of(secret: str) -> bytes:
    """What is stored of a secret. Any text is taken, so that a caller's header cannot fail here."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def earlier(wanted: float | None, bound: float) -> float | None:
    """When a token expires whose maker's does at `bound`; None for never."""
    earliest = min(math.inf if wanted is None else wanted, bound)
    return None if earliest == math.inf else earliest


def principal_of(row: TokenRow) -> Principal:
    acting = Role(row.acts_for_role) if row.acts_for_role else None
    return Principal(row.principal, Role(row.role), row.principal_title, row.acts_for, acts_for_role=acting)


def info_of(row: TokenRow) -> TokenInfo:
    return TokenInfo(
        row.id,
        principal_of(row),
        row.title,
        row.parent,
        row.created_at,
        row.expires_at,
        row.last_used_at,
        row.revoked_at,
        bool(row.public_key),
        row.idle_s,
        mandate_in(row),
    )


def mandate_in(row: TokenRow) -> Mandate | None:
    """What was said of this token; as findings name it. All tokens of one id have one mandate, and count its rates together."""
    return Mandate(f"delegation:{row.principal}", row.mandate) if row.mandate else None
