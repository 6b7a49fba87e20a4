"""What is wrong with a rule file, said so that it can be mended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault. `line` counts from 1; 0 where no line can be named. `where` is the rule and key ("" for the whole file)."""

    set: str
    line: int
    where: str
    text: str

    def __str__(self) -> str:
        place = f"{self.set}:{self.line}" if self.line else self.set
        return ": ".join(part for part in (place, self.where, self.text) if part)


class PolicyError(Exception):
    """Rules that cannot be used: all problems at once, in the order of the file. `str()` has one line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))
