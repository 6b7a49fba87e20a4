"""Answers of a few bytes, as commands have them: put together in one piece."""

from __future__ import annotations

from typing import Final

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE

from gateway.api.secured import HEADER_LINES, secure

_LINES: Final = {
    status: f"HTTP/1.1 {status} {reason}\r\nServer: {SERVER_SOFTWARE}\r\n{HEADER_LINES}{length}Date: "
    for status, reason, length in ((202, "Accepted", "Content-Length: 0\r\n"), (204, "No Content", ""))
}
"""Status line and the headers that are always the same. RFC 9110, section 8.6: 204 has no length."""


class ShortAnswer(web.Response):
    """No body, and headers that we made ourselves: without a line break. Goes out in a third of the time of a
    `web.Response`, and as one where the caller does not speak HTTP/1.1 or wants the connection closed.
    """

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        """`status` is 202 or 204."""
        super().__init__(status=status, headers=headers)
        self._alive: bool | None = None

    @property
    def keep_alive(self) -> bool | None:
        return super().keep_alive if self._alive is None else self._alive

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        if request.version != HttpVersion11 or not request.keep_alive:
            secure(self)
            return await super().prepare(request)
        self._alive = True
        lines = [f"{name}: {value}\r\n" for name, value in self.headers.items()]
        head = f"{_LINES[self.status]}{rfc822_formatted_time()}\r\n{''.join(lines)}\r\n"
        writer = request.writer
        await writer.write(head.encode())
        await writer.drain()
        return writer

    async def write_eof(self, data: bytes = b"") -> None:
        if self._alive is None:
            await super().write_eof(data)
