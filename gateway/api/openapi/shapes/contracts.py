"""Context contracts, and what they tell."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.operation import AnyJson
from gateway.api.openapi.shapes.decisions import Time


class ContractShown(TypedDict):
    """A contract. `binds`: its reader sees raw only what contracts give, also after its end, until it is released. `remarks`
    are sentences about what it does not give; people alone are told.
    """

    id: str
    reader: str
    maker: str | None
    state: Literal["asked", "in-force", "ended"]
    made_at: Time
    begins_at: Time | None
    expires_at: Time
    ended_at: Time | None
    because: str | None
    binds: bool
    terms: dict[str, AnyJson]
    context: str
    notes: str
    remarks: NotRequired[list[str]]


class ContextLayers(TypedDict):
    """Those that were asked for, and that the contract has."""

    stable: NotRequired[dict[str, AnyJson]]
    snapshot: NotRequired[dict[str, AnyJson]]
    working: NotRequired[dict[str, AnyJson]]


class ContextDocument(TypedDict):
    """What a contract tells at a moment. `untrusted` names the members whose text others wrote; `next` is the offset of the
    next page.
    """

    contract: str
    reader: str
    purpose: str
    retention: str
    expires_at: Time
    untrusted: list[str]
    layers: ContextLayers
    next: int | None
    at: Time
