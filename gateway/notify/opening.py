"""The notifier and its reminders, from the start of the gateway to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from gateway.clock import Clock
from gateway.config import Config
from gateway.identity import Identity
from gateway.ledger import Ledger
from gateway.localtime import HouseTime
from gateway.notify.notifier import Notifier
from gateway.notify.reminders import Reminders
from gateway.notify.webpush.office import PushOffice
from gateway.observers import Observers
from gateway.storage import Database
from gateway.supervisor import Supervisor
from gateway.vault import Safe
from policies import Principal

VAULT: Final = "push"
"""Whose secret the key is, in the vault."""


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
    time: HouseTime,
) -> AsyncIterator[tuple[Notifier, Reminders]]:
    """Takes up what an earlier run left, and sets the channels to work. Raises `sqlite3.Error`."""
    push = PushOffice(
        config.push,
        database=database,
        ledger=ledger,
        vault=Safe(config.state_dir, database).of(VAULT),
        principal_of=partial(_principal_of, identity),
        clock=clock,
        time=time,
    )
    notifier = Notifier(
        config,
        observers=observers,
        ledger=ledger,
        database=database,
        clock=clock,
        role_of=identity.role_of,
        push=push,
    )
    await notifier.restore()
    notifier.start(supervisor)
    reminders = Reminders(notifier, clock)
    heard_no_more = identity.on_revoked(push.revoked)
    try:
        yield notifier, reminders
    finally:
        heard_no_more()
        reminders.close()


def _principal_of(identity: Identity, token: str) -> Principal | None:
    """The person whose token it is; None where it is no longer good, or is software's."""
    session = identity.session_of(token)
    if session is None or identity.is_revoked(token) or not identity.is_of_people(session):
        return None
    return session.principal
