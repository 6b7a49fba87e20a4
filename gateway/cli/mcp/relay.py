"""Carries messages: lines of the agent's host to `/mcp`, and what comes back to its lines. Knows no tool and changes no answer.

A gateway that restarts is waited for. What may have reached it is not sent a second time: the host is told so. A session that
the gateway no longer knows is begun anew, with the host's own first words.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import aiohttp

from gateway.cli.mcp.wire import (
    INVALID_REQUEST,
    NOT_ANSWERED,
    PARSE_ERROR,
    Message,
    error,
    headers_of,
    is_request,
    line_of,
    params_of,
    parsed,
    version_of,
)
from gateway.cli.sse import EventStream

LONGEST_LINE_BYTES: Final = 1024 * 1024
"""Of an event of the gateway; its largest answers are far below."""

MOST_REQUESTS: Final = 48
"""On their way at the same time: fewer than the gateway takes of one agent. Further lines wait."""

COMES_BACK_WITHIN_S: Final = 60.0
"""For a gateway that restarts; after that the host is told that it cannot be reached."""

RETRY_S: Final = (0.2, 5.0)
"""From the first wait for it to the longest; each is drawn at random below the double of the one before."""

HOSTILE: Final = frozenset({401, 403, 421})
"""Answers that will be the same for every further message."""

ANSWER_S: Final = 40.0
"""For the first words of an answer: the gateway sends a comment every 15 seconds."""


class Refused(Exception):
    """The gateway lets nobody in with this token, or not here."""


class Relay:
    """`say` takes a line for the host, `note` a sentence for people."""

    def __init__(
        self, http: aiohttp.ClientSession, url: str, say: Callable[[bytes], None], note: Callable[[str], None]
    ) -> None:
        self._http, self._url, self._say, self._note = http, url, say, note
        self._room = asyncio.Semaphore(MOST_REQUESTS)
        self._tasks: dict[Any, asyncio.Task[None]] = {}
        self._session = ""
        self._version = ""
        self._first: Message | None = None
        self._listening: asyncio.Task[None] | None = None
        self._subscribed: set[str] = set()
        self._renewing = asyncio.Lock()
        self.refused = asyncio.get_running_loop().create_future()

    async def take(self, line: bytes) -> None:
        """One line of the host. Waits while too much is on its way."""
        if not line.strip():
            return
        message = parsed(line)
        if message is None:
            self._tell(error(None, PARSE_ERROR, "each line is one JSON-RPC message"))
            return
        self._cancel(message)
        if message.get("method") == "initialize":
            await self._carry(message)  # nothing overtakes it
            return
        await self._room.acquire()
        key = message["id"] if is_request(message) and isinstance(message["id"], str | int) else object()
        if key in self._tasks:
            self._room.release()
            self._tell(error(key, INVALID_REQUEST, "a request with this id is on its way"))
            return
        task = asyncio.create_task(self._carry(message), name="mcp message")
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._done(key))
        if not is_request(message):
            await asyncio.wait({task})  # notifications and answers keep their order

    async def close(self) -> None:
        """Ends what is on its way, and the session."""
        tasks = [*self._tasks.values(), *([self._listening] if self._listening else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session:
            with suppress(aiohttp.ClientError, TimeoutError):
                timeout = aiohttp.ClientTimeout(total=2)
                async with self._http.delete(self._url, headers=self._headers({}), timeout=timeout):
                    pass

    async def drain(self) -> None:
        """Waits for the answers that are still to come: the host said its last word."""
        while self._tasks:
            await asyncio.wait([*self._tasks.values()])

    # ------------------------------------------------------------------ one message

    async def _carry(self, message: Message) -> None:
        try:
            await self._post(message)
        except Refused as refused:
            self._fail(message, str(refused))
            if not self.refused.done():
                self.refused.set_exception(refused)
        except aiohttp.ClientConnectorError as lost:
            self._fail(message, f"the gateway at {self._url} cannot be reached ({lost.strerror or lost})")
        except (aiohttp.ClientError, TimeoutError):
            self._fail(
                message,
                "the connection to the gateway broke before it answered: whether it was carried out is not known; look before "
                "you repeat it (the same idempotency_key does it once)",
            )

    async def _post(self, message: Message, *, again: bool = True) -> None:
        session = self._session
        async with await self._reached(message) as answer:
            if answer.status == 404 and session and not version_of(message) and again:
                await answer.read()
            else:
                await self._relay(message, answer)
                return
        await self._renew(session)
        await self._post(message, again=False)

    async def _reached(self, message: Message) -> aiohttp.ClientResponse:
        """The answer's beginning. While nobody listens, nothing was sent: it is tried again. Raises `aiohttp.ClientError`."""
        wait, deadline = RETRY_S[0], asyncio.get_running_loop().time() + COMES_BACK_WITHIN_S
        while True:
            try:
                return await self._http.post(self._url, json=message, headers=self._headers(message))
            except aiohttp.ClientConnectorCertificateError:
                raise
            except aiohttp.ClientConnectorError as lost:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                if wait == RETRY_S[0]:
                    self._note(f"the gateway cannot be reached ({lost.strerror or lost}); trying again")
            await asyncio.sleep(random.uniform(0.5, 1.0) * wait)  # noqa: S311  not all come back at once
            wait = min(wait * 2, RETRY_S[1])

    async def _relay(self, message: Message, answer: aiohttp.ClientResponse) -> None:
        """What came back, as lines. Raises `Refused`."""
        if answer.status in HOSTILE:
            raise Refused(await _words(answer))
        if answer.content_type == "text/event-stream":
            answered = await self._events(answer, message)
            if is_request(message) and not answered:
                raise aiohttp.ClientPayloadError
            return
        if answer.content_type == "application/json":
            found = parsed(await answer.read())
            if found is not None and is_request(message):
                self._heard(message, answer, found)
                self._tell(found if found.get("id") is not None else found | {"id": message["id"]})
        elif answer.status >= 400:
            self._fail(message, await _words(answer))
        elif message.get("method") == "notifications/initialized":
            self._listening = self._listening or asyncio.create_task(self._listen(), name="mcp listening")

    async def _events(self, answer: aiohttp.ClientResponse, message: Message, *, quiet: bool = False) -> bool:
        """Relays events; whether the answer to `message` was among them. `quiet`: the host has it already."""
        stream, answered = EventStream(), False
        async for line in answer.content:
            event = stream.feed(line)
            found = parsed(event.data.encode()) if event is not None and event.type == "message" else None
            if found is None:
                continue
            mine = is_request(message) and "method" not in found and found.get("id") == message["id"]
            if mine:
                answered = True
                self._heard(message, answer, found)
            if not (mine and quiet):
                self._tell(found)
        return answered

    # ------------------------------------------------------------------ sessions of the handshake's era

    def _heard(self, message: Message, answer: aiohttp.ClientResponse, found: Message) -> None:
        result = found.get("result")
        if not isinstance(result, dict):
            return
        method, uri = message.get("method"), params_of(message).get("uri")
        if method == "initialize":
            self._first, self._session = message, answer.headers.get("Mcp-Session-Id", "")
            self._version = str(result.get("protocolVersion", ""))
        elif method == "resources/subscribe" and isinstance(uri, str):
            self._subscribed.add(uri)
        elif method == "resources/unsubscribe":
            self._subscribed.discard(str(uri))

    async def _renew(self, lost: str) -> None:
        """Begins the session anew that the gateway does not know any more, without the host."""
        async with self._renewing:
            if self._session != lost or self._first is None:
                return
            self._session = ""
            async with await self._reached(self._first) as answer:
                if answer.status in HOSTILE:
                    raise Refused(await _words(answer))
                await self._events(answer, self._first, quiet=True)
            notified = {"jsonrpc": "2.0", "method": "notifications/initialized"}
            async with await self._reached(notified):
                pass
            for uri in sorted(self._subscribed):
                asks = {
                    "jsonrpc": "2.0",
                    "id": "again",
                    "method": "resources/subscribe",
                    "params": {"uri": uri},
                }
                async with await self._reached(asks) as answer:
                    await self._events(answer, asks, quiet=True)
            self._note("the gateway was started anew; the session goes on")

    async def _listen(self) -> None:
        """What the gateway says by itself in a session, as long as there is one."""
        wait = RETRY_S[0]
        while self._session:
            session = self._session
            with suppress(aiohttp.ClientError, TimeoutError):
                headers = self._headers({}) | {"Accept": "text/event-stream"}
                async with self._http.get(self._url, headers=headers) as answer:
                    if answer.status == 404:
                        await self._renew(session)
                    elif answer.status == 200:
                        wait = RETRY_S[0]
                        await self._events(answer, {})
            await asyncio.sleep(random.uniform(0.5, 1.0) * wait)  # noqa: S311  not all come back at once
            wait = min(wait * 2, RETRY_S[1])

    def _headers(self, message: Message) -> dict[str, str]:
        headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
        if version_of(message):
            return headers | headers_of(message)
        if self._session and message.get("method") != "initialize":
            headers |= {"Mcp-Session-Id": self._session, "MCP-Protocol-Version": self._version}
        return headers

    # ------------------------------------------------------------------ small things

    def _cancel(self, message: Message) -> None:
        """In the newest era a request is cancelled by hanging up; the notification says nothing to the gateway."""
        if message.get("method") == "notifications/cancelled" and not self._session:
            task = self._tasks.get(params_of(message).get("requestId"))
            if task is not None:
                task.cancel()

    def _done(self, key: Any) -> None:
        self._tasks.pop(key, None)
        self._room.release()

    def _fail(self, message: Message, words: str) -> None:
        self._note(words)
        if is_request(message):
            self._tell(error(message["id"], NOT_ANSWERED, words))

    def _tell(self, message: Message) -> None:
        self._say(line_of(message))


async def _words(answer: aiohttp.ClientResponse) -> str:
    """A problem document's own sentence."""
    found = parsed(await answer.read()) or {}
    told = found.get("detail") or (found.get("error") or {}).get("message")
    return f"the gateway says: {told or answer.reason} ({answer.status})"
