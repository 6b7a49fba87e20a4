"""What a device does with a command, and the ways to do it wrong.

A *behaviour* is a few timed steps. A *fault* is a pure function that turns the behaviour of an honest device into that of a
faulty one; it is told how many commands the device has received, so that "every third" needs no memory of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final


class Do(Enum):
    ACCEPT = "accept"  # the protocol's acknowledgement, where the simulator gives it (MQTT brokers give it themselves)
    ACT = "act"  # the device moves: only this changes the truth
    REPORT = "report"  # it tells the truth, as it is then
    CLAIM = "claim"  # somebody on the way (a bridge) tells what was asked for, as if it were true
    RETAINED_CLAIM = "retained-claim"  # the same, as a retained message
    REJECT = "reject"  # it says no
    CUT = "cut"  # it closes the link


@dataclass(frozen=True, slots=True)
class Step:
    """Do `what`, `at` seconds after the command was received. Steps of equal time keep their order."""

    what: Do
    at: float = 0.0


Behaviour = tuple[Step, ...]
Fault = Callable[[Behaviour, int], Behaviour]
"""The honest behaviour and the number of the command (from 1) -> what the device does instead."""


def answering(reaction_seconds: float) -> Behaviour:
    """An honest device: accepts, acts after its reaction time, reports."""
    return (Step(Do.ACCEPT), Step(Do.ACT, reaction_seconds), Step(Do.REPORT, reaction_seconds))


def deaf(behaviour: Behaviour, nth: int) -> Behaviour:
    """The command is accepted and ignored."""
    return tuple(step for step in behaviour if step.what is Do.ACCEPT)


def early(behaviour: Behaviour, nth: int) -> Behaviour:
    """The report overtakes the acknowledgement."""
    return (Step(Do.ACT), Step(Do.REPORT), Step(Do.ACCEPT))


def late(seconds: float) -> Fault:
    """It acts and reports `seconds` too late."""

    def fault(behaviour: Behaviour, nth: int) -> Behaviour:
        return tuple(
            step if step.what is Do.ACCEPT else replace(step, at=step.at + seconds) for step in behaviour
        )

    return fault


def lossy(every: int) -> Fault:
    """Every `every`-th command is lost."""

    def fault(behaviour: Behaviour, nth: int) -> Behaviour:
        return deaf(behaviour, nth) if nth % every == 0 else behaviour

    return fault


def duplicate(behaviour: Behaviour, nth: int) -> Behaviour:
    """It reports everything twice."""
    return tuple(step for one in behaviour for step in ((one, one) if one.what is Do.REPORT else (one,)))


def stale(behaviour: Behaviour, nth: int) -> Behaviour:
    """It does not act, and repeats its old state."""
    return tuple(step for step in behaviour if step.what is not Do.ACT)


def retained(behaviour: Behaviour, nth: int) -> Behaviour:
    """It does not act; a retained message says that it did.

    Over MQTT a subscriber sees the flag if it subscribes afterwards, or subscribed with "retain as published" (MQTT 5).
    """
    return (*deaf(behaviour, nth), Step(Do.RETAINED_CLAIM))


def optimistic(reveal_seconds: float | None) -> Fault:
    """A bridge says at once that it is done; the device does nothing, and tells so `reveal_seconds` later (None: never)."""

    def fault(behaviour: Behaviour, nth: int) -> Behaviour:
        truth = () if reveal_seconds is None else (Step(Do.REPORT, reveal_seconds),)
        return (*deaf(behaviour, nth), Step(Do.CLAIM), *truth)

    return fault


def rejecting(seconds: float) -> Fault:
    """It says no: at once instead of an acknowledgement, or `seconds` after it, as bridges do."""

    def fault(behaviour: Behaviour, nth: int) -> Behaviour:
        return (*(deaf(behaviour, nth) if seconds > 0 else ()), Step(Do.REJECT, seconds))

    return fault


def cut(behaviour: Behaviour, nth: int) -> Behaviour:
    """The link is closed after the command arrived and was carried out, before anybody heard of it."""
    return (Step(Do.ACT), Step(Do.CUT))


_PLAIN: Final[dict[str, Fault]] = {
    "deaf": deaf,
    "early": early,
    "duplicate": duplicate,
    "stale": stale,
    "retained": retained,
    "cut": cut,
}
_WITH_NUMBER: Final[dict[str, tuple[Callable[[float], Fault], float]]] = {
    "late": (late, 5.0),
    "lossy": (lambda every: lossy(max(1, int(every))), 2.0),
    "optimistic": (optimistic, 2.0),
    "rejecting": (rejecting, 0.0),
}


def parse_fault(text: str) -> Fault:
    """`deaf`, or `late:5` (seconds), `lossy:3` (every third), `optimistic:2` (seconds). Raises `ValueError` with the list."""
    name, _, number = text.partition(":")
    if name in _PLAIN and not number:
        return _PLAIN[name]
    if name in _WITH_NUMBER:
        make, default = _WITH_NUMBER[name]
        try:
            return make(float(number) if number else default)
        except ValueError:
            raise ValueError(f"fault {text!r}: {number!r} is not a number") from None
    known = ", ".join([*_PLAIN, *(f"{name}[:number]" for name in _WITH_NUMBER)])
    raise ValueError(f"unknown fault {text!r}: one of {known}")
