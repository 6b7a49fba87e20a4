"""The life of one report: driver → schema check → state → waiting commands → observers."""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from capabilities.errors import SchemaError
from capabilities.readings import Contact, Observation, Occurrence, Reading, Refusal, Report
from capabilities.vocabulary import Json, Quality
from drivers.driver import Driver
from drivers.mailbox import Mailbox
from gateway.adopted import Adopted, EventTap
from gateway.clock import Clock
from gateway.estimates.doubt import worse
from gateway.failpoints import stall
from gateway.observers import Observers
from gateway.registry import Registry
from gateway.rests import OUT_OF_SIGHT_S, Rests
from gateway.roster import Target
from gateway.state import Slot
from policies.clauses import at_rest

EARLY_REPORTS: Final = 20_000
"""Reports kept for points that no Thing has yet: a broker hands out retained states before the devices are adopted."""

KNOWN_CONTACTS: Final = 4_000
"""Devices of which it is kept whether they can be reached, adopted or not: twice the inbox."""

log = logging.getLogger(__name__)


class Ingest:
    """Takes in what drivers report. `counters` counts what came and what was refused; `refused` keeps the last reasons."""

    def __init__(
        self,
        registry: Registry,
        observers: Observers,
        clock: Clock,
        rests: Rests,
        changed: Sequence[Callable[[Slot, Reading | None, Reading], None]] = (),
        *,
        estimate: Callable[[Slot, Reading, float], bool] = lambda slot, reading, now: False,
    ) -> None:
        """`changed` are told of every live report that says another value than the one before (None: the first of all).
        `estimate` sees every live report, with its time in monotonic seconds, and says whether there is something to tell.
        """
        self._registry = registry
        self._changed = changed
        self._estimate = estimate
        self._rests = rests
        self._observers = observers
        self._clock = clock
        self._started = clock.monotonic()
        self._early: OrderedDict[tuple[str, str], Report] = OrderedDict()
        self._reach: OrderedDict[tuple[str, str], Contact] = OrderedDict()
        self._mistakes: set[tuple[str, str]] = set()
        self._undriven: set[str] = set()  # Things of which only that is known: their driver does not run
        self.inlets: dict[str, Mailbox[Observation]] = {}  # of the drivers that are read now, by name
        self.counters: Counter[str] = Counter()
        self.refused: OrderedDict[str, str] = OrderedDict()

    async def run(self, driver: Driver) -> None:
        """Consumes one driver's reports until it ends."""
        points, reports = self._registry.points(driver.name), driver.reports()
        if isinstance(reports, Mailbox):
            self.inlets[driver.name] = reports
        try:
            await self._take(driver, points, reports)
        finally:
            if self.inlets.get(driver.name) is reports:
                del self.inlets[driver.name]

    async def _take(
        self, driver: Driver, points: Mapping[str, Target], reports: AsyncIterator[Observation]
    ) -> None:
        async for seen in reports:
            if type(seen) is Report:
                target = points.get(seen.point)
                if type(target) is Slot:
                    self.report(target, seen)
                else:
                    self._keep_early(driver.name, seen)
            elif type(seen) is Occurrence:
                self.occurrence(points.get(seen.point), seen)
            elif type(seen) is Contact:
                await stall("ingest_hangs")
                self.contact(driver.name, seen)
            elif type(seen) is Refusal:
                self.refusal(driver.name, seen)

    def report(self, slot: Slot, report: Report) -> None:
        """Takes one report in. Nothing it may hold raises out of here."""
        self.counters["reports"] += 1
        if report.retained and slot.live:
            return  # what a broker kept is older than what we heard since
        reading = report.reading
        if reading.value is None and reading.quality is Quality.BAD:
            self._lose(slot, reading)
            return
        try:
            value = slot.property.check(reading.value)
        except SchemaError as error:
            self._refuse(slot, str(error))
            return
        if value is not reading.value:
            reading = replace(reading, value=value)
            report = replace(report, reading=reading)
        before = slot.reading
        slot.reading = reading
        slot.evidence = report.evidence
        slot.followed, slot.live = slot.live, not report.retained
        is_news = not report.retained and self._hear(slot, reading)
        if slot.live and (before is None or before.value != value):
            for listener in self._changed:  # before those who wait for it: they may explain it
                try:
                    listener(slot, before, reading)
                except Exception as error:  # one party's mistake stops no driver
                    self._mistake(listener, error)
        for expectation in slot.expectations:
            expectation.see(report)
        if before is None or before.value != value or before.quality is not reading.quality:
            self._note_rest(slot, reading, before)
            self._tell(slot, reading)
        elif is_news:
            self._tell(slot, reading)

    def occurrence(self, target: Target | None, seen: Occurrence) -> None:
        if not isinstance(target, EventTap):
            self.counters["unknown_points"] += 1
            return
        self.counters["occurrences"] += 1
        try:
            data = target.source.check(seen.data)
        except SchemaError as error:
            self.counters["refused"] += 1
            self._note(f"{target.topic[0]}.{target.topic[1]}", str(error))
            return
        self._observers.publish("event", target.topic, seen.observed_at, {"data": data})

    def contact(self, driver: str, seen: Contact) -> None:
        """A device came into reach, or was lost: commands that wait for it learn of it."""
        adopted = self._registry.by_device(driver, seen.device)
        if adopted is None:
            self._remember(driver, seen)
            return
        reach = adopted.reach
        self._undriven.discard(adopted.id)
        changed = reach.reachable is not seen.reachable
        reach.reachable, reach.since, reach.reason = seen.reachable, seen.at, seen.reason
        self._note_absence(adopted)
        if not seen.reachable:
            for slot in adopted.slots.values():
                for expectation in slot.expectations:
                    expectation.lose_link(seen.reason)
        if changed:
            data: dict[str, Json] = {
                "change": "reachable" if seen.reachable else "unreachable",
                "reason": seen.reason,
            }
            self._observers.publish("thing", (adopted.id, ""), seen.at, data)

    def refusal(self, driver: str, seen: Refusal) -> None:
        """A command that had been taken was refused: whoever waits for its effect learns of it."""
        self.counters["refusals"] += 1
        adopted = self._registry.by_device(driver, seen.device)
        for slot in adopted.slots.values() if adopted is not None else ():
            for expectation in slot.expectations:
                if expectation.point == seen.point:
                    expectation.refuse(seen.reason)

    def driver_stopped(self, driver: str, reason: str) -> None:
        """Nothing of this driver can be reached until it runs, or runs again, and says otherwise."""
        now = self._clock.wall()
        for key in [key for key in self._reach if key[0] == driver]:
            del self._reach[key]
        for adopted in self._registry:
            if adopted.driver == driver:
                self.unheard(adopted, reason, now)

    def driver_runs(self, driver: str) -> None:
        for adopted in self._registry:
            if adopted.driver == driver:
                self.awaited(adopted)

    def unheard(self, adopted: Adopted, reason: str, now: float) -> None:
        """Out of reach for a reason that is not the device's own: until its driver says otherwise. `now` in seconds since the
        epoch.
        """
        self.contact(adopted.driver, Contact(adopted.device, reachable=False, at=now, reason=reason))
        self._undriven.add(adopted.id)

    def awaited(self, adopted: Adopted) -> None:
        """That reason is gone: of what nothing is known its driver tells; what was seen already is old until it has."""
        if adopted.id not in self._undriven:
            return
        reach = adopted.reach
        if any(slot.reading is not None for slot in adopted.slots.values()):
            reach.reason = f"the driver {adopted.driver} was started again, and has not heard of it yet"
        else:
            reach.reachable, reach.reason, reach.lost = None, "", None
            self._undriven.discard(adopted.id)

    def is_told_of(self, adopted: Adopted) -> bool:
        """Whether its driver said itself whether it can be reached."""
        return adopted.reach.reachable is not None and adopted.id not in self._undriven

    def catch_up(self, driver: str, device: str) -> None:
        """Gives a newly adopted Thing what was reported before it was one."""
        adopted = self._registry.by_device(driver, device)
        if adopted is None:
            return
        contact = self._reach.pop((driver, device), None)
        if contact is not None and adopted.reach.reachable is None:
            self.contact(driver, contact)
        for slot in adopted.slots.values():
            report = self._early.pop((driver, slot.property.point), None)
            if report is not None:
                self.report(slot, report)

    def _remember(self, driver: str, contact: Contact) -> None:
        self._reach[driver, contact.device] = contact
        self._reach.move_to_end((driver, contact.device))
        if len(self._reach) > KNOWN_CONTACTS:
            self._reach.popitem(last=False)

    def _hear(self, slot: Slot, reading: Reading) -> bool:
        """Whether the estimates have something new to tell of it."""
        slot.reach.heard = now = self._clock.monotonic()
        try:
            return self._estimate(slot, reading, now)
        except Exception as error:  # an estimate stops no driver
            self._mistake(self._estimate, error)
            return False

    def _keep_early(self, driver: str, report: Report) -> None:
        self.counters["early_reports"] += 1
        before = self._early.get((driver, report.point))
        if before is not None and report.retained and not before.retained:
            return
        self._early[driver, report.point] = report
        if len(self._early) > EARLY_REPORTS:
            self._early.popitem(last=False)

    def _refuse(self, slot: Slot, why: str) -> None:
        """A value outside its schema is no value: what was known is no longer certain."""
        self.counters["refused"] += 1
        self._note(".".join(slot.topic), why)
        if slot.reading is not None and slot.reading.quality is Quality.GOOD:
            slot.reading = replace(slot.reading, quality=Quality.UNCERTAIN)
            self._tell(slot, slot.reading)

    def _lose(self, slot: Slot, unknown: Reading) -> None:
        """Its driver says that nobody knows it any more: the last value is shown as what it is, and trusted no longer."""
        if slot.reading is not None and slot.reading.quality is not Quality.BAD:
            slot.reading = replace(slot.reading, quality=Quality.BAD, received_at=unknown.received_at)
            self._tell(slot, slot.reading)

    def _note_rest(self, slot: Slot, reading: Reading, before: Reading | None) -> None:
        """Since when it is off: since it was seen to go off; where it was off at the first report, since the start, or since
        the run before the start knows.
        """
        is_off, was_off = at_rest(reading.value), before is not None and at_rest(before.value)
        if before is not None and is_off is was_off:
            return
        if not is_off:
            slot.off_since = None
        elif before is not None:
            slot.off_since = self._clock.monotonic()
        elif slot.off_since is None:
            earlier = self._rests.earlier(slot.topic)
            slot.off_since = self._started if earlier is None else earlier
        self._rests.note(slot)

    def _note_absence(self, adopted: Adopted) -> None:
        """What was out of sight for longer may have been on meanwhile: its rest counts from its return."""
        now, reach = self._clock.monotonic(), adopted.reach
        if reach.reachable is False:
            reach.lost = now if reach.lost is None else reach.lost
        elif reach.lost is not None:
            was_long = now - reach.lost > OUT_OF_SIGHT_S
            reach.lost = None
            for slot in adopted.slots.values():
                if was_long and slot.off_since is not None:
                    slot.off_since = now
        else:
            return
        for slot in adopted.slots.values():
            if slot.reading is not None:
                self._rests.note(slot, lost=reach.lost is not None)

    def _mistake(self, listener: Callable[..., object], error: Exception) -> None:
        """In the log once for each kind, for reports come by the thousand; counted each time."""
        self.counters["listener_mistakes"] += 1
        kind = getattr(listener, "__qualname__", type(listener).__qualname__), type(error).__qualname__
        if kind not in self._mistakes:
            self._mistakes.add(kind)
            log.error("a mistake of ours in %s (said once)", kind[0], exc_info=error)

    def _tell(self, slot: Slot, reading: Reading) -> None:
        data: dict[str, Json] = {"value": reading.value, "quality": reading.quality}
        if said := slot.remarks():
            if slot.doubt is not None:
                data["quality"] = worse(reading.quality, slot.doubt.quality)
            data |= said
        self._observers.publish("property", slot.topic, reading.observed_at, data)

    def _note(self, where: str, why: str) -> None:
        self.refused[where] = why
        self.refused.move_to_end(where)
        if len(self.refused) > 100:
            self.refused.popitem(last=False)

    def problems(self) -> Mapping[str, str]:
        """The last refused value of each property, as "thing.property" → reason."""
        return self.refused
