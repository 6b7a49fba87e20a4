"""One connection pool to one gateway: requests, their answers and problems, and streams that are taken up again."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import orjson

from gateway.client.models import Event
from gateway.client.problems import NotReached, Problem, Unauthorized, problem
from gateway.client.sse import EventStream

ANSWER_S: Final = 20.0
"""For an answer that waits for no device."""

COMMAND_S: Final = 180.0
"""For a command: the slowest effect (a garage door, a blind) is awaited before the gateway answers."""

SILENCE_S: Final = 60.0
"""On a stream the gateway sends a comment well within this."""

AGAIN_S: Final = (0.2, 1.0, 3.0, 10.0)
"""Waits before a stream is taken up again; the last one as often as it must be."""

LONGEST_LINE_BYTES: Final = 1 << 20
"""Of a stream: an event has some kilobytes."""

RETRYABLE: Final = frozenset({429, 500, 502, 503, 504})


class Transport:
    """Used between `__aenter__` and `__aexit__` of `Hearth`."""

    def __init__(self, url: str, token: str, ca: str | Path | None) -> None:
        self._url = url.rstrip("/")
        context = ssl.create_default_context(cafile=ca) if ca is not None else True
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            connector=aiohttp.TCPConnector(ssl=context),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=ANSWER_S),
            read_bufsize=LONGEST_LINE_BYTES,
        )

    async def close(self) -> None:
        await self._session.close()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        seconds: float = ANSWER_S,
    ) -> tuple[int, Mapping[str, str], Any]:
        """Status, headers and JSON (None for no body). Raises `NotReached` and `Problem`.

        What only reads, or carries an Idempotency-Key, is repeated once where the connection broke.
        """
        sent = dict(headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        tries = 2 if method == "GET" or "Idempotency-Key" in sent else 1
        while True:
            tries -= 1
            try:
                async with asyncio.timeout(seconds):
                    return await self._once(method, path, query, sent, body)
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, ConnectionError) as error:
                if not tries:
                    raise NotReached(f"{self._url} does not answer: {error}") from error
            except TimeoutError as error:
                raise NotReached(f"{self._url} did not answer within {seconds:.0f} s") from error

    async def _once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> tuple[int, Mapping[str, str], Any]:
        async with self._session.request(
            method, self._url + path, params=query, headers=headers, data=body, allow_redirects=False
        ) as response:
            raw = await response.read()
            value = _parsed(raw, response.content_type)
            if response.status >= 400:
                raise problem(response.status, value, response.headers.get("Retry-After", ""))
            return response.status, response.headers, value

    async def events(
        self, path: str, query: Mapping[str, str] | None = None, after: str = ""
    ) -> AsyncGenerator[Event, None]:
        """Server-sent events, taken up behind the last one whenever the connection breaks. Ends with `Unauthorized` when the
        token does; raises `Problem` for what will not pass by itself.
        """
        stream, failures = EventStream(last_id=after), 0
        while True:
            try:
                async for event in self._stream(path, query, stream):
                    failures = 0
                    yield event
            except (aiohttp.ClientError, ConnectionError, TimeoutError):
                pass
            except Problem as error:
                if error.status not in RETRYABLE:
                    raise
            await asyncio.sleep(AGAIN_S[min(failures, len(AGAIN_S) - 1)])
            failures += 1

    async def _stream(
        self, path: str, query: Mapping[str, str] | None, stream: EventStream
    ) -> AsyncGenerator[Event, None]:
        headers = {"Accept": "text/event-stream"}
        if stream.last_id:
            headers["Last-Event-ID"] = stream.last_id
        silence = aiohttp.ClientTimeout(total=None, sock_connect=ANSWER_S, sock_read=SILENCE_S)
        stream.begin()
        async with self._session.get(
            self._url + path, params=query, headers=headers, timeout=silence
        ) as response:
            if response.status != 200:
                raw = await response.read()
                value = _parsed(raw, response.content_type)
                raise problem(response.status, value, response.headers.get("Retry-After", ""))
            async for line in response.content:
                if (event := stream.feed(line)) is None:
                    continue
                if event.type == "revoked":
                    raise Unauthorized(401, {"detail": "the token was revoked while the stream was open"})
                yield event


def segment(text: str) -> str:
    """One segment of a path."""
    return quote(text, safe="-._~:")


def dumped(value: object) -> bytes:
    return orjson.dumps(value)


def _parsed(raw: bytes, content_type: str) -> Any:
    if not raw or not content_type.endswith("json"):
        return None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
