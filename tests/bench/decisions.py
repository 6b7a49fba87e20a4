"""How long a decision takes at 20, 200 and 2,000 rules: `python tests/bench/decisions.py`."""

from __future__ import annotations

import statistics
import time

from capabilities.vocabulary import Hazard, Privilege
from policies import compile_rules, parse
from policies.decision import AccessRequest, Principal, Role, Subject

ROUNDS = 20_000


def rules(count: int) -> str:
    lines = ["format = 1"]
    lines += [
        "[[allow]]",
        'id = "comfort"',
        'who = ["agent"]',
        'may = ["light.*", "thermostat.target"]',
        'why = "Comfort"',
    ]
    for number in range(count - 1):
        lines += [
            "[[limit]]",
            f'id = "band-{number}"',
            'on = ["thermostat.target"]' if number % 2 else 'on = ["light.brightness"]',
            f'things = ["thing-{number // 2}"]',
            "value = { min = 16, max = 23 }",
            'why = "A band"',
        ]
    return "\n".join(lines)


def main() -> None:
    agent = Principal("coo", Role.AGENT, acts_for="owner")
    for count in (20, 200, 2_000):
        began = time.perf_counter()
        policy = compile_rules(parse(rules(count), name="bench"))
        compiled = time.perf_counter() - began
        subjects = [
            Subject(f"thing-{n}", "", frozenset(), "thermostat.target", Privilege.OPERATE, Hazard.NUISANCE)
            for n in range(min(count // 2, 200))
        ]
        times = []
        for number in range(ROUNDS):
            request = AccessRequest(agent, subjects[number % len(subjects)], 15 + number % 10)
            start = time.perf_counter_ns()
            policy.decide(request)
            times.append((time.perf_counter_ns() - start) / 1000)
        times.sort()
        print(
            f"{count:>5} rules: compiled in {compiled * 1000:.0f} ms; a decision takes "
            f"{statistics.median(times):.2f} µs (median), {times[int(ROUNDS * 0.99)]:.1f} µs (p99)"
        )


if __name__ == "__main__":
    main()
