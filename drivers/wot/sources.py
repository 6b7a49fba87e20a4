"""Where a description may be had: an address that was configured, announced, or listed by a directory."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from drivers.discovery.seen import Service
from drivers.wot.content import media_type
from drivers.wot.document import Document
from drivers.wot.origins import Origin, OriginError, Reach, aliases_of
from drivers.wot.settings import WotThing

MAX_PATH_CHARACTERS: Final = 512  # of the TXT record's `td`; a whole TXT string has 255
MAX_ADDRESSES: Final = 16  # of one announcement
MAX_SHOWN_CHARACTERS: Final = 160  # of an address, in a line that says what is wrong there as well


class NoSourceError(ValueError):
    """An announcement that leads to no description which could be read here. The text says why."""


@dataclass(slots=True, eq=False)
class Source:
    """`key` tells it apart. `fallback` is the id of what is there, where its description has none or cannot be read without
    credentials. `announced` turns false when it is announced or listed no more; it is then asked once more whether it is there.
    """

    key: str
    reach: Reach
    fallback: str
    addresses: tuple[str, ...] | None = None  # pinned: those that were announced; None: the name is looked up
    announced: bool = True
    is_directory: bool = False
    credentials_file: Path | None = None
    parent: Source | None = None
    is_configured: bool = False
    mark: str = ""  # of what a directory lists: another one means another text
    failures: int = 0  # looks in a row that found nothing
    device: str = ""  # the id of what was found there, once it was
    given: Document | None = None  # as a directory listed it: it need not be asked for at first
    again: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return self.reach.url

    @property
    def shown(self) -> str:
        """Where it is, for people: without a query, which may hold a key."""
        return self.url.partition("?")[0][:MAX_SHOWN_CHARACTERS]

    @property
    def home(self) -> Origin:
        return self.reach.home

    def same_place(self, other: Source) -> bool:
        """Whether both lead to one server: what they say is said by the same."""
        return self.home == other.home and self.addresses == other.addresses


def configured(one: WotThing, *, is_directory: bool) -> Source:
    """Raises `OriginError`."""
    home = Origin.of(one.url)
    further = frozenset(map(Origin.of, one.origins))
    reach = Reach(home, one.url, frozenset(), further)
    return Source(
        f"url {one.url}", reach, one.url, is_directory=is_directory, credentials_file=one.credentials_file,
        is_configured=True,
    )  # fmt: skip


def announced(service: Service) -> Source:
    """Of an instance of `_wot._tcp` (WoT Discovery, section 6.1): TXT `td`, `type`, `scheme`. Raises `NoSourceError`."""
    scheme = service.properties.get("scheme", "http").lower() or "http"
    if scheme not in ("http", "https"):
        raise NoSourceError(f"it speaks {scheme[:20]!r}, which this driver does not")
    path = service.properties.get("td", "") or "/.well-known/wot"
    if not path.startswith("/") or path.startswith("//") or len(path) > MAX_PATH_CHARACTERS:
        raise NoSourceError("its record `td` is no path")
    host = service.host.rstrip(".").lower()
    addresses = service.addresses[:MAX_ADDRESSES]
    if not host or not addresses:
        raise NoSourceError("it has no address")
    try:
        home = Origin.of(f"{scheme}://{f'[{host}]' if ':' in host else host}:{service.port}")
        reach = Reach(home, "", aliases_of(home.host, addresses))
        url = Reach(home, str(home), reach.aliases).resolve("", path)
    except OriginError as error:
        raise NoSourceError(str(error)) from None
    instance = f"{service.name}._wot._tcp"
    return Source(
        f"mdns {instance} {url} {' '.join(sorted(addresses))}",
        Reach(home, url, reach.aliases),
        f"mdns:{service.name[:100]}",
        addresses=addresses,
        is_directory=service.properties.get("type", "").lower() == "directory",
    )


def listed(directory: Source, document: Document, mark: str) -> Source:
    """One Thing of a directory, by its id there (WoT Discovery, section 7.3.2.1.2)."""
    url = f"{directory.home}/things/{quote(document.id, safe='')}"
    reach = Reach(directory.home, url, directory.reach.aliases, directory.reach.further)
    return Source(
        f"listed {url} {' '.join(sorted(directory.addresses or ()))}", reach, url, addresses=directory.addresses,
        parent=directory,
        given=document,
        mark=mark,
    )  # fmt: skip


def is_description(content_type: str) -> bool:
    return media_type(content_type) in ("application/td+json", "application/json", "application/ld+json", "")
