"""The key of a person's device: a public JWK (RFC 7517), and what it signs.

Two kinds, as devices make them without giving the private part away:
    {"kty": "EC", "crv": "P-256", "x": …, "y": …}    ES256: WebCrypto's ECDSA with SHA-256 (RFC 7518, section 3.4)
    {"kty": "OKP", "crv": "Ed25519", "x": …}         EdDSA (RFC 8037)

The signature is base64url without padding, of 64 bytes: r and s, or R and S. What is signed are these bytes:

    the ASCII text "hearth approval answer 1" and a line feed, then the canonical JSON (RFC 8785) of the answer as it is sent,
    without its members `signature` and `pin`, and with the member `approval`: the approval's id as in the path
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Final

import orjson

from capabilities.vocabulary import Json
from gateway.ledger.canonical import canonical

CONTEXT: Final = b"hearth approval answer 1\n"
"""Begins what is signed, so that no signature for something else passes for an answer."""

UNSIGNED: Final = frozenset({"signature", "pin"})

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

MEMBERS: Final = {("EC", "P-256"): ("x", "y"), ("OKP", "Ed25519"): ("x",)}


class BadKey(ValueError):
    """It is no public key that the gateway takes; the text says which it takes."""


def checked(jwk: Mapping[str, Json]) -> str:
    """The key as it is kept: its needed members as canonical JSON, which is also what its thumbprint is of (RFC 7638). Raises
    `BadKey`.
    """
    kind = str(jwk.get("kty")), str(jwk.get("crv"))
    names = MEMBERS.get(kind)
    if names is None:
        raise BadKey(
            'a key is {"kty": "EC", "crv": "P-256", "x", "y"} or {"kty": "OKP", "crv": "Ed25519", "x"}'
        )
    if "d" in jwk:
        raise BadKey(
            "this is a private key: nobody but the device may have it; make another, and send its public part"
        )
    kept: dict[str, Json] = {"kty": kind[0], "crv": kind[1]}
    for name in names:
        if len(_bytes(jwk.get(name), f"the key's {name}")) != KEY_BYTES:
            raise BadKey(f"the key's {name} must be {KEY_BYTES} bytes in base64url")
        kept[name] = str(jwk[name])
    if kind[0] == "EC":
        from gateway.approvals import es256  # noqa: PLC0415  (8 MB)

        if not es256.is_on_curve(_point(kept)):
            raise BadKey("the key is no point of P-256")
    return canonical(kept).decode()


def thumbprint(key: str) -> str:
    """RFC 7638, of a key as it is kept."""
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()).rstrip(b"=").decode()


def to_sign(approval: str, answer: Mapping[str, Json]) -> bytes:
    """The bytes that a person's device signs. Raises `ValueError` for what is not JSON."""
    body = {name: value for name, value in answer.items() if name not in UNSIGNED}
    return CONTEXT + canonical({**body, "approval": approval})


def is_signed(key: str, message: bytes, signature: str) -> bool:
    """Whether `signature` (base64url) of `message` is by `key`, as it is kept."""
    jwk = orjson.loads(key)
    try:
        raw = _bytes(signature, "the signature")
    except BadKey:
        return False
    if len(raw) != SIGNATURE_BYTES:
        return False
    if jwk["kty"] == "EC":
        from gateway.approvals import es256  # noqa: PLC0415

        return es256.verify(_point(jwk), message, raw)
    return _is_signed_by_ed25519(_bytes(jwk["x"], "x"), message, raw)


def _is_signed_by_ed25519(key: bytes, message: bytes, signature: bytes) -> bool:
    from nacl.exceptions import CryptoError  # noqa: PLC0415
    from nacl.signing import VerifyKey  # noqa: PLC0415

    try:
        VerifyKey(key).verify(message, signature)
    except (CryptoError, ValueError):
        return False
    return True


def _point(jwk: Mapping[str, Json]) -> bytes:
    return _bytes(jwk["x"], "x") + _bytes(jwk["y"], "y")


def _bytes(text: Json, what: str) -> bytes:
    """Base64url without padding, in its only spelling. Raises `BadKey`."""
    if not isinstance(text, str) or len(text) > 2 * SIGNATURE_BYTES:
        raise BadKey(f"{what} must be base64url")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKey(f"{what} must be base64url") from error
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise BadKey(f"{what} must be base64url without padding")
    return raw
