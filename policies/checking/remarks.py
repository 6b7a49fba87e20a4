"""What is said of rules that are valid, and may not be meant so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from policies.compare.books import Book
from policies.decision import Role, RuleRef


class Severity(StrEnum):
    """`error`: it can never work. `warning`: it hardly does what was meant. `note`: worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark on the rule `rule` of the set `set`, which begins in `line` (0 where no line is known)."""

    severity: Severity
    set: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        place = f"{self.set}:{self.line}" if self.line else self.set
        return f'{place}: {self.severity}: "{self.rule}": {self.text}'


@dataclass(frozen=True, slots=True)
class House:
    """What there is: Things' ids with the names of their properties, rooms, labels, principals' ids with their roles."""

    things: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rooms: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    principals: Mapping[str, Role] = field(default_factory=dict)


class Remarks:
    """Collects remarks, and finds their lines."""

    def __init__(self, book: Book) -> None:
        self._sets = {one.name: one for one in (book.root, *book.narrowing)}
        self._found: dict[Remark, None] = {}

    def add(self, severity: Severity, ref: RuleRef, text: str) -> None:
        line = self._sets[ref.set].line_of(ref.rule)
        self._found[Remark(severity, ref.set, line, ref.rule, text)] = None

    def error(self, ref: RuleRef, text: str) -> None:
        self.add(Severity.ERROR, ref, text)

    def warning(self, ref: RuleRef, text: str) -> None:
        self.add(Severity.WARNING, ref, text)

    def note(self, ref: RuleRef, text: str) -> None:
        self.add(Severity.NOTE, ref, text)

    def in_order(self) -> list[Remark]:
        """The gravest first, then as they stand in the files."""
        order = [*Severity]
        return sorted(
            self._found, key=lambda one: (order.index(one.severity), one.set, one.line, one.rule, one.text)
        )


def quoted(refs: Iterable[RuleRef], home: str) -> str:
    """Rules by name: those of other sets than `home` with their set."""
    names = (ref.rule if ref.set == home else str(ref) for ref in refs)
    return " and ".join(f'"{name}"' for name in names)
