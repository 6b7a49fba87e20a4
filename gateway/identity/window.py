"""The window through which one device comes in: open for minutes, for a code that is typed, or a longer one that is scanned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

from pydantic import ValidationError

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.identity import pairing
from gateway.identity.pairing import PairingClosedError, WrongCodeError
from gateway.storage import Database, PairingRepository, PairingRow
from policies.decision import Principal, Role
from policies.mandates import Terms, mandate_of

NOTED: Final = 16
NOTED_EACH: Final = 256
"""Wrong codes that are recorded, and counted over a restart."""


class Stay(NamedTuple):
    """What the token of whoever comes in may do at the most, and when it ends: in seconds since the epoch, and after so many
    seconds without a use.
    """

    mandate: Terms | None = None
    expires_at: float | None = None
    idle_s: float | None = None


LASTING: Final = Stay()


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

    async def open(
        self, who: Principal, ttl_s: float, *, takes_key: bool, link_code: str = "", stay: Stay = LASTING
    ) -> str:
        """The code to type. `link_code` is as good ("": there is none). Raises `sqlite3.Error`."""
        code = pairing.new_code()
        expires_at = self._clock.wall() + ttl_s
        self._row = PairingRow(
            pairing.code_hash(code),
            who.role,
            who.id,
            who.title,
            expires_at,
            pairing.TRIES,
            takes_key,
            pairing.code_hash(link_code) if link_code else b"",
            "" if stay.mandate is None or stay.mandate.says_nothing else mandate_of("", stay.mandate).terms,
            stay.expires_at,
            stay.idle_s,
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
        said, is_long = pairing.code_hash(code), pairing.is_link_code(code)
        if not pairing.same(said, row.link_hash if is_long else row.code_hash) or not (
            is_long or row.tries_left
        ):
            await self._wrong_code(row, counts=not is_long)
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

    async def _wrong_code(self, row: PairingRow, *, counts: bool) -> None:
        """A long code is not counted: it cannot be guessed."""
        left = max(0, row.tries_left - counts)
        self._row = replace(row, tries_left=left)
        if counts and _is_noted(pairing.TRIES - left):
            self._tell("login", {"pairing": "wrong code", "tries_left": left}, row.principal)
            await self._rows.save(self._row)
        raise WrongCodeError(left)


def _is_noted(tries: int) -> bool:
    """The first ones, and then now and then: who tries thousands is not to fill the ledger."""
    return tries <= NOTED or tries % NOTED_EACH == 0


def stay_of(row: PairingRow) -> Stay:
    """Terms that cannot be read leave nothing."""
    terms = None
    if row.mandate:
        try:
            terms = Terms.model_validate_json(row.mandate)
        except ValidationError:
            terms = Terms(use=(), read=())
    return Stay(terms, row.token_expires_at, row.token_idle_s)
