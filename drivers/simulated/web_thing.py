"""A simulated W3C Web of Things light: a Thing Description over http, with a password, announced by mDNS.

Source: W3C WoT Thing Description 1.1; WoT Discovery, section 6.1.3 (DNS-SD); HTML, "Server-sent events".
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import socket
import time
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Any, Final, Self

import orjson
from aiohttp import web

from drivers.simulated.actuations import Actuation, ActuationLog

THING_ID: Final = "urn:uuid:5a3c0e0a-7d0f-4b39-9a62-6a1f3c0d9e55"
TITLE: Final = "Garden light"
SERVICE: Final = "_wot._tcp.local."
DESCRIPTION: Final = "/td"

Value = bool | int


class WebLight:
    """From `async with` until its end at a free port of `host`. `credentials` are `user:password`, `ident` is its id, a URN;
    `announced`: by mDNS on the interface of `host`.
    """

    def __init__(
        self,
        credentials: str,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        ident: str = THING_ID,
        announced: bool = True,
        actuations: ActuationLog | None = None,
    ) -> None:
        self.state: dict[str, Value] = {"on": False, "brightness": 100}
        self.port = port
        self._id = ident
        self._expected = "Basic " + base64.b64encode(credentials.encode()).decode()
        self._host = host
        self._announced = announced
        self._actuations = actuations
        self._changed = asyncio.Condition()
        self._streams: set[asyncio.Task[object]] = set()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get(DESCRIPTION, self._describe)
        app.router.add_get("/properties/{name}", self._read)
        app.router.add_put("/properties/{name}", self._write)
        app.router.add_get("/properties/{name}/observe", self._observe)
        runner = web.AppRunner(
            app, handle_signals=False, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        self._stack.push_async_callback(self._end_streams)
        await web.TCPSite(runner, self._host, self.port).start()
        self.port = int(runner.addresses[0][1])
        if self._announced:
            await self._announce()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def description(self) -> dict[str, Any]:
        """Its Thing Description."""
        return {
            "@context": "https://www.w3.org/2022/wot/td/v1.1",
            "@type": "Thing",
            "id": self._id,
            "title": TITLE,
            "description": "A simulated light, dimmable, over http",
            "base": f"http://{self._host}:{self.port}/",
            "securityDefinitions": {"login": {"scheme": "basic", "in": "header"}},
            "security": ["login"],
            "properties": {
                "on": _property("on", {"type": "boolean", "title": "On"}),
                "brightness": _property(
                    "brightness",
                    {"type": "integer", "minimum": 1, "maximum": 100, "unit": "%", "title": "Brightness"},
                ),
            },
        }

    async def press(self, name: str, value: Value) -> None:
        """Somebody is at the device."""
        async with self._changed:
            self.state[name] = value
            self._changed.notify_all()

    # ------------------------------------------------------------------ inside

    async def _announce(self) -> None:
        from zeroconf import IPVersion, ServiceInfo  # noqa: PLC0415  only where it is to be found
        from zeroconf.asyncio import AsyncZeroconf  # noqa: PLC0415

        zeroconf = AsyncZeroconf(interfaces=[self._host], ip_version=IPVersion.V4Only)
        self._stack.push_async_callback(zeroconf.async_close)
        info = ServiceInfo(
            SERVICE,
            f"{TITLE}.{SERVICE}",
            port=self.port,
            properties={"td": DESCRIPTION, "type": "Thing", "scheme": "http"},
            server=f"garden-light-{self.port}.local.",
            addresses=[socket.inet_aton(self._host)],
        )
        await (await zeroconf.async_register_service(info, allow_name_change=True))
        self._stack.push_async_callback(zeroconf.async_unregister_all_services)

    async def _describe(self, _: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(self.description()), content_type="application/td+json")

    async def _read(self, request: web.Request) -> web.Response:
        return _json(self.state[self._allowed(request)])

    async def _write(self, request: web.Request) -> web.Response:
        name = self._allowed(request)
        try:
            value = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            raise web.HTTPBadRequest from None
        fits = isinstance(value, bool) if name == "on" else type(value) is int and 1 <= value <= 100
        if not fits:
            raise web.HTTPBadRequest(text=f"{name} cannot be that")
        if self._actuations is not None:
            told = time.monotonic(), time.time(), "garden-light", request.path, orjson.dumps(value), "applied"
            self._actuations.add(Actuation(*told))
        await self.press(name, value)
        return web.Response(status=204)

    async def _observe(self, request: web.Request) -> web.StreamResponse:
        """Every change as a server-sent event, the present value first."""
        name = self._allowed(request)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        stream = asyncio.current_task()
        assert stream is not None
        self._streams.add(stream)
        stream.add_done_callback(self._streams.discard)
        with suppress(ConnectionError):
            told: Value | None = None
            while True:
                async with self._changed:
                    while self.state[name] is told:
                        await self._changed.wait()
                    told = self.state[name]
                await response.write(b"data: " + orjson.dumps(told) + b"\n\n")
        return response

    async def _end_streams(self) -> None:
        streams = list(self._streams)
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)

    def _allowed(self, request: web.Request) -> str:
        """The property of the path, for whoever has the password."""
        said = request.headers.get("Authorization", "")
        if not hmac.compare_digest(said.encode(), self._expected.encode()):
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Basic realm="garden light"'})
        name = request.match_info["name"]
        if name not in self.state:
            raise web.HTTPNotFound
        return name


def _property(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        **schema,
        "observable": True,
        "forms": [
            {"href": f"properties/{name}", "op": ["readproperty", "writeproperty"]},
            {"href": f"properties/{name}/observe", "op": ["observeproperty"], "subprotocol": "sse"},
        ],
    }


def _json(value: Value) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")
