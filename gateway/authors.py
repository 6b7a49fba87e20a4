"""Who made a Thing what it is: a command of ours, or somebody at the device.

A change is taken for somebody's at the device where only a person makes such a change (`authorship.counting`), it goes
beyond the tolerance, none of our commands explains it (`authorship.explaining`), and it is no first report: of this run, or
after the device was out of reach. Where that cannot be told yet, the next seconds tell (`authorship.doubts`). Then software
stands back from that component of the Thing for `[arbitration] stand_back`. So it does where a person's command through
Hearth overrules a lease of software, or takes back what software did (`authorship.corrections`); any other command of a
person ends the standing back.

What another automation does behind our back (a bridge's own, another hub's) looks like a person, and is treated so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from capabilities.effects import fits
from capabilities.readings import Reading
from capabilities.vocabulary import Json, Quality
from gateway import records
from gateway.adopted import Adopted
from gateway.authorship.corrections import Corrections
from gateway.authorship.counting import COUNTING, MOTORS, Counts
from gateway.authorship.doubts import Doubts
from gateway.authorship.explaining import Fit, judge
from gateway.authorship.traces import SETTLING_S, Trace, Traces, aim_at, is_scene
from gateway.commands import Execution, Outcome, Result
from gateway.ids import new_id
from gateway.leases import LeaseKeeper
from gateway.leases.places import members_of, touched
from gateway.leases.standbacks import Takeover
from gateway.leases.telling import Voice
from gateway.ledger import Entry, Record
from gateway.normalise import Target
from gateway.parts import Parts
from gateway.recovery import RETURN_OF_DEVICES_S
from gateway.state import Slot
from policies.decision import Role

BURST_S: Final = 10.0
MOTOR_BURST_S: Final = 90.0
"""Changes that follow each other within this are one: a knob that is turned, a blind that runs."""

RECORDED_EVERY_S: Final = 60.0
"""A device that flickers all day does not fill the ledger."""

KIND: Final = "takeover"

_NOT_DONE: Final = frozenset({Result.REFUSED, Result.NOT_SENT, Result.REJECTED})


class Authors:
    """`gateway.parties.Authors`, and what ingest tells."""

    def __init__(self, parts: Parts, leases: LeaseKeeper) -> None:
        self._parts = parts
        self._leases = leases
        self._traces = Traces(parts.clock.monotonic)
        self._doubts = Doubts(parts.clock, self._traces, self._by_hand)
        self._until = self._traces.until
        self._monotonic = parts.clock.monotonic
        settings = parts.config.arbitration
        self._stand_back_s = settings.seconds("stand_back")
        self._corrections = Corrections(settings.seconds("correction"))
        self._corrects = settings.seconds("correction") > 0
        self._voice = Voice(parts)
        self._hands: dict[tuple[str, str], Takeover] = {}  # the last change at each component
        self._recorded: dict[tuple[str, str], float] = {}  # when that was last written

    # ---------------------------------------------------------------- what the executor tells

    def sent(self, execution: Execution, adopted: Adopted, target: Target) -> None:
        """From here on what changes is this command's doing, for as long as its effect may take."""
        self._traces.sent(execution, adopted, target)
        if adopted.members:
            self._sent_to_members(execution, adopted, target)

    def ended(self, execution: Execution, outcome: Outcome) -> None:
        """It is known what came of it."""
        trace = self._traces.ended(execution, outcome)
        group = self._parts.registry.get(execution.command.thing)
        if group is not None and group.members:
            for member in members_of(self._parts.house, group):
                self._traces.ended_at(member.id, execution)
        if trace is None:
            return
        command, target, result = execution.command, trace[1], outcome.result
        if not target.aims and is_scene(target) and (adopted := self._parts.registry.get(command.thing)):
            self._traces.pressed(adopted.driver)
        role = command.principal.role
        if role is Role.AGENT or command.by_house or command.scheduled or not role.is_person:
            if result is Result.CONFIRMED and self._corrects and not command.by_house:
                self._corrections.did(trace)
            if self._leases.any and result not in _NOT_DONE:
                self._overruled(execution, target)
        elif (self._corrections.deeds or self._leases.any) and result not in _NOT_DONE:
            self._by_person(execution, trace)

    def _sent_to_members(self, execution: Execution, group: Adopted, target: Target) -> None:
        reached = set()
        for member, aimed in touched(self._parts.house, group, target):
            if member is not group:
                self._traces.sent(execution, member, aimed)
                reached.add(member.id)
        for member in members_of(self._parts.house, group):
            if member.id not in reached:  # nobody knows what it does there
                self._traces.sent(execution, member, target)

    def left_open(self, rows: Iterable[Record]) -> None:
        """Commands that the run before sent and did not see the end of: what they still move is their doing."""
        for row in rows:
            adopted = self._parts.registry.get(row.thing)
            if row.kind != "dispatch" or adopted is None:
                continue
            within_s = max((effect.within for effect, _ in records.effects(row.body)), default=0.0)
            until = self._monotonic() + max(RETURN_OF_DEVICES_S, within_s) + SETTLING_S
            for one in (adopted, *members_of(self._parts.house, adopted)):
                self._traces.anything(one.id, until)

    # ---------------------------------------------------------------- what ingest tells

    def changed(self, slot: Slot, before: Reading | None, reading: Reading) -> None:
        """A property's value is another one, by a live report; `before` is None for the first one ever."""
        counts = COUNTING.get(slot.property.capability)
        if counts is None or before is None or not slot.followed:
            return
        if self._doubts and self._doubts.settle(slot, reading.value):
            return
        self._perhaps_by_hand(counts, slot, before, reading)

    # ---------------------------------------------------------------- at the device

    def _perhaps_by_hand(self, counts: Counts, slot: Slot, before: Reading, reading: Reading) -> None:
        adopted = self._parts.registry.get(slot.topic[0])
        if adopted is None or adopted.members or before.quality is Quality.BAD:
            return
        if before.received_at < adopted.reach.since:  # the first one since it came back
            return
        if fits(reading.value, before.value, tolerance_of(adopted, slot)):
            return
        if not counts(adopted, slot, before.value, reading.value):
            return
        now = self._monotonic()
        if self._traces.explains_anyhow(adopted, slot, reading.value, now):
            return
        fit, traces, loosely = Fit.NOT_OURS, self._traces.open(adopted.id, now), False
        if traces:
            loosely = self._traces.shares.left(adopted.id)
            fit = judge(traces, slot, before, reading.value, now, loosely=loosely)
        if fit is Fit.UNDONE:
            fit = Fit.OURS if loosely else Fit.DOUBTFUL
        if fit is Fit.DOUBTFUL:
            aims = ((trace, aim) for trace in traces if (aim := aim_at(trace, slot)) is not None)
            if (aimed := next(aims, None)) is not None:
                self._doubts.open(slot, before, reading, *aimed)
            else:
                fit = Fit.NOT_OURS
        if fit is Fit.NOT_OURS:
            self._by_hand(slot, before, reading)

    def _by_hand(self, slot: Slot, before: Reading, reading: Reading) -> None:
        now, place = self._parts.clock.wall(), (slot.topic[0], slot.property.component)
        correction = self._corrections.undone(slot, reading.value, now)
        known = self._hands.get(place)
        burst = MOTOR_BURST_S if slot.property.capability.partition(".")[0] in MOTORS else BURST_S
        if known is not None and not known.by and now - known.changed_at < burst:
            known.values[slot.property.name] = reading.value
            known.changed_at, known.until = now, now + self._stand_back_s
            if self._leases.standbacks.of(*place, now) is None and self._stand_back_s:
                self._leases.stand_back(known)
        else:
            self._take_over(slot, reading.value, before.value, now)
        if correction is not None:
            self._voice.record(correction)

    def _take_over(self, slot: Slot, value: Json, before: Json, now: float, by: str = "") -> None:
        """A person has changed it: software keeps off, from now on."""
        thing, place = slot.topic[0], (slot.topic[0], slot.property.component)
        takeover = Takeover(
            id=new_id(now),
            thing=thing,
            component=slot.property.component,
            name=slot.property.name,
            value=value,
            before=before,
            at=now,
            until=now + self._stand_back_s,
            by=by,
            changed_at=now,
            values={slot.property.name: value},
        )
        self._hands[place] = takeover
        if by or now - self._recorded.get(place, 0.0) >= RECORDED_EVERY_S:
            self._recorded[place] = now
            self._voice.record(_entry(takeover))
            self._voice.taken_over(takeover)
        if self._stand_back_s:
            self._leases.stand_back(takeover)

    # ---------------------------------------------------------------- through Hearth

    def _overruled(self, execution: Execution, target: Target) -> None:
        adopted = self._parts.registry.get(execution.command.thing)
        if adopted is not None:
            self._leases.overruled(execution, adopted, target)

    def _by_person(self, execution: Execution, trace: Trace) -> None:
        command, target, now = execution.command, trace[1], self._parts.clock.wall()
        adopted = self._parts.registry.get(command.thing)
        if adopted is None:
            return
        reached = list(touched(self._parts.house, adopted, target))
        took = self._took_back(reached, command.principal.id, now, is_safe=target.toward_safe)
        overruled = self._leases.overruled(execution, adopted, target)
        for one, aimed in reached:
            if (overruled or took) and not target.toward_safe and aimed.aims:
                aim = aimed.aims[0]
                self._take_over(aim.slot, aim.expected, _before(trace, aim.slot), now, command.principal.id)
            elif self._leases.any:
                self._hand_back(one, aimed, command.principal.id, now)

    def _took_back(
        self, reached: Sequence[tuple[Adopted, Target]], who: str, now: float, *, is_safe: bool
    ) -> bool:
        """Whether software did otherwise a short while ago. Whatever it did, from now on it is a person's."""
        found = False
        for _, aimed in reached:
            for aim in aimed.aims:
                correction = None if is_safe else self._corrections.undone(aim.slot, aim.expected, now, who)
                self._corrections.forget(aim.slot)
                if correction is not None:
                    found = True
                    self._voice.record(correction)
        return found

    def _hand_back(self, adopted: Adopted, target: Target, who: str, now: float) -> None:
        """A person goes on through Hearth: what was done at the device no longer stands for itself."""
        place = (adopted.id, target.operation.component)
        known = self._leases.standbacks.of(*place, now)
        if known is not None and not _says_again(known, target):
            body: dict[str, Json] = {
                "ended": True,
                "component": known.component,
                "property": known.name,
                "by": who,
            }
            self._voice.record(Entry(KIND, now, body, known.id, who, adopted.id))
            self._leases.hand_back(*place)
            self._hands.pop(place, None)


def _says_again(known: Takeover, target: Target) -> bool:
    """Whether a person asks for what a person made it anyway: whoever presses twice means it all the more."""
    values = {aim.slot.property.name: aim.expected for aim in target.aims}
    return bool(values) and all(known.values.get(name, known.value) == v for name, v in values.items())


def tolerance_of(adopted: Adopted, slot: Slot) -> float:
    """What two values of a property may differ by and count as the same."""
    name = slot.property.name
    write = adopted.thing.writes.get(name)
    if write is not None and write.effect is not None:
        return write.effect.tolerance
    effects = (action.effect for action in adopted.thing.actions.values())
    return max((e.tolerance for e in effects if e is not None and e.property == name), default=0.0)


def _before(trace: Trace, slot: Slot) -> Json:
    for aim, reading in zip(trace[1].aims, trace[2], strict=True):
        if aim.slot is slot:
            return reading.value if reading is not None else None
    return None


def _entry(takeover: Takeover) -> Entry:
    body: dict[str, Json] = {
        "property": takeover.name,
        "component": takeover.component,
        "value": takeover.value,
        "before": takeover.before,
        "until_ms": round(takeover.until * 1000),
    }
    if takeover.by:
        body["by"] = takeover.by
    return Entry(KIND, takeover.at, body, takeover.id, takeover.by, takeover.thing)
