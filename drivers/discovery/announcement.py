"""What is said of ourselves on the network. Needs no library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Announcement:
    """One instance of a service: `types` are its type and then its subtypes; `host` is a name for this box, without `.local.`,
    that nobody else uses (not the one that the system's own responder answers for); `addresses` are where it listens, empty:
    on all interfaces.
    """

    types: tuple[str, ...]
    name: str
    host: str
    port: int
    properties: Mapping[str, str] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
