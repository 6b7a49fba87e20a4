"""Asking a source for its description, and a directory for those that it lists."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.wot.client import Answer, AnswerError, Client, Request
from drivers.wot.content import ContentError, loads
from drivers.wot.document import (
    MAX_DESCRIPTION_BYTES,
    DescriptionError,
    Document,
    document_of,
    read_document,
)
from drivers.wot.keyring import Kept
from drivers.wot.origins import OriginError
from drivers.wot.security import NOTHING, Applied, Choice, Need, SecurityError, applied
from drivers.wot.sources import Source, is_description

LOOK_S: Final = 10.0
"""A small server takes a second for a long description."""

MAX_PAGE_BYTES: Final = 2 * 1024 * 1024
MAX_PAGES: Final = 20
MAX_LISTED: Final = 256
"""Things of one directory."""

ACCEPT: Final = "application/td+json, application/json;q=0.9"
_NEXT: Final = re.compile(r'<([^<>]{1,1024})>\s*;[^,]{0,200}?\brel="?next"?', re.IGNORECASE)


class LookError(Exception):
    """There is no description to be had now. The text says why."""


class GoneError(LookError):
    """The server is there, and says that the description is not."""


class LockedError(LookError):
    """It wants to know who asks. `need` is what."""

    def __init__(self, need: Need, text: str) -> None:
        super().__init__(text)
        self.need = need


async def look(client: Client, source: Source, kept: Kept | None, seconds: float = LOOK_S) -> Document:
    """Raises `LookError`, `NotSent`, `Uncertain`. Credentials go out only where it does not answer without."""
    answer = await _fetch(client, source, source.url, kept, seconds=seconds)
    if not is_description(answer.content_type.lower()):
        raise LookError(
            f"it answers with {answer.content_type[:40]!r}, which is no description: that is application/td+json or "
            "application/json (many servers go by the ending .json)"
        )
    try:
        return read_document(answer.body)
    except DescriptionError as error:
        raise LookError(str(error)) from None


async def list_things(
    client: Client, source: Source, kept: Kept | None
) -> AsyncIterator[tuple[Document, str]]:
    """The descriptions that a directory lists, each with a mark of its text, page by page (WoT Discovery, section 7.3.2.1.5).
    Raises as `look`.
    """
    url, count = f"{source.home}/things", 0
    for _ in range(MAX_PAGES):
        answer = await _fetch(client, source, url, kept, MAX_PAGE_BYTES)
        for one in _items(answer):
            if count >= MAX_LISTED:
                return
            count += 1
            await asyncio.sleep(0)  # each takes a millisecond or two
            try:
                mark = hashlib.blake2b(orjson.dumps(one), digest_size=12).hexdigest()
                yield document_of(one), mark
            except DescriptionError:
                continue
        following = _NEXT.search(answer.headers.get("Link", "")[:4096])
        if following is None:
            return
        try:
            url = source.reach.resolve(url, following[1])
        except OriginError as error:
            raise LookError(f"its list goes on elsewhere: {error}") from None


def _items(answer: Answer) -> list[Json]:
    try:
        page = loads(answer.body)
    except ContentError as error:
        raise LookError(f"its list cannot be read: {error}") from None
    if isinstance(page, dict):  # the collection format
        page = page.get("members", page.get("@graph"))
    if not isinstance(page, list):
        raise LookError("its list is no list")
    return page


async def _fetch(
    client: Client, source: Source, url: str, kept: Kept | None, most: int = MAX_DESCRIPTION_BYTES, *,
    seconds: float = LOOK_S,
) -> Answer:  # fmt: skip
    answer = await _get(client, url, NOTHING, most, seconds)
    if answer.status == 401:
        need = wanted(answer)
        if kept is None:
            raise LockedError(need, f"it tells only those it knows; bring {need.says}")
        try:
            answer = await _get(client, url, applied(Choice(need), kept.secret), most, seconds)
        except SecurityError as error:
            raise LockedError(need, str(error)) from None
        if answer.status in (401, 403):
            raise LockedError(need, f"it does not take the credentials that it was given; bring {need.says}")
    if answer.status in (404, 410):
        raise GoneError(f"there is no description at {source.home} any more (it answers {answer.status})")
    if not answer.good:
        raise LookError(f"it answers {answer.status} when it is asked for its description")
    return answer


async def _get(client: Client, url: str, who: Applied, most: int, seconds: float) -> Answer:
    try:
        request = Request("GET", url, {"Accept": ACCEPT, **who.headers}, query=who.query)
        return await client.read(request, seconds, most)
    except AnswerError as error:
        raise LookError(str(error)) from None


def wanted(answer: Answer) -> Need:
    """What a server that answers 401 wants (RFC 9110, section 11.6.1); a token where it does not say."""
    told = answer.headers.get("WWW-Authenticate", "").strip().lower()
    return Need("basic" if told.startswith("basic") else "bearer", "header", "Authorization")
