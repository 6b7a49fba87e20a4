"""`/discovery`: how it is with looking around: the families, the eyes they share, the serial ports, what nobody understood."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from typing import Final, Protocol, runtime_checkable

from aiohttp import web

from capabilities.vocabulary import Json
from drivers.discovery.adapters import Adapter, Adapters, adapters
from drivers.discovery.seen import SerialPort
from drivers.discovery.serial_rights import closed
from drivers.driver import Candidate, DriverHealth, Searching
from gateway.api.auth import require_manager
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.inbox import Looking, Searched
from gateway.api.wire import reply, rfc3339
from gateway.context import Gateway
from gateway.discovery.looking import FamilyState
from gateway.foreign import LONGEST_PROBLEM, one_line

log = logging.getLogger(__name__)

MOST_UNREAD: Final = 100
"""Candidates of which nothing was understood; the inbox has them all."""


@runtime_checkable
class Listing(Protocol):
    """A watcher of serial ports that can say what is there."""

    def ports(self) -> tuple[SerialPort, ...]: ...

    def held(self) -> dict[str, str]: ...

    def since(self, path: str) -> float: ...


class DiscoveryRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/discovery", self.index), web.post("/discovery/search", self.search)]

    @operation("Devices", "How it is with looking around", {200: Answer(Looking)})
    async def index(self, request: web.Request) -> web.Response:
        """200 with `families`, `watchers`, `ports` and `unread`. For owners and adults. A family's `state` is that of
        `FamilyState`, or `blind`: it is looked for, and whoever would see it cannot look, as `advice` says.
        """
        require_manager(request)
        try:
            known = await asyncio.to_thread(adapters)
        except (OSError, ValueError) as error:  # an incomplete installation: the rest is told all the same
            log.warning("the list of serial adapters cannot be read: %s", error)
            known = None
        return reply(self._document(known))

    @operation("Devices", "Look around once", {200: Answer(Searched)})
    async def search(self, request: web.Request) -> web.Response:
        """Whatever can go and look does, once: 200 and the families that did. What answers comes into the inbox."""
        require_manager(request)
        looking = self._gateway.discovery
        await looking.search()
        searched: list[Json] = [
            name for name, state in looking.families.items() if isinstance(state.driver, Searching)
        ]
        return reply({"searched": searched})

    def _document(self, known: Adapters | None) -> dict[str, Json]:
        looking, inbox = self._gateway.discovery, self._gateway.registry.inbox
        waiting = Counter(candidate.driver for candidate in inbox.values())
        families: list[Json] = [self._family(state, waiting) for state in looking.families.values()]
        unread = [self._unread(one) for one in inbox.values() if not one.components and one.asks is None]
        watchers: dict[str, Json] = {name: shown(health) for name, health in looking.health().items()}
        return {
            "families": families,
            "watchers": watchers,
            "ports": self._ports(known),
            "unread": list[Json](unread[:MOST_UNREAD]),
        }

    def _family(self, state: FamilyState, waiting: Counter[str]) -> dict[str, Json]:
        name = state.family.name
        things = len(self._gateway.registry.devices(name))
        blind = _blind(state, self._gateway.discovery.health())
        return {
            "name": name,
            "title": state.family.title,
            "state": "blind" if blind else state.state,
            "advice": blind or state.advice or None,
            "seen": max(len(state.seen), waiting[name] + things),
            "candidates": waiting[name],
            "things": things,
            "driver": shown(state.driver.health()) if state.driver is not None else None,
        }

    def _ports(self, known: Adapters | None) -> list[Json]:
        watcher: object = self._gateway.discovery.ports
        if not isinstance(watcher, Listing):
            return []
        held = watcher.held()
        return [
            {
                "path": port.path,
                "identity": port.identity,
                "made_by": one_line(f"{port.manufacturer} {port.product}".strip(), LONGEST_PROBLEM),
                "usb": f"{port.vid:04x}:{port.pid:04x}" if port.vid else None,
                "since": rfc3339(watcher.since(port.path)),
                "used_by": held.get(port.path),
                "closed": None if port.path in held else closed(port.path) or None,
                "adapter": _adapter(known.of(port) if known is not None else None),
            }
            for port in watcher.ports()
        ]

    def _unread(self, candidate: Candidate) -> dict[str, Json]:
        return {
            "driver": candidate.driver,
            "id": candidate.id,
            "title": candidate.title,
            "problems": list[Json](candidate.problems),
        }


def _blind(state: FamilyState, watchers: Mapping[str, DriverHealth]) -> str:
    """Why nothing of a family that is looked for can be seen; "" where something could."""
    if state.state != "looking":
        return ""
    marks = state.family.declared()
    needs = {
        "mdns": bool(marks.services),
        "bluetooth": bool(marks.service_data or marks.service_uuids or marks.manufacturers),
        "serial": bool(marks.usb),
    }
    shut = [
        one_line(watchers[name].detail, LONGEST_PROBLEM) if name in watchers else f"{name} is off"
        for name, wanted in needs.items()
        if wanted and not (name in watchers and watchers[name].connected)
    ]
    return "; ".join(shut) if len(shut) == sum(needs.values()) else ""


def _adapter(found: Adapter | None) -> Json:
    if found is None:
        return None
    return {"title": found.title, "what": found.what, "advice": found.advice}


def shown(health: DriverHealth) -> dict[str, Json]:
    """Its problems are foreign text: a line each."""
    return {
        "connected": health.connected,
        "detail": one_line(health.detail, LONGEST_PROBLEM),
        "counters": dict(health.counters),
        "problems": [one_line(line, LONGEST_PROBLEM) for line in health.problems],
    }
