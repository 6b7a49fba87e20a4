"""What a client is told when it gets no token: the codes of the RFCs, each with a sentence."""

from __future__ import annotations

from typing import Literal, TypeAlias

Code: TypeAlias = Literal[
    # RFC 6749, sections 4.1.2.1 and 5.2
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unsupported_grant_type",
    "unsupported_response_type",
    "access_denied",
    "temporarily_unavailable",
    # RFC 8628, section 3.5
    "authorization_pending",
    "slow_down",
    "expired_token",
    # RFC 8707, section 2
    "invalid_target",
    # RFC 7591, section 3.2.2
    "invalid_redirect_uri",
    "invalid_client_metadata",
]


class OAuthError(Exception):
    """`revoke` is the id of a token that must end with it, because two hold what only one may ("": none)."""

    def __init__(self, error: Code, description: str, *, revoke: str = "") -> None:
        super().__init__(description)
        self.error: Code = error
        self.description = description
        self.revoke = revoke


class Full(Exception):
    """Too many wait already. Nobody is pushed out for a new one."""
