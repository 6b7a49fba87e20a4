"""A secure session: the attribute database, reading, writing, subscribing.

Source: HomeKit Accessory Protocol Specification R2, 6.6 (database), 6.7 (characteristics, timed writes), 6.8 (events).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import orjson

from capabilities.vocabulary import Json
from drivers.driver import Rejected, Uncertain
from drivers.homekit.commas import without_commas_too_many
from drivers.homekit.database import plain
from drivers.homekit.statuses import in_words, status_of
from drivers.homekit.wire.connection import Connection, LinkError

AT_ONCE_CHARACTERISTICS: Final = 40
"""Of one request: accessories with little memory refuse more."""

MAX_ROWS: Final = 2_000
"""Of one answer or event: a bridge with 150 accessories of a dozen states fits."""

MAX_REPAIRED_BYTES: Final = 64 * 1024
"""JSON with commas too many is repaired (iOS takes it, so there are such accessories); not when it is long."""

PREPARED_MS: Final = 2_500
"""How long a timed write may be under way after it was announced."""

Where = tuple[int, int]
"""Accessory id and instance id."""


@dataclass(frozen=True, slots=True)
class Row:
    """Of an answer or event, about one characteristic. `status` is 0 where all is well. `told`: it has a value."""

    where: Where
    value: Json
    status: int
    told: bool


class Session:
    """All methods raise `LinkError`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._numbers = count(1)

    async def accessories(self) -> object:
        """The database, as JSON."""
        answer = await self.connection.request("GET", "/accessories")
        if answer.status != 200:
            raise LinkError(f"it does not tell its services (HTTP status {answer.status})", sent=True)
        return parsed(answer.body)

    async def read(self, wanted: Collection[Where]) -> list[Row]:
        found: list[Row] = []
        for some in _portions(sorted(wanted)):
            ids = ",".join(f"{aid}.{iid}" for aid, iid in some)
            answer = await self.connection.request("GET", f"/characteristics?id={ids}")
            asked = set(some)
            found += [row for row in rows(parsed(answer.body)) if row.where in asked]
        return found

    async def subscribe(self, wanted: Collection[Where]) -> set[Where]:
        """Those that it does not want to tell. One accessory at a time, as iOS does: some bridges take no more."""
        refused: set[Where] = set()
        for aid in sorted({aid for aid, _ in wanted}):
            for some in _portions(sorted(one for one in wanted if one[0] == aid)):
                asked = [{"aid": aid, "iid": iid, "ev": True} for aid, iid in some]
                answer = await self._put("/characteristics", {"characteristics": asked})
                refused |= {row.where for row in answer if row.status}
        return refused

    async def write(self, aid: int, writes: Sequence[tuple[int, Json]], *, timed: bool) -> None:
        """Raises `Rejected`, `Uncertain` (a part of it was refused)."""
        asked: dict[str, Any] = {
            "characteristics": [{"aid": aid, "iid": iid, "value": value} for iid, value in writes]
        }
        if timed:
            asked["pid"] = await self._prepare()
        failed = [row for row in await self._put("/characteristics", asked) if row.status]
        if not failed:
            return
        text = in_words(failed[0].status)
        if len({row.where for row in failed}) < len(writes):
            raise Uncertain(f"a part of it was not done, as {text}")
        raise Rejected(text)

    async def _prepare(self) -> int:
        """Announces a timed write."""
        number = next(self._numbers)
        asked = orjson.dumps({"ttl": PREPARED_MS, "pid": number})
        try:
            answer = await self.connection.request("PUT", "/prepare", asked)
            said = parsed(answer.body) if answer.body else {}
        except LinkError as error:  # by itself it moves nothing
            raise LinkError(str(error), sent=False) from None
        status = status_of(said.get("status", 0)) if isinstance(said, dict) else -1
        if status or answer.status >= 300:
            raise Rejected(in_words(status) if status else f"it refused (HTTP status {answer.status})")
        return number

    async def _put(self, target: str, asked: object) -> list[Row]:
        answer = await self.connection.request("PUT", target, orjson.dumps(asked))
        found = list(rows(parsed(answer.body))) if answer.body else []
        if answer.status >= 300 and not any(row.status for row in found):
            raise Rejected(f"it refused (HTTP status {answer.status})")
        return found


def parsed(body: bytes) -> object:
    """Raises `LinkError` for what is no JSON: an accessory that answers so is of no use."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            if len(body) <= MAX_REPAIRED_BYTES:
                return orjson.loads(without_commas_too_many(body))
        except ValueError:
            pass
        raise LinkError("it answers with what is no JSON", sent=True) from None


def rows(document: object) -> Iterator[Row]:
    """What a document tells of characteristics; what is malformed is passed over."""
    listed = document.get("characteristics") if isinstance(document, dict) else None
    for one in listed[:MAX_ROWS] if isinstance(listed, list) else ():
        if isinstance(one, dict) and type(one.get("aid")) is int and type(one.get("iid")) is int:
            status = status_of(one.get("status", 0))
            yield Row((one["aid"], one["iid"]), plain(one.get("value")), status, "value" in one)


def _portions(wanted: Iterable[Where]) -> Iterator[list[Where]]:
    listed = list(wanted)
    for begin in range(0, len(listed), AT_ONCE_CHARACTERISTICS):
        yield listed[begin : begin + AT_ONCE_CHARACTERISTICS]
