"""Whether a change fits what our commands were to do. Pure, but for the commands it is asked about.

Of a property that a command set: what was asked for, and what lies on the way there (a blind between two positions, a lamp that
fades, a bolt that is `locking`). Once it was seen, a change away from it is somebody else's, unless it comes right after and
goes back on itself (a device that repeats an old state): that is a *doubt*, and the next seconds tell. Right after, a device
may still correct it a little: a thermostat that snaps to half degrees, a colour that it cannot show exactly.

Of another property of the same component: side effects, as long as the window is open. A lamp that is switched on tells its
brightness and colour, a mode moves its targets. But nothing is switched off by the way: only by what says so, such as a
brightness or a speed of 0, or the mode `off`.

Of another component: interlocks and double switches, for `BESIDE_S` after the bytes went out.

What was so already before the command explains nothing; only a mode that is set again may move its targets back.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import Final

from capabilities.effects import fits
from capabilities.readings import Reading
from capabilities.vocabulary import Evidence, Json
from gateway.authorship.counting import MOTORS
from gateway.authorship.traces import Trace, aim_at, sets_mode
from gateway.normalise import Aim
from gateway.state import Slot

BESIDE_S: Final = 2.0

SNAP_STEPS: Final = 2.0
"""Tolerances by which a device may correct what it has taken."""

_OFF: Final = frozenset({"off", "none", "standby", "idle"})


class Fit(Enum):
    """Whose a change is: a command's, a command's if one cannot see that the device did otherwise (`UNDONE`: it told at once
    what was before), not to be told yet, or somebody's.
    """

    OURS = auto()
    UNDONE = auto()
    DOUBTFUL = auto()
    NOT_OURS = auto()


def judge(
    traces: Sequence[Trace], slot: Slot, before: Reading, value: Json, now: float, *, loosely: bool
) -> Fit:
    """`traces` are the commands of the Thing whose windows are open, the newest first; `loosely`: side effects count."""
    aimed = [(trace, aim) for trace in traces if (aim := aim_at(trace, slot)) and not is_idle(trace)]
    if aimed:
        return _at_aim(aimed, before.value, value)
    if loosely and any(_beside(trace, slot, value, now) for trace in traces):
        return Fit.OURS
    return Fit.UNDONE if any(_takes_back(trace, slot, before) for trace in traces) else Fit.NOT_OURS


def is_idle(trace: Trace) -> bool:
    """Whether all that the command asked for was so already."""
    aims, readings = trace[1].aims, trace[2]
    return bool(aims) and all(_was_so(aim, reading) for aim, reading in zip(aims, readings, strict=True))


def is_nearer(aim: Aim, before: Json, value: Json) -> bool:
    """Whether a number has moved towards what was asked for."""
    goal = aim.expected
    if not (_is_number(goal) and _is_number(before) and _is_number(value)):
        return False
    return bool(abs(value - goal) < abs(before - goal))  # type: ignore[operator]


# -------------------------------------------------------------------- what was asked for


def _at_aim(aimed: Sequence[tuple[Trace, Aim]], before: Json, value: Json) -> Fit:
    trace, aim = aimed[0]
    if aim.effect.met_by(value, aim.expected):
        return Fit.OURS
    if before is not None and aim.effect.met_by(before, aim.expected):
        return _away(trace, aim, value)
    if not _is_number(value) or any(_on_the_way(one, at, value) for one, at in aimed):
        return Fit.OURS
    return Fit.OURS if is_nearer(aim, before, value) else Fit.DOUBTFUL


def _away(trace: Trace, aim: Aim, value: Json) -> Fit:
    """It was seen, and is otherwise now. A number on the way there again is a device that told too early, if it goes on."""
    goal, was, tolerance = aim.expected, _before(trace, aim), aim.effect.tolerance
    is_told_by_device = _is_told_by_device(trace)
    if fits(value, was, tolerance):
        return Fit.DOUBTFUL if is_told_by_device else Fit.UNDONE
    if isinstance(value, dict):
        return Fit.OURS
    if _is_number(value) and _is_number(goal):
        if abs(value - goal) <= SNAP_STEPS * tolerance:  # type: ignore[operator]
            return Fit.OURS
        if not is_told_by_device and _on_the_way(trace, aim, value):
            return Fit.OURS
    return Fit.DOUBTFUL


def _on_the_way(trace: Trace, aim: Aim, value: Json) -> bool:
    was, goal, slack = _before(trace, aim), aim.expected, aim.effect.tolerance
    if not _is_number(was) or not _is_number(goal):
        return True  # nobody knows where it came from
    return min(was, goal) - slack <= value <= max(was, goal) + slack  # type: ignore[operator, type-var]


# -------------------------------------------------------------------- what comes with it


def _beside(trace: Trace, slot: Slot, value: Json, now: float) -> bool:
    target = trace[1]
    if not target.aims:
        return now - trace[4] < BESIDE_S or target.operation.component == slot.property.component
    is_same = any(aim.slot.property.component == slot.property.component for aim in target.aims)
    kind, _, name = slot.property.capability.partition(".")
    if is_idle(trace):
        return is_same and name != "on" and sets_mode(target)
    if not is_same:
        return now - trace[4] < BESIDE_S
    if name == "on":
        return value is not any(_is_off(aim.expected) for aim in target.aims)
    return kind in MOTORS or name != "state"


def _takes_back(trace: Trace, slot: Slot, before: Reading) -> bool:
    """Whether what came with the command was a bridge's word alone: the device may have done nothing of it."""
    sent_at, is_same = trace[0].dispatched_at, trace[1].operation.component == slot.property.component
    is_since = sent_at is not None and before.received_at >= sent_at
    return is_same and is_since and not is_idle(trace) and not _is_told_by_device(trace)


def _is_told_by_device(trace: Trace) -> bool:
    outcome = trace[0].outcome
    return outcome is not None and outcome.evidence is Evidence.DEVICE


def _is_off(value: Json) -> bool:
    if isinstance(value, str):
        return value.lower() in _OFF
    return value is False or (_is_number(value) and value <= 0)  # type: ignore[operator]


def _was_so(aim: Aim, reading: object) -> bool:
    value = getattr(reading, "value", None)
    return value is not None and aim.effect.met_by(value, aim.expected)


def _before(trace: Trace, aim: Aim) -> Json:
    for one, reading in zip(trace[1].aims, trace[2], strict=True):
        if one is aim:
            return reading.value if reading is not None else None
    return None


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
