"""What is at the end of a link: its Thing Description, or at least the list of its resources (RFC 6690)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import quote

import orjson
from aiocoap.numbers.codes import Code

from drivers.coap.calls import Call
from drivers.coap.description import MAX_TD_BYTES, Description, DescriptionError, Said, described
from drivers.coap.link import Link
from drivers.coap.pace import LinePace
from drivers.coap.tame import line
from drivers.coap.terms import LINK_PATH, epoch
from drivers.coap.values import TD
from drivers.coap.ways import UdpWay

LOOK_S: Final = 30.0
"""For a description: 1.4 kB take 2 s where every hundredth byte is damaged."""

MAX_LINKS_BYTES: Final = 16 * 1024
MAX_SAID_BYTES: Final = 16 * 1024
"""Of a description, that are kept for a recording: twice what PROTOCOL.md allows. What is longer is cut, and is none then."""

MAX_LINKS_SHOWN: Final = 12
MAX_LINK_BYTES: Final = 64
MAX_FALLBACK_CHARACTERS: Final = 150

_TD_PATH: Final = (".well-known", "wot")
_CORE_PATH: Final = (".well-known", "core")
_LINK: Final = re.compile(
    r'<([^<>"]{1,120})>((?:;[a-z0-9*-]{1,20}(?:=(?:"[^"]{0,200}"|[^",;]{0,200}))?)*)\s*(?:,|\Z)'
)
_ATTRIBUTE: Final = re.compile(r';(rt|if|obs)\b(?:="?([^";,]{0,60}))?')


async def look(link: Link) -> Description:
    """Raises `Unanswered` where nobody is there, `DescriptionError` or `TooLarge` where it cannot be used."""
    told = await link.caller.document(Call(Code.GET, _TD_PATH, accept=TD), LOOK_S, most=MAX_TD_BYTES)
    if told.good and told.payload:
        try:
            document = orjson.loads(told.payload)
        except orjson.JSONDecodeError:
            raise DescriptionError("its description is no JSON") from None
        found = await described(document, link.host, fallback_id(link))
        return replace(found, said=Said(link.host, told.payload[:MAX_SAID_BYTES]))
    return await _listed(link)


async def present_epoch(link: Link) -> bytes | None:
    """That of an endpoint with Hearth's firmware. Raises `Unanswered`."""
    pace = link.talk.pace
    patience = pace.patience if isinstance(pace, LinePace) else LOOK_S
    told = await link.caller.call(Call(Code.GET, LINK_PATH), patience, most=MAX_LINK_BYTES)
    return epoch(told.payload) if told.good else None


def fallback_id(link: Link) -> str:
    """For a device whose description has no id: the name that a person or its announcement gives it."""
    way = link.way
    return (
        "coap:" + quote(way.named if isinstance(way, UdpWay) else way.port, safe="")[:MAX_FALLBACK_CHARACTERS]
    )


async def _listed(link: Link) -> Description:
    told = await link.caller.document(Call(Code.GET, _CORE_PATH), LOOK_S, most=MAX_LINKS_BYTES)
    if not told.good:
        raise DescriptionError(
            "it answers, and describes itself neither by a Thing Description nor by a list of resources"
        )
    text = told.payload[:MAX_SAID_BYTES]
    found = listed(text.decode(errors="replace"), fallback_id(link), line(str(link.way), 64))
    return replace(found, said=Said(link.host, text, is_links=True))


def listed(text: str, device: str, title: str) -> Description:
    """What has no Thing Description, from its list of links (RFC 6690)."""
    rows = list(links(text))
    shown = "; ".join(rows[:MAX_LINKS_SHOWN]) or "nothing"
    more = f" and {len(rows) - MAX_LINKS_SHOWN} more" if len(rows) > MAX_LINKS_SHOWN else ""
    return Description(
        id=device,
        title=title,
        components=(),
        accesses={},
        terms=None,
        fingerprint="-",
        problems=(f"It has no Thing Description, so it cannot be used. It lists: {shown}{more}",),
    )


def links(text: str) -> Iterator[str]:
    """Each link as a line: `/temp (rt=temperature, if=core.s, obs)`. What is no link ends the list."""
    at = 0
    while (match := _LINK.match(text, at)) is not None:
        at = match.end()
        attributes = [
            f"{name}={line(value, 60)}" if value else name for name, value in _ATTRIBUTE.findall(match[2])
        ]
        path = line(match[1], 60)
        yield f"{path} ({', '.join(attributes)})" if attributes else path
        if at >= len(text):
            return
