"""The window through which one device comes in: open for minutes, for a code and a few guesses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.identity import pairing
from gateway.identity.pairing import PairingClosedError, WrongCodeError
from gateway.storage import Database, PairingRepository, PairingRow
from policies.decision import Principal, Role


class Window:
    """There is one; opening it anew closes an earlier one. `tell` records what happens at it, if that is possible."""

    def __init__(
        self, database: Database, clock: Clock, tell: Callable[[str, dict[str, Json], str], None]
    ) -> None:
        self._rows = PairingRepository(database)
        self._clock = clock
        self._tell = tell
        self._row: PairingRow | None = None

    @property
    def is_open(self) -> bool:
        return self._row is not None and self._clock.wall() < self._row.expires_at

    async def load(self) -> None:
        """Raises `sqlite3.Error`."""
        self._row = await self._rows.load()

    async def open(self, who: Principal, ttl_s: float, *, takes_key: bool) -> str:
        """The code to type. Raises `sqlite3.Error`."""
        code = pairing.new_code()
        expires_at = self._clock.wall() + ttl_s
        self._row = PairingRow(
            pairing.code_hash(code), who.role, who.id, who.title, expires_at, pairing.TRIES, takes_key
        )
        await self._rows.save(self._row)
        return code

    async def close(self) -> None:
        """Raises `sqlite3.Error`."""
        if self._row is not None:
            self._row = None
            await self._rows.clear()

    async def take(self, code: str) -> PairingRow:
        """Who may come in with `code`; from now on nobody else may. Give it back with `put_back`, or end with `forget`.
        Raises `WrongCodeError`, `PairingClosedError`, `sqlite3.Error`.
        """
        row = self._row
        if row is None or not self.is_open:
            await self.close()
            raise PairingClosedError
        if not pairing.same(pairing.code_hash(code), row.code_hash):
            await self._wrong_code(row)
        self._row = None  # before anything is awaited: a code lets one device in
        return row

    def put_back(self, row: PairingRow) -> None:
        self._row = row

    async def forget(self) -> None:
        """What was taken is used up; also after `shut_out_software`. Raises `sqlite3.Error`."""
        if self._row is None:
            await self._rows.clear()

    def shut_out_software(self) -> None:
        """Closes it at once if it is for software."""
        if self._row is not None and not Role(self._row.role).is_person:
            self._row = None

    async def _wrong_code(self, row: PairingRow) -> None:
        left = row.tries_left - 1
        self._row = replace(row, tries_left=left) if left else None
        self._tell("login", {"pairing": "wrong code", "tries_left": left}, row.principal)
        if self._row is not None:
            await self._rows.save(self._row)
        else:
            await self._rows.clear()
        raise WrongCodeError(left)
