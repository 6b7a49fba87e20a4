"""What the API's port is served with: a context whose certificate is replaced while it is in use.

A connection keeps the certificate of its handshake; the next handshake gets the new one (SSL_CTX_use_certificate(3)). So
nothing is interrupted, and nothing is listened on anew.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from gateway.clock import Clock
from gateway.tls.names import Names

if TYPE_CHECKING:
    from gateway.tls.authority import Authority
    from gateway.tls.dates import Span

CHECK_S: Final = 60.0
"""How often the certificate is looked at: names, addresses and the clock change, and files are replaced."""

CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: forward secret and authenticated (RFC 9325, section 4.2). Those of 1.3 are all good."""

LEAF_FILE: Final = "server.pem"

log = logging.getLogger(__name__)


class Served(Protocol):
    """A source of certificates."""

    @property
    def context(self) -> ssl.SSLContext: ...

    @property
    def authority(self) -> Authority | None: ...

    def check(self) -> bool:
        """Whether something had to be done, and was. Raises `OSError`: then what was in use stays."""


def new_context() -> ssl.SSLContext:
    """For a server: TLS 1.2 at the least, HTTP/1.1 alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    return context


class Files:
    """A certificate that somebody else takes care of. It is loaded again when its files change."""

    authority: None = None

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raises `OSError` (`ssl.SSLError` is one)."""
        self._paths = (certificate, key)
        self._loaded = self._state()
        self.context = new_context()
        self.context.load_cert_chain(*self._paths)

    def check(self) -> bool:
        state = self._state()
        if state == self._loaded:
            return False
        new_context().load_cert_chain(
            *self._paths
        )  # half a pair would leave the context that is in use without a key
        self.context.load_cert_chain(*self._paths)
        self._loaded = state
        log.info("loaded the certificate anew from %s", self._paths[0])
        return True

    def _state(self) -> tuple[tuple[int, int, int], ...]:
        found = (path.stat() for path in self._paths)
        return tuple((one.st_mtime_ns, one.st_ino, one.st_size) for one in found)


class Own:
    """Certificates of the gateway's own authority, for what it is called and where it is now."""

    def __init__(
        self, directory: Path, clock: Clock, *, known: Callable[[], bool], names: Callable[[], Names]
    ) -> None:
        """`known`: whether the clock can be believed. The authority is made where there is none, and a certificate where
        there is none that fits. Raises `OSError`.
        """
        from gateway.tls.authority import opened  # noqa: PLC0415  some 10 MB, only where it is used

        self._file = directory / LEAF_FILE
        self._clock, self._known, self._names = clock, known, names
        self.authority: Authority = opened(directory, names(), clock.wall())
        self._told: frozenset[str] = frozenset()
        self.context = new_context()
        if not self.check():
            self.context.load_cert_chain(self._file)

    def check(self) -> bool:
        from gateway.tls.dates import is_due  # noqa: PLC0415

        last = self._present()
        due = last is None or is_due(last[1], self._clock.wall(), known=self._known())
        if last is not None and last[0] == self._wanted() and not due:
            return False
        self.renew()
        return True

    def renew(self) -> None:
        """A new certificate, for all who connect from now on. Raises `OSError`: then the one before stays in use."""
        from gateway.tls.dates import leaf_span  # noqa: PLC0415
        from gateway.tls.files import write_private  # noqa: PLC0415

        last, wanted = self._present(), self._wanted()
        span = leaf_span(self._clock.wall(), known=self._known(), last=None if last is None else last[1])
        write_private(self._file, self.authority.issue(wanted, span))
        self.context.load_cert_chain(self._file)
        log.info("made a certificate for %s", ", ".join(sorted(wanted.hosts)))

    def replace_authority(self) -> None:
        """A new authority, made for what the gateway is called now. Who trusts the one before has to install it. Raises
        `OSError`.
        """
        from gateway.tls.authority import FILE, made, read  # noqa: PLC0415
        from gateway.tls.files import write_private  # noqa: PLC0415

        file = self._file.with_name(FILE)
        write_private(file, made(self._names(), self._clock.wall()))
        self.authority = read(file)
        log.warning("made a new certificate authority: it has to be installed on every phone")
        self.renew()

    def _wanted(self) -> Names:
        names = self._names()
        wanted = self.authority.of_these(names)
        beyond = names.hosts - wanted.hosts
        if beyond - self._told:
            log.warning(
                "the gateway's authority was not made for %s: who comes by that name cannot check it; `hearth ca renew "
                "--authority` makes a new one, which has to be installed anew",
                ", ".join(sorted(beyond)),
            )
        self._told = beyond
        return wanted

    def _present(self) -> tuple[Names, Span] | None:
        """What the certificate on disk is for; None where there is none that this authority has signed."""
        from gateway.tls.leaf import read_leaf  # noqa: PLC0415

        return read_leaf(self._file, self.authority)


@asynccontextmanager
async def kept(served: Served | None) -> AsyncIterator[None]:
    """Looks after the certificate while it is entered."""
    if served is None:
        yield
        return
    task = asyncio.create_task(_keep(served), name="certificate")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _keep(served: Served) -> None:
    told = ""
    while True:
        await asyncio.sleep(CHECK_S)
        try:
            served.check()
        except OSError as error:
            if str(error) != told:
                log.error("the certificate could not be renewed, the one before stays in use: %s", error)
            told = str(error)
        else:
            told = ""
