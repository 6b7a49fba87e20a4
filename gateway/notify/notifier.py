"""The one door through which people are told: `tell` never raises, never waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import orjson

from gateway.clock import Clock
from gateway.config import Config
from gateway.ledger import Ledger
from gateway.notify.board import Board
from gateway.notify.notice import Notice
from gateway.notify.topics import topic_of
from gateway.observers import Observers
from gateway.storage import Database
from gateway.supervisor import Supervisor
from policies import Role

if TYPE_CHECKING:
    from gateway.notify.channel import Channel
    from gateway.notify.office import PostOffice, Trial
    from gateway.notify.webpush.office import PushOffice

log = logging.getLogger(__name__)


class Notifier:
    """Publishes notices to streams, puts them on the board, hands them to the channels of the configuration and to browsers.
    `role_of` says what a principal is; `push` is None where nobody can subscribe.
    """

    def __init__(
        self,
        config: Config,
        *,
        observers: Observers,
        ledger: Ledger,
        database: Database,
        clock: Clock,
        role_of: Callable[[str], Role | None] = lambda _: None,
        push: PushOffice | None = None,
    ) -> None:
        self.board = Board(database, clock)
        self.push = push
        self._observers = observers
        self._clock = clock
        self._office: PostOffice | None = None
        if config.notify:
            from gateway.notify.office import PostOffice  # noqa: PLC0415  only where there are channels

            self._office = PostOffice(config, ledger=ledger, database=database, clock=clock, role_of=role_of)

    @property
    def channels(self) -> Mapping[str, Channel]:
        """Those of the configuration."""
        return self._office.channels if self._office is not None else {}

    @property
    def every_channel(self) -> Mapping[str, Channel]:
        """Those of the configuration, and the browsers."""
        return {**self.channels, **(self.push.channels if self.push is not None else {})}

    async def restore(self) -> None:
        """Takes up what an earlier run could not deliver. Raises `sqlite3.Error`."""
        await self.board.restore()
        if self._office is not None:
            await self._office.restore()
        if self.push is not None:
            await self.push.restore()

    def start(self, supervisor: Supervisor) -> None:
        """Sets them to work."""
        supervisor.keep("board", self.board.run)
        if self._office is not None:
            self._office.start(supervisor)
        if self.push is not None:
            self.push.start(supervisor)

    def tell(self, notice: Notice) -> None:
        """Tells everyone whom it is for. Never raises, never waits."""
        try:
            event = notice.document()
            orjson.dumps(event)  # what is no JSON is nobody's, neither a stream's nor a channel's
            self._observers.publish("notice", topic_of(notice), notice.at, event)
            self.board.take(notice)
            if self._office is not None:
                self._office.take(notice)
            if self.push is not None:
                self.push.take(notice)
        except Exception:
            log.exception("the notice %r could not be told", notice.title)

    async def test(self, names: Iterable[str]) -> list[Trial]:
        """Sends a test by each of these channels, past their queues, at the same time. Raises `KeyError`."""
        channels = self.every_channel
        wanted = [channels[name] for name in names]
        if not wanted:
            return []
        from gateway.notify.office import tried  # noqa: PLC0415  only where there are channels

        return await asyncio.gather(*(tried(channel, self._clock.wall()) for channel in wanted))
