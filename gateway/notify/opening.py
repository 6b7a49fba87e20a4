"""The notifier and its reminders, from the start of the gateway to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.clock import Clock
from gateway.config import Config
from gateway.identity import Identity
from gateway.ledger import Ledger
from gateway.notify.notifier import Notifier
from gateway.notify.reminders import Reminders
from gateway.observers import Observers
from gateway.storage import Database
from gateway.supervisor import Supervisor


@asynccontextmanager
async def open_notifier(
    config: Config,
    supervisor: Supervisor,
    *,
    observers: Observers,
    ledger: Ledger,
    database: Database,
    identity: Identity,
    clock: Clock,
) -> AsyncIterator[tuple[Notifier, Reminders]]:
    """Takes up what an earlier run left, and sets the channels to work. Raises `sqlite3.Error`."""
    notifier = Notifier(
        config,
        observers=observers,
        ledger=ledger,
        database=database,
        clock=clock,
        role_of=identity.role_of,
    )
    await notifier.restore()
    notifier.start(supervisor)
    reminders = Reminders(notifier, clock)
    try:
        yield notifier, reminders
    finally:
        reminders.close()
