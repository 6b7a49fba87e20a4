"""Adopted Things, as they are stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, cast

import orjson

from gateway.storage.database import Database, Row

_ROWS_AT_ONCE: Final = 50

ThingState: TypeAlias = Literal["active", "suspended", "removed"]

_COLUMNS: Final = (
    "id, driver, candidate, title, room, labels, kind_overrides, names, fingerprint, state, description,"
    " created_at, updated_at, members"
)


@dataclass(frozen=True, slots=True)
class ThingRow:
    """One Thing. `candidate` is the driver's id of the device; `description` is JSON: the components accepted last.

    `kind_overrides` and `names` map component keys: to the kind a person gave, and to the prefix of the affordances' names.
    `members` are the driver's ids of the devices that a group commands. Times are in seconds since the epoch.
    """

    id: str
    driver: str
    candidate: str
    title: str
    description: bytes
    created_at: float
    updated_at: float
    room: str = ""
    labels: tuple[str, ...] = ()
    kind_overrides: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    state: ThingState = "active"
    members: tuple[str, ...] = ()


class ThingRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def each(self) -> AsyncIterator[ThingRow]:
        """Every Thing, the removed ones too, ordered by id; a few at a time are in memory. Raises `sqlite3.Error`."""
        last = ""
        while rows := await self._database.fetch_all(
            f"SELECT {_COLUMNS} FROM things WHERE id > ? ORDER BY id LIMIT {_ROWS_AT_ONCE}",  # noqa: S608
            (last,),
        ):
            for row in rows:
                yield _from_row(row)
            last = str(rows[-1][0])

    async def get(self, ident: str) -> ThingRow | None:
        """One Thing, also a removed one. Raises `sqlite3.Error`."""
        row = await self._database.fetch_one(f"SELECT {_COLUMNS} FROM things WHERE id = ?", (ident,))  # noqa: S608
        return _from_row(row) if row is not None else None

    async def save(self, thing: ThingRow) -> None:
        """Insert or replace it. Raises `sqlite3.IntegrityError` if another Thing has its candidate, `sqlite3.Error`."""
        marks = ", ".join("?" * 14)
        updates = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[1:])
        await self._database.execute(
            f"INSERT INTO things ({_COLUMNS}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {updates}",  # noqa: S608
            (
                thing.id,
                thing.driver,
                thing.candidate,
                thing.title,
                thing.room,
                orjson.dumps(thing.labels).decode(),
                orjson.dumps(dict(thing.kind_overrides)).decode(),
                orjson.dumps(dict(thing.names)).decode(),
                thing.fingerprint,
                thing.state,
                thing.description.decode(),
                thing.created_at,
                thing.updated_at,
                orjson.dumps(thing.members).decode(),
            ),
        )

    async def delete(self, thing: str) -> bool:
        """Mark it removed: its row stays, so that history can still name it. False if there is none. Raises `sqlite3.Error`."""
        sql = "UPDATE things SET state = 'removed' WHERE id = ? AND state <> 'removed'"
        return await self._database.execute(sql, (thing,)) > 0


def _from_row(row: Row) -> ThingRow:
    (
        ident,
        driver,
        candidate,
        title,
        room,
        labels,
        overrides,
        names,
        fingerprint,
        state,
        description,
        created,
        updated,
        members,
    ) = row
    return ThingRow(
        id=str(ident),
        driver=str(driver),
        candidate=str(candidate),
        title=str(title),
        room=str(room),
        labels=tuple(orjson.loads(str(labels))),
        kind_overrides=orjson.loads(str(overrides)),
        names=orjson.loads(str(names)),
        fingerprint=str(fingerprint),
        state=cast("ThingState", state),
        description=str(description).encode(),
        created_at=float(created or 0),
        updated_at=float(updated or 0),
        members=tuple(orjson.loads(str(members))),
    )
