"""What reached the devices, by their own record, beside what the ledger says was dispatched: the one must follow from it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from drivers.simulated.actuations import Actuation, read_log

LATEST_S: Final = 12.0
"""A dispatch that has not gone out after this long never will: a protocol has ten seconds to take a command."""

CLOCKS_S: Final = 0.005
"""The two records are written by two processes with the same clock, one of them in whole milliseconds."""

NOT_OUT: Final = frozenset({"refused", "not_sent"})

# A lamp counts brightness in 254 steps.
_TOLERANCE: Final = 0.6


class Dispatch(NamedTuple):
    """One row of the ledger. `at` in seconds since the epoch."""

    at: float
    execution: str
    thing: str
    capability: str
    value: Any


@dataclass(frozen=True, slots=True)
class Order:
    """One operation, as the device understood it: `brightness` 40, `unlock` None."""

    name: str
    value: Any = None

    def fits(self, dispatch: Dispatch) -> bool:
        name, value = dispatch.capability.partition(".")[2], dispatch.value
        if name == "brightness" and value == 0:
            return self == Order("on", False)  # a lamp knows no other darkness
        if name != self.name:
            return name == "set" and isinstance(value, dict) and self.name in value
        return _same(self.value, value)


@dataclass
class Traced:
    """How the actuations of one Thing follow from its dispatches."""

    matched: list[tuple[Actuation, Dispatch]] = field(default_factory=list)
    unexplained: list[Actuation] = field(default_factory=list)
    twice: list[tuple[Actuation, Dispatch]] = field(default_factory=list)
    """Those of the unexplained that a dispatch would explain which has explained one already."""


def explained(log: Path, rows: Iterable[Mapping[str, Any]]) -> tuple[int, int, list[str]]:
    """How many of the actuations in a simulator's log the ledger's rows (as the API gives them) explain, how many there are,
    and those that nothing explains.
    """
    dispatches, results = [], {}
    for row in rows:
        body = row["body"]
        if row["kind"] == "dispatch":
            # Its own order is the order of the ledger; when exactly it was written plays no part here.
            dispatches.append(
                Dispatch(0.0, row["execution"], row["thing"], body["capability"], body["value"])
            )
        elif row["kind"] == "outcome":
            results[row["execution"]] = str(body.get("result"))
    traced = trace(read_log(log), dispatches, results, timed=False)
    good = sum(len(one.matched) for one in traced.values())
    lost = [f"{one.topic} {one.payload.decode()}" for found in traced.values() for one in found.unexplained]
    return good, good + len(lost), lost


def orders(actuation: Actuation) -> list[Order]:
    """From the bytes that arrived, not from what the simulator made of them. Empty for a question (`…/get`)."""
    parts = actuation.topic.split("/")
    text = actuation.payload.decode()
    if "get" in parts[2:]:
        return []
    if text.startswith("{"):
        return _of_light(json.loads(text))
    if parts[-1] in {"position", "target"}:
        return [Order(parts[-1], float(text))]
    if text in {"ON", "OFF"}:
        return [Order("on", text == "ON")]
    return [Order(text.lower())]


def trace(
    actuations: Iterable[Actuation],
    dispatches: Iterable[Dispatch],
    results: Mapping[str, str],
    *,
    timed: bool = True,
) -> dict[str, Traced]:
    """By Thing: each actuation with the dispatch that explains it. `results` are the outcomes by execution, where there is one.

    A dispatch explains one actuation: of the same operation and value, later than itself (unless not `timed`), and in the
    order of the dispatches of that Thing. What ended as refused or not sent explains nothing.
    """
    dispatched: defaultdict[str, list[Dispatch]] = defaultdict(list)
    for one in dispatches:
        if results.get(one.execution) not in NOT_OUT:
            dispatched[one.thing].append(one)
    by_thing: defaultdict[str, list[Actuation]] = defaultdict(list)
    for actuation in actuations:
        if orders(actuation):
            by_thing[actuation.device].append(actuation)
    return {thing: _follow(found, dispatched[thing], timed=timed) for thing, found in by_thing.items()}


def _of_light(members: dict[str, Any]) -> list[Order]:
    found = []
    if "brightness" in members:
        found.append(Order("brightness", members["brightness"] * 100 / 254))
    if "state" in members:
        found.append(Order("on", members["state"] == "ON"))
    return found


def _same(seen: Any, asked: Any) -> bool:
    if isinstance(seen, bool) or isinstance(asked, bool) or seen is None or asked is None:
        return bool(seen == asked)
    return bool(abs(seen - asked) <= _TOLERANCE)


def _follow(actuations: Sequence[Actuation], dispatches: Sequence[Dispatch], *, timed: bool) -> Traced:
    traced, next_one = Traced(), 0
    for actuation in actuations:
        found = _explains(actuation, dispatches, next_one, timed=timed)
        if found is not None:
            traced.matched.append((actuation, dispatches[found]))
            next_one = found + 1
            continue
        done = _explains(actuation, dispatches[:next_one], max(0, next_one - 20), timed=timed)
        if done is not None:
            traced.twice.append((actuation, dispatches[done]))
        traced.unexplained.append(actuation)
    return traced


def _explains(actuation: Actuation, dispatches: Sequence[Dispatch], begin: int, *, timed: bool) -> int | None:
    said = orders(actuation)
    for number in range(begin, len(dispatches)):
        one = dispatches[number]
        if timed and one.at > actuation.wall + CLOCKS_S:
            return None
        in_time = not timed or one.at + LATEST_S >= actuation.wall
        if in_time and any(order.fits(one) for order in said):
            return number
    return None
