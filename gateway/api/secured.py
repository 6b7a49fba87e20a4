"""Headers that every answer has: what browsers must not do with it.

No Strict-Transport-Security (RFC 6797): it forbids a browser to go on after a warning, for months. Where the gateway's own
authority is not installed, or was made anew, that would lock the owner out of a page that is then the only way to get it.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""A page sets its own policy; nothing else is one."""

HEADER_LINES: Final = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())


def secure(answer: web.StreamResponse) -> None:
    """Adds what the answer does not have."""
    headers = answer.headers
    for name, value in HEADERS.items():
        if name not in headers:
            headers[name] = value


async def on_prepare(_: web.Request, answer: web.StreamResponse) -> None:
    """For `Application.on_response_prepare`: streams, too, before their first byte."""
    secure(answer)
