"""HTTP with one device: few connections, bounded answers, deadlines, and nothing that leads elsewhere.

Commands have a connection of their own each, so that a failed one tells what is known: without a connection nothing was sent,
after that anything may have happened. (On a kept connection that the peer closes, an HTTP client repeats a PUT by itself.)
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from drivers.driver import NotSent, Uncertain
from drivers.wot.addresses import ForbiddenAddressError, guarded_socket, parsed, refusal
from drivers.wot.origins import OriginError, Reach

CONNECTIONS_PER_DEVICE: Final = 4
"""For reads, and for commands: small servers take four or five at all. Streams come on top, `STREAMS_PER_DEVICE`."""

MAX_ANSWER_BYTES: Final = 256 * 1024
"""Of a read or a command. What is longer is given up."""

MAX_HEADERS: Final = 64
MAX_HEADER_BYTES: Final = 8 * 1024  # of one header, and of the first line

CONNECT_S: Final = 5.0
"""On a LAN a connection stands within milliseconds; a sleeping device may take a second."""

CLOSES_WITHIN_S: Final = 2.0
MAX_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class AnswerError(Exception):
    """The device answered what cannot be used. The text says what."""


@dataclass(frozen=True, slots=True)
class Request:
    """What goes out. `headers` may hold credentials: it is never shown."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = None
    content_type: str = ""
    query: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


class Client:
    """For one device at `reach`. Made in a running loop, and closed."""

    def __init__(
        self, reach: Reach, resolver: AbstractResolver | None, *, this_machine: bool, ca: Path | None = None
    ) -> None:
        """`ca` has certificates that are believed besides the system's authorities."""
        self.reach = reach
        self._ca = ca
        self._this_machine = this_machine
        self._resolver = resolver
        self._sessions: list[aiohttp.ClientSession] = []
        self._reads = self._session(CONNECTIONS_PER_DEVICE, keep=True)
        self._commands = self._session(CONNECTIONS_PER_DEVICE, keep=False)
        self._streams = self._session(0, keep=False)

    async def close(self) -> None:
        """All connections end at once. Waits for that even if whoever closes is cancelled meanwhile: it takes no time."""
        ends: list[asyncio.Future[None]] = []
        for session in self._sessions:
            if session.connector is not None:
                ends.append(asyncio.ensure_future(_awaited(session.connector.close(abort_ssl=True))))
                session.detach()
        cancelled = False
        while ends:
            try:
                await asyncio.wait(ends, timeout=CLOSES_WITHIN_S)
            except asyncio.CancelledError:
                cancelled = True
                continue
            break
        if cancelled:
            raise asyncio.CancelledError

    async def read(self, request: Request, seconds: float, most: int = MAX_ANSWER_BYTES) -> Answer:
        """A GET (or what a form says instead), with redirects as far as they stay within reach. Raises `NotSent`, `Uncertain`,
        `AnswerError`.
        """
        async with _deadline(seconds):
            for _ in range(MAX_REDIRECTS + 1):
                answer = await self._exchange(self._reads, request, most)
                if answer.status not in _REDIRECTS or request.method != "GET":
                    return answer
                request = self._redirected(request, answer)
            raise AnswerError("it redirects again and again")

    async def command(self, request: Request, seconds: float) -> Answer:
        """As `read`, and never redirected."""
        async with _deadline(seconds):
            return await self._exchange(self._commands, request, MAX_ANSWER_BYTES)

    async def wait(self, request: Request, seconds: float) -> Answer:
        """As `read`, for an answer that takes its time: it keeps no connection from others."""
        async with _deadline(seconds):
            return await self._exchange(self._streams, request, MAX_ANSWER_BYTES)

    @asynccontextmanager
    async def stream(self, request: Request, seconds: float) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer whose body is read as it comes; `seconds` until it begins. Raises as `read`."""
        async with _deadline(seconds):
            response = await self._open(self._streams, request)
        try:
            yield response
        finally:
            response.close()

    def _session(self, limit: int, *, keep: bool) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=limit,
            force_close=not keep,
            use_dns_cache=False,
            resolver=self._resolver or aiohttp.ThreadedResolver(),
            socket_factory=guarded_socket(this_machine=self._this_machine),
            ssl=_tls(self._ca) if self._is_secure() else True,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # a small answer must not unpack to a large one
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            trust_env=False,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            max_headers=MAX_HEADERS,
        )
        self._sessions.append(session)
        return session

    def _is_secure(self) -> bool:
        return any(origin.secure for origin in (self.reach.home, *self.reach.further))

    async def _exchange(self, session: aiohttp.ClientSession, request: Request, most: int) -> Answer:
        response = await self._open(session, request)
        try:
            body = await _bounded(response, most)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Uncertain(f"the connection broke during the answer ({_named(error)})") from None
        finally:
            response.release() if response.content.at_eof() else response.close()
        return Answer(response.status, response.headers.get("Content-Type", ""), body, response.headers)

    async def _open(self, session: aiohttp.ClientSession, request: Request) -> aiohttp.ClientResponse:
        url = URL(request.url, encoded=True)
        self._refuse_forbidden(url)
        if request.query:
            url = url.update_query(request.query)
        headers = {"Accept-Encoding": "identity", **request.headers}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        try:
            response = await session.request(
                request.method, url, headers=headers, data=request.body, allow_redirects=False
            )
        except aiohttp.ClientConnectorError as error:
            raise NotSent(f"{self.reach.home} cannot be reached ({_named(error)})") from None
        except (aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise NotSent(f"{self.reach.home} cannot be reached ({_named(error)})") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Uncertain(
                f"{self.reach.home} broke the connection before it answered ({_named(error)})"
            ) from None
        if response.headers.get("Content-Encoding", "identity") != "identity":
            response.close()
            raise AnswerError("it sends its answer packed, which nobody asked for")
        return response

    def _refuse_forbidden(self, url: URL) -> None:
        """An address that stands in a URL is looked at here; those of names when a socket is made for them."""
        host = url.host or ""
        if parsed(host) is not None and (why := refusal(host, this_machine=self._this_machine)):
            raise NotSent(f"nothing is sent to {self.reach.home}: {why}")

    def _redirected(self, request: Request, answer: Answer) -> Request:
        try:
            url = self.reach.resolve(request.url, answer.headers.get("Location", ""))
        except OriginError as error:
            raise AnswerError(f"it redirects, and {error}") from None
        return Request("GET", url, request.headers, query=request.query)


@cache
def _tls(ca: Path | None) -> ssl.SSLContext:
    """Made once: to read the system's authorities takes some 30 ms."""
    context = ssl.create_default_context()
    if ca is not None:
        context.load_verify_locations(ca)
    return context


async def _awaited(closing: Awaitable[None]) -> None:
    await closing


@asynccontextmanager
async def _deadline(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Uncertain(f"no answer within {seconds:.3g} s") from None


async def _bounded(response: aiohttp.ClientResponse, most: int) -> bytes:
    length = response.content_length
    if length is not None and length > most:
        raise AnswerError(f"its answer has {length} bytes; at most {most} are read")
    parts: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > most:
            raise AnswerError(f"its answer has more than {most} bytes")
        parts.append(chunk)
    return b"".join(parts)


def _named(error: BaseException) -> str:
    """What happened, in words of the system; without addresses' names or anything that was sent."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ForbiddenAddressError):
            return str(cause)
        if said := getattr(cause, "verify_message", None):
            return f"its certificate: {said}"[:160]
        inner = getattr(cause, "certificate_error", None) or getattr(cause, "os_error", None)
        cause = inner or cause.__cause__
    text = getattr(getattr(error, "os_error", None), "strerror", None)
    return str(text or type(error).__name__)[:160]
