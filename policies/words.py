"""Nearest words: a typo is answered with what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

MOST_SUGGESTIONS: Final = 3
"""More than this many guesses help nobody."""

_LEAST_LIKENESS: Final = 0.6


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """The known words most like `word`, the likeliest first, at most `MOST_SUGGESTIONS`."""
    return difflib.get_close_matches(word.lower(), list(known), n=MOST_SUGGESTIONS, cutoff=_LEAST_LIKENESS)


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean "rooms" or "room"?`, or `.` where nothing is like it: the end of a sentence."""
    found = nearest(word, known)
    if not found:
        return "."
    return "; did you mean " + " or ".join(f'"{one}"' for one in found) + "?"


def is_one_slip_from(word: str, known: str) -> bool:
    """Whether one letter added, lost, changed, or swapped with its neighbour turns `word` into `known`."""
    if word == known or abs(len(word) - len(known)) > 1:
        return False
    start = 0
    while start < min(len(word), len(known)) and word[start] == known[start]:
        start += 1
    rest, other = word[start:], known[start:]
    swapped = len(rest) > 1 and rest[1] + rest[0] + rest[2:] == other
    return swapped or rest[1:] == other or rest == other[1:] or rest[1:] == other[1:]
