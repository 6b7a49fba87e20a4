"""Regular expressions that come from devices, held to patterns that cannot run away.

Python's matcher backtracks: `(a+)+b` needs exponential time. A pattern is accepted only if its worst case is a small polynomial
of a bounded text: nothing that repeats or branches may itself be repeated, and there are few repetitions and branches.
"""

from __future__ import annotations

import re
from typing import Final

MAX_PATTERN_CHARACTERS: Final = (
    256  # the longest pattern in the discovery messages of real devices has about 40
)
MAX_TEXT_CHARACTERS: Final = 512  # texts of devices are names and codes; see MAX_UNBOUNDED
MAX_UNBOUNDED: Final = 2  # `*`, `+`, `{n,}`: 512² steps at worst, some milliseconds
MAX_CHOICES: Final = 8  # `|`, `?`, `{n,m}`: 2⁸ ways at worst

_TOKEN: Final = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?:|\?=|\?!|\?<[=!])?|\)|\||[*+?][?+]?|\{\d*,?\d*\}[?+]?|.",
    re.DOTALL,
)
_EXACT: Final = re.compile(r"\{(\d+)\}[?+]?")


class PatternError(ValueError):
    """The pattern is not a regular expression, or could run away."""


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile `pattern` (ECMA-262 as far as Python's syntax is the same). Search it only in texts of at most
    `MAX_TEXT_CHARACTERS`. Raises `PatternError`.
    """
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        raise PatternError(f"is longer than {MAX_PATTERN_CHARACTERS} characters")
    _refuse_runaway(pattern)
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"is no regular expression ({error})") from None


def _refuse_runaway(pattern: str) -> None:
    unbounded = choices = 0
    open_groups: list[bool] = []  # for each open group: whether something in it repeats or branches
    closed_busy = False  # the same for the group that the previous piece closed
    for piece in _TOKEN.findall(pattern):
        if piece[0] == "(":
            open_groups.append(False)
            closed_busy = False
            continue
        if piece == ")":
            closed_busy = open_groups.pop() if open_groups else False
            if closed_busy and open_groups:
                open_groups[-1] = True
            continue
        if piece == "|" or piece[0] in "*+?" or (piece[0] == "{" and len(piece) > 2):
            exact = _EXACT.fullmatch(piece)
            if piece != "|" and closed_busy:
                raise PatternError("repeats a group in which something repeats or branches")
            unbounded += piece[0] in "*+" or (piece[0] == "{" and piece.rstrip("?+").endswith(",}"))
            choices += piece[0] in "|?" or (piece[0] == "{" and not exact)
            if open_groups:
                open_groups[-1] = True
        elif len(piece) == 2 and piece[0] == "\\" and piece[1].isdigit() and piece[1] != "0":
            raise PatternError("refers back to a group")
        closed_busy = False
    if unbounded > MAX_UNBOUNDED or choices > MAX_CHOICES:
        raise PatternError(f"has more than {MAX_UNBOUNDED} open repetitions or {MAX_CHOICES} choices")
