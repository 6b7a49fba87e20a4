"""Whether what was decided is what a case expects, and both in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policies.bounds import show
from policies.cases.documents import VERDICTS, AcceptedTable, ThenTable
from policies.cases.reading import Case
from policies.decision import Accepted, Decision, Finding, Verdict

_SAYS = ("denies", "asks", "permits")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case came out. `wrong` has what was expected and did not come, one sentence each: none, and the case holds.

    `expected` and `decided` are the two answers in words, `findings` all the reasons for what was decided.
    """

    case: Case
    expected: str
    decided: str
    wrong: tuple[str, ...]
    findings: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.wrong

    def __str__(self) -> str:
        """One line for a case that holds; all that is needed to mend it for one that does not."""
        if self.passed:
            return f"holds: {self.case.name}"
        return "\n".join(
            [
                f"fails: {self.case.name} (line {self.case.line})",
                f"  expected: {self.expected}",
                f"  decided:  {self.decided}",
                *(f"  {one}" for one in self.wrong),
                *(f"  - {one}" for one in self.findings),
            ]
        )


def checked_reading(case: Case, *, may_see: bool) -> CaseResult:
    """The result of a case that reads."""
    wanted = bool(case.then.see)
    wrong = () if may_see == wanted else (f"{_sees(may_see)}, though it {_sees(wanted)}".capitalize() + ".",)
    reasons = () if may_see else ("no rule lets it read this; what is sensitive must be named",)
    return CaseResult(case, _sees(wanted), _sees(may_see), wrong, reasons)


def checked(case: Case, decision: Decision) -> CaseResult:
    """The result of a case that uses something."""
    then = case.then
    return CaseResult(
        case,
        expected_in_words(then),
        decided_in_words(decision),
        tuple(_differences(then, decision)),
        tuple(map(in_words, decision.findings)),
    )


def in_words(finding: Finding) -> str:
    """A rule's part in a decision, on one line."""
    remedy = (
        f"; would do: {finding.remedy.text}" if finding.remedy and finding.verdict < Verdict.PERMIT else ""
    )
    seen = f": {finding.seen}" if finding.seen else ""
    unknown = " (not known)" if finding.unknown else ""
    return f"{finding.set}/{finding.rule} {_SAYS[finding.verdict]}{seen}{unknown} [{finding.why}]{remedy}"


def decided_in_words(decision: Decision) -> str:
    owes = "".join(f", owes {one.kind}" for one in decision.obligations)
    accepted = "" if decision.accepted is None else f", accepted {_range(decision.accepted)}"
    return f"{VERDICTS[decision.verdict]}{owes}{accepted}"


def expected_in_words(then: ThenTable) -> str:
    parts = [then.verdict or ""]
    if then.rule:
        parts.append(f"by {' and '.join(then.rule)}")
    if then.owes is not None:
        parts.append(f"owes {', '.join(then.owes) or 'nothing'}")
    return ", ".join(parts)


def _differences(then: ThenTable, decision: Decision) -> Iterator[str]:
    verdict = VERDICTS[decision.verdict]
    if then.verdict != verdict:
        yield f"The verdict is {verdict}, not {then.verdict}."
    named = {name for one in decision.findings for name in (one.rule, f"{one.set}/{one.rule}")}
    for rule in then.rule or ():
        if rule not in named:
            yield f"{rule} is not among the reasons."
    if then.accepted is not None:
        yield from _other_range(then.accepted, decision.accepted or Accepted())
    remedies = [one.remedy.text for one in decision.findings if one.remedy is not None]
    if then.remedy is not None and not any(then.remedy in text for text in remedies):
        yield f'No remedy says "{then.remedy}".'
    unknown = any(one.unknown for one in decision.findings)
    if then.unknown is not None and then.unknown != unknown:
        yield "Something was not known." if unknown else "Everything that the rules looked at was known."
    owed = {one.kind for one in decision.obligations}
    if then.owes is not None and set(then.owes) != owed:
        yield f"It owes {', '.join(sorted(owed)) or 'nothing'}, not {', '.join(then.owes) or 'nothing'}."


def _other_range(wanted: AcceptedTable, found: Accepted) -> Iterator[str]:
    options = None if found.one_of is None else sorted(map(show, found.one_of))
    listed = None if wanted.one_of is None else sorted(map(show, wanted.one_of))
    if (
        (wanted.min is not None and wanted.min != found.minimum)
        or (wanted.max is not None and wanted.max != found.maximum)
        or (listed is not None and listed != options)
    ):
        yield f"What is accepted is {_range(found)}."


def _range(accepted: Accepted) -> str:
    if accepted.one_of is not None:
        return f"one of {', '.join(map(show, accepted.one_of))}" if accepted.one_of else "nothing"
    low, high = accepted.minimum, accepted.maximum
    if low is None and high is None:
        return "anything" if not accepted.members else f"by member: {', '.join(sorted(accepted.members))}"
    if low is None:
        return f"at most {show(high)}"
    return f"at least {show(low)}" if high is None else f"{show(low)} to {show(high)}"


def _sees(may_see: bool) -> str:
    return "may be read" if may_see else "may not be read"
