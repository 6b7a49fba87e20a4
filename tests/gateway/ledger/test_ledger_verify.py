from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.ledger import Entry, Ledger, Verification, verify
from gateway.ledger import chain as chain_module
from gateway.ledger.heads import HEADS_FILE

Make = Callable[..., Entry]


@pytest.fixture
async def directory(tmp_path: Path, entry: Make, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger of 20 entries, some with private parts, signed at each group."""
    monkeypatch.setattr(chain_module, "SIGN_EVERY_S", 0.0)
    async with Ledger(tmp_path, SystemClock()) as ledger:
        for n in range(20):
            await ledger.commit(entry(number=n, private={"why": f"because {n}"} if n % 3 == 0 else None))
    monkeypatch.undo()
    return tmp_path


def tamper(directory: Path, *statements: str) -> None:
    with closing(sqlite3.connect(directory / "ledger.db", isolation_level=None)) as db:
        db.execute("DROP TRIGGER entries_are_not_deleted")
        db.execute("DROP TRIGGER entries_are_not_changed")
        for statement in statements:
            db.execute(statement)


def named(found: Verification) -> list[tuple[int, str]]:
    return [(problem.seq, problem.place) for problem in found.problems]


def test_an_untouched_ledger_is_fine(directory: Path) -> None:
    found = verify(directory)
    assert found == Verification(entries=20, last_seq=20, head_seq=20, heads=20)
    assert found.ok


@pytest.mark.parametrize(
    "change",
    [
        "at = at + 1",
        "kind = 'outcome'",
        "execution = execution || '0'",
        "principal = 'owner'",
        "thing = 'Lamp'",
        "body = replace(body, 'true', 'fals')",
        "body = replace(body, '{', '{ ')",
        "body = '{}'",
        "private_hash = zeroblob(32)",
    ],
)
@pytest.mark.parametrize("seq", [1, 7, 20])
def test_a_changed_column_is_named_with_its_row_and_nothing_else(
    directory: Path, change: str, seq: int
) -> None:
    tamper(directory, f"UPDATE entries SET {change} WHERE seq = {seq}")
    found = verify(directory)
    places = [name for name in named(found) if name[1] != "private"]
    assert places == [(seq, "row")]
    assert all(problem.seq == seq for problem in found.problems)


@pytest.mark.parametrize("byte", [0, 15, 31])
def test_a_changed_hash_is_named_with_its_row(directory: Path, byte: int) -> None:
    with closing(sqlite3.connect(directory / "ledger.db")) as db:
        digest = bytearray(db.execute("SELECT hash FROM entries WHERE seq = 9").fetchone()[0])
    digest[byte] ^= 1
    tamper(directory, f"UPDATE entries SET hash = x'{digest.hex()}' WHERE seq = 9")
    assert named(verify(directory)) == [(9, "head"), (9, "hash")]


def test_a_changed_private_part_is_named(directory: Path) -> None:
    tamper(
        directory,
        'UPDATE entries SET private = \'{"why":"of no reason"}\' WHERE seq = 4',
        "UPDATE entries SET salt = zeroblob(16) WHERE seq = 7",
        "UPDATE entries SET salt = NULL WHERE seq = 10",
        "UPDATE entries SET salt = NULL, private = NULL WHERE seq = 13",
        "UPDATE entries SET salt = zeroblob(16), private = '{}' WHERE seq = 2",
    )
    found = verify(directory)
    assert {problem.seq: problem.what for problem in found.problems} == {
        2: "entry 2 has a private part that the chain does not know",
        4: "the private part of entry 4 was changed",
        7: "the private part of entry 7 was changed",
        10: "the private part of entry 10 was removed in part",
        13: "the private part of entry 13 is gone, and no entry tells of it",
    }


def test_a_missing_row_is_named_as_a_gap(directory: Path) -> None:
    tamper(directory, "DELETE FROM entries WHERE seq IN (5, 6, 7)")
    found = verify(directory)
    assert named(found) == [(5, "gap")]
    assert found.problems[0].what == "entries 5 to 7 are missing; a signed head shows that entry 7 was there"


def test_a_cut_tail_is_named_by_the_head_that_was_signed_behind_it(directory: Path) -> None:
    tamper(directory, "DELETE FROM entries WHERE seq > 15")
    found = verify(directory)
    assert named(found) == [(16, "tail")]
    assert "ends at entry 15, and was signed up to entry 20" in found.problems[0].what


def test_the_whole_table_gone_is_a_cut_tail(directory: Path) -> None:
    tamper(directory, "DELETE FROM entries")
    assert named(verify(directory)) == [(1, "tail")]


def test_rewriting_the_chain_without_the_key_shows_at_the_next_head(directory: Path, entry: Make) -> None:
    from gateway.ledger.entries import chained, seal

    with closing(sqlite3.connect(directory / "ledger.db", isolation_level=None)) as db:
        db.execute("DROP TRIGGER entries_are_not_deleted")
        db.execute("DROP TRIGGER entries_are_not_changed")
        previous = db.execute("SELECT hash FROM entries WHERE seq = 11").fetchone()[0]
        for seq in range(12, 21):
            sealed = seal(entry(number=seq, principal="somebody-else"))
            previous = chained(previous, sealed.before_seq, seq, sealed.after_seq)
            db.execute("DELETE FROM entries WHERE seq = ?", (seq,))
            db.execute(
                "INSERT INTO entries (seq, at, kind, execution, principal, thing, body, hash) VALUES (?,?,?,?,?,?,?,?)",
                (seq, *sealed[:6], previous),
            )
    found = verify(directory)
    assert named(found)[0] == (12, "head")
    assert "rewritten behind entry 11" in found.problems[0].what
    assert found.head_seq == 11


def test_a_forged_head_and_a_broken_line_are_named(directory: Path) -> None:
    path = directory / HEADS_FILE
    lines = path.read_text().splitlines(keepends=True)
    lines[3] = lines[3].replace('"seq":3', '"seq":4')
    lines[5] = "nonsense\n"
    path.write_text("".join(lines))
    found = verify(directory)
    assert [problem.what for problem in found.problems] == [
        "the signature in line 4 of ledger.heads, for entry 4, is wrong",
        "line 6 of ledger.heads is not a head",
    ]


def test_another_key_than_the_noted_one_is_named(directory: Path) -> None:
    found = verify(directory, public_key=bytes(32))
    assert found.problems[0].place == "key"
    assert found.head_seq == 0


def test_missing_heads_are_named(directory: Path) -> None:
    (directory / HEADS_FILE).unlink()
    assert named(verify(directory)) == [(0, "head")]


def test_no_ledger_at_all_is_said_so(tmp_path: Path) -> None:
    assert named(verify(tmp_path)) == [(0, "file")]


def test_what_is_not_a_database_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"not a database, but long enough to look like one " * 30)
    assert [place for _, place in named(verify(tmp_path))] == ["file"]


def test_problems_are_counted_beyond_the_first_hundred(directory: Path, entry: Make) -> None:
    path = directory / HEADS_FILE
    path.write_text(path.read_text() + "nonsense\n" * 250)
    found = verify(directory)
    assert (len(found.problems), found.more_problems) == (100, 150)


async def test_it_works_while_the_gateway_runs(directory: Path, entry: Make) -> None:
    async with Ledger(directory, SystemClock()) as ledger:
        await ledger.commit(entry())
        found = verify(directory)
        assert (found.ok, found.entries) == (True, 21)
        assert found.head_seq in {20, 21}


def test_it_reads_a_directory_that_it_may_not_write(directory: Path) -> None:
    directory.chmod(0o555)
    (directory / "ledger.db").chmod(0o444)
    try:
        assert verify(directory).ok
    finally:
        directory.chmod(0o755)


def test_the_table_refuses_changes_by_itself(directory: Path) -> None:
    with closing(sqlite3.connect(directory / "ledger.db")) as db:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute("UPDATE entries SET body = '{}' WHERE seq = 3")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute("DELETE FROM entries WHERE seq = 3")
