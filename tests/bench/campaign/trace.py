"""What reached the devices, by their own log, beside what the ledger says was dispatched: the one must follow from it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from drivers.simulated.actuations import Actuation
from tests.bench.campaign.rows import Row

LATEST_S: Final = 12.0
"""A dispatch that has not gone out after this long never will: a protocol has ten seconds to take a command."""

CLOCKS_S: Final = 0.005
"""The two logs are written by two processes with the same clock, one of them in whole milliseconds."""

NOT_OUT: Final = frozenset({"refused", "not_sent"})


@dataclass(frozen=True, slots=True)
class Order:
    """One operation, as the device understood it: `brightness` 40, `unlock` None."""

    name: str
    value: Any = None

    def fits(self, row: Row) -> bool:
        name = str(row.body["capability"]).partition(".")[2]
        value = row.body.get("value")
        if name == "brightness" and value == 0:
            return self == Order("on", False)  # a lamp knows no other darkness
        if name != self.name:
            return name == "set" and isinstance(value, dict) and self.name in value
        return _same(self.value, value)


@dataclass
class Traced:
    """How the actuations of one Thing follow from its dispatches."""

    matched: list[tuple[Actuation, Row]] = field(default_factory=list)
    unexplained: list[Actuation] = field(default_factory=list)
    twice: list[tuple[Actuation, Row]] = field(
        default_factory=list
    )  # it was carried out already, under that dispatch


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
    return bool(abs(seen - asked) <= 0.6)  # 254 steps for 100 %


def trace(actuations: Iterable[Actuation], rows: Sequence[Row], results: dict[str, str]) -> dict[str, Traced]:
    """By Thing: each actuation with the dispatch that explains it. `results` are the outcomes by execution, where there is one.

    A dispatch explains one actuation: of the same operation and value, later than itself, and in the order of the dispatches
    of that Thing. What ended as refused or not sent explains nothing.
    """
    dispatched: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.kind == "dispatch" and results.get(row.execution) not in NOT_OUT:
            dispatched[row.thing].append(row)
    by_thing: defaultdict[str, list[Actuation]] = defaultdict(list)
    for actuation in actuations:
        if orders(actuation):
            by_thing[actuation.device].append(actuation)
    return {thing: _follow(found, dispatched[thing]) for thing, found in by_thing.items()}


def _follow(actuations: Sequence[Actuation], dispatches: Sequence[Row]) -> Traced:
    traced, next_one = Traced(), 0
    for actuation in actuations:
        found = _explains(actuation, dispatches, next_one)
        if found is not None:
            traced.matched.append((actuation, dispatches[found]))
            next_one = found + 1
            continue
        done = _explains(actuation, dispatches[:next_one], max(0, next_one - 20))
        if done is not None:
            traced.twice.append((actuation, dispatches[done]))
        traced.unexplained.append(actuation)
    return traced


def _explains(actuation: Actuation, dispatches: Sequence[Row], begin: int) -> int | None:
    said = orders(actuation)
    for number in range(begin, len(dispatches)):
        row = dispatches[number]
        if row.at > actuation.wall + CLOCKS_S:
            return None
        if row.at + LATEST_S >= actuation.wall and any(order.fits(row) for order in said):
            return number
    return None


def unseen(rows: Sequence[Row], outcomes: dict[str, Row], traced: dict[str, Traced]) -> list[Row]:
    """Dispatches that are said to be confirmed, and were not told so after a restart, beyond what the devices know of."""
    received: Counter[str] = Counter()
    for thing, found in traced.items():
        received[thing] += len(found.matched) + len(found.unexplained)
    missing = []
    for row in rows:
        outcome = outcomes.get(row.execution)
        if row.kind != "dispatch" or outcome is None or "recovered" in outcome.body:
            continue
        if outcome.body["result"] == "confirmed":
            received[row.thing] -= 1
            if received[row.thing] < 0:
                missing.append(row)
    return missing
