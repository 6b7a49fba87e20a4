"""Signatures: by the vectors of their standards."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from nacl.signing import SigningKey

from gateway.approvals import es256, keys
from tests.gateway.approvals.people import b64, public

# RFC 6979, appendix A.2.5: P-256 with SHA-256.
KEY = (
    0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
    0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299,
)
# SP 800-186, section 3.2.1.3: the field, and the order of the group.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ROOT_OF_5 = (
    0x459243B9AA581806FE913BCE99817ADE11CA503C64D9A3C533415C083248FBCC  # the y of the point whose x is 5
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
    assert es256.verify(raw(*KEY), message, raw(r, s))
    assert keys.is_signed(keys.checked(jwk()), message, b64(raw(r, s)))
    assert not es256.verify(raw(*KEY), message + b".", raw(r, s))
    assert not es256.verify(raw(*KEY), message, raw(s, r))


def test_values_out_of_range() -> None:
    r, s = VECTORS[b"sample"]
    for wrong in ((0, s), (r, 0), (N, s), (r, N), (0, 0), (r, 2**256 - 1)):
        assert not es256.verify(raw(*KEY), b"sample", raw(*wrong))
    for length in (0, 63, 65):
        assert not es256.verify(raw(*KEY), b"sample", bytes(length))


def test_points_that_are_none() -> None:
    assert es256.is_on_curve(raw(5, ROOT_OF_5))
    assert not es256.is_on_curve(b"") and not es256.is_on_curve(raw(*KEY)[:-1])
    for numbers in ((0, 0), (KEY[0], KEY[1] + 1), (P, KEY[1]), (5 + P, ROOT_OF_5)):
        point = raw(*numbers)
        assert not es256.is_on_curve(point)
        assert not es256.verify(point, b"sample", raw(*VECTORS[b"sample"]))


def test_a_signature_that_was_touched() -> None:
    for length in range(40):
        made, message = ec.generate_private_key(ec.SECP256R1()), os.urandom(length)
        numbers = made.public_key().public_numbers()
        signature = raw(*decode_dss_signature(made.sign(message, ec.ECDSA(SHA256()))))
        assert es256.verify(raw(numbers.x, numbers.y), message, signature)
        broken = bytearray(signature)
        broken[length] ^= 1
        assert not es256.verify(raw(numbers.x, numbers.y), message, bytes(broken))


def test_the_library_is_loaded_with_the_first_such_key() -> None:
    """It would be a tenth of the memory that a gateway has."""
    code = "import gateway.daemon, gateway.approvals.keys, sys; print('cryptography' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


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
