"""A Thing on a small HTTP server; and what a driver is given: an mDNS browser that a test speaks for, a vault in memory."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

import orjson
from aiohttp import web

from capabilities.vocabulary import Json
from drivers.discovery.seen import Service, ServiceLost
from drivers.discovery.tools import Stop, Tools
from gateway.clock import SystemClock

LAMP_ID = "urn:uuid:0804d572-cce8-422a-bb7c-4412fcd56f06"


class FakeServices:
    """What the shared browser would tell, as the test says it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Service] = {}
        self._told: list[Callable[[Service | ServiceLost], None]] = []

    @property
    def zeroconf(self) -> Any:
        raise AssertionError("this driver needs none")

    def watch(self, types: Collection[str], told: Callable[[Service | ServiceLost], None]) -> Stop:
        for one in self._known.values():
            told(one)
        self._told.append(told)
        return lambda: self._told.remove(told) if told in self._told else None

    def announce(
        self, port: int, path: str, *, name: str = "Lamp", host: str = "lamp.local.",
        addresses: tuple[str, ...] = ("127.0.0.1",), **text: str,
    ) -> None:  # fmt: skip
        one = Service("_wot._tcp.local.", name, host, port, addresses, {"td": path, **text})
        self._known[one.type, name] = one
        for told in list(self._told):
            told(one)

    def lose(self, name: str = "Lamp") -> None:
        self._known.pop(("_wot._tcp.local.", name), None)
        for told in list(self._told):
            told(ServiceLost("_wot._tcp.local.", name))


class MemoryVault:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def load(self) -> Mapping[str, bytes]:
        return dict(self.kept)

    async def put(self, device: str, secret: bytes) -> None:
        self.kept[device] = secret

    async def delete(self, device: str) -> None:
        self.kept.pop(device, None)


def tools(services: FakeServices, vault: MemoryVault | None = None) -> Tools:
    return Tools(SystemClock(), services, cast(Any, None), cast(Any, None), vault or MemoryVault())


def lamp_td(**changes: Any) -> dict[str, Any]:
    """A lamp with relative forms; observed by server-sent events."""
    sse = {
        "href": "properties/on/events",
        "op": "observeproperty",
        "subprotocol": "sse",
        "contentType": "text/event-stream",
    }
    description: dict[str, Any] = {
        "@context": ["https://www.w3.org/2022/wot/td/v1.1", {"iot": "http://iotschema.org/"}],
        "@type": "iot:Light",
        "id": LAMP_ID,
        "title": "Desk lamp",
        "securityDefinitions": {"nosec_sc": {"scheme": "nosec"}},
        "security": "nosec_sc",
        "properties": {
            "on": {"type": "boolean", "observable": True, "forms": [{"href": "properties/on"}, sse]},
            "brightness": {
                "type": "integer", "minimum": 0, "maximum": 255, "forms": [{"href": "properties/brightness"}],
            },
            "uptime": {"type": "integer", "unit": "s", "readOnly": True, "forms": [{"href": "properties/uptime"}]},
        },
        "actions": {
            "fade": {
                "title": "Fade",
                "input": {"type": "object", "properties": {"to": {"type": "integer"}}, "required": ["to"]},
                "forms": [{"href": "actions/fade"}],
            },
            "blink": {"forms": [{"href": "actions/blink"}]},
        },
        "events": {
            "overheated": {
                "data": {"type": "number"},
                "forms": [{"href": "events/overheated", "subprotocol": "sse", "contentType": "text/event-stream"}],
            }
        },
    }  # fmt: skip
    return {**description, **changes}


class WotPeer:
    """Serves `description` at /lamp/td, and what it describes beneath /lamp. `credentials` ("user:password", or a token) are
    asked of everything but the description.
    """

    def __init__(
        self, description: dict[str, Any] | None = None, *, credentials: str = "", locked: bool = False
    ) -> None:
        self.description = description or lamp_td()
        self.credentials = credentials
        self.locked = locked  # the description, too
        self.values: dict[str, Json] = {"on": False, "brightness": 0, "uptime": 7}
        self.commands: list[tuple[str, Json]] = []
        self.arrived = asyncio.Condition()
        self.streams: dict[str, list[web.StreamResponse]] = {}
        self.status: dict[str, Json] = {}
        self.hearing = asyncio.Event()
        self.hearing.set()
        self.gone = False
        self.port = 0
        self.looks = 0
        self.refused = 0
        self.brought: list[str] = []  # credentials that came along
        self._runner: web.AppRunner | None = None
        self._changed = asyncio.Condition()

    async def start(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/lamp/td", self._describe),
                web.get("/lamp/properties/{name}", self._read),
                web.put("/lamp/properties/{name}", self._write),
                web.get("/lamp/properties/{name}/events", self._stream),
                web.get("/lamp/properties/{name}/wait", self._wait),
                web.post("/lamp/actions/{name}", self._invoke),
                web.get("/lamp/status/{name}", self._status),
                web.get("/lamp/events/{name}", self._stream),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, self.port, reuse_address=True, ssl_context=tls)
        await site.start()
        self.port = cast(Any, site._server).sockets[0].getsockname()[1]

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            self.hearing.set()
            for response in [one for streams in self.streams.values() for one in streams]:
                response.force_close()
                if response._req is not None and response._req.transport is not None:
                    response._req.transport.abort()
            self.streams.clear()
            await runner.cleanup()

    async def set(self, name: str, value: Json) -> None:
        """At the device."""
        self.values[name] = value
        await self.tell(name, name, value)
        async with self._changed:
            self._changed.notify_all()

    async def tell(self, stream: str, event: str, data: Json) -> None:
        text = b"event: " + event.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"
        for response in list(self.streams.get(stream, ())):
            await response.write(text)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        await self.hearing.wait()
        self.brought += request.headers.getall("Authorization", [])
        open_ = request.path == "/lamp/td" and not self.locked
        if self.credentials and not open_ and not self._knows(request):
            self.refused += 1
            scheme = "Basic" if ":" in self.credentials else "Bearer"
            return web.Response(status=401, headers={"WWW-Authenticate": scheme})
        response: web.StreamResponse = await handler(request)
        return response

    def _knows(self, request: web.Request) -> bool:
        told = request.headers.get("Authorization", "")
        if ":" in self.credentials:
            return told == "Basic " + base64.b64encode(self.credentials.encode()).decode()
        key = request.query.get("key") or request.headers.get("X-Key") or request.cookies.get("key")
        return self.credentials in (told.removeprefix("Bearer "), key)

    async def _describe(self, request: web.Request) -> web.Response:
        self.looks += 1
        if self.gone:
            return web.Response(status=404)
        return web.Response(body=orjson.dumps(self.description), content_type="application/td+json")

    async def _read(self, request: web.Request) -> web.Response:
        return web.json_response(self.values.get(request.match_info["name"]))

    async def _write(self, request: web.Request) -> web.Response:
        name, value = request.match_info["name"], orjson.loads(await request.read())
        await self._note(name, value)
        await self.set(name, value)
        return web.Response(status=204)

    async def _note(self, name: str, value: Json) -> None:
        self.commands.append((name, value))
        async with self.arrived:
            self.arrived.notify_all()

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        self.streams.setdefault(name, []).append(response)
        async with self._changed:
            self._changed.notify_all()
        await asyncio.Event().wait()
        return response

    async def streaming(self, name: str) -> None:
        """Until somebody listens to `name`."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self.streams.get(name)))

    async def _wait(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        before = self.values.get(name)
        async with self._changed:
            await self._changed.wait_for(lambda: self.values.get(name) != before)
        return web.json_response(self.values[name])

    async def _invoke(self, request: web.Request) -> web.Response:
        name, body = request.match_info["name"], await request.read()
        await self._note(name, orjson.loads(body) if body else None)
        status = self.status.get(name)
        if status is None:
            return web.Response(status=204)
        return web.json_response(
            {"status": "pending"}, status=201, headers={"Location": f"/lamp/status/{name}"}
        )

    async def _status(self, request: web.Request) -> web.Response:
        return web.json_response(self.status[request.match_info["name"]])
