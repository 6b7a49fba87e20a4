"""The PIN of whoever is at the box: it stands before answers there, and before windows for new keys.

Kept as scrypt (RFC 7914) with a salt. Guesses are few: each wrong one makes the next wait longer, also over a restart.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from typing import Final

from capabilities.vocabulary import Json
from gateway.ledger import Entry, LedgerUnavailable
from gateway.parts import Parts
from gateway.storage import SettingsRepository

SETTING: Final = "box-pin"

SHORTEST: Final = 4
LONGEST: Final = 32

FREE_TRIES: Final = 3
"""Wrong ones without a pause."""

FIRST_PAUSE_S: Final = 30.0
LONGEST_PAUSE_S: Final = 3600.0

COST: Final = {"n": 2**13, "r": 8, "p": 1}
"""8 MB and some 30 ms: a PIN has few digits, so the pauses protect it, and this a stolen database for a while."""


class NoPin(Exception):
    """The PIN is missing, wrong, or there were too many guesses; `wait_s` says how long to wait."""

    def __init__(self, text: str, wait_s: float = 0.0) -> None:
        super().__init__(text)
        self.wait_s = wait_s


class BoxPin:
    """One house's."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._settings = SettingsRepository(parts.database)
        self._turn = asyncio.Lock()

    async def is_set(self) -> bool:
        """Raises `sqlite3.Error`."""
        return isinstance(await self._settings.get(SETTING), dict)

    async def check(self, pin: str) -> None:
        """Nothing, if `pin` is right or none is set. Raises `NoPin`, `sqlite3.Error`."""
        async with self._turn:
            kept = await self._settings.get(SETTING)
            if isinstance(kept, dict):
                await self._check(kept, pin)

    async def set(self, pin: str, before: str) -> None:
        """`before` is the present one, if there is one. Raises `ValueError`, `NoPin`, `LedgerUnavailable`, `sqlite3.Error`."""
        if not SHORTEST <= len(pin) <= LONGEST or not pin.isprintable():
            raise ValueError(f"a PIN has {SHORTEST} to {LONGEST} characters")
        await self.check(before)
        salt = secrets.token_bytes(16)
        kept: dict[str, Json] = {
            "salt": salt.hex(),
            "hash": (await _hashed(pin, salt)).hex(),
            "wrong": 0,
            "wait_until": 0,
        }
        self._record("set")
        await self._settings.set(SETTING, kept)

    async def clear(self, pin: str) -> None:
        """Raises `NoPin`, `LedgerUnavailable`, `sqlite3.Error`."""
        await self.check(pin)
        self._record("cleared")
        await self._settings.delete(SETTING)

    async def _check(self, kept: dict[str, Json], pin: str) -> None:
        now, until, wrong = self._parts.clock.wall(), _number(kept, "wait_until"), int(_number(kept, "wrong"))
        wait = min(until - now, LONGEST_PAUSE_S)
        if wait > 0:
            raise NoPin(f"too many wrong PINs: try again in {wait:.0f} s", wait)
        if not pin:
            raise NoPin("the PIN of the box is needed")
        known, salt = bytes.fromhex(str(kept["hash"])), bytes.fromhex(str(kept["salt"]))
        if hmac.compare_digest(await _hashed(pin[: LONGEST + 1], salt), known):
            if wrong:
                await self._settings.set(SETTING, {**kept, "wrong": 0, "wait_until": 0})
            return
        wrong += 1
        pause = (
            min(FIRST_PAUSE_S * 2 ** min(wrong - FREE_TRIES, 16), LONGEST_PAUSE_S)
            if wrong >= FREE_TRIES
            else 0.0
        )
        await self._settings.set(SETTING, {**kept, "wrong": wrong, "wait_until": now + pause if pause else 0})
        self._record("wrong", wrong)
        raise NoPin("the PIN is wrong" + (f"; try again in {pause:.0f} s" if pause else ""), pause)

    def _record(self, what: str, wrong: int = 0) -> None:
        body: dict[str, Json] = {"pin": what} | ({"wrong": wrong} if wrong else {})
        try:
            self._parts.ledger.append(Entry("login", self._parts.clock.wall(), body, principal="box"))
        except LedgerUnavailable:
            if what != "wrong":
                raise


async def _hashed(pin: str, salt: bytes) -> bytes:
    return await asyncio.to_thread(
        hashlib.scrypt,
        pin.encode("utf-8", "replace"),
        salt=salt,
        n=COST["n"],
        r=COST["r"],
        p=COST["p"],
        maxmem=2**25,
    )


def _number(kept: dict[str, Json], name: str) -> float:
    value = kept.get(name)
    return value if isinstance(value, int | float) else 0.0
