"""Plans that were committed, how far each step is, and the notes of those that run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.storage.database import Database

KEPT_ENDED_PLANS: Final = 200
"""With their reports; older ones are in the ledger."""

_COLUMNS: Final = "id, state, principal, title, made_at, ended_at, body, progress"


@dataclass(frozen=True, slots=True)
class PlanRow:
    """`body` and `progress` are JSON; times in seconds since the epoch, `ended_at` None while it is not over."""

    id: str
    state: str
    principal: str
    title: str
    made_at: float
    ended_at: float | None
    body: str
    progress: str


class PlanRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self) -> list[PlanRow]:
        """Those that are not over. Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all(
            f"SELECT {_COLUMNS} FROM plans WHERE ended_at IS NULL ORDER BY id"  # noqa: S608
        )
        return [PlanRow(*row) for row in rows]  # type: ignore[arg-type]

    async def get(self, plan: str) -> PlanRow | None:
        """Raises `sqlite3.Error`."""
        row = await self._database.fetch_one(f"SELECT {_COLUMNS} FROM plans WHERE id = ?", (plan,))  # noqa: S608
        return PlanRow(*row) if row is not None else None  # type: ignore[arg-type]

    async def ended(self, limit: int = KEPT_ENDED_PLANS) -> list[PlanRow]:
        """Those that are over, the newest first. Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all(
            f"SELECT {_COLUMNS} FROM plans WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?",  # noqa: S608
            (limit,),
        )
        return [PlanRow(*row) for row in rows]  # type: ignore[arg-type]

    async def steps(self, plan: str) -> dict[str, str]:
        """JSON by step. Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all("SELECT step, body FROM plan_steps WHERE plan = ?", (plan,))
        return {str(step): str(body) for step, body in rows}

    async def add(self, row: PlanRow) -> None:
        """Raises `sqlite3.Error`."""
        await self._database.execute(
            f"INSERT INTO plans ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                *(row.id, row.state, row.principal, row.title),
                *(row.made_at, row.ended_at, row.body, row.progress),
            ),
        )

    async def save(
        self, plan: str, head: tuple[str, float | None, str] | None, steps: Mapping[str, str]
    ) -> None:
        """One checkpoint: the plan's (state, ended_at, progress) where it has changed, and the steps that have. Raises
        `sqlite3.Error`.
        """
        if head is None and len(steps) == 1:
            (step,) = steps
            await self._database.execute(_PUT_STEP, (plan, step, steps[step]))
            return
        async with self._database.transaction() as transaction:
            if head is not None:
                await transaction.execute(
                    "UPDATE plans SET state = ?, ended_at = ?, progress = ? WHERE id = ?", (*head, plan)
                )
            await transaction.execute_many(_PUT_STEP, [(plan, step, body) for step, body in steps.items()])

    async def restart(self, plan: str, head: tuple[str, float | None, str]) -> None:
        """A new run: no step has begun. Raises `sqlite3.Error`."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE plans SET state = ?, ended_at = ?, progress = ? WHERE id = ?", (*head, plan)
            )
            await transaction.execute("DELETE FROM plan_steps WHERE plan = ?", (plan,))

    async def end(self, plan: str, head: tuple[str, float | None, str]) -> bool:
        """It is over; its steps stand in its report. What is too old goes. Whether it had notes: they are to be erased. Raises
        `sqlite3.Error`.
        """
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE plans SET state = ?, ended_at = ?, progress = ? WHERE id = ?", (*head, plan)
            )
            await transaction.execute("DELETE FROM plan_steps WHERE plan = ?", (plan,))
            await transaction.execute(
                "DELETE FROM plans WHERE ended_at IS NOT NULL AND id NOT IN"
                " (SELECT id FROM plans WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?)",
                (KEPT_ENDED_PLANS,),
            )
        return await self.notes(plan) is not None

    # ---------------------------------------------------------------- notes

    async def notes(self, plan: str) -> str | None:
        """JSON. Raises `sqlite3.Error`."""
        row = await self._database.fetch_one("SELECT body FROM plan_notes WHERE plan = ?", (plan,))
        return str(row[0]) if row is not None else None

    async def put_notes(self, plan: str, body: str) -> None:
        """What stood there before is overwritten. Raises `sqlite3.Error`."""
        await self._overwriting()
        await self._database.execute(
            "INSERT INTO plan_notes (plan, body) VALUES (?, ?)"
            " ON CONFLICT (plan) DO UPDATE SET body = excluded.body",
            (plan, body),
        )

    async def erase_notes(self, plan: str) -> bool:
        """Not only forgotten: their bytes are overwritten. Whether there were any. Raises `sqlite3.Error`."""
        if await self.notes(plan) is None:
            return False
        await self._overwriting()
        await self._database.execute("DELETE FROM plan_notes WHERE plan = ?", (plan,))
        # The log beside the database still has the pages: it is taken in, and cut off.
        await self._database.fetch_all("PRAGMA wal_checkpoint(TRUNCATE)")
        return True

    async def noted(self) -> Sequence[str]:
        """The plans that have notes. Raises `sqlite3.Error`."""
        return [str(row[0]) for row in await self._database.fetch_all("SELECT plan FROM plan_notes")]

    async def _overwriting(self) -> None:
        """What is deleted from now on is overwritten with zeros (SQLite, `secure_delete`)."""
        await self._database.fetch_all("PRAGMA secure_delete = ON")


_PUT_STEP: Final = (
    "INSERT INTO plan_steps (plan, step, body) VALUES (?, ?, ?)"
    " ON CONFLICT (plan, step) DO UPDATE SET body = excluded.body"
)
