"""The RFCs' own examples, and an independent reader for everything else."""

from __future__ import annotations

import base64
import contextlib
import os

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from gateway.notify.webpush.encryption import (
    LARGEST_BYTES,
    auth_of,
    base64url,
    encrypt,
    point_of,
    unbase64url,
)
from gateway.notify.webpush.vapid import public_point, signed

# RFC 8291, appendix A.
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
RECEIVER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SENDER_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
TEXT = b"When I grow up, I want to be a watermelon"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQ"
    "pu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)

# RFC 8292, section 2.4.
VAPID_TOKEN = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0b"
    "zpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA"
)
VAPID_KEY = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"


def test_the_example_of_rfc_8291() -> None:
    scalar = int.from_bytes(unbase64url(SENDER_PRIVATE), "big")
    body = encrypt(TEXT, unbase64url(RECEIVER), unbase64url(AUTH), scalar=scalar, salt=unbase64url(SALT))
    assert base64url(body) == BODY


def test_the_example_of_rfc_8292() -> None:
    """Its signature is good, and ours are of the same form."""
    point = unbase64url(VAPID_KEY)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    claims = jwt.decode(
        VAPID_TOKEN,
        key,
        algorithms=["ES256"],
        audience="https://push.example.net",
        options={"verify_exp": False},
    )
    own = ec.generate_private_key(ec.SECP256R1())
    word = signed(own, claims["aud"], claims["exp"], claims["sub"])
    assert word.split(".")[:2] == VAPID_TOKEN.split(".")[:2]
    mine = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_point(own))
    read = jwt.decode(word, mine, algorithms=["ES256"], audience=claims["aud"], options={"verify_exp": False})
    assert read == claims


KEY = ec.generate_private_key(ec.SECP256R1())
POINT = KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@given(st.binary(max_size=LARGEST_BYTES), st.integers(0, 5_000))
def test_an_independent_reader_reads_it(text: bytes, padded_to: int) -> None:
    auth = os.urandom(16)
    body = encrypt(text, POINT, auth, padded_to=padded_to)
    assert len(body) <= 4096
    assert http_ece.decrypt(body, private_key=KEY, auth_secret=auth, version="aes128gcm") == text


def test_what_is_padded_tells_no_length() -> None:
    lengths = {len(encrypt(b"x" * size, POINT, b"a" * 16, padded_to=2048)) for size in (0, 1, 100, 2048)}
    assert len(lengths) == 1


def test_what_is_too_long_or_no_key() -> None:
    with pytest.raises(ValueError, match="more than a push message holds"):
        encrypt(b"x" * (LARGEST_BYTES + 1), POINT, b"a" * 16)
    assert point_of(base64url(POINT)) == POINT and point_of(base64url(POINT) + "=") == POINT
    off_the_curve = POINT[:-1] + bytes([POINT[-1] ^ 1])
    compressed = b"\2" + POINT[1:33]
    for wrong in (b"", POINT[:-1], off_the_curve, compressed, b"\0" * 65, b"\4" + b"\0" * 64):
        with pytest.raises(ValueError, match=r"bytes, not|no point"):
            point_of(base64url(wrong))
    for wrong in (b"", b"a" * 15, b"a" * 17):
        with pytest.raises(ValueError, match="not 16"):
            auth_of(base64url(wrong))


@given(st.text(max_size=120))
def test_any_text_is_a_key_or_a_value_error(text: str) -> None:
    for reader in (point_of, auth_of):
        with contextlib.suppress(ValueError):
            assert isinstance(reader(text), bytes)


@given(st.binary(max_size=80))
def test_base64url(data: bytes) -> None:
    assert base64url(data) == base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    assert unbase64url(base64url(data)) == data
