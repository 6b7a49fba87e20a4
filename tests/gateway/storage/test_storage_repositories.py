from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.storage import (
    Database,
    IgnoredCandidates,
    PairingRepository,
    PairingRow,
    SettingsRepository,
    StorageError,
    ThingRepository,
    ThingRow,
    TokenRepository,
    TokenRow,
)

LAMP = ThingRow(
    id="lamp",
    driver="mqtt",
    candidate="0x01",
    title="Lämpchen",
    description=b'[{"key":"a"}]',
    created_at=1.25,
    updated_at=2.5,
    room="living room",
    labels=("cosy", "evening"),
    kind_overrides={"b": "light"},
    names={"z": "", "a": "usb"},
    fingerprint="f",
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database(tmp_path / "hearth.db") as opened:
        yield opened


async def test_a_thing_is_kept_as_it_was(database: Database) -> None:
    things = ThingRepository(database)
    await things.save(LAMP)
    (stored,) = [thing async for thing in things.each()]
    assert await things.get("lamp") == stored
    assert stored == LAMP
    assert list(stored.names) == ["z", "a"], "names are kept in the order in which they were given"
    await things.save(replace(LAMP, title="Lamp", state="suspended"))
    assert [(t.title, t.state) async for t in things.each()] == [("Lamp", "suspended")]


async def test_a_removed_thing_is_gone_but_can_be_named(database: Database) -> None:
    things = ThingRepository(database)
    await things.save(LAMP)
    assert await things.delete("lamp")
    assert not await things.delete("lamp")
    assert [t.state async for t in things.each()] == ["removed"]
    await things.save(replace(LAMP, id="lamp-2"))
    assert [t.id async for t in things.each() if t.state == "active"] == ["lamp-2"], (
        "its device may be adopted again"
    )


async def test_a_device_is_one_thing(database: Database) -> None:
    things = ThingRepository(database)
    await things.save(LAMP)
    with pytest.raises(sqlite3.IntegrityError):
        await things.save(replace(LAMP, id="other"))


async def test_ignored_candidates(database: Database) -> None:
    ignored = IgnoredCandidates(database)
    await ignored.add("mqtt", "0x01", at=1.0, by="ada")
    await ignored.add("mqtt", "0x01", at=2.0, by="ada")
    await ignored.add("ble", "0x01", at=1.0, by="ada")
    assert await ignored.load_all() == {("mqtt", "0x01"), ("ble", "0x01")}
    assert await ignored.remove("ble", "0x01")
    assert not await ignored.remove("ble", "0x01")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
)


@given(value=json_values)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_setting_is_kept_as_it_was(tmp_path: Path, value: object) -> None:
    async def keep() -> None:
        async with Database(tmp_path / "settings.db") as database:
            repository = SettingsRepository(database)
            await repository.set("key", value)  # type: ignore[arg-type]
            assert await repository.get("key") == value
            assert (await repository.load_all())["key"] == value

    asyncio.run(keep())


async def test_a_setting_that_is_not_there(database: Database) -> None:
    repository = SettingsRepository(database)
    assert await repository.get("mode", "home") == "home"
    await repository.set("mode", "away")
    assert await repository.delete("mode")
    assert not await repository.delete("mode")


async def test_tokens_and_pairings(database: Database) -> None:
    tokens = TokenRepository(database)
    token = TokenRow("t", b"h" * 32, "phone", "ada", "owner", "Ada", "", None, 1.0, expires_at=9.0)
    await tokens.insert(token)
    await tokens.used({"t": 5.0})
    await tokens.revoke(["t"], 6.0)
    await tokens.revoke(["t"], 7.0)
    assert await tokens.load_all() == [replace(token, last_used_at=5.0, revoked_at=6.0)]
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        await tokens.insert(replace(token, id="u", secret_hash=b"i" * 32, parent="nobody"))
    pairings = PairingRepository(database)
    assert await pairings.load() is None
    row = PairingRow(b"c" * 32, "owner", "ada", "Ada", 300.0, 5)
    await pairings.save(row)
    await pairings.save(replace(row, tries_left=4))
    assert await pairings.load() == replace(row, tries_left=4)
    await pairings.clear()
    assert await pairings.load() is None


async def test_a_transaction_is_all_or_nothing_and_alone(database: Database) -> None:
    inside = asyncio.Event()
    release = asyncio.Event()

    async def fails() -> None:
        async with database.transaction() as transaction:
            await transaction.execute("INSERT INTO settings VALUES ('a', '1')")
            inside.set()
            await release.wait()
            raise LookupError("planted")

    task = asyncio.create_task(fails())
    await inside.wait()
    other = asyncio.create_task(SettingsRepository(database).set("b", 2))
    release.set()
    with pytest.raises(LookupError):
        await task
    await other
    assert await SettingsRepository(database).load_all() == {"b": 2}


async def test_a_cancelled_transaction_is_rolled_back(database: Database) -> None:
    inside = asyncio.Event()

    async def hangs() -> None:
        async with database.transaction() as transaction:
            await transaction.execute("INSERT INTO settings VALUES ('a', '1')")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hangs())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await SettingsRepository(database).load_all() == {}


async def test_a_closed_database_says_so(tmp_path: Path) -> None:
    async with Database(tmp_path / "hearth.db") as opened:
        pass
    with pytest.raises(StorageError, match="is not open"):
        await opened.fetch_all("SELECT 1")
