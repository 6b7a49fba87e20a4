"""What a resource is, whatever protocol era reads it. `gateway.mcp.resources` has them, as three functions:

- `async listed(gateway, caller) -> list[ResourceHead]`: those that the caller's rights show, in a stable order;
- `async read(gateway, caller, uri) -> ResourceBody`: raises `Problem`, `not-found` for what is not there and for what the
  caller may not see, with the same words;
- `topics(gateway, caller, uri) -> frozenset[Topic] | None`: the observers' topics whose events mean that it changed, given
  without waiting. None where it is not there or may not be seen; empty where it never changes. Whether a topic may be told is
  asked again at each event (`gateway.api.topics.Visible`).

`TEMPLATES` there is a tuple of `ResourceTemplate`. Nothing here knows the protocol's library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SCHEME: Final = "hearth://"
"""`hearth://things/{id}`, `hearth://approvals/{id}` and so on: the path is the REST route's."""

LONGEST_URI_CHARACTERS: Final = 512
"""The longest id is far below it; longer ones name nothing."""

MIME: Final = "application/json"


@dataclass(frozen=True, slots=True)
class ResourceHead:
    """One line of a list. `title` and `description` may hold foreign text: one line, bounded."""

    uri: str
    title: str
    description: str = ""
    mime: str = MIME


@dataclass(frozen=True, slots=True)
class ResourceBody:
    """What a resource says at the moment, as text of type `mime`."""

    uri: str
    text: str
    mime: str = MIME


@dataclass(frozen=True, slots=True)
class ResourceTemplate:
    """A family of resources; `template` is a URI template (RFC 6570)."""

    template: str
    name: str
    title: str
    description: str = ""
    mime: str = MIME
