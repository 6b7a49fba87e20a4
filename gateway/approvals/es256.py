"""ES256 (RFC 7518, section 3.4): what WebCrypto signs with ECDSA on P-256 and SHA-256. The library takes some 8 MB: import this
module only where such a key is at hand.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

NUMBER_BYTES: Final = 32

_UNCOMPRESSED: Final = b"\x04"  # SEC 1, section 2.3.3


def is_on_curve(key: bytes) -> bool:
    """Whether `key` (x and y, 32 bytes each) is a public key."""
    try:
        _public(key)
    except ValueError:
        return False
    return True


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (r and s, 32 bytes each, as IEEE P1363 has it) is that of `message` by `key`."""
    if len(signature) != 2 * NUMBER_BYTES:
        return False
    r = int.from_bytes(signature[:NUMBER_BYTES], "big")
    s = int.from_bytes(signature[NUMBER_BYTES:], "big")
    try:
        _public(key).verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def _public(key: bytes) -> EllipticCurvePublicKey:
    """Raises ValueError."""
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _UNCOMPRESSED + key)
