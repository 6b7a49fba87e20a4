"""The one door through which people are told: `tell` never raises, never waits."""

from __future__ import annotations

import logging

from gateway.clock import Clock
from gateway.config import Config
from gateway.ledger import Ledger
from gateway.notify.notice import Notice
from gateway.notify.topics import event_of, topic_of
from gateway.observers import Observers
from gateway.storage import Database
from gateway.supervisor import Supervisor

log = logging.getLogger(__name__)


class Notifier:
    """Publishes notices to streams, and hands them to the channels of the configuration."""

    def __init__(
        self, config: Config, *, observers: Observers, ledger: Ledger, database: Database, clock: Clock
    ) -> None:
        self._config = config
        self._observers = observers
        self._ledger = ledger
        self._database = database
        self._clock = clock

    async def restore(self) -> None:
        """Takes up what an earlier run could not deliver. Raises `sqlite3.Error`."""

    def start(self, supervisor: Supervisor) -> None:
        """Sets the channels to work; without any, there is nothing to do."""

    def tell(self, notice: Notice) -> None:
        """Tells everyone whom it is for. Never raises, never waits."""
        try:
            self._observers.publish("notice", topic_of(notice), notice.at, event_of(notice))
        except Exception:
            log.exception("the notice %r could not be told", notice.title)
