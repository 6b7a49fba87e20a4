"""One POST, guarded: TLS is verified, no redirect is followed, nothing is read beyond a bound."""

from __future__ import annotations

import asyncio
import os
import ssl
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import orjson

from gateway.clock import Clock
from gateway.foreign import one_line
from gateway.notify.sending import DELIVERY_S, LONGEST_REASON, Undelivered

if TYPE_CHECKING:
    from aiohttp import ClientResponse

    from drivers.wot.addresses import SocketFactory

MOST_READ_BYTES: Final = 4 * 1024
"""Of an answer: enough for the reason of a refusal."""

LONGEST_PAUSE_S: Final = 900.0
"""Of a `Retry-After`: who wants to be left alone for longer is asked again all the same."""

HOPELESS: Final = frozenset({400, 413, 415, 422})
"""The fault is in what was sent: the same again would be refused again."""

_REMEDIES: Final = {
    400: "the other side does not understand it; is the address that of a service of this kind?",
    401: "the token or signature is not accepted; look at the file that holds it",
    403: "the token may not do this there; look at the rights that the service gives it",
    404: "nothing answers under this address; look at url and topic",
    405: "nothing takes messages under this address; look at url",
    410: "the service does not want messages there any more; set another url",
    413: "the other side takes no message of this size",
    429: "it gets too many messages; raise `urgency`, or ask the service for more",
}

_OTHER_CA: Final = (
    "give `ca`, the authority of its certificate, or mend the certificate; it is never left unchecked"
)


class Poster:
    """Posts to one address. The connection is not kept: notices are rare. `sockets` decides where one may go."""

    def __init__(self, clock: Clock, ca: Path | None, sockets: SocketFactory | None = None) -> None:
        self._clock = clock
        self._ca = ca
        self._sockets = sockets
        self._tls: ssl.SSLContext | None = None

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> str:
        """How it was taken, as in `HTTP 200`. Raises `Undelivered`."""
        import aiohttp  # noqa: PLC0415

        # No proxies or .netrc of the environment, no cookies, and no compressed answer that swells.
        sent = {"Accept-Encoding": "identity", "User-Agent": "hearth", **headers}
        try:
            timeout = aiohttp.ClientTimeout(total=DELIVERY_S)
            async with (
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(socket_factory=self._sockets) if self._sockets else None,
                    timeout=timeout,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    auto_decompress=False,
                ) as session,
                session.post(
                    url, data=body, headers=sent, allow_redirects=False, ssl=await self._context(url)
                ) as response,
            ):
                return await self._judge(response)
        except TimeoutError:
            raise Undelivered(
                f"no answer within {DELIVERY_S:.0f} s", "is the address right, and is it up?"
            ) from None
        except aiohttp.ClientConnectorCertificateError as error:
            why = getattr(error.certificate_error, "verify_message", "") or _said(error)
            raise Undelivered(f"its certificate is not accepted: {why}", _OTHER_CA) from None
        except aiohttp.ClientSSLError as error:
            raise Undelivered(f"no TLS there: {_said(error)}", "is it http that is spoken there?") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Undelivered(_said(error), "is the address right, and is it up?") from None

    async def _context(self, url: str) -> ssl.SSLContext | bool:
        if urlsplit(url).scheme != "https":
            return True
        if self._tls is None:  # reading the system's authorities takes tens of milliseconds
            self._tls = await asyncio.to_thread(ssl.create_default_context, cafile=self._ca)
        return self._tls

    async def _judge(self, response: ClientResponse) -> str:
        status = response.status
        if 200 <= status < 300:
            return f"HTTP {status}"
        if 300 <= status < 400:
            target = urlsplit(response.headers.get("Location", "")).hostname or "another address"
            remedy = "redirects are not followed: set `url` to where it points, if you trust that"
            raise Undelivered(f"HTTP {status}, which points to {target}", remedy)
        reason = one_line(
            (await response.content.read(MOST_READ_BYTES)).decode(errors="replace"), LONGEST_REASON
        )
        raise Undelivered(
            f"HTTP {status}{': ' if reason else ''}{_error_in(reason)}",
            _REMEDIES.get(status, ""),
            hopeless=status in HOPELESS,
            after=self._pause(response.headers.get("Retry-After", "")),
            status=status,
        )

    def _pause(self, text: str) -> float:
        """RFC 9110, section 10.2.3: seconds, or a date."""
        try:
            wanted = (
                float(text)
                if text.isdecimal()
                else parsedate_to_datetime(text).timestamp() - self._clock.wall()
            )
        except (ValueError, OverflowError):
            return 0.0
        return max(0.0, min(wanted, LONGEST_PAUSE_S))


def _error_in(text: str) -> str:
    """The words of an answer like ntfy's `{"code":…,"http":…,"error":"…"}`; else what it is."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    error = found.get("error") if isinstance(found, dict) else None
    return one_line(error, LONGEST_REASON) if isinstance(error, str) else text


def _said(error: Exception) -> str:
    """What the system says, rather than what the library makes of it."""
    inner = getattr(error, "os_error", None) or error
    number = getattr(inner, "errno", None)
    if isinstance(number, int) and number > 0:
        return os.strerror(number).lower()
    return getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
