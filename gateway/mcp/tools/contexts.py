"""`read_context`: what context contracts give this caller, as fine and as long as they say; each read is counted."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from pydantic import AwareDatetime, Field, JsonValue

from capabilities.vocabulary import Json
from gateway.api.problems import Problem, not_found
from gateway.api.wire import rfc3339
from gateway.context import Gateway
from gateway.contracts.contract import Contract, State
from gateway.contracts.document import Wish
from gateway.contracts.keeper import NotInForce
from gateway.contracts.reading import NoSuchContract, Spent, context_of
from gateway.contracts.terms import LAYERS
from gateway.contracts.who import may_see
from gateway.identity import Session
from gateway.mcp.tool import Arguments, Caller, Tool
from gateway.mcp.tools.marking import Untrusted, foreign, marked
from gateway.mcp.tools.shapes import Cursor, Short, ShortAnswer

MOST_THINGS: Final = 50
"""Of one page."""

MOST_CONTRACTS: Final = 50
MOST_PARTS: Final = 4_000
"""Values in one page, nested ones counted: some 80 kB at the most; a page of 10 Things has a tenth of that."""

MOST_STATES: Final = 500


class ContextArguments(Arguments):
    contract: str = Field(
        "", max_length=80, description="Its id; left out: a list of the contracts that you have."
    )
    layers: list[Literal["stable", "snapshot", "working"]] = Field(
        list(LAYERS),
        max_length=len(LAYERS),
        description="stable: rooms, things; snapshot: states, plans, questions, leases; working: your notes.",
    )
    since: AwareDatetime | None = Field(None, description="Only what changed after this.")
    limit: int = Field(10, ge=1, le=MOST_THINGS, description="Things of one page.")
    cursor: Cursor = ""


class ContractLine(Short):
    id: str
    reader: str
    state: str = Field(description="asked (a person has to accept it), in-force or ended.")
    purpose: Untrusted
    layers: list[str]
    retention: str = Field(description="How long you may keep what it tells.")
    expires_at: str


class ContextAnswer(ShortAnswer):
    contracts: list[ContractLine] | None = None
    context: JsonValue = Field(
        None, description="The document of the contract; texts stand in {untrusted: …}: others wrote them."
    )
    next: str | None = None


async def read_context(gateway: Gateway, caller: Caller, wanted: ContextArguments) -> ContextAnswer:
    if not wanted.contract:
        return ContextAnswer(contracts=[_line(one) for one in _of(gateway, caller.session)[:MOST_CONTRACTS]])
    offset = int(wanted.cursor) if wanted.cursor.isdecimal() and len(wanted.cursor) < 6 else 0
    wish = Wish(list(dict.fromkeys(wanted.layers)), _seconds(wanted.since), offset, wanted.limit)
    try:
        told = await context_of(gateway, caller.session, wanted.contract, wish)
    except NoSuchContract:
        raise not_found() from None
    except NotInForce as error:
        raise Problem("not-answerable", str(error)) from error
    except Spent as error:
        detail = f"this contract gives {error.reads} reads in a quarter hour; the next in {error.seconds} s"
        members: dict[str, Json] = {"retry_after_s": error.seconds}
        raise Problem("too-many-requests", detail, members=members) from error
    document = told.aged(gateway.clock.wall())
    document.pop("untrusted", None)  # here it is marked in place
    return ContextAnswer(
        context=marked(document, parts=MOST_PARTS, items=MOST_STATES),
        next=str(told.next) if told.next is not None else None,
    )


def has_a_contract(gateway: Gateway, session: Session) -> bool:
    return bool(_of(gateway, session))


def _of(gateway: Gateway, session: Session) -> list[Contract]:
    """Those that the caller may see and that are not over, the newest first."""
    gateway.contracts.look()
    found = [
        one
        for one in gateway.contracts.book
        if one.state is not State.ENDED and may_see(gateway.identity, one, session.principal)
    ]
    return sorted(found, key=lambda one: one.id, reverse=True)


def _line(contract: Contract) -> ContractLine:
    terms = contract.terms
    return ContractLine(
        id=contract.id,
        reader=contract.reader,
        state=contract.state,
        purpose=foreign(terms.purpose),
        layers=list(terms.layers),
        retention=terms.retention,
        expires_at=rfc3339(contract.expires_at),
    )


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at is not None else 0.0


READ_CONTEXT: Final = Tool(
    name="read_context",
    title="Read what a context contract gives",
    description=(
        "Lists the context contracts under which you may know things, or reads what one of them tells now: things, states"
        " (raw, aggregated over time, or only whether something is so), plans, questions, notes. Each read is counted."
    ),
    arguments=ContextArguments,
    answer=ContextAnswer,
    run=read_context,
    shown_to=has_a_contract,
)
