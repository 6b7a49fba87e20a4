"""ECDSA on P-256 with SHA-256: verification alone, of what WebCrypto signs as ES256. FIPS 186-5, section 6.4.2; the curve is in
SP 800-186, section 3.2.1.3.

Nothing here is secret, so nothing has to take the same time. It takes some 3 ms, and saves the memory of a library that has
everything else as well.
"""

from __future__ import annotations

import hashlib
from typing import Final, TypeAlias

P: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
N: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G: Final = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)

Point: TypeAlias = tuple[int, int]
_Jacobian: TypeAlias = tuple[int, int, int]
_NOWHERE: Final[_Jacobian] = (1, 1, 0)

COORDINATE_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64


def is_on_curve(point: Point) -> bool:
    """Whether `point` is a public key: SP 800-56A, section 5.6.2.3.3 (the cofactor is 1)."""
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x * x - 3 * x + B)) % P == 0


def verify(key: Point, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (r and s, 32 bytes each, as IEEE P1363 has it) is that of `message` by `key`."""
    if len(signature) != SIGNATURE_BYTES or not is_on_curve(key):
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < N and 0 < s < N):
        return False
    e = int.from_bytes(hashlib.sha256(message).digest(), "big")
    w = pow(s, -1, N)
    x, _, z = _combined(e * w % N, G, r * w % N, key)
    return z != 0 and x * pow(z * z, -1, P) % P % N == r


def _combined(a: int, one: Point, b: int, other: Point) -> _Jacobian:
    """a·one + b·other, bit by bit together."""
    both = _added((*one, 1), (*other, 1))
    found = _NOWHERE
    for bit in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
        found = _doubled(found)
        match (a >> bit & 1, b >> bit & 1):
            case (1, 1):
                found = _added(found, both)
            case (1, 0):
                found = _added(found, (*one, 1))
            case (0, 1):
                found = _added(found, (*other, 1))
    return found


def _doubled(point: _Jacobian) -> _Jacobian:
    x, y, z = point
    if not z or not y:
        return _NOWHERE
    zz, yy = z * z % P, y * y % P
    m = 3 * (x - zz) * (x + zz) % P  # the curve's a is -3
    s = 4 * x * yy % P
    nx = (m * m - 2 * s) % P
    return nx, (m * (s - nx) - 8 * yy * yy) % P, 2 * y * z % P


def _added(one: _Jacobian, other: _Jacobian) -> _Jacobian:
    x1, y1, z1 = one
    x2, y2, z2 = other
    if not z1:
        return other
    if not z2:
        return one
    z1z1, z2z2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * z2z2 % P, x2 * z1z1 % P
    s1, s2 = y1 * z2 * z2z2 % P, y2 * z1 * z1z1 % P
    h, r = (u2 - u1) % P, (s2 - s1) % P
    if not h:
        return _NOWHERE if r else _doubled(one)
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, h * z1 * z2 % P
