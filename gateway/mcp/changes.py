"""What one subscriber is told of: that a resource changed, by the rights of now, and not more often than it can read.

Nothing here knows the protocol. What is told says only which resource to read again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from gateway.api.topics import Visible
from gateway.context import Gateway
from gateway.mcp.library import Library
from gateway.mcp.resource import LONGEST_URI_CHARACTERS
from gateway.mcp.tool import Caller
from gateway.mode import TOPIC as MODE
from gateway.observers import Topic
from gateway.rulebook.keeper import TOPIC as RULES

MOST_URIS: Final = 256
"""For one subscriber: a house of Things, and its approvals."""

PAUSE_S: Final = 1.0
"""Between two rounds: a resource is told of once in it at the most, however often it changed."""

_KINDS: Final = frozenset({"thing", "rules", "house"})
"""After these the caller may see or do something else than before."""


class Teller(Protocol):
    """Where it is said. Waits while the client reads slowly: what comes in meanwhile is told as one."""

    async def updated(self, uri: str) -> None: ...

    async def tools_changed(self) -> None: ...

    async def resources_changed(self) -> None: ...


class Changes:
    """`run` tells until it is cancelled or its caller's token ends. With `tools` (those that a caller is shown) and `resources`
    those lists are watched, too.
    """

    def __init__(
        self,
        gateway: Gateway,
        library: Library,
        caller: Caller,
        teller: Teller,
        *,
        pause_s: float = PAUSE_S,
        tools: Callable[[Caller], list[str]] | None = None,
        resources: bool = False,
    ) -> None:
        self._gateway, self._library, self._caller, self._teller = gateway, library, caller, teller
        self._pause_s = pause_s
        self._tools, self._resources = tools, resources
        self._visible = Visible(gateway, caller.session)
        self._uris: dict[str, frozenset[Topic]] = {}
        self._by_topic: dict[Topic, set[str]] = {}
        self._version = gateway.registry.version
        self._lists: tuple[list[str], list[str]] | None = None

    @property
    def uris(self) -> list[str]:
        return [*self._uris]

    def add(self, uri: str) -> bool:
        """Whether there is room for it. What is not there, or not the caller's to see, is taken alike, and never told of."""
        if uri in self._uris:
            return True
        if len(self._uris) >= MOST_URIS or len(uri) > LONGEST_URI_CHARACTERS:
            return False
        self._uris[uri] = frozenset()
        self._bind(uri)
        return True

    def drop(self, uri: str) -> None:
        self._unbind(uri)
        self._uris.pop(uri, None)

    def __contains__(self, topic: object) -> bool:
        """The observer asks it of each event: by the caller's rights of now."""
        if topic in {RULES, MODE}:
            return self._watches_lists  # not told as such: only what changed by it for this caller
        assert isinstance(topic, tuple)
        if topic in self._by_topic:
            return topic in self._visible
        return topic[1] == "" and (self._watches_lists or bool(self._uris)) and topic in self._visible

    async def run(self) -> None:
        observer = self._gateway.observers.subscribe(self)
        if self._watches_lists:
            self._lists = await self._shown()
        try:
            while not self._caller.session.revoked:
                events, missed = await observer.batch()
                if not events:
                    return
                seen = [event for event in events if observer.wants(event)]
                self._rebind()
                stale = {uri for event in seen for uri in self._by_topic.get(event.topic, ())}
                for uri in [*self._uris] if missed else sorted(stale & self._uris.keys()):
                    await self._teller.updated(uri)
                if missed or any(event.kind in _KINDS for event in seen):
                    await self._look_at_lists()
                await asyncio.sleep(self._pause_s)
        finally:
            self._gateway.observers.unsubscribe(observer)

    @property
    def _watches_lists(self) -> bool:
        return self._tools is not None or self._resources

    async def _look_at_lists(self) -> None:
        """Tells of a list only where what this caller is shown of it is another."""
        if self._lists is None:
            return
        before, self._lists = self._lists, await self._shown()
        if before[0] != self._lists[0]:
            await self._teller.tools_changed()
        if before[1] != self._lists[1]:
            await self._teller.resources_changed()

    async def _shown(self) -> tuple[list[str], list[str]]:
        tools = self._tools(self._caller) if self._tools is not None else []
        heads = await self._library.listed(self._gateway, self._caller) if self._resources else []
        return tools, [f"{head.uri} {head.title}" for head in heads]

    def _rebind(self) -> None:
        """A Thing has other affordances than before, or is another's to see."""
        if self._version == self._gateway.registry.version:
            return
        self._version = self._gateway.registry.version
        for uri in self._uris:
            self._bind(uri)

    def _bind(self, uri: str) -> None:
        self._unbind(uri)
        topics = self._library.topics(self._gateway, self._caller, uri) or frozenset()
        self._uris[uri] = topics
        for topic in topics:
            self._by_topic.setdefault(topic, set()).add(uri)

    def _unbind(self, uri: str) -> None:
        for topic in self._uris.get(uri, frozenset()):
            if (told := self._by_topic.get(topic)) is not None:
                told.discard(uri)
                if not told:
                    del self._by_topic[topic]
