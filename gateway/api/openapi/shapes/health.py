"""How the gateway does."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from gateway.api.openapi.shapes.decisions import Time
from gateway.api.openapi.shapes.inbox import DriverState


class Alive(TypedDict):
    """What a stranger learns."""

    status: Literal["ok"]


class PartState(TypedDict):
    """A part of the gateway, which is begun anew when it fails."""

    state: str
    failures: int
    last_error: str


class LedgerState(TypedDict):
    """Whether the record can be written."""

    available: bool
    entries: int
    failures: int
    waiting: int
    last_error: str


class Ingest(TypedDict):
    """What devices reported; `problems` are values that were not taken, by `<thing>.<property>`."""

    counters: dict[str, int]
    problems: dict[str, str]


class FailedDuty(TypedDict):
    """What could not be switched off or put back."""

    id: str
    thing: str
    property: str
    duty: str
    rule: str
    failed_at: Time
    attempts: int
    error: str


class ChannelState(TypedDict):
    """A way by which people are told."""

    kind: str
    state: Literal["idle", "ok", "failing"]
    line: str
    remedy: str | None
    counters: dict[str, int]


class DiskState(TypedDict):
    """Room under the state directory, and what this process has written to it; null where the kernel does not tell."""

    free_bytes: int
    total_bytes: int
    is_little: bool
    written_bytes: int | None
    written_a_day: int | None


class Health(TypedDict):
    """How every part does. What needs somebody who can mend it is for owners and adults."""

    status: Literal["ok", "degraded"]
    version: str
    started_at: Time
    state_dir: str | None
    uptime_s: float
    things: int
    inbox: int | None
    mode: str
    time_is_known: bool
    rules: str
    rules_problems: list[str]
    drivers: dict[str, DriverState]
    watchers: dict[str, DriverState]
    parts: dict[str, PartState]
    ledger: LedgerState
    disk: DiskState
    ingest: Ingest
    commands: dict[str, int]
    failed_obligations: list[FailedDuty]
    streams: int
    notify: dict[str, ChannelState]
