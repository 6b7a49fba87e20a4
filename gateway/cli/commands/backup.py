"""`hearth backup`: the house in one sealed file, and whether it can be read back."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from gateway.cli.exits import Exit, Failure
from gateway.cli.keeping import config_files, configured, is_terminal, secret_of, state_dir_of
from gateway.cli.options import json_option
from gateway.cli.session import Session, current
from gateway.cli.times import duration

if TYPE_CHECKING:
    from capabilities.vocabulary import Json
    from gateway.keeping.backup import Made, Wish
    from gateway.keeping.keys import Secret
    from gateway.keeping.reading import Contents

_NICENESS = 10

CREDSTORE = "/etc/credstore"
"""Where systemd has the vault's key of a service (`hearth service keep-key`); root reads it."""
"""What commands wait for comes first."""


@click.command(short_help="Back up the house into one sealed file, or check one.")
@click.argument("what", nargs=-1, metavar="[verify] FILE")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Into this directory, with a name of the time.",
)
@click.option(
    "--keep",
    type=click.IntRange(1, 1000),
    default=7,
    show_default=True,
    help="With --to: how many stay; the oldest go.",
)
@click.option("--without-history", is_flag=True, help="Leave out what was measured.")
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The recovery key, or a passphrase, in a file.",
)
@click.option("--passphrase", is_flag=True, help="Ask for a passphrase instead of the recovery key.")
@click.option(
    "--new-key", is_flag=True, help="Make a recovery key, print it this once, and keep it on this box."
)
@click.option(
    "--state-dir", type=click.Path(file_okay=False, path_type=Path), help="Where the gateway's data is."
)
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="hearth.toml.")
@click.option(
    "--scratch",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where copies lie meanwhile (default: in the state directory).",
)
@json_option
def backup(
    what: tuple[str, ...],
    folder: Path | None,
    *,
    keep: int,
    without_history: bool,
    key_file: Path | None,
    passphrase: bool,
    new_key: bool,
    state_dir: Path | None,
    config: Path | None,
    scratch: Path | None,
) -> None:
    """Back up the house, also while the gateway runs: identities, pairings, rules, the ledger, the history.

    It is sealed with the recovery key of this box, which `--new-key` prints once, or with a passphrase. What was written is
    read back before it counts. FILE may be `-` (stdout). `hearth backup verify FILE` reads all of a backup, checks its
    ledger, and changes nothing.
    """
    session = current()
    if what[:1] == ("verify",):
        place = None if key_file or passphrase else state_dir_of(session, state_dir, configured(config))
        secret = secret_of(session, key_file=key_file, ask=passphrase, state_dir=place)
        _verify(session, what[1:], secret, scratch)
        return
    if len(what) + (folder is not None) != 1 and not (new_key and not what and folder is None):
        raise click.UsageError("name one FILE, or a directory with --to")
    parsed = configured(config)
    place = state_dir_of(session, state_dir, parsed)
    if new_key:
        _make_key(session, place)
        if not what and folder is None:
            return
    secret = secret_of(session, key_file=key_file, ask=passphrase, state_dir=place)
    if secret is None:
        raise Failure(
            "there is no key to seal it with",
            Exit.USAGE,
            advice=(
                "hearth backup --new-key makes one and prints it once; --passphrase asks for one of yours",
            ),
        )
    wish = _wish(place, config_files(config, parsed), scratch, with_history=not without_history)
    with suppress(OSError):
        os.nice(_NICENESS)
    _make(session, wish, secret, what[0] if what else "", (folder, keep))


def _wish(place: Path, files: tuple[Path, ...], scratch: Path | None, *, with_history: bool) -> Wish:
    from importlib.metadata import version  # noqa: PLC0415 (slow)

    from gateway.keeping.backup import Wish  # noqa: PLC0415 (the ledger, and SQLite)

    credentials = os.environ.get("CREDENTIALS_DIRECTORY") or (
        CREDSTORE if os.access(CREDSTORE, os.R_OK) else None
    )
    return Wish(
        place,
        with_history,
        files,
        Path(credentials) if credentials else None,
        scratch,
        version("hearth-gateway"),
    )


def _make(session: Session, wish: Wish, secret: Secret, name: str, into: tuple[Path | None, int]) -> None:
    import time  # noqa: PLC0415

    from gateway.keeping import backup as keeping  # noqa: PLC0415

    folder, keep = into
    with _told_in_words():
        if name == "-":
            made, _ = keeping.write(wish, secret, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            keeping.note_last(wish.state_dir, made, "stdout")
            for warning in made.warnings:
                print(f"hearth: {warning}", file=sys.stderr)
            return
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = folder / keeping.rotated_name(time.time()) if folder else Path(name)
        made = keeping.to_file(wish, secret, target.absolute())
        gone = keeping.rotate(folder, keep) if folder else []
    removed: list[Json] = [str(file) for file in gone]
    document: dict[str, Json] = {**made.shown(), "file": str(target), "removed": removed}
    session.show(document, lambda: _tell_made(session, made, target, len(gone)))


def _tell_made(session: Session, made: Made, target: Path, gone: int) -> None:
    session.say(
        f"{target}: {made.bytes / 1e6:.1f} MB, {made.parts} parts, read back. "
        f"The ledger in it verifies up to entry {made.last}."
    )
    if gone:
        session.say(f"{gone} older ones removed.")
    for warning in made.warnings:
        session.wrap(f"! {warning}", "  ")


def _make_key(session: Session, place: Path) -> None:
    from gateway.cli.qr import drawn  # noqa: PLC0415
    from gateway.keeping.keys import keep_new  # noqa: PLC0415

    with _told_in_words():
        text = keep_new(place)
    click.echo(f"The recovery key of this house's backups:\n\n    {text}\n", err=True)
    if is_terminal() and not session.as_json and (picture := drawn(text)):
        click.echo(picture, err=True)
    click.echo(
        "Write it down and keep it away from this box: it is not shown again, and without it no backup can be opened.",
        err=True,
    )


def _verify(session: Session, files: tuple[str, ...], secret: Secret | None, scratch: Path | None) -> None:
    from gateway.keeping.reading import take_out  # noqa: PLC0415

    if len(files) != 1:
        raise click.UsageError("name one FILE to verify")
    if secret is None and is_terminal():
        secret = secret_of(session, key_file=None, ask=True, state_dir=None)
    if secret is None:
        raise Failure("this box keeps no recovery key: give one with --key-file", Exit.USAGE)
    with (
        _told_in_words(),
        tempfile.TemporaryDirectory(prefix="hearth-verify-", dir=scratch) as place_for_it,
        open_file(files[0]) as source,
    ):
        found = take_out(source, secret, Path(place_for_it))
    session.show(found.shown(), lambda: tell_contents(session, found))


def open_file(name: str) -> AbstractContextManager[BinaryIO]:
    """A file, or stdin."""
    return nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb")


def tell_contents(session: Session, found: Contents) -> None:
    import time  # noqa: PLC0415

    age = duration(max(0.0, time.time() - found.at))
    session.say(
        f"Made {age} ago on {found.host} by Hearth {found.hearth}: {found.parts} parts, "
        f"{'with' if found.history else 'without'} the history."
    )
    session.say(f"All of it can be read; the ledger verifies up to entry {found.last} ({found.hash[:16]}…).")


class _told_in_words:  # noqa: N801  reads as a statement
    """What keeps a backup from being made, as a sentence for people."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        import sqlite3  # noqa: PLC0415

        from gateway.keeping.errors import BackupError  # noqa: PLC0415

        if isinstance(error, BackupError):
            raise Failure(str(error), Exit.ERROR) from error
        if isinstance(error, OSError):
            where = f"{error.filename}: " if error.filename else ""
            raise Failure(f"{where}{error.strerror or error}; nothing was left behind", Exit.ERROR) from error
        if isinstance(error, sqlite3.Error):
            full = " (the copies need as much room as the house's files; --scratch DIR puts them elsewhere)"
            raise Failure(f"{error}{full if 'full' in str(error) else ''}", Exit.ERROR) from error


told_in_words = _told_in_words
