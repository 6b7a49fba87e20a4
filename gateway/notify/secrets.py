"""Secrets of channels: each in a file of its own, read when it is needed, so that a new one counts at once."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Final

FEWEST_KEY_BYTES: Final = 24
"""Standard Webhooks, "Signature scheme": a symmetric secret has 24 to 64 bytes."""

LARGEST_FILE_BYTES: Final = 8 * 1024

_PREFIX: Final = "whsec_"


class SecretError(Exception):
    """The secret cannot be used. The text says why, and never what it is."""


def secret_of(path: Path) -> str:
    """The one line of `path`. Raises `SecretError`."""
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_FILE_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'no text'}") from None
    if not text or "\n" in text or not text.isprintable():
        raise SecretError(f"{path} must hold the secret alone, in one line")
    return text


def signing_key(text: str) -> bytes:
    """The key that `text` stands for: `whsec_` and base64, or else the text itself. Raises `SecretError`."""
    key = text.encode()
    if text.startswith(_PREFIX):
        try:
            key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            raise SecretError(f"after {_PREFIX} stands base64, and this is none") from None
    if len(key) < FEWEST_KEY_BYTES:
        raise SecretError(
            f"the secret has {len(key)} bytes and needs {FEWEST_KEY_BYTES}; `openssl rand -base64 32` makes one"
        )
    return key
