"""What only one browser can read: RFC 8291 over the content coding `aes128gcm` (RFC 8188)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from typing import Final

POINT_BYTES: Final = 65
"""An uncompressed point of P-256 (RFC 8291, section 3.1)."""

AUTH_BYTES: Final = 16
"""RFC 8291, section 3.2."""

SALT_BYTES: Final = 16
RECORD_BYTES: Final = 4096
"""A push service need not take more (RFC 8030, section 7.2; RFC 8291, section 4)."""

LARGEST_BYTES: Final = RECORD_BYTES - (SALT_BYTES + 4 + 1 + POINT_BYTES) - 1 - 16
"""Of what is encrypted: the record without its header, the delimiter and the tag of AES-GCM."""


def encrypt(
    text: bytes,
    receiver: bytes,
    auth: bytes,
    *,
    padded_to: int = 0,
    scalar: int | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body of a push message for the browser with the public key `receiver` and the secret `auth`.

    With `padded_to` shorter texts become as long, so that nobody learns from the length. `scalar` (a private key) and `salt`
    are made anew for each message; tests give those of the RFC. Raises `ValueError` for a text that is too long, or a key that
    is none.
    """
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  only where something is pushed
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    if len(text) > LARGEST_BYTES:
        raise ValueError(f"{len(text)} bytes are more than a push message holds ({LARGEST_BYTES})")
    curve = ec.SECP256R1()
    own = ec.generate_private_key(curve) if scalar is None else ec.derive_private_key(scalar, curve)
    salt = os.urandom(SALT_BYTES) if salt is None else salt
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(curve, receiver)
    sender = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    # RFC 8291, section 3.4: the shared secret, bound to both keys; then RFC 8188, section 2.2 and 2.3.
    shared = _hmac(auth, own.exchange(ec.ECDH(), theirs))
    base = _hmac(salt, _hmac(shared, b"WebPush: info\0" + receiver + sender + b"\1"))
    key = _hmac(base, b"Content-Encoding: aes128gcm\0\1")[:16]
    nonce = _hmac(base, b"Content-Encoding: nonce\0\1")[:12]
    header = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(sender)]) + sender
    # One record, the last: delimiter 2, then padding (RFC 8188, section 2).
    padded = (text + b"\2").ljust(min(padded_to, LARGEST_BYTES) + 1, b"\0")
    return header + AESGCM(key).encrypt(nonce, padded, None)


def point_of(text: str) -> bytes:
    """The public key that a browser shows as `p256dh`. Raises `ValueError` unless it is a point of P-256."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    point = unbase64url(text)
    if len(point) != POINT_BYTES:
        raise ValueError(f"it has {len(point)} bytes, not {POINT_BYTES}")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise ValueError("it is no point of P-256") from None
    return point


def auth_of(text: str) -> bytes:
    """The secret that a browser shows as `auth`. Raises `ValueError`."""
    secret = unbase64url(text)
    if len(secret) != AUTH_BYTES:
        raise ValueError(f"it has {len(secret)} bytes, not {AUTH_BYTES}")
    return secret


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    """RFC 4648, section 5, with or without padding. Raises `ValueError`."""
    plain = text.rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("it is no base64url") from None


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()
