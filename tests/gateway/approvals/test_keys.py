"""Signatures: by the vectors of their standards, and against another implementation where it is installed."""

from __future__ import annotations

import base64
import os
from typing import Any

import pytest
from nacl.signing import SigningKey

from gateway.approvals import keys, p256
from tests.gateway.approvals.people import b64, public

# RFC 6979, appendix A.2.5: P-256 with SHA-256.
KEY = (
    0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
    0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299,
)
VECTORS = {
    b"sample": (
        0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
        0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
    ),
    b"test": (
        0xF1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367,
        0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083,
    ),
}


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def jwk() -> dict[str, Any]:
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": b64(KEY[0].to_bytes(32, "big")),
        "y": b64(KEY[1].to_bytes(32, "big")),
    }


@pytest.mark.parametrize("message", VECTORS)
def test_the_vectors_of_rfc_6979(message: bytes) -> None:
    r, s = VECTORS[message]
    assert p256.verify(KEY, message, raw(r, s))
    assert keys.is_signed(keys.checked(jwk()), message, b64(raw(r, s)))
    assert not p256.verify(KEY, message + b".", raw(r, s))
    assert not p256.verify(KEY, message, raw(s, r))


def test_values_out_of_range() -> None:
    r, s = VECTORS[b"sample"]
    for wrong in ((0, s), (r, 0), (p256.N, s), (r, p256.N), (0, 0), (r, 2**256 - 1)):
        assert not p256.verify(KEY, b"sample", raw(*wrong))
    for length in (0, 63, 65):
        assert not p256.verify(KEY, b"sample", bytes(length))


def test_points_that_are_none() -> None:
    for point in ((0, 0), (KEY[0], KEY[1] + 1), (p256.P, KEY[1]), (KEY[0] + p256.P, KEY[1])):
        assert not p256.is_on_curve(point)
        assert not p256.verify(point, b"sample", raw(*VECTORS[b"sample"]))


def test_against_another_implementation() -> None:
    ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec")
    hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes")
    utils = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.utils")
    for length in range(40):
        made, message = ec.generate_private_key(ec.SECP256R1()), os.urandom(length)
        numbers = made.public_key().public_numbers()
        signature = raw(*utils.decode_dss_signature(made.sign(message, ec.ECDSA(hashes.SHA256()))))
        assert p256.verify((numbers.x, numbers.y), message, signature)
        broken = bytearray(signature)
        broken[length] ^= 1
        assert not p256.verify((numbers.x, numbers.y), message, bytes(broken))


def test_ed25519() -> None:
    key = SigningKey.generate()
    kept = keys.checked(public(key))
    signature = b64(key.sign(b"message").signature)
    assert keys.is_signed(kept, b"message", signature)
    assert not keys.is_signed(kept, b"another", signature)
    assert not keys.is_signed(kept, b"message", signature + "=")
    weak = keys.checked({"kty": "OKP", "crv": "Ed25519", "x": b64(bytes([1] + [0] * 31))})
    assert not keys.is_signed(weak, b"message", b64(bytes([1] + [0] * 63)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"d": "AAAA"}, "private key"),
        ({"kty": "RSA"}, "a key is"),
        ({"crv": "P-384"}, "a key is"),
        ({"x": "AA"}, "32 bytes"),
        ({"x": b64(bytes(32))}, "no point"),
        ({"x": "!" * 43}, "base64url"),
        ({"x": base64.urlsafe_b64encode(bytes(32)).decode()}, "without padding"),
        ({"y": 7}, "base64url"),
    ],
)
def test_what_is_no_key(change: dict[str, Any], said: str) -> None:
    with pytest.raises(keys.BadKey, match=said):
        keys.checked(jwk() | change)


def test_the_thumbprint_of_rfc_8037() -> None:
    """Appendix A.3."""
    kept = keys.checked(
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "x"}
    )
    assert keys.thumbprint(kept) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_what_is_signed() -> None:
    answer: dict[str, Any] = {
        "digest": "d",
        "answer": "deny",
        "grant": {"between": [18.0, 22.5]},
        "signature": "s",
        "pin": "1",
    }
    assert keys.to_sign("1jx", answer) == (
        b'hearth approval answer 1\n{"answer":"deny","approval":"1jx","digest":"d","grant":{"between":[18,22.5]}}'
    )
