"""Each fault as what it is: a behaviour made from an honest one."""

from __future__ import annotations

import pytest

from drivers.simulated.device import play
from drivers.simulated.faults import Behaviour, Do, Step, answering, parse_fault
from drivers.simulated.timeline import ManualTimeline

HONEST = answering(0.5)


def shown(behaviour: Behaviour) -> list[str]:
    return [f"{step.what.value}@{step.at:g}" for step in behaviour]


@pytest.mark.parametrize(
    ("fault", "steps"),
    [
        ("deaf", ["accept@0"]),
        ("early", ["act@0", "report@0", "accept@0"]),
        ("late:5", ["accept@0", "act@5.5", "report@5.5"]),
        ("duplicate", ["accept@0", "act@0.5", "report@0.5", "report@0.5"]),
        ("stale", ["accept@0", "report@0.5"]),
        ("retained", ["accept@0", "retained-claim@0"]),
        ("optimistic:2", ["accept@0", "claim@0", "report@2"]),
        ("rejecting", ["reject@0"]),
        ("rejecting:2", ["accept@0", "reject@2"]),
        ("cut", ["act@0", "cut@0"]),
    ],
)
def test_a_fault_transforms_the_behaviour(fault: str, steps: list[str]) -> None:
    assert shown(parse_fault(fault)(HONEST, 1)) == steps


def test_lossy_loses_every_third() -> None:
    fault = parse_fault("lossy:3")
    assert [len(fault(HONEST, nth)) for nth in range(1, 7)] == [3, 3, 1, 3, 3, 1]


@pytest.mark.parametrize("text", ["slow", "deaf:1", "late:soon", ""])
def test_an_unknown_fault_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="fault"):
        parse_fault(text)


def test_steps_are_played_in_time_and_order() -> None:
    timeline, done = ManualTimeline(), list[str]()
    behaviour = (Step(Do.ACCEPT), Step(Do.ACT, 0.5), Step(Do.REPORT, 0.5), Step(Do.CLAIM, 0.2))
    play(behaviour, {what: lambda what=what: done.append(what.value) for what in Do}, timeline)  # type: ignore[misc]
    assert done == ["accept"]
    timeline.advance(0.3)
    assert done == ["accept", "claim"]
    timeline.advance(0.3)
    assert done == ["accept", "claim", "act", "report"]
