"""The daemon: the parts are made here, in the order in which they need each other, and taken down in the reverse one."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from drivers.driver import Driver
from gateway import restart
from gateway.announcements import AdoptionRule, adopt_all, adopt_none, adopt_sensors
from gateway.api.first_run import greet
from gateway.api.server import ensure_free, serve
from gateway.approvals import ApprovalKeeper
from gateway.authors import Authors
from gateway.calm import calm
from gateway.clock import Clock, SystemClock
from gateway.config import Config, ConfigError, load, user_runtime_dir
from gateway.consents import Consents
from gateway.context import Gateway
from gateway.contracts import open_contracts
from gateway.discovery.looking import Lookout
from gateway.disk import Disk
from gateway.doorman import Doorman
from gateway.driving import Running, keep_driver, run_configured
from gateway.estimates.keeper import open_estimates
from gateway.execution import Executor
from gateway.history.keeper import open_history
from gateway.house import House
from gateway.identity import Identity
from gateway.ingest import Ingest
from gateway.leases import LeaseKeeper
from gateway.ledger import Entry, Ledger, LedgerUnavailable
from gateway.localtime import HouseTime
from gateway.measures import Measures
from gateway.messages import Messages
from gateway.messages.reporting import TaskReports
from gateway.mode import ModeKeeper
from gateway.names import names_of
from gateway.notices import tell_of
from gateway.notify.opening import open_notifier
from gateway.obligations import ObligationKeeper
from gateway.observers import Observers
from gateway.panic import Panic
from gateway.parties import Parties
from gateway.parts import Parts
from gateway.plans import PlanKeeper
from gateway.recovered import TimeToRecover
from gateway.recovery import Recovery
from gateway.registry import Registry
from gateway.rests import Rests
from gateway.rights import RightsTable
from gateway.rulebook import RuleKeeper, open_rules
from gateway.service.serving import serving, starting
from gateway.state import StateStore
from gateway.storage import Database, IgnoredCandidates, SettingsRepository, StorageError, ThingRepository
from gateway.supervisor import Supervisor
from gateway.vault import Safe
from policies import Policy, PolicyError

ADOPTION_RULES: Mapping[str, AdoptionRule] = {"ask": adopt_none, "sensors": adopt_sensors, "all": adopt_all}

INJECTED_FLUSH_S: Final = float(os.environ.get("HEARTH_INJECTED_FLUSH_MS", "0")) / 1000
"""For measurements: makes every flush of the ledger so much slower, as an SD card does."""

SETTLED_AFTER_S: Final = 1.5
"""After this long the devices of an ordinary house are there."""

COLLECT_AFTER_OBJECTS: Final = 10_000
"""New containers between two passes of the collector over the youngest: some 5 MB at the most."""

STARTUP_ERRORS: Final = (ConfigError, PolicyError, LedgerUnavailable, StorageError, sqlite3.Error, OSError)
"""What keeps the gateway from starting, and a person can mend."""

log = logging.getLogger(__name__)


@asynccontextmanager
async def open_gateway(
    config: Config, *, drivers: Mapping[str, Driver] | None = None, clock: Clock | None = None
) -> AsyncIterator[Gateway]:
    """The whole gateway without its listeners. `drivers` replaces what the configuration would start.
    Raises `ConfigError`, `PolicyError`, `StorageError` before anything has been touched.
    """
    gateway: Gateway  # its parts ask it for the rules in force
    clock = clock or SystemClock()
    opened = open_rules(config.state_dir)
    policy = opened.edition.policy
    config.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(
            Ledger(config.state_dir, clock, injected_flush_s=INJECTED_FLUSH_S)
        )
        last = await ledger.entries(limit=1, newest_first=True)
        database = await stack.enter_async_context(Database(config.state_dir / "hearth.db"))
        identity = await stack.enter_async_context(Identity.open(database, clock, ledger))
        state, observers = StateStore(), Observers()
        house = House(clock, state, HouseTime.of(config.house, clock))
        registry = Registry(
            rows=ThingRepository(database),
            ignored=IgnoredCandidates(database),
            state=state,
            ledger=ledger,
            observers=observers,
            clock=clock,
            names=await names_of(SettingsRepository(database)),
            rule=ADOPTION_RULES[config.adoption.without_asking],
            label_new=config.adoption.label_new,
            doorman=Doorman(clock) if config.adoption.without_asking == "sensors" else None,
        )
        house.by_device = registry.by_device
        await registry.load()
        rests = Rests(house, registry, lambda: gateway.policy, ledger, clock)
        supervisor = await stack.enter_async_context(_supervised(clock))
        running: Running = {}
        notifier, reminders = await stack.enter_async_context(
            open_notifier(
                config,
                supervisor,
                observers=observers,
                ledger=ledger,
                database=database,
                identity=identity,
                clock=clock,
                time=house.time,
            )
        )
        parts = Parts(
            config=config,
            clock=clock,
            ledger=ledger,
            database=database,
            identity=identity,
            registry=registry,
            state=state,
            house=house,
            observers=observers,
            notifier=notifier,
            reminders=reminders,
            policy=lambda: gateway.policy,
            drivers=running,
            supervisor=supervisor,
        )
        contracts, estimates = (
            await stack.enter_async_context(open_contracts(parts)),
            await stack.enter_async_context(open_estimates(parts, lambda: gateway.history)),
        )
        approvals, leases, messages = ApprovalKeeper(parts), LeaseKeeper(parts), Messages(parts)
        stack.push_async_callback(approvals.close)
        measures = Measures(parts)
        stack.push_async_callback(measures.close)
        reports = TaskReports(messages, partial(tell_of, notifier, registry))
        stack.push_async_callback(reports.close)
        obligations, authors = ObligationKeeper(parts), Authors(parts, leases)
        executor = Executor(
            registry=registry,
            drivers=running,
            policy=lambda: gateway.policy,
            house=house,
            ledger=ledger,
            observers=observers,
            clock=clock,
            parties=Parties(approvals, leases, obligations, authors),
            tell=reports.ended,
            outdated=lambda command: not identity.stands(command.token, command.principal),
        )
        stack.push_async_callback(_send_no_more, obligations, executor)
        plans = PlanKeeper(parts, executor, approvals, leases, messages)
        stack.push_async_callback(plans.close)
        panic = Panic(
            executor=executor,
            withdraw=partial(_silence, approvals, plans),
            save=plans.save,
            identity=identity,
            registry=registry,
            ledger=ledger,
            observers=observers,
            clock=clock,
        )
        stack.push_async_callback(panic.close)
        gateway = Gateway(
            config=config,
            clock=clock,
            ledger=ledger,
            identity=identity,
            registry=registry,
            state=state,
            house=house,
            mode=ModeKeeper(house, SettingsRepository(database), ledger, observers, clock),
            consents=Consents(
                house,
                policy=lambda: gateway.policy,
                identity=identity,
                ledger=ledger,
                observers=observers,
                clock=clock,
            ),
            contracts=contracts,
            history=await stack.enter_async_context(open_history(parts)),
            disk=await stack.enter_async_context(Disk(config.state_dir, clock, notifier)),
            estimates=estimates,
            observers=observers,
            rights=RightsTable(registry, lambda: gateway.policy),
            executor=executor,
            panic=panic,
            ingest=Ingest(
                registry,
                observers,
                clock,
                rests,
                (authors.changed, obligations.changed, contracts.changed),
                estimate=estimates.see,
            ),
            approvals=approvals,
            leases=leases,
            obligations=obligations,
            authors=authors,
            plans=plans,
            messages=messages,
            measures=measures,
            parts=parts,
            supervisor=supervisor,
            policy=policy,
            rules=RuleKeeper(
                opened,
                ledger=ledger,
                observers=observers,
                clock=clock,
                install=partial(_install, lambda: gateway),
            ),
            drivers=running,
            discovery=Lookout(
                config,
                clock,
                registry,
                Safe(config.state_dir, database),
                keep=lambda driver: keep_driver(gateway, running, driver),
                useless=lambda family, why: gateway.ingest.driver_stopped(family, reason=why),
            ),
            started_at=clock.wall(),
        )
        stack.callback(observers.close)
        recovering = TimeToRecover(clock, ledger, observers)
        recovery = Recovery(
            ledger,
            registry,
            executor,
            running,
            clock,
            told=obligations.recovered,
            tell=partial(recovering.ended, reports.ended),
        )
        open_rows = await restart.restore(
            gateway, recovery, recovering, rests, last[0] if last else None, running=drivers or ()
        )
        await gateway.rules.begin()
        supervisor.keep("rules", gateway.rules.watch)
        if drivers is None:
            supervisor.keep("drivers", partial(run_configured, gateway, running))
            supervisor.keep("discovery", gateway.discovery.run)
        else:
            for driver in drivers.values():
                keep_driver(gateway, running, driver)
        await restart.go_on(gateway, recovery, recovering, open_rows)
        yield gateway
        _note_end(gateway)


def _note_end(gateway: Gateway) -> None:
    with suppress(LedgerUnavailable):
        gateway.ledger.append(Entry(kind="stop", at=gateway.clock.wall(), body={}))


async def _send_no_more(obligations: ObligationKeeper, executor: Executor) -> None:
    """Before the drivers end: what they can no longer do is no failure."""
    await obligations.close()
    await executor.close()


def _silence(approvals: ApprovalKeeper, plans: PlanKeeper, why: str, by: str) -> None:
    """Panic: no plan goes on, and nobody is asked for anything any more."""
    plans.panic(why)
    approvals.withdraw_all(why, by)


def _install(gateway: Callable[[], Gateway], fresh: Policy) -> None:
    gateway().policy = fresh
    gateway().consents.review()
    gateway().obligations.review()


async def run(config: Config, ready: Callable[[Gateway, str], None] | None = None) -> None:
    """Serves until SIGTERM, SIGINT or SIGHUP. `ready` is told the address once the port is open."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    await ensure_free(config)  # before there is a state directory
    async with starting() as manager, open_gateway(config) as gateway, serve(gateway, greet) as address:
        log.info("hearth listens on %s", address)
        log.info("at the box it listens on %s", config.socket)
        gateway.discovery.served_at(address)
        if ready is not None:
            ready(gateway, address)
        asyncio.get_running_loop().call_later(SETTLED_AFTER_S, _settle_memory)
        async with serving(manager, gateway, address):
            await stop.wait()


def main(config_path: Path | None = None) -> int:
    """`hearth run`. Returns an exit code; what is wrong with the configuration or the rules is printed."""
    try:
        config = load(config_path) if config_path else _default_config()
        logging.basicConfig(level=config.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
        calm()
        start_loop(run(config))
    except STARTUP_ERRORS as error:
        print(in_words(error), file=sys.stderr)  # noqa: T201
        return 2
    return 0


def stop_on_signals(stop: asyncio.Event) -> None:
    """Whoever asks for the end (a terminal that is closed, too) gets one in order."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            continue  # started with nohup
        asyncio.get_running_loop().add_signal_handler(number, stop.set)


def in_words(error: BaseException) -> str:
    """What kept the gateway from starting, without the number that the system has for it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror


def start_loop(main_coroutine: Coroutine[None, None, None]) -> None:
    """Runs the daemon's loop: uvloop where there is one."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        asyncio.run(main_coroutine)
    else:
        uvloop.run(main_coroutine)


def _default_config() -> Config:
    """Without a file: a service's directories for root, the user's own for everyone else."""
    if os.getuid() == 0:
        return Config()
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return Config(state_dir=base / "hearth", runtime_dir=user_runtime_dir())


def _settle_memory() -> None:
    """What start-up made stays: the collector need not look at it again (its full passes cost 60 ms). Commands and reports
    make next to no cycles, so that it may come more rarely, too: at its usual pace it takes a twentieth of a busy core.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 20, 20)


@asynccontextmanager
async def _supervised(clock: Clock) -> AsyncIterator[Supervisor]:
    try:
        async with asyncio.TaskGroup() as group:
            supervisor = Supervisor(group, clock)
            try:
                yield supervisor
            finally:
                supervisor.stop()
    except BaseExceptionGroup as failures:  # the group wraps also what the gateway itself could not do
        if len(failures.exceptions) == 1:
            raise failures.exceptions[0] from None
        raise
