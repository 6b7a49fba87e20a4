"""How long a decision takes at 20, 200 and 2,000 rules of the whole language: `python tests/bench/decisions.py`.

For each number of rules and each kind of answer: the median and the 99th percentile in µs. `first` is the first decision on
each pair of principal and subject, for which the rules that concern it are found; the next rows are repeated ones, and the
last is all kinds in turn, first decisions among them. The targets are for ordinary Things, with three rules of their own (a
bound, quiet hours in some modes, an ask) and those that hold everywhere; the second table has eight, one of every form.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence

from capabilities.vocabulary import Hazard, Privilege
from policies import (
    AccessRequest,
    Approval,
    Decision,
    GivenFacts,
    LocalTime,
    Observed,
    Policy,
    Principal,
    Role,
    RuleRef,
    Subject,
    Verdict,
    compile_rules,
    parse,
)

ROUNDS = 20_000
TARGET_MEDIAN_US, TARGET_P99_US = 10.0, 60.0
THINGS = 200
"""As many things as there may be are asked about in turn."""

OWNER = Principal("anna", Role.OWNER)
AGENT = Principal("coo", Role.AGENT, acts_for="anna", acts_for_role=Role.OWNER)
ALLOW = """format = 1
[[allow]]
id = "comfort"
who = ["agent", "adult"]
may = ["light.*", "thermostat.target", "valve.open"]
why = "Comfort"
"""
FORMS = (
    "value = { min = 16, max = 23 }",
    'at_most = "6/h"\nrest = "1m"',
    'needs = [{ thing = "tank", property = "level", min = 20, fresh = "2m" }]',
    'not_between = ["22:00", "07:00"]\nmodes = ["home", "night"]',
    "value = { max_change = 8 }",
    'value = { max = 24 }\nwaivable_by = ["adult"]',
)
LIMITS = tuple(("limit", f'on = ["thermostat.target"]\n{form}') for form in FORMS)
ASK = ("ask", 'on = ["*.target"]\napprover = ["adult"]\nvalid = "2m"\nvalue = { max = 22 }')
THEN = ("then", 'on = ["thermostat.*"]\nmax_on = "2h"\nnotify = ["adult"]')
ORDINARY = (LIMITS[0], LIMITS[3], ASK)
MANY = (*LIMITS, ASK, THEN)

Forms = tuple[tuple[str, str], ...]
Case = tuple[str, Verdict, AccessRequest, GivenFacts]


def things_of(count: int, forms: Forms) -> int:
    return max(1, min(THINGS, count // len(forms)))


def rules(count: int, forms: Forms) -> str:
    """One allow, one ask about water, and for each Thing a rule of each form, as far as the rules go; the rest is about Things
    that nobody asks for.
    """
    lines = [ALLOW]
    for number in range(count - 2):
        thing = f"thing-{number // len(forms)}"
        kind, words = forms[number % len(forms)]
        lines.append(f'[[{kind}]]\nid = "rule-{number}"\nthings = ["{thing}"]\nwhy = "Because"\n{words}')
    lines.append(
        '[[ask]]\nid = "always"\non = ["valve.open"]\nwho = ["agent"]\napprover = ["adult"]\nvalid = "2m"\nwhy = "Water"'
    )
    return "\n".join(lines)


def facts(things: int, *, hour: int = 12, approved: bool = False) -> GivenFacts:
    return GivenFacts(
        at=LocalTime(hour * 60, 2),
        house_mode="home",
        readings={("tank", "level"): Observed(55, age_s=10)},
        present={(f"thing-{number}", "target"): (19,) for number in range(things)},
        off={f"thing-{number}": 3_600.0 for number in range(things)},
        given=(Approval(OWNER, frozenset({RuleRef("bench", "always")})),) if approved else (),
    )


def cases(things: int) -> list[Case]:
    """Each kind of answer over all Things."""
    found: list[Case] = []
    day, night, approved = facts(things), facts(things, hour=23), facts(things, approved=True)
    for number in range(things):
        target = Subject(
            f"thing-{number}", "hall", frozenset(), "thermostat.target", Privilege.OPERATE, Hazard.NUISANCE
        )
        valve = Subject(
            f"thing-{number}", "hall", frozenset(), "valve.open", Privilege.OPERATE, Hazard.PROPERTY
        )
        found += [
            ("permit", Verdict.PERMIT, AccessRequest(AGENT, target, 20), day),
            ("permit (safe)", Verdict.PERMIT, AccessRequest(AGENT, target, 20, toward_safe=True), night),
            ("refusal (value)", Verdict.DENY, AccessRequest(AGENT, target, 23.5), day),
            ("refusal (many)", Verdict.DENY, AccessRequest(AGENT, target, 40), day),
            ("refusal (facts)", Verdict.DENY, AccessRequest(AGENT, target, 20), night),
            ("ask", Verdict.NEEDS_APPROVAL, AccessRequest(AGENT, valve, True), day),
            ("approved", Verdict.PERMIT, AccessRequest(AGENT, valve, True), approved),
        ]
    return found


def measured(
    run: Callable[[AccessRequest, GivenFacts], Decision], asked: Sequence[Case]
) -> tuple[float, float]:
    """Median and 99th percentile in µs."""
    times = []
    for _, expected, request, known in asked:
        start = time.perf_counter_ns()
        decision = run(request, known)
        times.append((time.perf_counter_ns() - start) / 1000)
        del decision, expected
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.99)]


def main() -> None:
    print(f"target: median {TARGET_MEDIAN_US:.0f} µs, p99 {TARGET_P99_US:.0f} µs")
    for title, forms in (("three rules to a Thing", ORDINARY), ("eight rules to a Thing", MANY)):
        print(f"{title}\n{'rules':>6} {'what':<16} {'median':>8} {'p99':>8}  (µs)")
        for count in (20, 200, 2_000):
            _table(count, forms)


def _table(count: int, forms: Forms) -> None:
    text, things = rules(count, forms), things_of(count, forms)
    began = time.perf_counter()
    policy = compile_rules(parse(text, name="bench"))
    compiled = time.perf_counter() - began
    asked = cases(things)
    _check(policy, asked)
    gc.collect()
    gc.freeze()
    fresh = compile_rules(parse(text, name="bench"))
    firsts = [one for one in asked if one[0] in {"permit", "ask"}]
    _row(count, "first", measured(fresh.decide, firsts))
    for kind in dict.fromkeys(one[0] for one in asked):
        mine = [one for one in asked if one[0] == kind]
        _row(count, kind, measured(policy.decide, mine * (ROUNDS // len(mine))))
    fresh = compile_rules(parse(text, name="bench"))
    _row(count, "all, mixed", measured(fresh.decide, asked * (ROUNDS // len(asked))))
    print(f"{count:>6} compiled in {compiled * 1000:.0f} ms")


def _check(policy: Policy, asked: Sequence[Case]) -> None:
    """What is measured is what it is called."""
    for kind, expected, request, known in asked:
        found = policy.decide(request, known).verdict
        assert found is expected, (kind, found)


def _row(count: int, what: str, found: tuple[float, float]) -> None:
    median, p99 = found
    over = " over target" if median > TARGET_MEDIAN_US or p99 > TARGET_P99_US else ""
    print(f"{count:>6} {what:<16} {median:>8.2f} {p99:>8.1f}{over}")


if __name__ == "__main__":
    main()
