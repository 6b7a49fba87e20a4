"""Pairing codes: one that is short enough to type, and a long one in a link for whoever can scan it.

The short one can be guessed, so that guesses are few: for each address (`gateway.api.pairing`), and `TRIES` for the
window. Who tries wrong codes on purpose must not thereby keep the owner's phone out: nothing that is tried closes the
window, or touches the long code, which nobody can guess.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

# Crockford's base 32: no I, L, O, U. Eight of them are 40 bits: of 1e8 windows in which all tries are used up, one is guessed.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_CHARACTERS: Final = 8
TRIES: Final = 10_000

LINK_CHARACTERS: Final = 26
"""130 bits."""

WINDOW_S: Final = 300.0

_READ_AS: Final = str.maketrans({"I": "1", "L": "1", "O": "0"})


class PairingError(Exception):
    """A device was not let in; the text says what to do."""


class PairingClosedError(PairingError):
    """No window is open: it was used, or has run out."""

    ADVICE: Final = "open one at the box, or on a phone that is paired"

    def __init__(self) -> None:
        super().__init__(f"no pairing window is open: {self.ADVICE}")


class WrongCodeError(PairingError):
    """The code is wrong. After `tries_left` more in this window no typed code is taken any more; `remaining` says what to
    do.
    """

    def __init__(self, tries_left: int) -> None:
        too_many = "somebody tried too many: scan the QR code, or open another window"
        self.remaining = "look at it again, and type it anew" if tries_left else too_many
        super().__init__(f"the code is wrong; {self.remaining}")
        self.tries_left = tries_left


def new_code() -> str:
    """As it is shown: XXXX-XXXX."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARACTERS))
    return f"{code[:4]}-{code[4:]}"


def new_link_code() -> str:
    """For a link: nobody types it."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LINK_CHARACTERS))


def is_link_code(code: str) -> bool:
    """Whether it has the length of a long one."""
    return len(normalised(code)) == LINK_CHARACTERS


def normalised(code: str) -> str:
    """As it was meant, whatever was typed: case, spaces, dashes, and letters that look like digits do not matter."""
    return "".join(character for character in code.upper().translate(_READ_AS) if character in ALPHABET)


def code_hash(code: str) -> bytes:
    return hashlib.sha256(normalised(code).encode()).digest()


def same(a: bytes, b: bytes) -> bool:
    return hmac.compare_digest(a, b)
