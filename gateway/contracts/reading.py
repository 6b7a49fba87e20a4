"""One read under a contract: held against its budget, counted, answered. Without any request: for HTTP and for MCP alike."""

from __future__ import annotations

import math
from dataclasses import dataclass

import orjson

from capabilities.vocabulary import Json
from gateway.context import Gateway
from gateway.contracts.contract import Contract
from gateway.contracts.document import Told, Wish, build
from gateway.contracts.keeper import NotInForce
from gateway.contracts.who import may_see, reader_of
from gateway.identity import Session


class NoSuchContract(Exception):
    """There is none, or none that the caller may see."""


@dataclass(frozen=True, slots=True)
class Spent(Exception):
    """The budget of this quarter hour is used up; the next begins in `seconds`."""

    seconds: int
    reads: int


def find(gateway: Gateway, session: Session, ident: str) -> Contract:
    """Raises `NoSuchContract`."""
    found = gateway.contracts.book.get(ident)
    if found is None or not may_see(gateway.identity, found, session.principal):
        raise NoSuchContract
    return found


async def context_of(gateway: Gateway, session: Session, ident: str, wish: Wish) -> Told:
    """The context document of the contract `ident` for the caller: its reader, or a person who looks at what that would see, as
    far as it may see it too (which is not counted). Layers that the contract does not have are left out.

    Raises `NoSuchContract`; `NotInForce`; `Spent`; `sqlite3.Error`.
    """
    find(gateway, session, ident)
    contract = await gateway.contracts.in_force(ident)
    principal = session.principal  # of now: `in_force` may have ended others
    is_reader = principal.id == contract.reader
    reader = principal if is_reader else reader_of(gateway.identity, contract.reader)
    if reader is None:
        raise NotInForce(f"{contract.reader} has no good token, so it reads nothing")
    if is_reader and (wait := gateway.contracts.spend(contract)) > 0:
        raise Spent(math.ceil(wait), contract.terms.reads)
    layers = [one for one in wish.layers if one in contract.terms.layers]
    asked = Wish(layers, wish.since, wish.offset, wish.limit)
    told = build(gateway, contract, reader, asked, viewer=None if is_reader else principal)
    if "working" in layers and not wish.offset:
        _put_notes(told, contract, await gateway.contracts.rows.notes(contract.id))
        await gateway.contracts.in_force(ident)  # it may have ended meanwhile
    if is_reader:
        gateway.contracts.tally.saw(contract, gateway.clock.wall(), layers, told.things)
    return told


def _put_notes(told: Told, contract: Contract, text: str | None) -> None:
    notes: Json = orjson.loads(text) if text is not None else None
    layers = told.body["layers"]
    assert isinstance(layers, dict)
    layers["working"] = {"ref": f"/contracts/{contract.id}/notes", "notes": notes}
