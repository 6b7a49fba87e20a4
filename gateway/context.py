"""The running gateway's parts, as the API and the tools see them. Assembled in `gateway.app`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from drivers.driver import Driver
from gateway.approvals import ApprovalKeeper
from gateway.authors import Authors
from gateway.clock import Clock
from gateway.config import Config
from gateway.consents import Consents
from gateway.contracts import Contracts
from gateway.discovery.looking import Lookout
from gateway.disk import Disk
from gateway.estimates.keeper import Estimates
from gateway.execution import Executor
from gateway.history.keeper import History
from gateway.house import House
from gateway.identity import Identity
from gateway.ingest import Ingest
from gateway.leases import LeaseKeeper
from gateway.ledger import Ledger
from gateway.measures import Measures
from gateway.messages import Messages
from gateway.mode import ModeKeeper
from gateway.names import Names
from gateway.obligations import ObligationKeeper
from gateway.observers import Observers
from gateway.panic import Panic
from gateway.parts import Parts
from gateway.plans import PlanKeeper
from gateway.registry import Registry
from gateway.rights import RightsTable
from gateway.rulebook import RuleKeeper
from gateway.state import StateStore
from gateway.supervisor import Supervisor
from policies import Policy


@dataclass(slots=True)
class Gateway:
    """`policy` is replaced by `rules` while running; everything else stays for the life of the process."""

    config: Config
    clock: Clock
    ledger: Ledger
    identity: Identity
    registry: Registry
    state: StateStore
    house: House
    mode: ModeKeeper
    consents: Consents
    contracts: Contracts
    history: History
    estimates: Estimates
    disk: Disk
    observers: Observers
    rights: RightsTable
    executor: Executor
    panic: Panic
    ingest: Ingest
    approvals: ApprovalKeeper
    leases: LeaseKeeper
    obligations: ObligationKeeper
    authors: Authors
    plans: PlanKeeper
    messages: Messages
    measures: Measures
    parts: Parts
    supervisor: Supervisor
    policy: Policy
    rules: RuleKeeper
    discovery: Lookout
    drivers: Mapping[str, Driver] = field(default_factory=dict)
    started_at: float = 0.0  # seconds since the epoch
    reloads: list[Callable[[], object]] = field(default_factory=list)  # what SIGHUP has read again

    @property
    def names(self) -> Names:
        """What it and its Things are called in the world."""
        return self.registry.names
