"""`hearth ledger`: what was attempted, decided, done and seen."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import click

from gateway.cli.exits import Exit, Failure
from gateway.cli.ledger_lines import line, who
from gateway.cli.options import json_option
from gateway.cli.session import Session, current, items
from gateway.cli.times import clock
from gateway.cli.words import plain_id

if TYPE_CHECKING:
    from capabilities.vocabulary import Json
    from gateway.ledger import Verification

LEDGER_FILE: Final = "ledger.db"
SHOWN_PROBLEMS: Final = 10
"""A ledger that was overwritten names every row; a person needs the first."""


@click.group(short_help="What was attempted, decided and seen: tail, verify, export.")
def ledger() -> None:
    """Look into the ledger, check it, or take it out."""


@ledger.command(short_help="The newest entries.")
@click.option("-n", "--lines", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@click.option("--thing", default="", help="Only entries about this Thing.")
@click.option("--kind", default="", help="Only entries of this kind (dispatch, outcome, denied, token …).")
@json_option
def tail(lines: int, thing: str, kind: str) -> None:
    """Print the newest entries of the ledger, oldest of them first."""
    session = current()
    query = {"limit": str(lines), "newest": "1"}
    if thing:
        query["thing"] = session.thing_id(thing)
    if kind:
        query["kind"] = kind
    body = session.client.get(f"/ledger?{urlencode(query)}")
    session.show(body, lambda: _table(session, items(body)))


def _table(session: Session, entries: list[dict[str, Json]]) -> None:
    rows = [
        [
            str(entry.get("seq")),
            clock(entry.get("at")),
            str(entry.get("kind")),
            who(entry),
            plain_id(entry.get("thing")),
            line(entry),
        ]
        for entry in sorted(entries, key=lambda entry: int(str(entry.get("seq", 0))))
    ]
    session.table(["SEQ", "TIME", "KIND", "WHO", "THING", "WHAT"], rows, right=[0], whole=[0, 4], folded=5)


@ledger.command(short_help="Check that nothing was changed or cut off.")
@click.option("--dir", "directory", type=click.Path(path_type=Path), help="The gateway's state directory.")
@click.option(
    "--key", default="", metavar="HEX", help="The public key that you noted when the gateway was set up."
)
@json_option
def verify(directory: Path | None, key: str) -> None:
    """Check every entry and every signed head of the ledger in the gateway's state directory, without the gateway.

    Ends with code 9 where something was changed or cut off, naming the place.
    """
    from gateway.ledger import verify as check  # noqa: PLC0415 (needs the libraries of the gateway)

    session = current()
    folder = _state_directory(session, directory)
    result = check(folder, public_key=_key(key))
    session.show(_as_document(folder, result), lambda: _tell(session, folder, result))
    if not result.ok:
        raise SystemExit(int(Exit.LEDGER_BROKEN))


def _tell(session: Session, folder: Path, result: Verification) -> None:
    if result.ok:
        behind = result.last_seq - result.head_seq
        tail_text = f"; the last {behind} are chained and not yet signed" if behind else ""
        session.say(f"the ledger in {folder} verifies:")
        session.say(f"  {result.entries} entries, {result.heads} signed heads{tail_text}")
        if result.erased:
            session.say(f"{result.erased} private parts were erased, as is allowed")
        return
    session.say(session.style(f"the ledger in {folder} does not verify", "red"))
    for problem in result.problems[:SHOWN_PROBLEMS]:
        session.say(f"  entry {problem.seq}, {problem.place}: {problem.what}")
    more = len(result.problems) + result.more_problems - SHOWN_PROBLEMS
    if more > 0:
        session.say(f"  and {more} more")


def _as_document(folder: Path, result: Verification) -> Json:
    problems: list[Json] = [{"seq": p.seq, "place": p.place, "what": p.what} for p in result.problems]
    return {
        "directory": str(folder),
        "ok": result.ok,
        "entries": result.entries,
        "last_seq": result.last_seq,
        "head_seq": result.head_seq,
        "heads": result.heads,
        "erased": result.erased,
        "problems": problems,
        "more_problems": result.more_problems,
    }


@ledger.command(short_help="All entries as lines of JSON.")
@click.option("--dir", "directory", type=click.Path(path_type=Path), help="The gateway's state directory.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file (default: standard output).")
@click.option("--after", default=0, type=click.IntRange(min=0), help="Only entries behind this number.")
@click.option("--private", is_flag=True, help="With the private parts: purposes and evidence, in plain.")
@json_option
def export(directory: Path | None, output: Path | None, after: int, private: bool) -> None:
    """Write all entries as lines of JSON, each with its hash, without the gateway."""
    from gateway.ledger import export as write_lines  # noqa: PLC0415

    session = current()
    folder = _state_directory(session, directory)
    if output is None:
        count = write_lines(folder, out=sys.stdout, after=after, private=private)
    else:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            count = write_lines(folder, out=file, after=after, private=private)
    session.note(f"{count} entries from {folder}")


def _state_directory(session: Session, given: Path | None) -> Path:
    """The directory with the ledger: the one given, else the running gateway's, else a usual one. Raises `Failure`."""
    for folder in [given] if given else _usual_places(session):
        if (folder / LEDGER_FILE).exists():
            return folder
    where = f"there is no {LEDGER_FILE} in {given}" if given else "no state directory was found"
    raise Failure(f"{where}; name the gateway's state directory with --dir", Exit.NOT_FOUND)


def _usual_places(session: Session) -> Iterator[Path]:
    environ = session.environ
    try:
        health = session.client.get("/health")
        if isinstance(health, dict) and isinstance(health.get("state_dir"), str):
            yield Path(str(health["state_dir"]))
    except Failure:
        pass  # it is not running: that is when a ledger is looked at, too
    yield Path("/var/lib/hearth")
    state = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", "/")) / ".local" / "state")
    yield Path(state) / "hearth"


def _key(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text) if text else None
    except ValueError as error:
        raise Failure(f"--key takes hexadecimal digits, not {text!r}", Exit.USAGE) from error
