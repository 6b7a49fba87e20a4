"""Releases and the database's copies, on a disk of their own."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from gateway.service import flows, releases, snapshots
from gateway.service.__main__ import main
from gateway.service.box import Box, Places, ServiceError
from gateway.storage.database import MIGRATIONS, migrate


@pytest.fixture
def box(tmp_path: Path) -> Box:
    made = Box(Places(tmp_path))
    made.places.state.mkdir(parents=True)
    return made


def release(box: Box, name: str) -> Path:
    place = box.places.releases / name
    place.mkdir(parents=True)
    (place / releases.COMPLETE).touch()
    return place


def wheel(folder: Path, name: str = "hearth_gateway-1.2.3-py3-none-any.whl") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("hearth_gateway-1.2.3.dist-info/METADATA", "Version: 1.2.3\nRequires-Python: >=3.11\n")
    return path


def test_a_release_is_named_by_what_it_is(tmp_path: Path) -> None:
    path = wheel(tmp_path)
    read = releases.read_wheel(path)
    assert read.name == f"1.2.3-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
    with pytest.raises(ServiceError, match="is no wheel of the gateway"):
        releases.read_wheel(wheel(tmp_path, "other-1.2.3-py3-none-any.whl"))
    broken = tmp_path / "hearth_gateway-1-py3-none-any.whl"
    broken.write_bytes(b"no zip")
    with pytest.raises(ServiceError, match="cannot be read as a wheel"):
        releases.read_wheel(broken)


def test_links_say_what_is_in_use_and_what_was(box: Box) -> None:
    one, two = release(box, "1-a"), release(box, "2-b")
    assert releases.in_use(box) is None
    releases.switch(box, one)
    assert (releases.in_use(box), releases.before(box)) == (one, None)
    releases.switch(box, two)
    assert (releases.in_use(box), releases.before(box)) == (two, one)
    (two / releases.COMPLETE).unlink()
    assert releases.in_use(box) is None, "one that was interrupted is none"


def test_old_releases_go_and_those_in_use_stay(box: Box) -> None:
    made = [release(box, f"{number}-x") for number in range(6)]
    for one in made:
        releases.switch(box, one)
    releases.prune(box)
    left = {one.name for one in box.places.releases.iterdir()}
    assert len(left) == releases.MOST_RELEASES and {"4-x", "5-x"} < left


def test_the_data_are_never_removed(box: Box) -> None:
    for place in (box.places.state, box.places.state / "hearth.db", box.places.state.parent):
        place.mkdir(exist_ok=True, parents=True)
        with pytest.raises(ServiceError, match="house's data"):
            box.remove(place)


def test_a_dry_run_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box = Box(Places(tmp_path), dry=True)
    box.write(tmp_path / "file", b"x")
    box.link(tmp_path / "link", "file")
    box.run("touch", tmp_path / "touched")
    assert not list(tmp_path.iterdir())
    assert capsys.readouterr().out.count("would: ") == 3


def test_a_program_that_fails_has_the_last_word(box: Box) -> None:
    with pytest.raises(ServiceError, match=r"failed \(3\):\nbecause"):
        box.run("sh", "-c", "echo because; exit 3")


def test_the_service_is_for_root_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert main(["install", str(wheel(tmp_path))]) == 1
    assert "run it with sudo" in capsys.readouterr().err


def database(box: Box, tokens: dict[str, float | None]) -> Path:
    path = box.places.state / snapshots.DATABASE
    migrate(path)
    with closing(sqlite3.connect(path)) as db:
        for name, revoked in tokens.items():
            row = (name, name.encode(), name, name, "agent", name, "owner", 1.0, revoked)
            db.execute(
                "INSERT OR REPLACE INTO tokens"
                " (id, secret_hash, title, principal, role, principal_title, acts_for, created_at, revoked_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        db.commit()
    return path


def test_what_was_revoked_since_stays_revoked(box: Box) -> None:
    older, newer = release(box, "1-a"), release(box, "2-b")
    path = database(box, {"stays": None, "revoked": None, "before": 5.0, "removed": None})
    snapshots.take(box, older)
    assert snapshots.form_of(path) == len(list(MIGRATIONS.glob("*.sql")))
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE tokens SET revoked_at = 7 WHERE id = 'revoked'")
        db.execute("DELETE FROM tokens WHERE id = 'removed'")
        db.commit()
    told = snapshots.put_back(box, older, newer)
    assert "hearth.db.of-2-b" in told and (box.places.state / "hearth.db.of-2-b").exists()
    with closing(sqlite3.connect(path)) as db:
        found = dict(db.execute("SELECT id, revoked_at FROM tokens").fetchall())
    assert found["stays"] is None and found["revoked"] == 7.0 and found["before"] == 5.0
    assert found["removed"] is not None
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_copied_through_a_link(box: Box) -> None:
    secret = box.places.root / "secret"
    secret.write_text("root's own")
    (box.places.state / snapshots.DATABASE).symlink_to(secret)
    with pytest.raises(ServiceError, match="cannot be copied"):
        snapshots.take(box, release(box, "1-a"))


def test_a_damaged_database_stops_it(box: Box) -> None:
    (box.places.state / snapshots.DATABASE).write_bytes(b"SQLite format 3\0" + bytes(4000))
    with pytest.raises(ServiceError):
        snapshots.take(box, release(box, "1-a"))


def test_without_a_copy_there_is_no_way_back(box: Box) -> None:
    database(box, {})
    with pytest.raises(ServiceError, match="no copy of the time before"):
        snapshots.put_back(box, release(box, "1-a"), release(box, "2-b"))


def test_other_files_that_changed_their_form_are_told(box: Box) -> None:
    older = release(box, "1-a")
    database(box, {})
    for name in (snapshots.LEDGER, snapshots.HISTORY):
        _form(box.places.state / name, 1)
    snapshots.take(box, older)
    assert snapshots.changed_since(box, older) == set()
    _form(box.places.state / snapshots.HISTORY, 2)
    assert snapshots.changed_since(box, older) == {snapshots.HISTORY}


def _form(path: Path, number: int) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version={number}")
        db.commit()


@pytest.mark.skipif(shutil.which("systemctl") is None, reason="there is no systemctl here to ask what is so")
def test_what_an_installation_would_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box = Box(Places(tmp_path / "root"), dry=True)
    (tmp_path / "root").mkdir()
    flows.install(box, releases.read_wheel(wheel(tmp_path), python=sys.executable))
    said = capsys.readouterr().out.splitlines()
    assert all(line.startswith("would: ") for line in said), said
    order = [
        "-m venv",
        "pip",
        "hearth.service",
        "systemd-sysusers",
        "link",
        "systemctl enable",
        "start hearth.service",
    ]
    places = [next(number for number, line in enumerate(said) if word in line) for word in order]
    assert places == sorted(places)
    assert not list((tmp_path / "root").iterdir())
