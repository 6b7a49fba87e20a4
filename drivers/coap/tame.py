"""Foreign text, fit for a line that a person reads."""

from __future__ import annotations

from typing import Final

MAX_CHARACTERS: Final = 160


def line(data: bytes | str, limit: int = MAX_CHARACTERS) -> str:
    """One line of printable characters, cut. Empty where nothing is left."""
    text = data.decode(errors="replace") if isinstance(data, bytes) else data
    text = text[: 4 * limit]
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"
