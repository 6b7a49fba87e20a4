"""A token as the gateway uses it, and as people see it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from policies.decision import Mandate, Principal


@dataclass(slots=True, eq=False)
class Session:
    """What a caller's secret stands for, shared by all of the token's requests and streams.

    `revoked` turns true once, and for good: whoever holds a session looks at it again before something moves. `token_id` is
    "" for a caller without a token (at the box). `expires_at` is the earliest of the token's and its ancestors', in seconds
    since the epoch. `person_until` is when the last token of the person it acts for ends; then this one does, too.

    `principal` is replaced when the role of that person changes, or what it may do at the most: whoever keeps a session has the
    rights of now. `handed` are the mandates of the token and of all that it was made from.
    """

    token_id: str
    principal: Principal
    expires_at: float = math.inf
    parent: str | None = None  # the id of the token that it was made from
    revoked: bool = False
    used_at: float = 0.0  # seconds since the epoch; 0: not in this run
    made_at: float = 0.0  # seconds since the epoch
    person_until: float = math.inf
    key: str = ""  # the public key of the device that holds it, as JSON (a JWK)
    idle_s: float = math.inf
    used_before: float = 0.0  # in an earlier run, or when it was made; seconds since the epoch
    handed: tuple[Mandate, ...] = ()

    def is_good(self, now: float) -> bool:
        """Whether it has not expired, `now` in seconds since the epoch."""
        return now < self.expires_at and now < self.person_until and now < self.idle_until

    @property
    def idle_until(self) -> float:
        """When it ends if nobody uses it, in seconds since the epoch."""
        return max(self.used_at, self.used_before) + self.idle_s


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """A token without its secret. Times are in seconds since the epoch. `expires_at` None: never.

    `revoked_at` is None while it is good; a child of a revoked token is revoked with it.
    """

    id: str
    principal: Principal
    title: str
    parent: str | None
    created_at: float
    expires_at: float | None = None
    last_used_at: float | None = None
    revoked_at: float | None = None
    has_key: bool = False  # its holder can answer approvals
    idle_s: float | None = None  # ends after so long without a use
    mandate: Mandate | None = None  # what was said of this one; those that it was made from bind it, too

    @property
    def idle_until(self) -> float | None:
        """When it ends if nobody uses it; None for never."""
        return None if self.idle_s is None else max(self.last_used_at or 0.0, self.created_at) + self.idle_s
