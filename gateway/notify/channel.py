"""One channel at work: what is for it waits in a queue, goes out at a pace, and is tried again after a pause."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.clock import Clock
from gateway.failpoints import failpoint
from gateway.foreign import one_line
from gateway.notify.notice import Notice, Urgency
from gateway.notify.pace import Pace
from gateway.notify.queue import Parcel, Queue
from gateway.notify.sending import LONGEST_REASON, Sender, Undelivered
from gateway.notify.timer import Alarm

LEAST: Final = {"low": Urgency.LOW, "normal": Urgency.NORMAL, "high": Urgency.HIGH}

log = logging.getLogger(__name__)


class Settings(Protocol):
    """What a channel is told of itself: a table of `[[notify]]`, or a browser's subscription."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def to(self) -> tuple[str, ...]: ...
    @property
    def urgency(self) -> str: ...
    @property
    def escalation(self) -> bool: ...


@dataclass(slots=True)
class Fate:
    """What became of a parcel. `because` is how it was taken, or why not. `moot`: there was no need any more, and nothing has
    failed.
    """

    parcel: Parcel
    delivered: bool
    because: str
    moot: bool = False


@dataclass(slots=True)
class Tally:
    """Counts since the start; times in seconds since the epoch, 0 for never."""

    delivered: int = 0
    failed_tries: int = 0
    dropped: int = 0  # no room
    given_up: int = 0  # too old, tried too often, or never to be taken
    last_success: float = 0.0
    last_failure: float = 0.0
    last_error: str = ""
    remedy: str = ""

    @property
    def is_failing(self) -> bool:
        return bool(self.last_error) and self.last_failure >= self.last_success


class Channel:
    """`settled` is told what became of each notice that was taken, also of those that nothing became of."""

    def __init__(
        self, settings: Settings, sender: Sender, clock: Clock, settled: Callable[[Channel, Fate], None]
    ) -> None:
        self.settings = settings
        self.sender = sender
        self.tally = Tally()
        self._clock = clock
        self._settled = settled
        self._queue = Queue()
        self._pace = Pace()
        self._wake = asyncio.Event()
        self._alarm = Alarm(clock, self._wake.set)

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def has_delivered(self, tag: str) -> bool:
        """Whether something with this tag went out lately."""
        return self._queue.was_delivered(tag)

    def offer(self, notice: Notice, *, reached: bool, wanted: bool = True) -> bool:
        """Takes a notice that is for it; `reached`: whether it goes to somebody whom this channel reaches. What is not `wanted`
        goes out only as the end of something that did.
        """
        if not reached and not (notice.escalated and self.settings.escalation):
            return False
        ends_something = self._queue.was_delivered(notice.tag)
        wanted = wanted and notice.urgency >= LEAST[self.settings.urgency]
        if not wanted and not ends_something:
            for parcel in self._queue.withdraw(notice.tag):
                self._settle(parcel, "it was no longer so before it could be told", moot=True)
            return False
        self.take(notice)
        return True

    def take(self, notice: Notice) -> None:
        """Takes a notice whatever it is, as after a restart."""
        age = max(0.0, self._clock.wall() - notice.at)
        for parcel in self._queue.put(Parcel(notice, self._clock.monotonic() - age)):
            if (parcel.notice.tag and parcel.notice.tag == notice.tag) or parcel.notice.id == notice.id:
                self._settle(parcel, "something newer took its place", moot=True)
            else:
                self.tally.dropped += 1
                self._settle(parcel, "there was no room: too much waited")
        self._wake.set()

    async def run(self) -> None:
        """Delivers what waits, until it is cancelled."""
        while True:
            parcel = self._due()
            if parcel is None:
                await self._wake.wait()
            else:
                await self._deliver(parcel)

    # ---------------------------------------------------------------- inside

    def _due(self) -> Parcel | None:
        """What may go now. Where nothing may, the alarm is set for when something will."""
        self._wake.clear()
        self._alarm.stop()
        wall, now = self._clock.wall(), self._clock.monotonic()
        while (parcel := self._queue.first(now)) is not None:
            if not parcel.is_late(now, wall):
                break
            self._give_up(parcel, "it came too late to be of use")
        if parcel is None:
            if (free_at := self._queue.next_free()) is not None:
                self._alarm.set(free_at - now)
            return None
        urgent = parcel.notice.urgency is Urgency.HIGH
        if wait := self._pace.wait(now, urgent=urgent):
            self._alarm.set(wait)
            return None
        self._pace.took(now, urgent=urgent)
        return parcel

    async def _deliver(self, parcel: Parcel) -> None:
        parcel.tries += 1
        try:
            answer = await self.sender.send(parcel.notice)
        except Undelivered as error:
            self._failed(parcel, error)
        except Exception as error:  # our own mistake must not end the channel
            log.exception("the channel %s failed in its own way", self.name)
            self._failed(parcel, Undelivered(f"{type(error).__name__}: {error}"))
        else:
            failpoint("notice_delivered")
            self.succeeded()
            self._queue.delivered(parcel.notice, self._clock.monotonic())
            if self._queue.holds(parcel):
                self._queue.remove(parcel)
                self._settled(self, Fate(parcel, delivered=True, because=answer))

    def succeeded(self) -> None:
        """Something went through: what waits need not wait longer."""
        self._pace.succeeded()
        if self.tally.is_failing:
            log.info("notify %s: it works again", self.name)
        self.tally.delivered += 1
        self.tally.last_success = self._clock.wall()

    def failed(self, error: Undelivered) -> None:
        text = one_line(str(error), LONGEST_REASON)
        if not self.tally.is_failing or text != self.tally.last_error:
            log.warning("notify %s, %s: %s", self.name, self.sender.where, text)
        self.tally.failed_tries += 1
        self.tally.last_failure = self._clock.wall()
        self.tally.last_error, self.tally.remedy = text, error.remedy

    def _failed(self, parcel: Parcel, error: Undelivered) -> None:
        self.failed(error)
        if error.hopeless or parcel.is_tried_enough:
            self._give_up(parcel, str(error))
        if not error.hopeless:
            self._pace.failed(self._clock.monotonic(), error.after)

    def _give_up(self, parcel: Parcel, why: str) -> None:
        if self._queue.holds(parcel):
            self._queue.remove(parcel)
            self.tally.given_up += 1
            self._settle(parcel, why)

    def _settle(self, parcel: Parcel, why: str, *, moot: bool = False) -> None:
        self._settled(self, Fate(parcel, delivered=False, because=why, moot=moot))
