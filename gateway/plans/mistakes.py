"""What is wrong with a plan: as many mistakes at once as somebody mends at once, and no more work than that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from policies.words import suggestion

MOST_MISTAKES: Final = 20
"""The search ends with them: who wrote so many reads no further."""

MOST_HINTS: Final = 2
"""Likely words cost a comparison with every known one: where names are wrong by the dozen, the list of names helps more."""

LONGEST_HINTED: Final = 60
"""Characters of a word for which a likely one is sought; a comparison costs the product of both lengths."""

MOST_COMPARED: Final = 500


class Mistake(NamedTuple):
    """What is wrong with a plan, and what would be right. `step` is "" for the plan itself. `unknown`: it names what does not
    exist, or what its author may not see.
    """

    step: str
    member: str
    detail: str
    unknown: bool = False

    def __str__(self) -> str:
        where = f"step {self.step}" if self.step else "the plan"
        return f"{where}, {self.member}: {self.detail}" if self.member else f"{where}: {self.detail}"


class BadPlan(Exception):
    """It cannot be carried out as it is written."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(map(str, mistakes)))


class Mistakes:
    """Those found so far."""

    def __init__(self) -> None:
        self._found: dict[Mistake, None] = {}
        self._hints = MOST_HINTS

    def add(self, mistake: Mistake) -> None:
        """One more; the same again does not count. Raises `BadPlan` where that are enough."""
        self._found.setdefault(mistake)
        if len(self._found) >= MOST_MISTAKES:
            detail = f"these are {MOST_MISTAKES} mistakes; whether there are more is not looked at"
            raise BadPlan([*self._found, Mistake("", "", detail)])

    def extend(self, mistakes: Iterable[Mistake]) -> None:
        for mistake in mistakes:
            self.add(mistake)

    def of(self, step: str) -> bool:
        """Whether there is one of `step`."""
        return any(one.step == step for one in self._found)

    def hint(self, word: str, known: Iterable[str]) -> str:
        """What was probably meant, as the end of a sentence; for the first words only."""
        if self._hints == 0 or len(word) > LONGEST_HINTED:
            return "."
        self._hints -= 1
        return suggestion(word, list(known)[:MOST_COMPARED])

    def settle(self) -> None:
        """Raises `BadPlan` where there is any."""
        if self._found:
            raise BadPlan([*self._found])
