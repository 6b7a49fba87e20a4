"""Talks HTTP to a gateway, over TCP or the box's socket. Standard library only: the command must start at once."""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from gateway.cli.answer import Answer
from gateway.cli.exits import Exit, Failure
from gateway.cli.problems import failure
from gateway.cli.sse import EventStream, ServerEvent
from gateway.cli.target import Target
from gateway.cli.text import clean

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

ANSWER_SECONDS: Final = 10.0
"""For an answer that waits for no device."""

COMMAND_SECONDS: Final = 180.0
"""For a command: the slowest effect (a garage door, a blind) is awaited before the gateway answers."""

STREAM_SILENCE_SECONDS: Final = 60.0
"""The gateway sends a comment well within this while nothing happens."""


class Client:
    """One connection, reused. With `faithful` texts are as they came, else without what a terminal would obey."""

    def __init__(self, target: Target, *, faithful: bool = False) -> None:
        self.target = target
        self._faithful = faithful
        self._connection: http.client.HTTPConnection | None = None

    def ask(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = ANSWER_SECONDS,
        has_body: bool | None = None,
    ) -> Answer:
        """One request. Raises `Failure` (unreachable) where no answer came; any answer is returned, problems too.

        A request that carries an Idempotency-Key, or only reads, is repeated once where the connection broke.
        """
        sent_headers = dict(headers or {})
        content = json.dumps(body).encode() if (body is not None if has_body is None else has_body) else None
        if content is not None:
            sent_headers["Content-Type"] = "application/json"
        repeatable = method == "GET" or "Idempotency-Key" in sent_headers
        lost: Exception | None = None  # a connection that broke after the request had gone out
        while True:
            try:
                response = self._send(method, path, content, sent_headers, seconds)
                raw = response.read()
                break
            except _NotConnectedError as error:
                raise self._no_answer(error, lost if method != "GET" else None) from error
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if lost is not None or not repeatable or isinstance(error, TimeoutError):
                    raise self._no_answer(error, error if method != "GET" else None) from error
                lost = error
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, self._parsed(raw))

    def get(self, path: str) -> Json:
        """The body of a successful GET. Raises `Failure` for a problem."""
        answer = self.ask("GET", path)
        if not answer.ok:
            raise failure(answer)
        return answer.body

    def events(self, path: str, after: str = "") -> Iterator[ServerEvent]:
        """A stream of server-sent events, until the connection ends. Raises `Failure` where it cannot be opened."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": after} if after else {})
        try:
            response = self._send("GET", path, None, headers, STREAM_SILENCE_SECONDS)
            if response.status != http.client.OK:
                raise failure(Answer(response.status, {}, self._parsed(response.read())))
            stream = EventStream()
            while line := response.readline():
                if (event := stream.feed(line)) is not None:
                    yield event
        except (OSError, http.client.HTTPException, _NotConnectedError) as error:
            raise self._no_answer(error) from error
        finally:
            self.close()

    def lines(self, path: str) -> Iterator[bytes]:
        """An answer that comes line by line, until it ends. Raises `Failure` where it cannot be had."""
        try:
            response = self._send("GET", path, None, {}, STREAM_SILENCE_SECONDS * 60 * 24)
            if response.status != http.client.OK:
                raise failure(Answer(response.status, {}, self._parsed(response.read())))
            while line := response.readline():
                yield line
        except (OSError, http.client.HTTPException, _NotConnectedError) as error:
            raise self._no_answer(error) from error
        finally:
            self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str], seconds: float
    ) -> http.client.HTTPResponse:
        connection = self._connected(seconds)
        authorization = {"Authorization": f"Bearer {self.target.token}"} if self.target.token else {}
        prefix = urlsplit(self.target.url).path.rstrip("/") if not self.target.socket else ""
        connection.request(
            method, prefix + path, content, {"Accept": "application/json"} | authorization | dict(headers)
        )
        return connection.getresponse()

    def _connected(self, seconds: float) -> http.client.HTTPConnection:
        """Raises `_NotConnectedError`: then nothing was sent."""
        if self._connection is not None and self._connection.sock is not None:
            self._connection.sock.settimeout(seconds)
            return self._connection
        connection = _connection(self.target)
        connection.timeout = seconds
        try:
            connection.connect()
        except OSError as error:
            raise _NotConnectedError(_said(error)) from error
        self._connection = connection
        return connection

    def _parsed(self, raw: bytes) -> Json:
        if not raw:
            return None
        try:
            value: Json = json.loads(raw)
        except ValueError:
            value = raw.decode("utf-8", "replace")
        return value if self._faithful else clean(value)

    def _no_answer(self, error: Exception, lost: Exception | None = None) -> Failure:
        """`lost` is what ended a connection over which something that is not only a question had gone out."""
        where = self.target.socket or self.target.url
        if lost is not None:
            message = f"the connection to the gateway at {where} broke before it answered ({_said(lost)})"
            advice = ["whether the request was carried out: `hearth ledger tail`, or `hearth why THING`"]
            return Failure(message, Exit.UNSETTLED, advice=advice)
        advice = [f"it was named by {self.target.found}; is it running? `hearth doctor` looks closer"]
        return Failure(
            f"the gateway at {where} cannot be reached ({_said(error)})", Exit.UNREACHABLE, advice=advice
        )


class _NotConnectedError(Exception):
    """There was no connection: nothing went out."""


def segment(text: str) -> str:
    """`text` as one segment of a path."""
    return quote(text, safe="")


def _said(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)) or type(
        error
    ).__name__


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _connection(target: Target) -> http.client.HTTPConnection:
    if target.socket:
        return _SocketConnection(target.socket)
    parts = urlsplit(target.url)
    if parts.hostname is None:
        raise Failure(f"{target.url!r} names no host", Exit.USAGE)
    if parts.scheme == "https":
        from gateway.cli.trust import context_of  # noqa: PLC0415 (most talk to this box)

        context = context_of(target, os.environ)
        return http.client.HTTPSConnection(parts.hostname, parts.port, context=context)
    return http.client.HTTPConnection(parts.hostname, parts.port)
