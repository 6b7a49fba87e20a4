"""The one door through which people are told: `tell` never raises, never waits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import orjson

from gateway.clock import Clock
from gateway.config import Config
from gateway.ledger import Ledger
from gateway.notify.notice import Notice
from gateway.notify.topics import topic_of
from gateway.observers import Observers
from gateway.storage import Database
from gateway.supervisor import Supervisor
from policies import Role

if TYPE_CHECKING:
    from gateway.notify.channel import Channel
    from gateway.notify.office import PostOffice, Trial

log = logging.getLogger(__name__)


class Notifier:
    """Publishes notices to streams, and hands them to the channels of the configuration. `role_of` says what a principal is."""

    def __init__(
        self,
        config: Config,
        *,
        observers: Observers,
        ledger: Ledger,
        database: Database,
        clock: Clock,
        role_of: Callable[[str], Role | None] = lambda _: None,
    ) -> None:
        self._observers = observers
        self._office: PostOffice | None = None
        if config.notify:
            from gateway.notify.office import PostOffice  # noqa: PLC0415  only where there are channels

            self._office = PostOffice(config, ledger=ledger, database=database, clock=clock, role_of=role_of)

    @property
    def channels(self) -> Mapping[str, Channel]:
        return self._office.channels if self._office is not None else {}

    async def restore(self) -> None:
        """Takes up what an earlier run could not deliver. Raises `sqlite3.Error`."""
        if self._office is not None:
            await self._office.restore()

    def start(self, supervisor: Supervisor) -> None:
        """Sets the channels to work; without any, there is nothing to do."""
        if self._office is not None:
            self._office.start(supervisor)

    def tell(self, notice: Notice) -> None:
        """Tells everyone whom it is for. Never raises, never waits."""
        try:
            event = notice.document()
            orjson.dumps(event)  # what is no JSON is nobody's, neither a stream's nor a channel's
            self._observers.publish("notice", topic_of(notice), notice.at, event)
            if self._office is not None:
                self._office.take(notice)
        except Exception:
            log.exception("the notice %r could not be told", notice.title)

    async def test(self, names: Iterable[str]) -> list[Trial]:
        """Sends a test by each of these channels, past their queues, at the same time. Raises `KeyError`."""
        return await self._office.test(names) if self._office is not None else []
