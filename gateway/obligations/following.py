"""`max_on` binds to the state, whoever caused it: what comes on begins to count, what was seen off is done."""

from __future__ import annotations

from collections import deque
from typing import Final

from capabilities.readings import Reading
from capabilities.vocabulary import Json
from gateway.ids import new_id
from gateway.ledger import LedgerUnavailable, Record
from gateway.obligations.concern import Concern
from gateway.obligations.core import Core
from gateway.obligations.owed import FAILED, MAX_ON, PROMISED, REST, RUNNING, Owed, Step
from gateway.records import effects
from gateway.state import Slot
from policies.clauses import at_rest

LOOKED_THROUGH: Final = 200
"""Entries of a Thing, newest first, in which its last command is looked for."""


class Following:
    """Follows what Things report."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._floor = core.parts.house.started
        """What is found on for the first time counts from here at the latest (monotonic seconds)."""
        self._floors: dict[str, float] = {}  # by Thing: since its rules may be others
        self._stored: frozenset[str] = frozenset()
        self._to_look_up: deque[Owed] = deque()

    def begin(self) -> None:
        """The Things that were there before the start: what of them is on, was so at the start."""
        self._stored = frozenset(adopted.id for adopted in self._core.parts.registry)

    def rules_changed(self) -> None:
        self._floor = self._core.parts.clock.monotonic()

    def thing_changed(self, thing: str) -> None:
        if self._core.parts.registry.get(thing) is None:
            self._floors.pop(thing, None)
        else:
            self._floors[thing] = self._core.parts.clock.monotonic()

    # ---------------------------------------------------------------- reports

    def changed(self, slot: Slot, before: Reading | None, reading: Reading) -> None:
        core = self._core
        for owed in core.book.at(slot.topic):
            self._moved(owed, slot, reading.value)
        if not at_rest(reading.value) and core.book.find(MAX_ON, slot.topic) is None:
            concern = core.concerns.of(slot)
            if concern is not None:
                came_on = before is not None and at_rest(before.value)
                self._found_on(slot, concern, came_on=came_on)

    def _moved(self, owed: Owed, slot: Slot, value: Json) -> None:
        if owed.busy or owed.kind == REST:
            return  # its own command is on its way: how that ends is told there
        if owed.kind == MAX_ON:
            self._switched(owed, slot, value)
        elif owed.state in {RUNNING, FAILED} and not owed.pending:
            self._touched(owed, slot)

    def _switched(self, owed: Owed, slot: Slot, value: Json) -> None:
        core = self._core
        if not at_rest(value):
            if owed.state == PROMISED:
                owed.begin(core.parts.clock.wall(), core.parts.clock.monotonic())
                core.begun(owed)
        elif core.is_off(owed, slot):
            if owed.pending:  # another command that will switch it on is on its way
                core.resting.begins(owed)
                clock = core.parts.clock
                owed.used = owed.on_for(clock.monotonic())
                owed.begin(clock.wall(), clock.monotonic())
                owed.state = PROMISED
                core.book.change(owed)
            else:
                core.end(owed, "done", "it was seen off")

    def _touched(self, owed: Owed, slot: Slot) -> None:
        core, adopted = self._core, self._core.parts.registry.get(owed.thing)
        if adopted is None:
            return
        if core.is_over(owed, adopted):
            core.end(owed, "done", "it is as it was before")
        elif core.is_changed(owed, adopted):
            core.end(owed, "void", f"its {owed.name} was changed since: it stays as it is now")

    # ---------------------------------------------------------------- what is on without a record

    def scan(self) -> None:
        """Looks at everything again: rules, labels or hours may be others, and what a broker kept came without a report."""
        core = self._core
        for slot, concern in core.concerns.all():
            reading = slot.trusted
            if reading is not None and not at_rest(reading.value) and not core.book.find(MAX_ON, slot.topic):
                self._found_on(slot, concern, came_on=False)
        for owed in core.book:
            if owed.kind == MAX_ON and owed.state in {PROMISED, RUNNING}:
                self._look_again(owed)

    def _found_on(self, slot: Slot, concern: Concern, *, came_on: bool) -> None:
        core, clock = self._core, self._core.parts.clock
        term = core.concerns.term(concern)
        if term is None:
            return
        wall, now, thing = clock.wall(), clock.monotonic(), slot.topic[0]
        since = now
        if not came_on and thing in self._stored:
            since = min(now, max(self._floor, self._floors.get(thing, self._floor)))
        ending = concern.ending
        owed = Owed(
            id=new_id(wall),
            kind=MAX_ON,
            thing=thing,
            name=slot.topic[1],
            step=Step(ending.operation.name, ending.operation.is_action, ending.value),
            term=term,
            since=wall - (now - since),
            since_mono=since,
            used=core.resting.used_by_software(slot.topic),
        )
        core.book.add(owed)
        core.begun(owed)
        if not came_on:
            self._to_look_up.append(owed)

    def _look_again(self, owed: Owed) -> None:
        """Rules that were tightened hold at once; where they were loosened it goes on to the new time."""
        core, adopted = self._core, self._core.parts.registry.get(owed.thing)
        slot = adopted.slots.get(owed.name) if adopted is not None else None
        if slot is None:
            return
        if owed.state == RUNNING and not owed.pending and core.is_off(owed, slot):
            core.end(owed, "done", "it was seen off")  # at first only a bridge had said so
            return
        concern = core.concerns.of(slot)
        found = [term for term in (owed.asked, core.concerns.term(concern) if concern else None) if term]
        if not found:
            if not owed.pending:
                core.end(owed, "void", "no rule wants it any more")
        elif (tightest := min(found)) != owed.term:
            is_tighter = tightest.seconds < owed.term.seconds
            owed.term = tightest
            core.begun(owed, "tightened" if is_tighter else "loosened")

    # ---------------------------------------------------------------- what the ledger knows

    @property
    def wants_to_know(self) -> bool:
        return bool(self._to_look_up)

    async def look_up(self) -> None:
        """Of what was found on: since when, where the ledger tells."""
        while self._to_look_up:
            owed = self._to_look_up.popleft()
            try:
                rows = await self._core.parts.ledger.entries(
                    thing=owed.thing,
                    kinds=("dispatch", "outcome", "obligation"),
                    limit=LOOKED_THROUGH,
                    newest_first=True,
                )
            except LedgerUnavailable:
                continue
            row = _switched_on(rows, owed)
            clock = self._core.parts.clock
            if row is not None and row.at < owed.since and owed in self._core.book:
                owed.begin(row.at, clock.monotonic() - max(0.0, clock.wall() - row.at))
                owed.execution, owed.principal = row.execution, row.principal
                self._core.book.change(owed)


def _switched_on(rows: list[Record], owed: Owed) -> Record | None:
    """The last command that was seen to work on the property, where it switched on; `rows` are the newest first."""
    confirmed: dict[str, Record] = {}
    for row in rows:
        if row.kind == "outcome":
            if row.body.get("result") == "confirmed":
                confirmed[row.execution] = row
        elif row.kind == "obligation":
            is_ours = row.body.get("property") == owed.name and row.body.get("duty") == MAX_ON
            if is_ours and row.body.get("change") in {"done", "void"}:
                return None
        elif row.execution in confirmed:
            for effect, expected in effects(row.body):
                if effect.property == owed.name:
                    return None if at_rest(expected) else confirmed[row.execution]
    return None
