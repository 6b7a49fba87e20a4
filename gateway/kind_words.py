"""Kinds of devices by the words that people have for them."""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import KINDS

SAID_FOR: Final = {
    "lamp": "light", "bulb": "light",
    "plug": "outlet", "socket": "outlet",
    "curtain": "blind", "shade": "blind", "shutter": "blind", "cover": "blind",
    "radiator": "thermostat", "heating": "thermostat",
    "boiler": "water-heater",
    "tv": "media", "television": "media", "speaker": "media",
    "robot": "vacuum", "hoover": "vacuum",
    "gate": "garage", "garage-door": "garage",
}  # fmt: skip


def kind_meant(word: str) -> str:
    """The kind that somebody means by `word`, in the singular or the plural; "" where nobody knows."""
    lowered = word.casefold()
    for one in (lowered, lowered.removesuffix("s"), lowered.removesuffix("es")):
        if one in KINDS:
            return one
        if one in SAID_FOR:
            return SAID_FOR[one]
    return ""


def no_such_kind(word: str) -> str:
    """What is said of a word that is no kind; the likeliest is named."""
    from policies.words import nearest  # noqa: PLC0415 (only after a slip)

    meant = [one] if (one := kind_meant(word)) else nearest(word[:40], KINDS)[:1]
    hint = f"did you mean {meant[0]}?" if meant else f"kinds are {', '.join(KINDS)}"
    return f"there is no kind {word[:40]!r}; {hint}"
