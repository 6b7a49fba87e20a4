"""`/history`: what the house was like. Who may read a property may read its past."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson
from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.auth import caller, manages, require_manager
from gateway.api.history_csv import MOST_SERIES, table
from gateway.api.history_query import (
    ACCEPT,
    COMPARE,
    FORMAT,
    PARAMETERS,
    asked_of,
    check_words,
    shift_of,
    wants_csv,
)
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.history import KeptAll, Past
from gateway.api.past import Asked, Askers, ask, may_see_left, seen_since, unavailable
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.slow_readers import send
from gateway.api.wire import JSON, cached, reply, rfc3339
from gateway.context import Gateway
from gateway.history.desk import Unavailable
from gateway.history.file import HistoryFile, StoredSeries
from gateway.history.recorder import Followed
from gateway.ledger import Entry, LedgerUnavailable
from gateway.observers import Topic
from policies.decision import Principal

CSV: Final = "text/csv"
TABLE: Final = Answer({"type": "string"}, "a table, with `format=csv`", media=CSV)
ERASING: Final = ("forbidden", "history-unavailable", "ledger-unavailable")
SPAN_WORDS: Final = frozenset({"from", "to", "points", "level", "format"})
LIST_WORDS: Final = frozenset({"thing", "series", "format"})


class HistoryRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._askers = Askers()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/history", self.all),
            web.get("/history/{thing}/{name}", self.one, allow_head=False),
            web.delete("/history/{thing}/{name}", self.erase),
            web.delete("/history/{thing}", self.erase_all),
        ]

    @operation(
        "History",
        "Of what a history is kept",
        {200: (Answer(KeptAll, "Series that the caller may see"), TABLE)},
        parameters=(
            common.THING,
            common.text("series", "For a table: `thing/property`, several of them separated by commas"),
            *PARAMETERS,
            FORMAT,
            ACCEPT,
        ),
        problems=("history-unavailable", "not-found"),
    )
    async def all(self, request: web.Request) -> web.StreamResponse:
        """Each series with its unit, since when, how long each level is kept, how much it is. With `format=csv` and
        `series=` a table of up to 16 of them, a row for each window.
        """
        if wants_csv(request):
            check_words(request, SPAN_WORDS | {"series", "thing"})
            return await self._table(request, self._topics(request))
        check_words(request, LIST_WORDS)
        if "series" in request.query:
            raise bad_request(
                "several series come as a table (format=csv); one as JSON at /history/{thing}/{property}"
            )
        try:
            return reply(await self._list(caller(request), request.query.get("thing", "")))
        except Unavailable as error:
            raise unavailable(error) from error

    @operation(
        "History",
        "The past of a property",
        {
            200: (Answer(Past, "Columns", headers=("ETag",)), TABLE),
            304: Answer(None, "As it was", headers=("ETag",)),
        },
        parameters=(*PARAMETERS, COMPARE, FORMAT, ACCEPT, common.IF_NONE_MATCH),
        problems=("history-unavailable",),
    )
    async def one(self, request: web.Request) -> web.StreamResponse:
        """Columns for a plot: the last 24 hours, or from `from` to `to`; at most `points` places, in which the extremes of
        all that was reported still show. With `compare` a second period, laid over it. 404 where nothing is kept, or may be
        seen.
        """
        check_words(request, SPAN_WORDS | {"compare"})
        gateway, principal = self._gateway, caller(request)
        topic = self._topic(request)
        if seen_since(gateway, principal, topic) is None:
            raise not_found()
        if wants_csv(request):
            return await self._table(request, [topic])
        now = gateway.clock.wall()
        asked = asked_of(request, now)
        shift = shift_of(request, asked, now)
        periods = [asked]
        if shift is not None:
            periods.append(Asked(asked.begin - shift, asked.end - shift, asked.points, asked.level))
        with self._askers.taking(principal):
            body = await ask(gateway, principal, topic, _json(topic, asked, shift), *periods)
        return cached(request, body, JSON)

    @operation("History", "Erase the past of a property", {204: common.NOTHING}, problems=ERASING)
    async def erase(self, request: web.Request) -> web.Response:
        """All of it, for good: owners and adults. It stands in the ledger; what comes from now on is kept as before."""
        principal, topic = require_manager(request), self._topic(request)
        left = [one for one in self._gateway.history.others() if (one.thing, one.name) == topic]
        if seen_since(self._gateway, principal, topic) is None and not self._left(principal, left):
            raise not_found()
        return await self._erase(principal, [topic])

    @operation("History", "Erase the past of a Thing", {204: common.NOTHING}, problems=ERASING)
    async def erase_all(self, request: web.Request) -> web.Response:
        """As of each property that the caller may see; of a Thing that was forgotten, too."""
        principal = require_manager(request)
        thing = self._gateway.names.plain(request.match_info["thing"])
        try:
            await self._gateway.history.opened()
        except Unavailable as error:
            raise unavailable(error) from error
        mine = [one.topic for one in self._gateway.history.recorder.followed() if one.topic[0] == thing]
        left = [one for one in self._gateway.history.others() if one.thing == thing]
        topics = [one for one in mine if seen_since(self._gateway, principal, one) is not None]
        topics += [(one.thing, one.name) for one in self._left(principal, left)]
        if not topics:
            raise not_found()
        return await self._erase(principal, list(dict.fromkeys(topics)))

    # ---------------------------------------------------------------- inside

    def _topic(self, request: web.Request) -> Topic:
        return self._gateway.names.plain(request.match_info["thing"]), request.match_info["name"]

    def _topics(self, request: web.Request) -> list[Topic]:
        """Of `series=lamp/on,attic/temperature`. Raises `Problem` (400)."""
        wanted = [one for one in request.query.get("series", "").split(",") if one]
        pairs = [one.rpartition("/") for one in wanted]
        if not 1 <= len(pairs) <= MOST_SERIES or not all(thing and name for thing, _, name in pairs):
            raise bad_request(
                f"series names 1 to {MOST_SERIES} properties, like series=lamp/on,attic/temperature"
            )
        return list(dict.fromkeys((self._gateway.names.plain(thing), name) for thing, _, name in pairs))

    async def _table(self, request: web.Request, topics: list[Topic]) -> web.StreamResponse:
        principal = caller(request)
        if any(seen_since(self._gateway, principal, one) is None for one in topics):
            raise not_found()
        if "compare" in request.query:
            raise bad_request("a table has one period: ask for each on its own")
        asked = asked_of(request, self._gateway.clock.wall())
        with self._askers.taking(principal):
            lines = table(self._gateway, principal, topics, asked)
            first = await anext(lines, "")
            headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
            headers["Content-Disposition"] = 'attachment; filename="history.csv"'
            response = web.StreamResponse(headers=headers)
            response.content_type, response.charset = CSV, "utf-8"
            await response.prepare(request)
            await send(request, response, _after(first, lines))
        return response

    async def _list(self, principal: Principal, thing: str) -> Json:
        history, wanted = self._gateway.history, self._gateway.names.plain(thing) if thing else ""
        await history.opened()
        seen = [
            (one, since)
            for one in history.recorder.followed()
            if one.kind is not None
            and wanted in {"", one.topic[0]}
            and (since := seen_since(self._gateway, principal, one.topic)) is not None
        ]
        left = [one for one in self._left(principal, history.others()) if wanted in {"", one.thing}]
        extents, size = await history.extents(
            [one.id for one, _ in seen if one.id] + [one.id for one in left]
        )
        shown: list[Json] = [_followed(one, since, extents.get(one.id)) for one, since in seen]
        shown += [_forgotten(one, extents[one.id]) for one in left]
        return {"series": shown} | ({"file_bytes": size} if manages(principal) else {})

    def _left(self, principal: Principal, left: list[StoredSeries]) -> list[StoredSeries]:
        """Of series that nothing is followed for, those that are `principal`'s to see."""
        registry = self._gateway.registry
        return [one for one in left if registry.get(one.thing) is None and may_see_left(principal, one)]

    async def _erase(self, principal: Principal, topics: list[Topic]) -> web.Response:
        names: list[Json] = [name for _, name in topics]
        entry = Entry(
            "erase",
            self._gateway.clock.wall(),
            {"erased": "history", "properties": names},
            principal=principal.id,
            thing=topics[0][0],
        )
        try:
            await self._gateway.ledger.commit(entry)
            found = [await self._gateway.history.erase(topic) for topic in topics]
        except (LedgerUnavailable, sqlite3.Error) as error:
            raise Problem("ledger-unavailable", str(error)) from error
        except Unavailable as error:
            raise unavailable(error) from error
        if not any(found):
            raise not_found()
        return web.Response(status=204)


def _json(topic: Topic, asked: Asked, shift: float | None) -> Any:
    def told(part: Any, file: HistoryFile, *questions: Any) -> bytes:
        first = questions[0]
        span = first.wish.span
        body: dict[str, Any] = {
            "thing": topic[0],
            "property": topic[1],
            "type": first.series.type,
            "unit": first.series.unit,
            "from": span.begin,
            "to": span.end,
            **part.draw(file, first),
        }
        if shift is not None:
            body["compare"] = {"shift": shift, **part.moved(part.draw(file, questions[1]), shift)}
        return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)

    return told


def _followed(one: Followed, since: float, extent: tuple[float | None, int, int] | None) -> Json:
    """`since`: before then the caller may know nothing, also not how much there is."""
    whole = since == -math.inf
    _, rows, size = extent or (None, 0, 0)
    return {
        "thing": one.topic[0],
        "property": one.topic[1],
        "type": str(one.kind),
        "unit": one.unit,
        "first": rfc3339(max(one.first, since)),
        "last": rfc3339(one.at) if math.isfinite(one.at) and one.at >= since else None,
        "rows": rows if whole else None,
        "bytes": size if whole else None,
        "keeps": {level.value: span if math.isfinite(span) else None for level, span in one.keeps.items()},
    }


def _forgotten(one: StoredSeries, extent: tuple[float | None, int, int]) -> Json:
    last, rows, size = extent
    return {
        "thing": one.thing,
        "property": one.name,
        "type": one.type,
        "unit": one.unit,
        "first": rfc3339(one.first),
        "last": rfc3339(last) if last is not None else None,
        "rows": rows,
        "bytes": size,
        "keeps": {},
        "forgotten": True,
    }


async def _after(first: str, others: AsyncIterator[str]) -> AsyncIterator[str]:
    yield first
    async for one in others:
        yield one
