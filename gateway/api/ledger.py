"""`/ledger`: what was asked, decided, done and seen. People of the house read all of it, others their own entries."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.auth import caller, manages
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.record import LedgerEntry
from gateway.api.problems import bad_request
from gateway.api.seen import Sight
from gateway.api.wire import LONGEST_PAGE, flag, number, reply, rfc3339
from gateway.context import Gateway
from gateway.ledger import Record
from policies import Principal

DEFAULT_PAGE = 100
FILTERS = frozenset({"thing", "execution", "principal", "kind", "after", "before", "limit", "newest"})


class LedgerRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/ledger", self.entries)]

    @operation(
        "Record",
        "What was done",
        {200: Answer(list[LedgerEntry], headers=("Link",))},
        parameters=(
            common.THING,
            common.text("execution", "Of this execution"),
            common.text("principal", "By this principal"),
            common.text("kind", "Of these kinds, separated by commas"),
            common.whole("after", "Behind the entry with this number"),
            common.whole("before", "Before the entry with this number"),
            common.LIMIT,
            common.flag("newest", "The newest first"),
        ),
    )
    async def entries(self, request: web.Request) -> web.Response:
        """Entries in order (`?newest=1`: the newest first), with a `Link` to the next page where there may be one.

        Filters: `thing`, `execution`, `principal`, `kind` (several with commas), `after` and `before` (numbers), `limit`.
        """
        query = request.query
        if unknown := set(query) - FILTERS:
            raise bad_request(
                f"unknown filter {sorted(unknown)[0][:40]!r}; known: {', '.join(sorted(FILTERS))}"
            )
        principal, wanted = caller(request), query.get("principal", "")
        if not manages(principal):
            if wanted not in {"", principal.id}:
                return reply([])
            wanted = principal.id
        limit = max(1, number(request, "limit", DEFAULT_PAGE, most=LONGEST_PAGE))
        newest_first = flag(request, "newest")
        records = await self._gateway.ledger.entries(
            after=number(request, "after", 0),
            before=number(request, "before", 0) or None,
            limit=limit,
            kinds=tuple(kind for kind in query.get("kind", "").split(",") if kind),
            execution=query.get("execution", ""),
            principal=wanted,
            thing=self._gateway.names.plain(query.get("thing", "")),
            newest_first=newest_first,
        )
        headers = {}
        if len(records) == limit:
            edge = {"before" if newest_first else "after": str(records[-1].seq)}
            headers["Link"] = f'</ledger?{urlencode({**query, **edge})}>; rel="next"'
        return reply([entry(one) for one in as_seen(self._gateway, principal, records)], headers=headers)


def as_seen(gateway: Gateway, principal: Principal, records: list[Record]) -> list[Record]:
    """Entries as far as the caller may see what they tell of. Whose entries are theirs to read is asked before."""
    if manages(principal):
        return records
    sight = Sight(gateway, principal)
    return [replace(record, body=sight.body(record)) for record in records]


def entry(record: Record) -> dict[str, Json]:
    """One entry. `private` is null where there is none, or where it was erased; `hash` is of the whole entry."""
    return {
        "seq": record.seq,
        "at": rfc3339(record.at),
        "kind": record.kind,
        "execution": record.execution,
        "principal": record.principal,
        "thing": record.thing,
        "body": record.body,
        "private": record.private,
        "hash": record.hash,
    }
