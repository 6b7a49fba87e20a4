"""The leases of the run before, as database and ledger have them: whichever has the later version of one is believed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from capabilities.vocabulary import Json
from gateway.leases.causes import cause_of
from gateway.leases.desk import Desk
from gateway.leases.history import FIGHTS_WINDOW_S
from gateway.leases.lease import LONGEST_PERSON_S, Lease, State, of_row
from gateway.leases.standbacks import Takeover
from gateway.leases.telling import KIND
from gateway.ledger import Entry, Record

TAKEOVER: Final = "takeover"

ROWS_A_PAGE: Final = 500

MOST_ROWS: Final = 20_000
"""Of the ledger, read back: who yielded further ago than that is forgotten."""

log = logging.getLogger(__name__)


async def restore(desk: Desk) -> int:
    """Fills the book and the history; how many leases there are. Raises `sqlite3.Error`, `LedgerUnavailable`."""
    rows, desk.fence = await desk.rows.load()
    records = await _records(desk)
    newest: dict[str, Record] = {}
    for record in records:
        if record.kind == KIND:
            newest[record.execution] = record
            _remember(desk, record)
            desk.fence = max(desk.fence, _number(record.body, "fence"))
    leases = {row.id: row for row in rows}
    ended: list[str] = []
    for row in rows:
        try:
            lease = _as_recorded(of_row(row), newest.get(row.id))
        except (ValueError, KeyError, TypeError, AssertionError) as error:
            log.warning("the lease %s cannot be read, and has ended: %s", row.id, error)
            lease = None
        if lease is None:
            ended.append(row.id)
        else:
            desk.book.put(desk.refreshed(lease) or lease)
    _tell_orphans(desk, [r for name, r in newest.items() if name not in leases])
    _stand_back(desk, [record for record in records if record.kind == TAKEOVER])
    await desk.rows.change([], ended, desk.fence)
    desk.look()
    return len(desk.book)


async def _records(desk: Desk) -> list[Record]:
    """What the ledger has of leases and takeovers that may still matter, the oldest first."""
    found: list[Record] = []
    before, since = None, desk.now - LONGEST_PERSON_S
    while len(found) < MOST_ROWS:
        page = await desk.parts.ledger.entries(
            kinds=(KIND, TAKEOVER), before=before, limit=ROWS_A_PAGE, newest_first=True
        )
        found += page
        if len(page) < ROWS_A_PAGE or page[-1].at < since:
            break
        before = page[-1].seq
    return found[::-1]


def _remember(desk: Desk, record: Record) -> None:
    """Who had a turn that others yielded, and who fought."""
    body = record.body
    mine, others = _path(body.get("path")), _paths(body.get("over"))
    winners = _paths(body.get("to")) if body.get("change") == "waits" else []
    spots = [(str(spot[0]), str(spot[1])) for spot in _list(body.get("spots")) if isinstance(spot, list)]
    for loser in others:
        desk.history.had(spots, mine, loser, record.at)
    for winner in winners:
        desk.history.had(spots, winner, mine, record.at)
    spot = (record.thing, str(body.get("property", "")))
    if record.at > desk.now - FIGHTS_WINDOW_S:
        fought = (
            winners
            if body.get("change") == "waits"
            else _paths(body.get("to"))
            if body.get("change") == "yielded"
            else []
        )
        for other in fought:
            desk.history.fought(spot, mine, other, record.at, desk.apart_s)
        if body.get("change") == "escalated":
            desk.history.forgive(spot)
    if body.get("change") == "escalated":
        until = _number(body, "back_ms") / 1000
        desk.asked |= dict.fromkeys(spots, record.at)
        desk.frozen |= dict.fromkeys(spots, until) if until > desk.now else {}


def _as_recorded(lease: Lease, record: Record | None) -> Lease | None:
    """The lease as its newest entry has it, where that came after what the database has; None where it has ended."""
    if record is None:
        return lease
    body = record.body
    if body.get("change") == "ended":
        return None
    if _number(body, "version") <= lease.version:
        return lease
    state = State(str(body.get("state")))
    fresh = replace(
        lease,
        state=state,
        version=_number(body, "version"),
        fence=_number(body, "fence"),
        until=_number(body, "until_ms") / 1000,
        because=cause_of(body.get("cause")),
        suspended_until=_number(body, "back_ms") / 1000,
        safe_until=0.0,
        contested_at=0.0,
    )
    if state is State.HELD and body.get("change") in {"granted", "claimed"}:
        fresh = replace(fresh, since=record.at)
    return replace(fresh, in_line_since=record.at) if state is State.WAITING else fresh


def _tell_orphans(desk: Desk, records: Sequence[Record]) -> None:
    """What was about to be given when the gateway stopped: nobody was told of it, so it was not."""
    for record in records:
        body = record.body
        if body.get("change") in {"ended", "escalated"} or body.get("left"):
            continue
        over: dict[str, Json] = {
            **body,
            "change": "ended",
            "because": "the gateway stopped before it counted",
        }
        entry = Entry(KIND, desk.now, over, record.execution, record.principal, record.thing)
        desk.voice.record(entry)


def _stand_back(desk: Desk, records: Sequence[Record]) -> None:
    for record in records:
        body = record.body
        until = _number(body, "until_ms") / 1000
        component = str(body.get("component", ""))
        if body.get("ended"):
            desk.standbacks.end(record.thing, component)
        elif until > desk.now:
            takeover = Takeover(
                record.execution,
                record.thing,
                component,
                str(body.get("property", "")),
                body.get("value"),
                body.get("before"),
                record.at,
                until,
                str(body.get("by", "")),
                record.at,
            )
            desk.standbacks.put(takeover)


def _number(body: Mapping[str, Json], name: str) -> int:
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _path(value: Json) -> tuple[str, ...]:
    return tuple(map(str, _list(value)))


def _paths(value: Json) -> list[tuple[str, ...]]:
    return [_path(one.get("path")) for one in _list(value) if isinstance(one, dict)]
