"""Numbers of events as those who listen may know them: no one can count by them what happens in the house.

Events are numbered one after the other, whomever they are for. Who saw these numbers, and little else, could tell from the gaps
when people are at home. So what goes out is the number and a nonce under a key of this run of the gateway.
"""

from __future__ import annotations

import secrets
from hashlib import blake2b
from typing import Final

HALF_BITS: Final = 26
"""Two halves are 52 bits: a whole number that JSON carries everywhere (RFC 8259, section 6)."""

NONCE_BITS: Final = 14
"""The rest numbers 270 thousand million events: at a hundred a second 87 years."""

ROUNDS: Final = 4
"""Of a Feistel network with a keyed hash: as many make a strong pseudorandom permutation (Luby and Rackoff, 1988)."""

_MASK: Final = (1 << HALF_BITS) - 1
_NONCES: Final = 1 << NONCE_BITS


class Marks:
    """A keyed permutation of numbers below 2**52. It hides how many events there were; it is no secret between two."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key if key is not None else secrets.token_bytes(16)

    def seal(self, number: int, nonce: int = 0) -> int:
        """`number` for the outside, always the same for one `nonce`."""
        left, right = divmod(number * _NONCES + nonce, 1 << HALF_BITS)
        for step in range(ROUNDS):
            left, right = right, left ^ self._scrambled(step, right)
        return left << HALF_BITS | right

    def fresh(self, number: int) -> int:
        """Another one each time: nobody sees from two of them whether anything happened in between."""
        return self.seal(number, secrets.randbelow(_NONCES))

    def opened(self, sealed: int) -> int:
        """The number again. Of what was never sealed here it is any number."""
        left, right = divmod(sealed & (1 << 2 * HALF_BITS) - 1, 1 << HALF_BITS)
        for step in reversed(range(ROUNDS)):
            left, right = right ^ self._scrambled(step, left), left
        return (left << HALF_BITS | right) // _NONCES

    def _scrambled(self, step: int, half: int) -> int:
        digest = blake2b(half.to_bytes(4, "big"), digest_size=4, key=self._key, salt=bytes([step])).digest()
        return int.from_bytes(digest, "big") & _MASK
