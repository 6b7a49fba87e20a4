"""Pairing codes: short enough to type, open for minutes, and only a few guesses."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

# Crockford's base 32: no I, L, O, U. Eight of them are 40 bits; with 5 tries in a window a guess succeeds once in 2e11.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_CHARACTERS: Final = 8
TRIES: Final = 5
WINDOW_S: Final = 300.0

_READ_AS: Final = str.maketrans({"I": "1", "L": "1", "O": "0"})


class PairingError(Exception):
    """A device was not let in; the text says what to do."""


class PairingClosedError(PairingError):
    """No window is open: it was used, has run out, or too many codes were wrong."""

    ADVICE: Final = "open one at the box, or on a phone that is paired"

    def __init__(self) -> None:
        super().__init__(f"no pairing window is open: {self.ADVICE}")


class WrongCodeError(PairingError):
    """The code is wrong. `tries_left` more, and the window closes; `remaining` says that in words."""

    def __init__(self, tries_left: int) -> None:
        left = f"{tries_left} {'try' if tries_left == 1 else 'tries'} left"
        self.remaining = left if tries_left else "the window is closed: open another"
        super().__init__(f"the code is wrong; {self.remaining}")
        self.tries_left = tries_left


def new_code() -> str:
    """As it is shown: XXXX-XXXX."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARACTERS))
    return f"{code[:4]}-{code[4:]}"


def normalised(code: str) -> str:
    """As it was meant, whatever was typed: case, spaces, dashes, and letters that look like digits do not matter."""
    return "".join(character for character in code.upper().translate(_READ_AS) if character in ALPHABET)


def code_hash(code: str) -> bytes:
    return hashlib.sha256(normalised(code).encode()).digest()


def same(a: bytes, b: bytes) -> bool:
    return hmac.compare_digest(a, b)
