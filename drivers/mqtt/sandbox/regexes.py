"""Regular expressions of publishers: only such that cannot run away.

Python's engine tries alternatives one after the other. What makes it slow are repetitions of variable length: with `n`
characters to read, each of them may multiply the work by `n`, and a repetition inside of a repetition doubles it with every
character. So the pattern is looked at before it is used: what repeats may not contain what varies, and the number of
repetitions that multiply gives the length of text that it may be let loose on. A repetition does not multiply where nothing
follows it, or where what follows cannot begin with a character that it repeats: giving characters back is then in vain, and
seen at once. That keeps the speed of the engine in C, and all that publishers use (letters, digits, names, groups).
"""

from __future__ import annotations

import re
import re._constants as c  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from drivers.mqtt.sandbox.run import Run
from drivers.mqtt.template_error import TemplateError

MAX_PATTERN_CHARS: Final = 256
"""Zigbee2MQTT's longest has 80."""

MAX_STEPS: Final = 2_000_000
"""Of the engine, in one search: some 20 ms."""

STEPS_OF_A_UNIT: Final = 32
"""Two such searches use up what a rendering has."""

MAX_SUBJECT_CHARS: Final = 16_384
"""As much as a template can make."""

MAX_CHOICES: Final = 256
"""Ways through a pattern that come from alternatives and optional parts."""

FEW_REPETITIONS: Final = 8
"""So many are a choice, more are a repetition."""

COMPILED_PATTERNS_CACHE: Final = 256
"""Beyond it they are looked at again."""

_OTHER: Final = 128
"""Stands for all characters beyond ASCII."""
_EVERY: Final = frozenset(range(_OTHER + 1))
_NEWLINE: Final = frozenset({10})
_ONE_CHARACTER: Final = frozenset({c.LITERAL, c.NOT_LITERAL, c.ANY, c.IN})


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that was looked at, the longest text that it may read, and how its steps grow with the text's length."""

    regex: re.Pattern[str]
    limit: int
    choices: int = 1
    degree: int = 1

    def subject(self, run: Run, value: Any) -> str:
        """The text of `value`, the reading of which is charged for. Raises `ValueError` if it is too long for this pattern."""
        text = value if isinstance(value, str) else str(value)
        if len(text) > self.limit:
            raise ValueError(
                f"a text of {len(text)} characters is too long for the pattern {self.regex.pattern!r}"
            )
        run.charge(self.choices * len(text) ** self.degree // STEPS_OF_A_UNIT)
        return text


@lru_cache(maxsize=COMPILED_PATTERNS_CACHE)
def compiled(pattern: str, ignorecase: bool = False) -> Pattern:
    """Raises `TemplateError` for a pattern that is wrong or could run away."""
    if len(pattern) > MAX_PATTERN_CHARS:
        raise TemplateError(f"the pattern is longer than {MAX_PATTERN_CHARS} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what may come to mean something else is not a pattern either
            tree = parser.parse(pattern, re.IGNORECASE if ignorecase else 0)
            regex = re.compile(pattern, re.IGNORECASE if ignorecase else 0)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise TemplateError(f"the pattern {pattern!r} is wrong: {error}") from None
    look = _Look(pattern, regex.flags)
    look.sequence(tree.data, frozenset())
    if look.choices > MAX_CHOICES:
        raise TemplateError(f"the pattern {pattern!r} has too many alternatives")
    anchored = bool(tree.data) and tree.data[0] in ((c.AT, c.AT_BEGINNING), (c.AT, c.AT_BEGINNING_STRING))
    starts = 0 if anchored and not regex.flags & re.MULTILINE else 1
    degree = look.repetitions + look.scans + starts
    limit = int((MAX_STEPS / look.choices) ** (1 / max(1, degree)))
    return Pattern(regex, min(MAX_SUBJECT_CHARS, limit), look.choices, degree)


class _Look:
    """Walks a parsed pattern. Each of `repetitions` multiplies by the text's length, and so does `scans`, which stands for all
    that merely read on; `choices` multiply by themselves.
    """

    def __init__(self, pattern: str, flags: int) -> None:
        self.repetitions = 0
        self.scans = 0
        self.choices = 1
        self._pattern = pattern
        self._ignorecase = bool(flags & re.IGNORECASE)
        self._any = _EVERY if flags & re.DOTALL else _EVERY - _NEWLINE

    def sequence(self, items: Any, after: frozenset[int]) -> frozenset[int]:
        """The characters that a sequence may begin with, where `after` follows it ({} where nothing does)."""
        for operation, argument in reversed(list(items)):
            after = self._item(operation, argument, after)
        return after

    def _item(self, operation: Any, argument: Any, after: frozenset[int]) -> frozenset[int]:
        if operation in _ONE_CHARACTER:
            return self._characters(operation, argument)
        if operation is c.AT and argument in (c.AT_END, c.AT_END_STRING) and not after:
            return (
                _NEWLINE  # the end, or a line's end: whoever gives characters back does not find it earlier
            )
        if operation is c.AT:
            return _EVERY
        if operation is c.SUBPATTERN and not argument[1] and not argument[2]:
            return self.sequence(argument[3], after)
        if operation is c.BRANCH:
            branches = argument[1]
            self.choices *= len(branches)
            return frozenset().union(*(self.sequence(branch, after) for branch in branches))
        if operation in (c.MAX_REPEAT, c.MIN_REPEAT):
            return self._repeat(argument, after)
        raise TemplateError(
            f"the pattern {self._pattern!r} uses {str(operation).lower()}, which is not allowed here"
        )

    def _repeat(self, argument: Any, after: frozenset[int]) -> frozenset[int]:
        low, high, body = argument
        if high <= 1:
            self.choices *= 1 if low == high else 2
            first = self.sequence(body, after)
            return first if low else first | (after or _EVERY)
        first, length = self._fixed(body)
        if low == high or not after:
            pass
        elif high <= FEW_REPETITIONS:
            self.choices *= high - low + 1
        elif after & first or length > 1:
            self.repetitions += 1
        else:
            self.scans = 1
        return first if low else first | (after or _EVERY)

    def _fixed(self, body: Any) -> tuple[frozenset[int], int]:
        """What is repeated may not vary in length: its first characters, and how many there are."""
        items = list(body)
        if len(items) == 1 and items[0][0] is c.SUBPATTERN:
            return self._fixed(items[0][1][3])
        if not items or any(operation not in _ONE_CHARACTER for operation, _ in items):
            raise TemplateError(
                f"the pattern {self._pattern!r} repeats what can vary itself, which can take for ever"
            )
        return self._characters(*items[0]), len(items)

    def _characters(self, operation: Any, argument: Any) -> frozenset[int]:
        if operation is c.ANY:
            return self._any
        if operation is c.LITERAL:
            return self._cased({min(argument, _OTHER)})
        if operation is c.NOT_LITERAL:
            return self._others({argument})
        negated = argument[0][0] is c.NEGATE
        found: set[int] = set()
        for kind, what in argument[1:] if negated else argument:
            if kind is c.LITERAL:
                found.add(min(what, _OTHER))
            elif kind is c.RANGE:
                found.update(range(min(what[0], _OTHER), min(what[1], _OTHER) + 1))
            elif kind is c.CATEGORY and what in _CATEGORIES:
                found |= _CATEGORIES[what]
            else:
                return _EVERY
        return self._others(found) if negated else self._cased(found)

    def _others(self, found: set[int]) -> frozenset[int]:
        return _EVERY if self._ignorecase else _EVERY - found | {_OTHER}

    def _cased(self, found: set[int]) -> frozenset[int]:
        if not self._ignorecase:
            return frozenset(found)
        both = {ord(case(chr(code))) for code in found if code < _OTHER for case in (str.lower, str.upper)}
        return frozenset(both | found | {_OTHER})  # a few letters beyond ASCII have ASCII as their other case


_CATEGORIES: Final = {
    c.CATEGORY_DIGIT: frozenset(range(48, 58)) | {_OTHER},
    c.CATEGORY_SPACE: frozenset(code for code in range(_OTHER) if chr(code).isspace()) | {_OTHER},
    c.CATEGORY_WORD: frozenset(code for code in range(_OTHER) if chr(code).isalnum() or code == 95)
    | {_OTHER},
}
