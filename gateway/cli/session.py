"""What every command shares: where the gateway is, how to print, and how to end."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, NoReturn

import click

from gateway.cli import target
from gateway.cli.client import Client, segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.names import Named, find
from gateway.cli.text import Style, coloured, display_width, plain, table, terminal_width, wrapped

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

_C1_CONTROLS: Final = re.compile("[\x7f-\x9f]")
"""JSON text leaves these as they are; a terminal may obey them."""


@dataclass
class Session:
    """One run of `hearth`."""

    url: str = ""
    token: str = ""
    ca_file: str = ""
    as_json: bool = False
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    @cached_property
    def client(self) -> Client:
        found = replace(target.resolve(self.url, self.token, self.environ), ca_file=self.ca_file)
        return Client(found, faithful=self.as_json)

    @cached_property
    def faithful(self) -> Client:
        """A client that leaves texts as they are: files are compared, and written, as they were."""
        return Client(self.client.target, faithful=True)

    def close(self) -> None:
        for name in ("client", "faithful"):
            if name in vars(self):
                getattr(self, name).close()

    @cached_property
    def style(self) -> Style:
        """Colours on a terminal, unless NO_COLOR (https://no-color.org) is set."""
        return coloured if sys.stdout.isatty() and not self.environ.get("NO_COLOR") else plain

    # ------------------------------------------------------------------ printing

    def say(self, text: str = "") -> None:
        print(text)

    def note(self, text: str) -> None:
        """For people only: not part of the output. A command to be typed is not broken."""
        width = None if text.startswith("  →") else terminal_width(sys.stderr)
        for line in wrapped(text, width):
            print(line, file=sys.stderr)

    def wrap(self, text: str, indent: str = "") -> None:
        """A line for people, broken at spaces where the terminal is narrow; further lines begin with `indent`."""
        for line in wrapped(text, terminal_width(), indent):
            print(line)

    def document(self, value: Json) -> None:
        """One JSON value on a line of its own."""
        print(_json_text(value), flush=True)

    def table(
        self,
        head: list[str],
        rows: list[list[str]],
        *,
        right: Iterable[int] = (),
        whole: Iterable[int] = (),
        folded: int | None = None,
        in_pipe: int | None = None,
        uncut: bool = False,
    ) -> None:
        """`whole` columns are never cut; the column `folded` goes on in further lines instead of being cut, without a terminal
        at `in_pipe` columns (None: not at all). `uncut`: where a cell would be cut all the same, the rows stand one under the
        other.
        """
        width = terminal_width()
        if uncut and width is not None:
            from gateway.cli.stacked import fits, stacked  # noqa: PLC0415 (for narrow terminals)

            if not fits(head, rows, width, folded):
                for line in stacked(head, rows, width):
                    self.say(line)
                return
        if folded is not None and (room := width or in_pipe) is not None:
            rows = _folded(head, rows, folded, room)
        self.say(
            table(head, rows, width=width, style=self.style, right=frozenset(right), whole=frozenset(whole))
        )

    def show(self, value: Json, as_text: Callable[[], None]) -> None:
        """`value` for programs, or what `as_text` prints for people."""
        if self.as_json:
            self.document(value)
        else:
            as_text()

    # ------------------------------------------------------------------ Things

    def things(self) -> list[Named]:
        body = self.client.get("/things?view=summary")
        return [Named(str(t["id"]), str(t.get("title") or t["id"])) for t in items(body)]

    def thing(self, wanted: str) -> dict[str, Json]:
        """The description of the Thing that `wanted` names. Raises `Failure` with the nearest names."""
        if wanted.isascii() and not wanted.isspace() and wanted == wanted.lower():
            answer = self.client.ask("GET", f"/things/{segment(wanted)}")
            if answer.ok and isinstance(answer.body, dict):
                return answer.body
        description = self.client.get(f"/things/{segment(self.thing_id(wanted))}")
        assert isinstance(description, dict)
        return description

    def thing_id(self, wanted: str) -> str:
        return find(self.things(), wanted).id


def _advice(session: Session, error: Failure) -> list[str]:
    """The error's own lines, and who the caller is where that may be the reason."""
    if error.code not in {Exit.REFUSED, Exit.NEEDS_APPROVAL, Exit.NOT_FOUND} or "client" not in vars(session):
        return list(error.advice)
    where = session.client.target
    unknown = isinstance(error.document, dict) and error.document.get("status") == 401
    if unknown:
        said = f"the token is from {where.token_from}" if where.token else "no token is given"
        return [f"{said}; set HEARTH_TOKEN, or pair this user with `hearth pair CODE`"]
    if not where.token:
        return list(error.advice)
    try:
        who = session.client.get("/whoami")
    except Failure:
        return list(error.advice)
    known = who if isinstance(who, dict) else {}
    return [*error.advice, f"you are {known.get('principal')} ({known.get('role')}), by {where.token_from}"]


def _without_token(session: Session) -> bool:
    return "client" in vars(session) and not session.client.target.token


def report_and_exit(session: Session, error: Failure) -> NoReturn:
    """Prints an error as this session prints, and ends with its code."""
    if session.as_json and error.document is not None:
        session.document(error.document)
    if isinstance(error.document, dict) and error.document.get("status") == 401 and _without_token(session):
        error = Failure("the gateway wants to know who you are", error.code, document=error.document)
    paint = coloured if sys.stderr.isatty() and not session.environ.get("NO_COLOR") else plain
    width = terminal_width(sys.stderr)
    for line in wrapped(f"hearth: {error}", width, "  "):
        print(paint(line, "red"), file=sys.stderr)
    for advice in _advice(session, error):
        for line in wrapped(f"  {advice}", width, "    "):
            print(line, file=sys.stderr)
    raise SystemExit(int(error.code))


def current() -> Session:
    """The session of the running command."""
    session = click.get_current_context().find_object(Session)
    assert session is not None
    return session


def items(body: Json) -> list[dict[str, Json]]:
    """The objects of a list, whether it comes bare or in an object as its only list."""
    found = body
    if isinstance(body, dict):
        found = next((value for value in body.values() if isinstance(value, list)), [])
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _folded(head: list[str], rows: list[list[str]], column: int, width: int) -> list[list[str]]:
    others = sum(
        max(display_width(row[i]) for row in [head, *rows]) + 2 for i in range(len(head)) if i != column
    )
    folded: list[list[str]] = []
    for row in rows:
        lines = wrapped(row[column], width - others) or [""]
        for number, line in enumerate(lines):
            folded.append(
                [line if i == column else cell if number == 0 else "" for i, cell in enumerate(row)]
            )
    return folded


def _json_text(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return _C1_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
