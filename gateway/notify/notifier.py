"""The one door through which people are told: `tell` never raises, never waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import orjson

from gateway.clock import Clock
from gateway.config import Config
from gateway.ids import new_id
from gateway.ledger import Ledger
from gateway.notify.channel import Channel, Fate
from gateway.notify.keeping import Kept
from gateway.notify.making import channels_of
from gateway.notify.notice import Notice, Urgency, recipients
from gateway.notify.recording import Recorder
from gateway.notify.sending import Undelivered
from gateway.notify.topics import event_of, topic_of
from gateway.observers import Observers
from gateway.storage import Database
from gateway.storage.notices import NoticeRepository
from gateway.supervisor import Supervisor
from policies import Role

TEST_TITLE: Final = "A test from Hearth"
TEST_TEXT: Final = "Nothing has happened. If you read this, notices reach you here."

RoleOf = Callable[[str], Role | None]
"""What a principal is, by id."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a test."""

    channel: Channel
    delivered: bool
    text: str
    remedy: str = ""


class Notifier:
    """Publishes notices to streams, and hands them to the channels of the configuration."""

    def __init__(
        self,
        config: Config,
        *,
        observers: Observers,
        ledger: Ledger,
        database: Database,
        clock: Clock,
        role_of: RoleOf = lambda _: None,
    ) -> None:
        self._observers = observers
        self._clock = clock
        self._role_of = role_of
        self._recorder = Recorder(ledger, clock)
        self._kept = Kept(NoticeRepository(database))
        self.channels = {one.name: one for one in channels_of(config, clock, self._settled)}

    async def restore(self) -> None:
        """Takes up what an earlier run could not deliver. Raises `sqlite3.Error`."""
        for name, notice in await self._kept.restore():
            channel = self.channels.get(name)
            if channel is None:
                self._kept.remove(notice.id, name)
            else:
                channel.take(notice)

    def start(self, supervisor: Supervisor) -> None:
        """Sets the channels to work; without any, there is nothing to do."""
        if self.channels:
            supervisor.keep("notices", self._kept.run)
        for channel in self.channels.values():
            supervisor.keep(f"notify {channel.name}", channel.run)

    def tell(self, notice: Notice) -> None:
        """Tells everyone whom it is for. Never raises, never waits."""
        try:
            event = event_of(notice)
            orjson.dumps(event)  # what is no JSON is nobody's, neither a stream's nor a channel's
            self._observers.publish("notice", topic_of(notice), notice.at, event)
            for channel in self.channels.values():
                taken = channel.offer(notice, reached=self._reaches(channel, notice.to))
                if taken and notice.urgency is Urgency.HIGH:
                    self._kept.add(notice, channel.name)
        except Exception:
            log.exception("the notice %r could not be told", notice.title)

    async def test(self, names: Iterable[str]) -> list[Trial]:
        """Sends a test by each of these channels, past their queues, at the same time. Raises `KeyError`."""
        channels = [self.channels[name] for name in names]
        return await asyncio.gather(*(self._try(channel) for channel in channels))

    # ---------------------------------------------------------------- inside

    def _reaches(self, channel: Channel, to: tuple[str, ...]) -> bool:
        """By the same word, or because a person who is named has a role that is named on the other side."""
        theirs = channel.settings.to
        return (
            not set(to).isdisjoint(theirs)
            or any(self._role(word) in to for word in theirs)
            or any(self._role(word) in theirs for word in to)
        )

    def _role(self, word: str) -> str | None:
        return None if word in _ROLES else self._role_of(word)

    async def _try(self, channel: Channel) -> Trial:
        now = self._clock.wall()
        to = recipients(channel.settings.to)
        notice = Notice(new_id(now), now, TEST_TITLE, TEST_TEXT, to=to, facts={"test": True})
        try:
            answer = await channel.sender.send(notice)
        except Undelivered as error:
            channel.failed(error)
            return Trial(channel, delivered=False, text=str(error), remedy=error.remedy)
        channel.succeeded()
        return Trial(channel, delivered=True, text=answer)

    def _settled(self, channel: Channel, fate: Fate) -> None:
        self._recorder.record(channel.name, fate)
        if fate.parcel.notice.urgency is Urgency.HIGH:
            self._kept.remove(fate.parcel.notice.id, channel.name)


_ROLES: Final = frozenset(Role)
