"""Clients without a table: what a client said of itself is its id, sealed (RFC 7591, appendix A.5.2).

Whoever registers a thousand clients has filled nothing. The seal keeps an id to what was checked when it was given, and to this
gateway. It is no secret of the client's: every client here is a public one (RFC 6749, section 2.1).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import orjson

from gateway.foreign import one_line
from gateway.oauth import redirects

LONGEST_NAME: Final = 100
MOST_REDIRECTS: Final = 5
LONGEST_ID: Final = 2_800
"""Characters: five of the longest redirects and a name, and an address with it still fits a line of a request."""

LONGEST_OWN_ID: Final = 100
"""Of a client that nobody registered, which may ask by a device grant only."""

KEY_BYTES: Final = 32

_PREFIX: Final = "hearth."
_SEAL_BYTES: Final = 16


class BadClient(ValueError):
    """What a client says of itself cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Client:
    """`name` is the client's own word for itself, in one line: nobody has checked it."""

    id: str
    name: str
    redirect_uris: tuple[str, ...] = ()

    def redirect(self, asked: str) -> str:
        """The one to use; `asked` may be empty where there is one only (RFC 6749, section 3.1.2.3). Raises `BadClient`."""
        if not asked and len(self.redirect_uris) == 1:
            return self.redirect_uris[0]
        if not any(redirects.matches(asked, one) for one in self.redirect_uris):
            raise BadClient("redirect_uri is not one that this client registered")
        return asked


class Clients:
    """`key` is this gateway's."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def register(self, name: str, redirect_uris: tuple[str, ...]) -> Client:
        """Raises `BadClient`."""
        if len(redirect_uris) > MOST_REDIRECTS:
            raise BadClient(f"at most {MOST_REDIRECTS} redirect_uris")
        for uri in redirect_uris:
            if not redirects.is_good(uri):
                raise BadClient(redirects.ADVICE)
        name = one_line(name, LONGEST_NAME)
        said = orjson.dumps([name, *redirect_uris])
        ident = f"{_PREFIX}{_text(said)}.{_text(self._seal(said))}"
        if len(ident) > LONGEST_ID:
            raise BadClient("its name and its redirect_uris are too long together")
        return Client(ident, name, redirect_uris)

    def find(self, client_id: str) -> Client | None:
        """The client that registered here under this id."""
        if len(client_id) > LONGEST_ID or not client_id.startswith(_PREFIX):
            return None
        said, _, seal = client_id.removeprefix(_PREFIX).partition(".")
        try:
            raw, given = _bytes(said), _bytes(seal)
        except (binascii.Error, ValueError):
            return None
        if not hmac.compare_digest(given, self._seal(raw)):
            return None
        name, *uris = orjson.loads(raw)
        return Client(client_id, name, tuple(uris))

    def any(self, client_id: str) -> Client | None:
        """As `find`, and also one that nobody registered: its id is what it calls itself. None for what looks like an id of
        ours and is none, and for what is no id (RFC 6749, appendix A.1).
        """
        if client_id.startswith(_PREFIX):
            return self.find(client_id)
        if not client_id or len(client_id) > LONGEST_OWN_ID or not client_id.isascii():
            return None
        return Client(client_id, one_line(client_id, LONGEST_NAME)) if client_id.isprintable() else None

    def _seal(self, said: bytes) -> bytes:
        return hmac.digest(self._key, b"hearth oauth client 1\n" + said, hashlib.sha256)[:_SEAL_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Raises `ValueError`, `binascii.Error`; also for a second spelling of the same."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _text(raw) != text:
        raise ValueError("not in its only spelling")
    return raw
