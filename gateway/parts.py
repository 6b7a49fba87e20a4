"""What the keepers of approvals, leases, obligations and plans build on: made once, in `gateway.app`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.driver import Driver
from gateway.clock import Clock
from gateway.config import Config
from gateway.house import House
from gateway.identity import Identity
from gateway.ledger import Ledger
from gateway.notify import Notifier, Reminders
from gateway.observers import Observers
from gateway.registry import Registry
from gateway.state import StateStore
from gateway.storage import Database
from gateway.supervisor import Supervisor
from policies import Policy


@dataclass(frozen=True, slots=True)
class Parts:
    """`policy` gives the rules in force, `drivers` are those that run now."""

    config: Config
    clock: Clock
    ledger: Ledger
    database: Database
    identity: Identity
    registry: Registry
    state: StateStore
    house: House
    observers: Observers
    notifier: Notifier
    reminders: Reminders
    policy: Callable[[], Policy]
    drivers: Mapping[str, Driver]
    supervisor: Supervisor
