"""Regular expressions that come from devices, held to patterns that cannot run away.

Python's matcher backtracks: `(a+)+b` needs exponential time. A pattern is accepted only if its worst case is a bounded
number of steps on a bounded text: nothing that repeats or branches is itself repeated, and the ways through the rest
are counted.
"""

from __future__ import annotations

import re
from typing import Final
from warnings import catch_warnings, simplefilter

MAX_PATTERN_CHARACTERS: Final = 256  # those in the discovery messages of real devices have about 40
MAX_TEXT_CHARACTERS: Final = 256  # texts of devices are names and codes
MAX_STEPS: Final = 2**22  # at worst some 50 ms; a number with a fraction needs 2¹⁷

_PIECE: Final = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?:|\?=|\?!|\?<[=!])?|\)|\||[*+?][?+]?|\{\d*,?\d*\}[?+]?|.",
    re.DOTALL,
)
_TIMES: Final = re.compile(r"\{(\d*)(,?)(\d*)\}[?+]?")


class PatternError(ValueError):
    """The pattern is not a regular expression, or could run away."""


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile `pattern`: ECMA-262 as far as Python's syntax is the same.

    Search it only in texts of at most `MAX_TEXT_CHARACTERS`. Raises `PatternError`.
    """
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        raise PatternError(f"is longer than {MAX_PATTERN_CHARACTERS} characters")
    if _ways(pattern) > MAX_STEPS:
        raise PatternError("has too many repetitions and choices")
    try:
        with catch_warnings():
            simplefilter("ignore")  # of sets that a later Python may read in another way
            return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"is no regular expression ({error})") from None


def _ways(pattern: str) -> int:
    """An upper bound of the ways a backtracking matcher can go. Raises `PatternError` where there is none."""
    ways = 1
    anchored = pattern.startswith("^")
    groups: list[bool] = []  # for each open group: whether something in it repeats or branches
    busy = False  # whether the previous piece closed such a group
    for piece in _PIECE.findall(pattern):
        choices = _choices(piece)
        if piece == ")":
            busy = groups.pop() if groups else False
            if busy and groups:
                groups[-1] = True
            continue
        if piece[0] == "(":
            groups.append(False)
        elif piece[0] == "\\" and piece[1:] in "123456789":
            raise PatternError("refers back to a group")
        elif busy and (piece[0] in "*+" or _TIMES.fullmatch(piece)):
            raise PatternError("repeats a group in which something repeats or branches")
        if piece == "|" and not groups:
            anchored = False
        if choices > 1 and groups:
            groups[-1] = True
        ways *= choices
        busy = False
    return ways if anchored else ways * MAX_TEXT_CHARACTERS


def _choices(piece: str) -> int:
    """In how many ways a piece of a pattern can match, at most."""
    if piece[0] in "*+":
        return MAX_TEXT_CHARACTERS
    if piece[0] in "?|":
        return 2
    times = _TIMES.fullmatch(piece)
    if times is None or not times[2]:
        return 1
    most = int(times[3][:9]) if times[3] else MAX_TEXT_CHARACTERS
    return max(2, min(most - int(times[1][:9] or 0) + 1, MAX_TEXT_CHARACTERS))
