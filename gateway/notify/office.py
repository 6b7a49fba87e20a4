"""The post office: which channels take a notice, what is kept until they have delivered it, and what is recorded of that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.clock import Clock
from gateway.config import Config
from gateway.ids import new_id
from gateway.ledger import Ledger
from gateway.notify.channel import Channel, Fate
from gateway.notify.keeping import Kept
from gateway.notify.making import channels_of
from gateway.notify.notice import Notice, Urgency
from gateway.notify.recording import Recorder
from gateway.notify.sending import Undelivered
from gateway.notify.words import in_parts
from gateway.storage import Database
from gateway.storage.notices import NoticeRepository
from gateway.supervisor import Supervisor
from policies import Role

TEST_TITLE: Final = "A test from Hearth"
TEST_TEXT: Final = "Nothing has happened. If you read this, notices reach you here."

RoleOf = Callable[[str], Role | None]
"""What a principal is, by id."""

_ROLES: Final = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a test."""

    channel: Channel
    delivered: bool
    text: str
    remedy: str = ""


class PostOffice:
    """The channels of `[[notify]]`, by name."""

    def __init__(
        self, config: Config, *, ledger: Ledger, database: Database, clock: Clock, role_of: RoleOf
    ) -> None:
        self._clock = clock
        self._role_of = role_of
        self._recorder = Recorder(ledger, clock)
        self._kept = Kept(NoticeRepository(database), clock)
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
        supervisor.keep("notices", self._kept.run)
        for channel in self.channels.values():
            supervisor.keep(f"notify {channel.name}", channel.run)

    def take(self, notice: Notice) -> None:
        """Hands it to every channel that it is for."""
        for channel in self.channels.values():
            taken = channel.offer(notice, reached=self._reaches(channel, notice.to))
            if taken and notice.urgency is Urgency.HIGH:
                self._kept.add(notice, channel.name)

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

    def _settled(self, channel: Channel, fate: Fate) -> None:
        self._recorder.record(channel.name, fate)
        if fate.parcel.notice.urgency is Urgency.HIGH:
            self._kept.remove(fate.parcel.notice.id, channel.name)


async def tried(channel: Channel, now: float) -> Trial:
    """Sends a test past the queue. `now` in seconds since the epoch."""
    notice = Notice(
        new_id(now),
        now,
        TEST_TITLE,
        TEST_TEXT,
        to=channel.settings.to,
        facts={"test": True},
        words=in_parts("test"),
    )
    try:
        answer = await channel.sender.send(notice)
    except Undelivered as error:
        channel.failed(error)
        return Trial(channel, delivered=False, text=str(error), remedy=error.remedy)
    channel.succeeded()
    return Trial(channel, delivered=True, text=answer)
