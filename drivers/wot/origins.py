"""Where the forms of a description may lead: to the server it came from, and where the configuration says so besides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from drivers.wot.addresses import parsed

MAX_HREF_CHARACTERS: Final = 2048  # what servers and proxies take without complaint
_AS_WRITTEN: Final = "/%:?#[]@!$&'()*+,;={}~|^"
"""What of an address stays; the rest (letters beyond ASCII) is written with percent signs (RFC 3987, section 3.1)."""

_PORTS: Final = {"http": 80, "https": 443}


class OriginError(ValueError):
    """A form leads where nothing is sent. The text says so for a person."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host (lower case, without brackets) and port (RFC 6454)."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """Raises `OriginError`."""
        parts = _split(url)
        return cls(parts.scheme, _host(parts), parts.port or _PORTS[parts.scheme])

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = _PORTS[self.scheme] == self.port
        return f"{self.scheme}://{host}" if usual else f"{self.scheme}://{host}:{self.port}"

    @property
    def secure(self) -> bool:
        return self.scheme == "https"


@dataclass(frozen=True, slots=True)
class Reach:
    """`home` is where the description came from, `url` its own address, `aliases` the addresses that `home`'s host has: a form
    that names one of those leads to `home` all the same. `further` are other origins that the configuration allows.
    """

    home: Origin
    url: str
    aliases: frozenset[str] = frozenset()
    further: frozenset[Origin] = frozenset()

    def resolve(self, base: str, href: str) -> str:
        """The absolute address of a form (RFC 3986, section 5). Raises `OriginError`. What leads home is written with home's
        own host, so that it is the same whichever of its addresses a description names.
        """
        if len(href) > MAX_HREF_CHARACTERS or len(base) > MAX_HREF_CHARACTERS:
            raise OriginError(f"its address is longer than {MAX_HREF_CHARACTERS} characters")
        try:
            url = urljoin(urljoin(self.url, base), href)
        except ValueError:
            raise OriginError("its address cannot be read") from None
        parts, origin = _split(url), Origin.of(url)
        if origin == self.home or self._is_home(origin):
            origin = self.home
        elif origin not in self.further:
            raise OriginError(f"it leads to {str(origin)[:120]}, which is not {self.home}")
        query = f"?{quote(parts.query, safe=_AS_WRITTEN)}" if parts.query else ""
        return f"{origin}{quote(parts.path, safe=_AS_WRITTEN) or '/'}{query}"

    def _is_home(self, origin: Origin) -> bool:
        same = origin.scheme == self.home.scheme and origin.port == self.home.port
        return same and origin.host in self.aliases

    def short(self, url: str) -> str:
        """`url` without home's origin: what stays as it is when a device moves."""
        home = str(self.home)
        return url[len(home) :] if url.startswith(f"{home}/") else url


def aliases_of(host: str, addresses: Iterable[str]) -> frozenset[str]:
    """All names under which a form may mean `host`."""
    return frozenset({host, *(str(one) for text in addresses if (one := parsed(text)) is not None)})


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise OriginError("its address cannot be read") from None
    if parts.scheme not in _PORTS:
        raise OriginError(
            f"it speaks {parts.scheme[:20] or 'no scheme'!r}; only http and https are spoken here"
        )
    if parts.username is not None or parts.password is not None:
        raise OriginError("its address has a user in it")
    if not parts.hostname or port == 0 or any(ord(c) <= 32 or ord(c) == 127 or c == "\\" for c in url):
        raise OriginError("its address cannot be read")
    return parts


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower().rstrip(".")
    address = parsed(host)
    return str(address) if address is not None else host
