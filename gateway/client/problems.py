"""What can go wrong, as exceptions.

HearthError
├── NotReached         no answer came; with a key it was sent twice at the most, and done once at the most
└── Problem            the gateway's own words (RFC 9457): `name`, `detail`, `findings` …
    ├── Unauthorized   401: the token is unknown, expired or revoked
    ├── Denied         403, 409: the rules, a person, or the state of things stands against it; nothing was moved
    ├── NotFound       404: it is not there, or not for us
    ├── Invalid        400, 412, 413, 415, 422: the request is wrong
    ├── TooMany        429
    ├── Unavailable    500, 502, 503: nothing was done; the device refused, or cannot be reached
    └── Unsettled      504: it was sent, and its effect was not seen
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from gateway.client.models import Finding

TYPE_PREFIX: Final = "urn:hearth:problem:"


class HearthError(Exception):
    """Anything that this client raises on its own behalf."""


class NotReached(HearthError):
    """No answer came."""


class Problem(HearthError):
    """An answer that is an error. `document` is all of it."""

    def __init__(self, status: int, document: Mapping[str, Any], retry_after_s: float | None = None) -> None:
        self.status = status
        self.document = document
        self.name = str(document.get("type", "")).removeprefix(TYPE_PREFIX)
        self.detail = str(document.get("detail", ""))
        self.retry_after_s = retry_after_s
        super().__init__(f"{self.name or status}: {self.detail}")

    @property
    def findings(self) -> list[Finding]:
        """What the rules found, where they decided."""
        try:
            return [Finding.model_validate(one) for one in self.document.get("findings", ())]
        except ValidationError:
            return []

    @property
    def execution(self) -> str:
        """The id of the command that ended so; "" where there is none."""
        return str(self.document.get("execution", ""))


class Unauthorized(Problem):
    """The token is not good (any more)."""


class Denied(Problem):
    """Something stands against it."""


class NotFound(Problem):
    """It is not there, or not for us."""


class Invalid(Problem):
    """The request is wrong."""


class TooMany(Problem):
    """Too many of these: see `retry_after_s`."""


class Unavailable(Problem):
    """Nothing was done."""


class Unsettled(Problem):
    """It was sent; whether it happened is not known."""


_BY_STATUS: Final[Mapping[int, type[Problem]]] = {
    401: Unauthorized,
    403: Denied,
    404: NotFound,
    409: Denied,
    429: TooMany,
    502: Unavailable,
    503: Unavailable,
    500: Unavailable,
    504: Unsettled,
}


def problem(status: int, document: object, retry_after: str = "") -> Problem:
    """The exception for an answer."""
    kind = _BY_STATUS.get(status, Invalid)
    known = document if isinstance(document, Mapping) else {}
    return kind(status, known, float(retry_after) if retry_after.isdigit() else None)
