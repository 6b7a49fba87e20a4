"""A Thing Description as one caller may have it: only what they may use, with forms that say how.

Forms follow the HTTP binding of TD 1.1 (section 8.3.1: default methods by operation) and, for what is observed, the
subprotocols `longpoll`, `sse` and, over a WebSocket, our own; `longpoll` stands first, because common clients take the first
form and cannot authenticate an event stream.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import orjson

from capabilities.td import HEARTH_NAMESPACE
from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.api.commands import ASYNC
from gateway.api.events_ws import SUBPROTOCOL
from gateway.api.wire import JSON, TD_JSON, segment
from gateway.context import Gateway
from gateway.names import Names
from gateway.rights import Rights
from policies import Principal

CACHED_BYTES: Final = 4 * 1024 * 1024
"""Descriptions kept as they were sent: 5 kB each, so a house of 200 Things for four callers."""

CONTEXTS: Final = ("https://www.w3.org/2019/wot/td/v1", "https://www.w3.org/2022/wot/td/v1.1")
"""TD 1.1, section 5.3.1.1: in this order for consumers of TD 1.0, too. node-wot 0.9 refuses to fetch what names 1.1 alone."""

HEARTH: Final[dict[str, Json]] = {"hearth": HEARTH_NAMESPACE}

NO_ITEMS: Final[list[str]] = []


@dataclass(frozen=True, slots=True)
class Served:
    """A description as it goes out. It holds for exactly this Thing as it is, and these rights."""

    adopted: Adopted
    rights: Rights
    items: list[str]
    body: bytes
    etag: str


class Descriptions:
    """Thing Descriptions by caller and by the name under which they reached us, made once."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._served: OrderedDict[tuple[str, Principal, str], Served] = OrderedDict()
        self._bytes = 0

    def of(self, adopted: Adopted, principal: Principal, base: str) -> Served:
        key = (adopted.id, principal, base)
        rights = self._gateway.rights.of(principal)
        served = self._served.get(key)
        items = self._items(adopted, rights) if adopted.members else NO_ITEMS
        if (
            served is not None
            and served.rights is rights
            and served.adopted is adopted
            and served.items == items
        ):
            self._served.move_to_end(key)
            return served
        if served is not None:
            self._bytes -= len(served.body)
        body = orjson.dumps(description(adopted, rights, base, self._gateway.names, items))
        etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        served = self._served[key] = Served(adopted, rights, items, body, etag)
        self._served.move_to_end(key)
        self._bytes += len(body)
        while self._bytes > CACHED_BYTES:
            self._bytes -= len(self._served.popitem(last=False)[1].body)
        return served

    def _items(self, group: Adopted, rights: Rights) -> list[str]:
        """The Things that a group commands, as far as the caller sees them."""
        found = (self._gateway.registry.by_device(group.driver, device) for device in group.members)
        return [member.id for member in found if member is not None and rights.show(member.id)]


def description(
    adopted: Adopted, rights: Rights, base: str, names: Names, items: Iterable[str] = NO_ITEMS
) -> dict[str, Json]:
    """The TD of one Thing for a caller with `rights`, who reaches the gateway at `base`. `items` are the Things it commands:
    links with the relation `item` (RFC 6573; TD 1.1, section 5.3.4.1).
    """
    document = dict(adopted.thing.document)
    document["@context"] = [*CONTEXTS, HEARTH]
    document["id"] = names.urn(adopted.id)
    document.update(security(base))
    if adopted.room:
        document["hearth:room"] = adopted.room
    if adopted.labels:
        document["hearth:labels"] = list[Json](sorted(adopted.labels))
    if links := [_item(base, thing) for thing in items]:
        document["links"] = list[Json](links)
    home = f"{base}/things/{segment(adopted.id)}"
    for group, affordances in (
        ("properties", _properties(adopted, rights, home)),
        ("actions", _actions(adopted, rights, home)),
        ("events", _events(adopted, rights, home)),
    ):
        document.pop(group, None)
        if affordances:
            document[group] = affordances
    if "properties" in document:
        document["forms"] = [_form(f"{home}/properties", *_all_operations(adopted, rights))]
    return document


def security(base: str) -> dict[str, Json]:
    """A bearer token, however it was come by (TD 1.1, section 5.3.3.6); who is given one is asked at `authorization`. It is the
    only scheme that a description asks for: common clients do not know combinations.
    """
    bearer: dict[str, Json] = {"scheme": "bearer", "in": "header", "name": "Authorization"}
    return {
        "securityDefinitions": {"bearer_sc": bearer | {"format": "opaque", "authorization": base}},
        "security": "bearer_sc",
    }


def _properties(adopted: Adopted, rights: Rights, home: str) -> dict[str, Json]:
    shown: dict[str, Json] = {}
    for name, document in _members(adopted, "properties").items():
        topic = (adopted.id, name)
        sees, writes = topic in rights.sees, topic in rights.writes
        reads = sees and not document.get("writeOnly")
        if not reads and not writes:
            continue
        affordance = visible(document, adopted, rights)
        href = f"{home}/properties/{segment(name)}"
        operations = ["readproperty"] * bool(reads) + ["writeproperty"] * writes
        forms: list[Json] = [_form(href, *operations)]
        if not writes:
            affordance["readOnly"] = True
        if not sees:
            affordance |= {"writeOnly": True, "observable": False}
        elif affordance.get("observable"):
            observe = ("observeproperty", "unobserveproperty")
            forms += _watching(f"{href}/observe", f"{href}/observe", *observe)
        shown[name] = affordance | {"forms": forms}
    return shown


def _item(base: str, thing: str) -> dict[str, Json]:
    return {"rel": "item", "href": f"{base}/things/{segment(thing)}", "type": TD_JSON}


def _actions(adopted: Adopted, rights: Rights, home: str) -> dict[str, Json]:
    shown: dict[str, Json] = {}
    for name, document in _members(adopted, "actions").items():
        if (adopted.id, name) in rights.acts:
            shown[name] = visible(document, adopted, rights) | {
                "forms": _invoking(f"{home}/actions/{segment(name)}")
            }
    return shown


def _invoking(href: str) -> list[Json]:
    """The first form answers when the action has ended. The second answers at once, with 201 and an ActionStatus: its own
    `synchronous` says so, for that of the action would be untrue of one of them. The third tells of, and takes back, what the
    caller invoked last.
    """
    started: dict[str, Json] = {"contentType": JSON, "htv:statusCodeValue": 201}
    return [
        _form(href, "invokeaction") | {"hearth:synchronous": True},
        _form(f"{href}?{ASYNC}=1", "invokeaction") | {"hearth:synchronous": False, "response": started},
        _form(href, "queryaction", "cancelaction"),
    ]


def _watching(poll: str, stream: str, *operations: str) -> list[Json]:
    """By long poll, as server-sent events, over a WebSocket."""
    socket = f"ws{stream.removeprefix('http')}"
    return [
        _form(poll, *operations, subprotocol="longpoll"),
        _form(stream, *operations, subprotocol="sse", content="text/event-stream"),
        _form(socket, *operations, subprotocol=SUBPROTOCOL),
    ]


def _events(adopted: Adopted, rights: Rights, home: str) -> dict[str, Json]:
    shown: dict[str, Json] = {}
    for name, document in _members(adopted, "events").items():
        if (adopted.id, name) in rights.sees:
            href = f"{home}/events/{segment(name)}"
            forms = _watching(f"{href}/next", href, "subscribeevent", "unsubscribeevent")
            shown[name] = visible(document, adopted, rights) | {"forms": forms}
    return shown


def _members(adopted: Adopted, group: str) -> dict[str, dict[str, Json]]:
    members = adopted.thing.document.get(group)
    return {} if members is None else members  # type: ignore[return-value]


def visible(document: dict[str, Json], adopted: Adopted, rights: Rights) -> dict[str, Json]:
    """A copy without what names a property that the caller may not see: its effect, where it starts from, its parts."""
    copy = dict(document)
    for member in ("hearth:effect", "hearth:absolute"):
        named = copy.get(member)
        if isinstance(named, dict) and (adopted.id, named.get("property")) not in rights.sees:
            del copy[member]
    parts = copy.get("hearth:parts")
    if isinstance(parts, dict):
        shown: Json = {name: part for name, part in parts.items() if (adopted.id, part) in rights.sees}
        copy["hearth:parts"] = shown
        if not shown:
            del copy["hearth:parts"]
    return copy


def _all_operations(adopted: Adopted, rights: Rights) -> list[str]:
    reads = any((adopted.id, name) in rights.sees for name in adopted.thing.properties)
    writes = any((adopted.id, name) in rights.writes for name in adopted.thing.writes)
    return ["readallproperties"] * reads + ["writemultipleproperties"] * writes


def _form(href: str, *operations: str, subprotocol: str = "", content: str = JSON) -> dict[str, Json]:
    form: dict[str, Json] = {"href": href, "contentType": content, "op": list[Json](operations)}
    if subprotocol:
        form["subprotocol"] = subprotocol
    return form
