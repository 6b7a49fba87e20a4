"""Events over a WebSocket (RFC 6455): each message is a JSON array of events."""

from __future__ import annotations

import asyncio
from typing import Final

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from gateway.api.problems import Problem
from gateway.api.streams import Stream
from gateway.observers import Event

SUBPROTOCOL: Final = "events.hearth"
"""Of the opening handshake (RFC 6455, section 1.9), for those who ask for one; it is spoken in any case."""

PING_S: Final = 30.0
"""A reader that does not answer a ping for half of this is gone."""

FRAME_EVENTS: Final = 512
"""Events in one message: some 80 kB, well below what clients take at once."""

LONGEST_MESSAGE_BYTES: Final = 4096
"""From the reader: nothing it says means anything, so it may not say much."""


async def serve_websocket(request: web.Request, stream: Stream) -> web.WebSocketResponse:
    """Sends events until the stream ends or the reader goes.

    The first message is `[{"type": "hello", "run": …, "last": …}]`; `<run>-<id>` resumes after an event, as `?after=` or
    `Last-Event-ID`.
    """
    socket = web.WebSocketResponse(
        protocols=(SUBPROTOCOL,), heartbeat=PING_S, compress=False, max_msg_size=LONGEST_MESSAGE_BYTES
    )
    if not socket.can_prepare(request).ok:
        raise Problem("bad-request", "this is no WebSocket handshake (RFC 6455, section 4.2.1)")
    await socket.prepare(request)
    reader = asyncio.create_task(_until_closed(socket, stream), name="websocket reader")
    try:
        await socket.send_frame(_hello(stream), WSMsgType.TEXT)
        await _send(socket, stream)
    except ConnectionError:
        pass
    finally:
        code = WSCloseCode.POLICY_VIOLATION if stream.revoked else WSCloseCode.GOING_AWAY
        await socket.close(code=code, message=b"the token was revoked" if stream.revoked else b"")
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
    return socket


async def _send(socket: web.WebSocketResponse, stream: Stream) -> None:
    while True:
        events, missed = await stream.batch()
        if not events or socket.closed:
            return
        if missed:
            await socket.send_frame(_missed(missed), WSMsgType.TEXT)
        for start in range(0, len(events), FRAME_EVENTS):
            await socket.send_frame(message_of(events[start : start + FRAME_EVENTS]), WSMsgType.TEXT)


def message_of(events: list[Event]) -> bytes:
    return b"[" + b",".join([event.body for event in events]) + b"]"


async def _until_closed(socket: web.WebSocketResponse, stream: Stream) -> None:
    """Reads, so that pings are answered and the end is noticed; what is said is not looked at."""
    async for _ in socket:
        pass
    stream.observer.close()


def _hello(stream: Stream) -> bytes:
    hello = [{"type": "hello", "run": stream.run, "last": stream.last}]
    return orjson.dumps(hello if stream.missed == 0 else [*hello, {"type": "missed", "count": stream.missed}])


def _missed(count: int) -> bytes:
    return orjson.dumps([{"type": "missed", "count": count}])
