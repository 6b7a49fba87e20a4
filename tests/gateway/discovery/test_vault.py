"""The vault: nothing in it can be read, moved or forged without its key, and a lost key is said."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from drivers.discovery.tools import UNREADABLE
from gateway.storage import Database
from gateway.vault import CREDENTIAL, KEY_FILE, LONGEST_SECRET_BYTES, Safe, VaultError


@asynccontextmanager
async def safe(path: Path) -> AsyncIterator[Safe]:
    async with Database(path / "hearth.db") as database:
        yield Safe(path, database)


def databases(path: Path) -> list[Path]:
    return list(path.glob("hearth.db*"))


async def test_what_was_put_is_there_after_a_restart_and_unreadable_on_disk(tmp_path: Path) -> None:
    async with safe(tmp_path) as one:
        assert await one.of("homekit").load() == {}
        assert not (tmp_path / KEY_FILE).exists(), "made with the first secret"
        await one.of("homekit").put("aa:bb", b"the long-term secret")
        await one.of("esphome").put("aa:bb", b"another")
        await one.of("homekit").put("cc:dd", b"to be deleted")
        await one.of("homekit").delete("cc:dd")
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert b"long-term" not in b"".join(file.read_bytes() for file in databases(tmp_path))
    async with safe(tmp_path) as again:
        assert await again.of("homekit").load() == {"aa:bb": b"the long-term secret"}


async def test_a_secret_is_bound_to_its_device(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with safe(tmp_path) as one:
        await one.of("homekit").put("lamp", b"of the lamp")
        await one.of("homekit").put("door", b"of the door")
    with closing(sqlite3.connect(tmp_path / "hearth.db")) as db:
        db.execute(
            "UPDATE vault SET sealed = (SELECT sealed FROM vault WHERE device = 'lamp') WHERE device = 'door'"
        )
        db.commit()
    async with safe(tmp_path) as one:
        assert await one.of("homekit").load() == {"lamp": b"of the lamp", "door": UNREADABLE}
    assert "pair it anew" in caplog.text
    assert "of the" not in caplog.text.replace("what was kept of", "")


async def test_a_lost_key_is_said_and_no_new_one_made(tmp_path: Path) -> None:
    async with safe(tmp_path) as one:
        await one.of("homekit").put("lamp", b"secret")
    (tmp_path / KEY_FILE).rename(tmp_path / "elsewhere")
    async with safe(tmp_path) as one:
        with pytest.raises(VaultError, match=KEY_FILE):
            await one.of("homekit").load()
        with pytest.raises(VaultError, match=KEY_FILE):
            await one.of("homekit").put("door", b"secret")
    assert not (tmp_path / KEY_FILE).exists()


async def test_a_device_whose_secret_cannot_be_opened_has_one_all_the_same(tmp_path: Path) -> None:
    async with safe(tmp_path) as one:
        await one.of("esphome").put("lamp", b"secret")
        await one.of("esphome").put("damaged", b"secret")
        await one.of("esphome").put("cut", b"secret")
    with closing(sqlite3.connect(tmp_path / "hearth.db")) as db:
        db.execute("UPDATE vault SET sealed = x'' WHERE device = 'damaged'")
        db.execute("UPDATE vault SET sealed = x'00' WHERE device = 'cut'")
        db.commit()
    async with safe(tmp_path) as one:
        vault = one.of("esphome")
        assert await vault.load() == {"lamp": b"secret", "damaged": UNREADABLE, "cut": UNREADABLE}
    (tmp_path / KEY_FILE).write_bytes(bytes(32))  # of another backup
    async with safe(tmp_path) as one:
        vault = one.of("esphome")
        assert await vault.load() == dict.fromkeys(("lamp", "damaged", "cut"), UNREADABLE)
        await vault.put("cut", b"anew")
        await vault.delete("damaged")
        assert await vault.load() == {"lamp": UNREADABLE, "cut": b"anew"}
        with pytest.raises(VaultError):
            await vault.put("lamp", UNREADABLE)


async def test_the_first_secrets_at_once_are_all_kept(tmp_path: Path) -> None:
    async with safe(tmp_path) as one:
        vault = one.of("homekit")
        await asyncio.gather(*(vault.put(f"lamp {number}", b"secret") for number in range(5)))
    async with safe(tmp_path) as again:
        assert await again.of("homekit").load() == {f"lamp {number}": b"secret" for number in range(5)}


async def test_a_key_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(_: int) -> None:
        raise OSError(5, "the current is gone")

    async with safe(tmp_path) as one:
        with monkeypatch.context() as patch, pytest.raises(OSError, match="current"):
            patch.setattr("gateway.vault.os.fsync", cut)
            await one.of("homekit").put("lamp", b"secret")
        assert not (tmp_path / KEY_FILE).exists()
    async with safe(tmp_path) as again:
        await again.of("homekit").put("lamp", b"secret")
        assert await again.of("homekit").load() == {"lamp": b"secret"}
    assert not (tmp_path / f"{KEY_FILE}.new").exists()


async def test_the_service_s_credential_is_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / CREDENTIAL).write_bytes(bytes(range(32)))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    async with safe(tmp_path) as one:
        await one.of("homekit").put("lamp", b"secret")
    assert not (tmp_path / KEY_FILE).exists()
    (credentials / CREDENTIAL).write_bytes(b"short")
    async with safe(tmp_path) as one:
        with pytest.raises(VaultError, match="32 bytes"):
            await one.of("homekit").load()


async def test_a_secret_has_an_end(tmp_path: Path) -> None:
    async with safe(tmp_path) as one:
        with pytest.raises(VaultError, match="too much"):
            await one.of("homekit").put("lamp", bytes(LONGEST_SECRET_BYTES + 1))


async def test_of_two_keys_the_one_that_fits_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restored house brings its key; the new box's service has a credential of its own."""
    async with safe(tmp_path) as one:
        await one.of("homekit").put("lamp", b"the pairing")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / CREDENTIAL).write_bytes(bytes(32))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    async with safe(tmp_path) as again:
        assert await again.of("homekit").load() == {"lamp": b"the pairing"}
