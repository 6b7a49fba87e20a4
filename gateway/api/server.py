"""The API's application and its listeners: TCP for the house's network, a Unix socket for whoever is at the box."""

from __future__ import annotations

import asyncio
import errno
import grp
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from gateway.api.accepting import accepting
from gateway.api.actions import ActionRoutes
from gateway.api.app_files import AppRoutes
from gateway.api.approvals import ApprovalRoutes
from gateway.api.auth import ADMIN_GROUP
from gateway.api.authority import AuthorityRoutes
from gateway.api.commands import CommandDoor
from gateway.api.connections import Connections, allow_more_files
from gateway.api.contracts import ContractRoutes
from gateway.api.delegations import DelegationRoutes
from gateway.api.device_pairing import DevicePairing
from gateway.api.directory import DirectoryRoutes
from gateway.api.discovery import DiscoveryRoutes
from gateway.api.events_sse import EventRoutes
from gateway.api.executions import ExecutionRoutes
from gateway.api.express import ExpressLane
from gateway.api.grants import GrantRoutes
from gateway.api.guard import WILDCARDS, Guard
from gateway.api.health import HealthRoutes
from gateway.api.history import HistoryRoutes
from gateway.api.inbox import InboxRoutes
from gateway.api.inspection import InspectionRoutes
from gateway.api.kinds import KindRoutes
from gateway.api.labels import LabelRoutes
from gateway.api.leases import LeaseRoutes
from gateway.api.ledger import LedgerRoutes
from gateway.api.ledger_verification import LedgerVerificationRoutes
from gateway.api.logout import LogoutRoutes
from gateway.api.messages import MessageRoutes
from gateway.api.metrics import MetricRoutes
from gateway.api.mode import ModeRoutes
from gateway.api.notices import NoticeRoutes
from gateway.api.notifications import NotificationRoutes
from gateway.api.notify import NotifyRoutes
from gateway.api.oauth import OAuth
from gateway.api.obligations import ObligationRoutes
from gateway.api.observing import AffordanceObserver
from gateway.api.openapi.routes import DescriptionRoutes
from gateway.api.pages import PageRoutes
from gateway.api.pairing import PairingRoutes
from gateway.api.panic import PanicRoutes
from gateway.api.plans import PlanRoutes
from gateway.api.policies import PolicyRoutes
from gateway.api.properties import PropertyRoutes
from gateway.api.push import PushRoutes
from gateway.api.quiet import server_log
from gateway.api.recordings import RecordingRoutes
from gateway.api.replacing import ReplaceRoutes
from gateway.api.rule_sets import RuleSetRoutes
from gateway.api.secured import on_prepare
from gateway.api.streams import Streams
from gateway.api.thing_events import ThingEventRoutes
from gateway.api.things import ThingRoutes
from gateway.api.tokens import TokenRoutes
from gateway.api.track_record import TrackRecordRoutes
from gateway.api.waivers import WaiverRoutes
from gateway.api.why import WhyRoutes
from gateway.approvals.pin import BoxPin
from gateway.approvals.proposals import Proposals
from gateway.config import Config, Http
from gateway.context import Gateway
from gateway.mcp.routes import McpRoutes
from gateway.tls import choosing
from gateway.tls.reach import Reach
from gateway.tls.serving import Served, kept

LARGEST_BODY_BYTES: Final = 256 * 1024
LONGEST_LINE_BYTES: Final = 8 * 1024
LONGEST_HEADER_BYTES: Final = 8 * 1024
MOST_HEADERS: Final = 64

KEEPALIVE_S: Final = 75.0
"""An idle connection is kept this long: above the minute after which most clients give it up themselves."""

SHUTDOWN_S: Final = 3.0
"""For answers on their way when the gateway stops; streams are ended at once."""

SOCKET_MODE: Final = 0o660

BACKLOG: Final = 128
"""Connections that the system has made and the gateway has not yet taken."""

STREAMS: Final = web.AppKey("streams", Streams)
EXPRESS: Final = web.AppKey("express", ExpressLane)
REACH: Final = web.AppKey("reach", Reach)


def make_app(gateway: Gateway, tls: Served | None = None) -> web.Application:
    """All routes. Each module of this package holds those of one resource."""
    streams, door = Streams(gateway), CommandDoor(gateway)
    observer = AffordanceObserver(gateway, streams)
    properties, actions = PropertyRoutes(gateway, door, observer), ActionRoutes(door)
    things, device_pairing = ThingRoutes(gateway), DevicePairing(gateway)
    pin, proposals = BoxPin(gateway.parts), Proposals(gateway.parts.database, gateway.clock)
    directory = DirectoryRoutes(gateway)
    reach = Reach(gateway.config.http, tls)
    app_files, pages, health = AppRoutes(), PageRoutes(), HealthRoutes(gateway, streams)
    pairing = PairingRoutes(gateway, pin, reach)
    authority, verification = AuthorityRoutes(reach), LedgerVerificationRoutes(gateway)
    oauth, description = OAuth(gateway, pin), DescriptionRoutes()
    routes = [  # the first that fits is taken: commands come first, they are in a hurry
        *properties.routes(),
        *actions.routes(),
        *app_files.routes(),
        *pages.routes(),
        *directory.routes(),
        *PanicRoutes(gateway).routes(),
        *things.routes(),
        *KindRoutes(gateway).routes(),
        *LabelRoutes(gateway, things.descriptions).routes(),
        *ExecutionRoutes(gateway).routes(),
        *EventRoutes(streams).routes(),
        *NotificationRoutes(gateway, streams, things.descriptions).routes(),
        *ThingEventRoutes(gateway, observer).routes(),
        *WhyRoutes(gateway).routes(),
        *HistoryRoutes(gateway).routes(),
        *LeaseRoutes(gateway).routes(),
        *ContractRoutes(gateway).routes(),
        *LedgerRoutes(gateway).routes(),
        *verification.routes(),
        *InboxRoutes(gateway, device_pairing).routes(),
        *ReplaceRoutes(gateway, device_pairing).routes(),
        *RecordingRoutes(gateway).routes(),
        *InspectionRoutes(gateway).routes(),
        *DiscoveryRoutes(gateway).routes(),
        *ModeRoutes(gateway).routes(),
        *ObligationRoutes(gateway).routes(),
        *NotifyRoutes(gateway).routes(),
        *NoticeRoutes(gateway).routes(),
        *PushRoutes(gateway).routes(),
        *WaiverRoutes(gateway).routes(),
        *PlanRoutes(gateway).routes(),
        *PolicyRoutes(gateway).routes(),
        *RuleSetRoutes(gateway, pin).routes(),
        *TokenRoutes(gateway).routes(),
        *DelegationRoutes(gateway).routes(),
        *MessageRoutes(gateway).routes(),
        *TrackRecordRoutes(gateway).routes(),
        *ApprovalRoutes(gateway, pin, proposals).routes(),
        *GrantRoutes(gateway, pin, proposals).routes(),
        *pairing.routes(),
        *health.routes(),
        *MetricRoutes(gateway, streams).routes(),
        *oauth.routes(),
        *authority.routes(),
        *LogoutRoutes(gateway.identity).routes(),
        *description.routes(),
    ]
    mcp = McpRoutes(gateway)
    public = [
        mcp.serve,
        *app_files.public,
        *pages.public,
        directory.well_known,
        pairing.redeem,
        health.health,
        *oauth.public,
    ]
    guard = Guard(gateway.identity, gateway.clock, gateway.config.http)
    app = web.Application(middlewares=[guard.middleware], client_max_size=LARGEST_BODY_BYTES)
    app.add_routes(routes)
    mcp.attach(app)
    guard.open([*public, authority.certificate, description.json, description.page], app.router)
    app[STREAMS], app[EXPRESS], app[REACH] = streams, ExpressLane(guard, properties, actions), reach
    app.on_response_prepare.append(on_prepare)

    async def end_streams(_: web.Application) -> None:
        streams.close()

    app.on_shutdown.append(end_streams)
    app.on_shutdown.append(verification.close)
    app.on_startup.append(oauth.start)
    app.on_shutdown.append(oauth.close)
    return app


async def ensure_free(config: Config) -> None:
    """To be asked before anything is made: raises what `serve` would. Somebody else may be quicker in between."""
    http = config.http
    choosing.check(http)
    _is_stale(config.socket)
    if not http.port:
        return
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(
            http.host or None, http.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, kind, protocol, _, where in found:
            _try_to_bind(family, kind, protocol, where)
    except OSError as error:
        raise _cannot_listen(http, error) from error


def _try_to_bind(family: int, kind: int, protocol: int, where: tuple[Any, ...]) -> None:
    """As the loop does for its servers. Raises `OSError`; but not for a family that this machine does not have."""
    try:
        probe = socket.socket(family, kind, protocol)
    except OSError:
        return
    with probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        probe.bind(where)


@asynccontextmanager
async def serve(
    gateway: Gateway, opened: Callable[[Gateway, Reach, str], Awaitable[None]] | None = None
) -> AsyncIterator[str]:
    """Listens while it is entered; gives the address, as in `http://127.0.0.1:8420`. `opened` is awaited with it first.

    Raises `ConfigError` where listening would not be safe, `OSError` where it is not possible.
    """
    tls = await choosing.served(gateway.config, gateway.clock, lambda: gateway.house.time.is_known)
    app = make_app(gateway, tls)
    if tls is not None:
        gateway.reloads.append(tls.check)
    forget = gateway.identity.on_revoked(app[STREAMS].revoke)
    runner = web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=KEEPALIVE_S,
        max_line_size=LONGEST_LINE_BYTES,
        max_field_size=LONGEST_HEADER_BYTES,
        max_headers=MOST_HEADERS,
        shutdown_timeout=SHUTDOWN_S,
        logger=server_log(),
        auto_decompress=False,  # it would be done on the loop, also of what is refused
    )
    await runner.setup()
    server = runner.server
    assert server is not None
    server.request_handler = app[EXPRESS].before(server.request_handler)
    allow_more_files()
    Connections().watch(server)
    try:
        async with _network(server, gateway.config.http, tls.context if tls is not None else None) as address:
            app[REACH].served_at(address)
            async with _local_socket(runner, gateway.config), kept(tls):
                if opened is not None:
                    await opened(gateway, app[REACH], address)
                yield address
    finally:
        forget()
        await runner.cleanup()


@asynccontextmanager
async def _network(server: web.Server, http: Http, tls: ssl.SSLContext | None) -> AsyncIterator[str]:
    """The listener for the network; gives its address."""
    async with AsyncExitStack() as stack:
        try:
            if tls is None:
                loop = asyncio.get_running_loop()
                listener = await loop.create_server(server, http.host or None, http.port, backlog=BACKLOG)
                stack.callback(listener.close)
                bound = listener.sockets[0].getsockname()
            else:
                made = accepting(server, tls, http.host, http.port, BACKLOG)
                bound = await stack.enter_async_context(made)
        except OSError as error:
            raise _cannot_listen(http, error) from error
        host = http.hosts[0] if http.host in WILDCARDS and http.hosts else bound[0]
        yield f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{bound[1]}"


def _cannot_listen(http: Http, error: OSError) -> OSError:
    where = f"{http.host}:{http.port}"
    why = os.strerror(error.errno) if isinstance(error.errno, int) and error.errno > 0 else error.strerror
    what = f"the API cannot listen on {where} ({why or error}); set another [http] port"
    return OSError(error.errno, what)


@asynccontextmanager
async def _local_socket(runner: web.AppRunner, config: Config) -> AsyncIterator[None]:
    """The socket for the box itself. Its mode is set before it listens, so nobody slips in between."""
    path = config.socket
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    _clear_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(SOCKET_MODE)
        with suppress(KeyError, PermissionError):
            os.chown(path, -1, grp.getgrnam(ADMIN_GROUP).gr_gid)
        assert runner.server is not None
        server = await asyncio.get_running_loop().create_unix_server(runner.server, sock=listener)
        try:
            yield
        finally:
            server.close()
    finally:
        listener.close()
        path.unlink(missing_ok=True)


def _clear_stale(path: Path) -> None:
    """Removes what a crash left. Raises `OSError` if somebody listens there."""
    if _is_stale(path):
        path.unlink(missing_ok=True)


def _is_stale(path: Path) -> bool:
    """Whether a socket is there, and nobody behind it. Raises `OSError` if somebody listens there."""
    if not path.is_socket():
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return True
        else:
            raise OSError(
                errno.EADDRINUSE, f"another gateway listens on {path}; stop it, or set another http.socket"
            )
