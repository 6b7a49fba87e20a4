"""Who sends: a key of the gateway's own, made at first use, and a short-lived word signed with it (RFC 8292)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

import orjson

from gateway.clock import Clock
from gateway.notify.webpush.encryption import base64url

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

GOOD_FOR_S: Final = 12 * 3600.0
"""RFC 8292, section 2: 24 hours at the most; half of it leaves room for a clock that is wrong."""

RENEWED_BEFORE_S: Final = 3600.0

MOST_ORIGINS: Final = 16
"""Words that are kept: there are four makers of browsers."""

KEPT_AS: Final = "vapid"
_SCALAR_BYTES: Final = 32


class Vault(Protocol):
    """Where the key is kept, sealed (`gateway.vault`). Both raise `OSError`."""

    async def load(self) -> Mapping[str, bytes]: ...

    async def put(self, device: str, secret: bytes) -> None: ...


class Vapid:
    """Signs. `contact` is how the services can reach who runs this gateway ("": not said)."""

    def __init__(self, vault: Vault, clock: Clock, contact: str) -> None:
        self._vault = vault
        self._clock = clock
        self._contact = contact
        self._key: EllipticCurvePrivateKey | None = None
        self._opening = asyncio.Lock()
        self._words: dict[str, tuple[float, str]] = {}  # by origin: good until, the word

    async def public_key(self) -> str:
        """What browsers subscribe for (`applicationServerKey`). Raises `OSError` where the key cannot be kept."""
        return base64url(public_point(await self._opened()))

    async def authorization(self, endpoint: str) -> str:
        """The header for a message to `endpoint` (RFC 8292, section 3). Raises `OSError`."""
        key = await self._opened()
        parts = urlsplit(endpoint)
        origin = f"{parts.scheme}://{parts.netloc}"
        now = self._clock.wall()
        until, word = self._words.get(origin, (0.0, ""))
        if not RENEWED_BEFORE_S < until - now <= GOOD_FOR_S:  # also where the clock was put right meanwhile
            if len(self._words) >= MOST_ORIGINS:
                self._words.clear()
            until = now + GOOD_FOR_S
            word = signed(key, origin, int(until), self._contact)
            self._words[origin] = until, word
        return f"vapid t={word}, k={base64url(public_point(key))}"

    async def _opened(self) -> EllipticCurvePrivateKey:
        async with self._opening:  # of several that come first one makes the key
            if self._key is None:
                self._key = await self._loaded()
            return self._key

    async def _loaded(self) -> EllipticCurvePrivateKey:
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  only where somebody subscribes

        kept = (await self._vault.load()).get(KEPT_AS, b"")
        if len(kept) == _SCALAR_BYTES:
            return ec.derive_private_key(int.from_bytes(kept, "big"), ec.SECP256R1())
        key = ec.generate_private_key(ec.SECP256R1())
        scalar = key.private_numbers().private_value
        await self._vault.put(KEPT_AS, scalar.to_bytes(_SCALAR_BYTES, "big"))
        return key


def public_point(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def signed(key: EllipticCurvePrivateKey, origin: str, until: int, contact: str) -> str:
    """A JWT for `origin`, good `until` (seconds since the epoch): ES256 (RFC 7518, section 3.4), r and s of 32 bytes each."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    claims: dict[str, str | int] = {"aud": origin, "exp": until}
    if contact:
        claims["sub"] = contact
    head = base64url(orjson.dumps({"typ": "JWT", "alg": "ES256"}))
    text = f"{head}.{base64url(orjson.dumps(claims))}"
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(SHA256())))
    return f"{text}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
