"""Rules that are not in force, looked at: what is wrong with them, what they change, and which cases they fail.

Pure: for the gateway's API, and for the command line without a gateway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.rulebook.changes import NOTHING_TOLD, Told, told_if_known
from gateway.rulebook.edition import compose, rule_sets
from gateway.rulebook.files import MOST_SETS, fault_in_name
from policies import PolicyError, Problem
from policies.defaults import cases as shipped_cases

if TYPE_CHECKING:
    from policies.checking import House, Remark

MOST_CASES: Final = 2_000
"""In one run: 0.2 ms each."""


@dataclass(frozen=True, slots=True)
class Report:
    """`problems` keep the sets from being used. `remarks` are on rules that can be used, and are hardly meant so, each with
    `set`, `line`, `rule`, `severity` (error, warning, note) and `text`. `told` is what they would change, where that was asked.
    """

    version: str = ""
    problems: tuple[Problem, ...] = ()
    told: Told = NOTHING_TOLD
    remarks: tuple[Remark, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems


def examine(
    own: Mapping[str, str], in_force: Mapping[str, str] | None = None, house: House | None = None
) -> Report:
    """The house's own sets `own`, compared with those `in_force` if they are given. With `house` it is said which names are
    not there.
    """
    from policies.checking import Book, check  # noqa: PLC0415  what only this needs

    faults = [Problem(name[:64], 0, "", wrong) for name in own if (wrong := fault_in_name(name))]
    if len(own) > MOST_SETS:
        faults.append(Problem("policies", 0, "", f"are {len(own)} sets; there may be {MOST_SETS}"))
    try:
        edition = compose(own, faults)
    except PolicyError as error:
        return Report(problems=error.problems)
    root, *narrowing = rule_sets(own)
    remarks = (one for one in check(Book(root, narrowing), house) if one.set in own)
    return Report(edition.policy.version, (), told_if_known(in_force, own), tuple(remarks))


@dataclass(frozen=True, slots=True)
class Failed:
    """A case that does not hold: `text` is all that is needed to mend it or the rules."""

    file: str
    name: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Run:
    """What came out of the cases of some files."""

    files: int
    cases: int
    failed: tuple[Failed, ...]


def run(own: Mapping[str, str], files: Mapping[str, str] | None = None) -> Run:
    """Runs the case files (None: those that ship) against the house's own sets. Raises `PolicyError`."""
    from policies.cases import parse_cases, run_cases  # noqa: PLC0415  what only this needs

    texts = shipped_cases() if files is None else files
    sets, policy = rule_sets(own), compose(own).policy
    failed: list[Failed] = []
    count = 0
    for file, text in texts.items():
        cases = parse_cases(text, file)
        count += len(cases.cases)
        if count > MOST_CASES:
            raise PolicyError([Problem(file, 0, "", f"one run has {MOST_CASES:,} cases at the most")])
        failed += [
            Failed(file, result.case.name, result.case.line, str(result))
            for result in run_cases(policy, cases, sets)
            if not result.passed
        ]
    return Run(len(texts), count, tuple(failed))
