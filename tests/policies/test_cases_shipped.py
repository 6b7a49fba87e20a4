"""Every case that ships holds under the sets that ship."""

from __future__ import annotations

from collections import Counter

import pytest

from policies import RuleSet, compile_rules, defaults, parse
from policies.cases import Cases, parse_cases, run_cases

SETS = [parse(defaults.load(name), name=name) for name in defaults.NAMES]
POLICY = compile_rules(SETS[0], SETS[1:])
FILES = {name: parse_cases(text, f"{name}.toml") for name, text in defaults.cases().items()}
LEAST_CASES = 250
THEMES = {
    *("agents-of-others", "approvals", "children", "clock", "comfort", "guests", "heat", "language", "life-safety"),
    *("new-devices", "opening", "reading", "services", "toward-safe", "waivers", "water"),
}  # fmt: skip


def test_every_theme_has_its_file() -> None:
    assert set(FILES) == THEMES
    assert sum(len(file.cases) for file in FILES.values()) >= LEAST_CASES


@pytest.mark.parametrize("file", FILES.values(), ids=list(FILES))
def test_every_case_holds(file: Cases) -> None:
    failed = [str(result) for result in run_cases(POLICY, file, SETS) if not result.passed]
    assert not failed, "\n".join(failed)


def test_every_case_has_a_name_of_its_own() -> None:
    names = Counter(case.name for file in FILES.values() for case in file.cases)
    assert [name for name, count in names.items() if count > 1] == []
    for name in names:
        assert name[0].isupper()
        assert len(name.split()) >= 4, "a name reads like a sentence"


def test_no_case_says_what_another_says_already() -> None:
    """Two cases that give and ask the same, under the same rules, are one."""
    for file in FILES.values():
        said = Counter(
            str((case.given, case.asked, case.own and (case.own.more, case.own.only, case.own.sets)))
            for case in file.cases
        )
        assert [one for one, count in said.items() if count > 1] == []


KINDS_OF_RULE = ("allow", "limit", "ask", "then")
RULES = sorted(rule.id for one in SETS for kind in KINDS_OF_RULE for rule in getattr(one.document, kind))


def without(one: RuleSet, gone: str) -> RuleSet:
    kept = {
        kind: tuple(rule for rule in getattr(one.document, kind) if rule.id != gone) for kind in KINDS_OF_RULE
    }
    return one.model_copy(update={"document": one.document.model_copy(update=kept)})


@pytest.mark.parametrize("gone", RULES)
def test_each_rule_that_ships_is_felt_by_a_case(gone: str) -> None:
    """Without it something is decided otherwise: it is not only that its name is missed."""
    fewer = [without(one, gone) for one in SETS]
    policy = compile_rules(fewer[0], fewer[1:])
    felt = [
        wrong
        for file in FILES.values()
        for result in run_cases(policy, file, fewer)
        for wrong in result.wrong
        if wrong.startswith(("The verdict is", "It owes", "May "))
    ]
    assert felt
