"""An agent's request to be let in, and its life as one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

INTERVAL_S: Final = 5.0
"""Between two questions of a client (RFC 8628, section 3.2); each that comes too soon makes it longer by as much (3.5)."""

LONGEST_INTERVAL_S: Final = 60.0


class Kind(StrEnum):
    DEVICE = "device"  # RFC 8628: the agent shows the code
    BROWSER = "browser"  # RFC 6749, section 4.1: a page in the person's browser shows it


class State(StrEnum):
    OPEN = "open"
    ANSWERING = "answering"  # a person said yes, and the token is being made
    GRANTED = "granted"  # the token waits to be fetched, once
    DENIED = "denied"
    SPENT = "spent"  # it was fetched; remembered, so that a second fetch is noticed


NEXT: Final[Mapping[State, frozenset[State]]] = {
    State.OPEN: frozenset({State.ANSWERING, State.DENIED}),
    State.ANSWERING: frozenset({State.OPEN, State.GRANTED}),
    State.GRANTED: frozenset({State.SPENT}),
    State.DENIED: frozenset(),
    State.SPENT: frozenset(),
}
"""No way leads from `OPEN` to a token but through a person's yes."""


@dataclass(frozen=True, slots=True)
class Returns:
    """Where a browser goes back to, and what stands in the answer. `challenge` is PKCE's, `issuer` as in RFC 9207."""

    redirect_uri: str
    state: str
    challenge: str
    issuer: str


@dataclass(frozen=True, slots=True)
class Issued:
    """The token that was made. `expires_at` in seconds since the epoch; None: never."""

    token_id: str
    secret: str
    expires_at: float | None = None


@dataclass(slots=True, eq=False)
class Request:
    """Times are monotonic seconds, but for `at` (seconds since the epoch). `calls_itself` is the client's own word, in one
    line; `near`: it came from this very computer.
    """

    kind: Kind
    client_id: str
    calls_itself: str
    user_code: str  # as it is shown: XXXX-XXXX
    address: str
    near: bool
    at: float
    ends_at: float
    returns: Returns | None = None
    state: State = State.OPEN
    interval: float = INTERVAL_S
    not_before: float = 0.0  # an earlier question is too soon
    issued: Issued | None = None
    code: str = ""  # what the browser brings back, once it was granted

    def become(self, state: State) -> None:
        assert state in NEXT[self.state], f"{self.state} does not become {state}"
        self.state = state

    @property
    def waits(self) -> bool:
        return self.state in {State.OPEN, State.ANSWERING}
