"""`what_may_i_do`: what the rules let this caller do, Thing by Thing, and what stands against it just now."""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import Field

from capabilities.vocabulary import Json
from gateway.api.explaining import Explainer
from gateway.api.wire import rfc3339
from gateway.context import Gateway
from gateway.mcp.tool import Arguments, Caller, Tool
from gateway.mcp.tools.marking import Untrusted, foreign, foreign_or_none
from gateway.mcp.tools.shapes import Cursor, Short, ShortAnswer, plain
from gateway.mcp.tools.uses import Use, use_of

MOST_THINGS: Final = 20
"""Of one page: each is decided anew, some milliseconds, and is half a kilobyte."""

MOST_USES: Final = 20
AT_ONCE: Final = 4
"""Things that are decided before the loop may turn."""


class MayArguments(Arguments):
    thing: str = Field("", max_length=200, description="One Thing's id; left out: all of them, in pages.")
    room: str = Field("", max_length=100)
    kind: str = Field("", max_length=40)
    limit: int = Field(10, ge=1, le=MOST_THINGS)
    cursor: Cursor = ""


class NamedUse(Use):
    name: str
    action: bool | None = Field(None, description="It is an action; left out: a property to write.")


class ThingUses(Short):
    id: str
    title: Untrusted
    room: Untrusted | None = None
    kind: str
    suspended: bool | None = None
    reads: list[str]
    uses: list[NamedUse]


class Whom(Short):
    id: str
    role: str
    acts_for: str | None = Field(None, description="What this person may not do, you may not either.")


class MayAnswer(ShortAnswer):
    you: Whom
    mode: str = Field(description="Of the house: home, away, night or holiday.")
    at: str
    things: list[ThingUses]
    total: int
    next: str | None = None


async def what_may_i_do(gateway: Gateway, caller: Caller, wanted: MayArguments) -> MayAnswer:
    principal = caller.session.principal
    thing = plain(gateway, wanted.thing) if wanted.thing else ""
    shown = [
        adopted
        for ident in sorted(gateway.rights.of(principal).things)
        if thing in {"", ident}
        and (adopted := gateway.registry.get(ident)) is not None
        and wanted.room.casefold() in adopted.room.casefold()
        and wanted.kind in {"", adopted.thing.kind}
    ]
    rest = [one for one in shown if one.id > wanted.cursor]
    explainer = Explainer(gateway, principal, principal, all_rules=False)
    page: list[ThingUses] = []
    for count, adopted in enumerate(rest[: wanted.limit], 1):
        page.append(_thing(gateway, explainer.thing(adopted)))
        if not count % AT_ONCE:
            await asyncio.sleep(0)
    return MayAnswer(
        you=Whom(id=principal.id, role=principal.role, acts_for=principal.acts_for or None),
        mode=gateway.house.mode,
        at=rfc3339(gateway.clock.wall()),
        things=page,
        total=len(shown),
        next=page[-1].id if len(rest) > len(page) else None,
    )


def _thing(gateway: Gateway, told: dict[str, Json]) -> ThingUses:
    uses, sees = told["uses"], told["sees"]
    listed = [one for one in uses if isinstance(one, dict)] if isinstance(uses, list) else []
    return ThingUses(
        id=str(told["id"]),
        title=foreign(str(told["title"])),
        room=foreign_or_none(str(told["room"])),
        kind=str(told["kind"]),
        suspended=bool(told["suspended"]) or None,
        reads=[str(one) for one in sees][:MOST_USES] if isinstance(sees, list) else [],
        uses=[_use(gateway, one) for one in listed[:MOST_USES]],
    )


def _use(gateway: Gateway, told: dict[str, Json]) -> NamedUse:
    use = use_of(gateway, told)
    return NamedUse(name=str(told["name"]), action=bool(told["action"]) or None, **dict(use))


WHAT_MAY_I_DO: Final = Tool(
    name="what_may_i_do",
    title="What you may do",
    description=(
        "Tells what the rules of the house let you do: of each thing what you may read, and write or invoke, whether a"
        " person has to approve, which values are accepted, under which conditions, and what stands against it just now."
        " Ask it before a plan, and after a refusal; rights may change at any time."
    ),
    arguments=MayArguments,
    answer=MayAnswer,
    run=what_may_i_do,
)
