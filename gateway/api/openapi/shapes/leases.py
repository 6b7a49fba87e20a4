"""Who holds what, and who waits for it."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.operation import AnyJson
from gateway.api.openapi.shapes.decisions import Time


class LeaseShown(TypedDict):
    """A lease, as far as the caller may know of it. `fence` and `header` are its holder's."""

    id: str
    thing: str
    property: str | None
    holder: NotRequired[AnyJson]
    rank: NotRequired[AnyJson]
    purpose: NotRequired[AnyJson]
    accepts: AnyJson
    state: str
    since: Time | None
    until: Time | None
    because: str | None
    suspended_until: NotRequired[Time | None]
    safe_until: NotRequired[Time | None]
    escalated: NotRequired[bool]
    fence: NotRequired[int]
    header: NotRequired[str | None]
    free_at: NotRequired[Time | None]


class LeaseAnswer(LeaseShown):
    """A lease that was asked for; where it stands in line, who holds it and what they accept."""

    holders: NotRequired[list[LeaseShown]]
    proposal: NotRequired[AnyJson]


class LeaseInLine(LeaseShown):
    """A lease with those after it (`line`), or those who keep it waiting (`holders`)."""

    line: NotRequired[list[LeaseShown]]
    holders: NotRequired[list[LeaseShown]]


class StandBack(TypedDict):
    """Where software stands back, for a person has just changed it."""

    thing: str
    property: str
    value: AnyJson
    by: str
    at: Time
    until: Time


class LeasesShown(TypedDict):
    """All that the caller may know of."""

    leases: list[LeaseShown]
    stand_backs: list[StandBack]
