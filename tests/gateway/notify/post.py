"""Those on the other side: a web server, a server by ntfy's documentation, and a notifier that sends to them."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from drivers.simulated.timeline import ManualTimeline
from gateway.clock import Clock
from gateway.config import Channel, Config
from gateway.ids import new_id
from gateway.ledger import Ledger, Record
from gateway.notify import Notice, Notifier, Urgency
from gateway.observers import Event, Observer, Observers
from gateway.storage import Database
from gateway.supervisor import Supervisor
from policies import Role


@dataclass
class Answer:
    """What the server says next; the last one stays."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "ok"


@dataclass
class Request:
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class WebServer:
    """A real one on loopback. `answers` are used up in order; the last one stays."""

    def __init__(self) -> None:
        self.got: list[Request] = []
        self.answers = [Answer()]
        self.hold: asyncio.Event | None = None
        self.arrived = asyncio.Event()
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.got.append(Request(request.path, dict(request.headers), await request.read()))
        self.arrived.set()
        if self.hold is not None:
            await self.hold.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=answer.status, headers=answer.headers, text=answer.body)

    async def delivered(self, *notices: str) -> None:
        """Until each of these was posted at least once."""
        async with asyncio.timeout(30):
            while set(notices) - {one.headers["webhook-id"] for one in self.got}:
                self.arrived.clear()
                await self.arrived.wait()

    @asynccontextmanager
    async def serving(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[WebServer]:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


class NtfyServer(WebServer):
    """As docs.ntfy.sh/publish has it: JSON to the root, names of topics, priorities 1 to 5, tags in a list, `sequence_id`s of
    64 characters, messages of 4,096 bytes, and tokens. `shown` is what a phone shows: by sequence id, else by message.
    """

    def __init__(self, token: str = "") -> None:
        super().__init__()
        self.token = token
        self.shown: dict[str, dict[str, Any]] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.got.append(Request(request.path, dict(request.headers), body))
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return self._error(401 if "Authorization" not in request.headers else 403, "unauthorized")
        if request.path != "/" or request.method not in {"POST", "PUT"}:
            return self._error(404, "page not found")
        try:
            message = json.loads(body)
            assert isinstance(message, dict)
        except (ValueError, AssertionError):
            return self._error(400, "invalid request: request body must be message JSON")
        if problem := self._problem(message):
            return self._error(400, problem)
        self.shown[message.get("sequence_id") or f"{len(self.got)}"] = message
        return web.json_response({"id": "sPs71M8A2T", "event": "message", "topic": message["topic"]})

    def _problem(self, message: dict[str, Any]) -> str:
        if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", str(message.get("topic"))):
            return "invalid request: topic invalid"
        priority = message.get("priority", 3)
        if not isinstance(priority, int) or not 1 <= priority <= 5:
            return "invalid priority parameter"
        if not isinstance(message.get("tags", []), list):
            return "invalid request: request body must be message JSON"
        if "sequence_id" in message and not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", message["sequence_id"]):
            return "invalid request: sequence ID invalid"
        if len(str(message.get("message", "")).encode()) > 4096:
            return "message becomes an attachment, which this server does not take"
        return ""

    def _error(self, status: int, text: str) -> web.Response:
        return web.json_response({"code": status * 100 + 1, "http": status, "error": text}, status=status)


@dataclass
class Post:
    """A notifier at work, by a clock that is moved by hand unless another one is given."""

    notifier: Notifier
    observers: Observers
    ledger: Ledger
    database: Database
    clock: Clock
    heard: Observer

    @property
    def timeline(self) -> ManualTimeline:
        assert isinstance(self.clock, ManualTimeline)
        return self.clock

    def notice(self, title: str = "The front door", **members: Any) -> Notice:
        at = members.pop("at", self.clock.wall())
        return Notice(new_id(at), at, title, members.pop("text", "coo asks to unlock it"), **members)

    def tell(self, title: str = "The front door", **members: Any) -> Notice:
        notice = self.notice(title, **members)
        self.notifier.tell(notice)
        return notice

    def urgent(self, title: str = "The front door", **members: Any) -> Notice:
        return self.tell(title, urgency=Urgency.HIGH, **members)

    @property
    def events(self) -> list[Event]:
        return list(self.heard._queue)

    async def rows(self) -> list[Record]:
        await self.ledger.flush()
        return await self.ledger.entries(kinds=("notice",), limit=1000)

    async def kept(self) -> list[tuple[object, ...]]:
        return [tuple(row) for row in await self.database.fetch_all("SELECT id, channel FROM notices")]

    async def kept_are(self, number: int) -> None:
        async with asyncio.timeout(5):
            while len(await self.kept()) != number:
                await self.ledger.flush()  # lets time pass: what is waited for has no event of its own


ROLES = {"anna": Role.OWNER, "ben": Role.ADULT, "tim": Role.CHILD}


@asynccontextmanager
async def posting(
    directory: Path,
    *channels: dict[str, Any],
    clock: Clock | None = None,
    working: bool = True,
    **config: Any,
) -> AsyncIterator[Post]:
    """`channels` are tables of `[[notify]]`."""
    clock = clock or ManualTimeline()
    settings = Config(
        state_dir=directory, notify=tuple(Channel.model_validate(one) for one in channels), **config
    )
    observers = Observers()
    async with (
        Ledger(directory, clock) as ledger,
        Database(directory / "hearth.db") as database,
        asyncio.TaskGroup() as group,
    ):
        supervisor = Supervisor(group, clock)
        notifier = Notifier(
            settings,
            observers=observers,
            ledger=ledger,
            database=database,
            clock=clock,
            role_of=ROLES.get,
        )
        await notifier.restore()
        if working:
            notifier.start(supervisor)
        try:
            yield Post(notifier, observers, ledger, database, clock, observers.subscribe(None))
        finally:
            supervisor.stop()


async def until(condition: Callable[[], object]) -> None:
    """Lets the loop turn until `condition` holds, five seconds at the most."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  what is waited for has no event of its own
            await asyncio.sleep(0)
