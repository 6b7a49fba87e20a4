"""`hearth policy proposals` and `accept`: rules that somebody's "always" means, and how they come into force."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli import policy_files
from gateway.cli.asking import agreed
from gateway.cli.client import segment
from gateway.cli.commands import policy_edit
from gateway.cli.commands.policy_group import policy
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.policy_files import HOUSEHOLD
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.text import clean, clean_lines
from gateway.cli.times import clock

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


@policy.command(short_help='The rules that people\'s "always" mean, not in force yet.')
@json_option
def proposals() -> None:
    """List the rules that `hearth approve ID --always` proposed. `hearth policy accept ID` puts one in force.

    Example: hearth policy proposals
    """
    session = current()
    found = items(session.faithful.get("/policies/proposals"))

    def as_text() -> None:
        if not found:
            session.say("nothing is proposed; `hearth approve ID --always` does that")
        for one in found:
            session.say(f"{session.style(str(one.get('id'))[-6:], 'bold')}  {clean(one.get('about'))}")
            session.say(f"  proposed by {one.get('by')}, {clock(one.get('at'))}")
            session.say(indented(one.get("text")))

    session.show(list(found), as_text)


@policy.command(short_help="Put a proposed rule in force.")
@click.argument("identifier", metavar="ID")
@policy_edit.DIRECTORY
@click.option("--drop", is_flag=True, help="Forget it instead.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def accept(identifier: str, directory: Path | None, *, drop: bool, yes: bool) -> None:
    """Add the proposed rule ID to your household's rules: you are told who may do more by it, and asked first. On the gateway's
    own box, as for `hearth policy edit`; `hearth policy undo` takes it back.

    Example: hearth policy accept 7k2m9p
    """
    session = current()
    proposal = _find(session, identifier)
    if not drop:
        _put_in(session, directory, proposal, yes=yes)
    answer = session.client.ask("DELETE", f"/policies/proposals/{segment(str(proposal['id']))}")
    if not answer.ok:
        raise failure(answer)
    if drop:
        session.say("it is not proposed any more")


def indented(text: Json) -> str:
    """The rule, for a terminal."""
    return "  " + clean_lines(str(text)).strip().replace("\n", "\n  ")


def _put_in(session: Session, directory: Path | None, proposal: dict[str, Json], *, yes: bool) -> None:
    path = policy_edit.path_of(session, directory, HOUSEHOLD)
    start = policy_edit.present(path, HOUSEHOLD)
    text = str(proposal["text"]).strip()
    with tempfile.TemporaryDirectory(prefix="hearth-rules-") as folder:
        copy = Path(folder) / f"{HOUSEHOLD}.toml"
        copy.write_text(f"{start.rstrip()}\n\n{text}\n", encoding="utf-8")
        fresh = policy_files.from_files([copy], HOUSEHOLD)
        report, problems = policy_edit.examined(session, path, fresh)
        if problems:
            places = [fresh.place(one).removeprefix(f"{folder}/") for one in problems]
            raise Failure("with this rule the rules cannot be used", Exit.USAGE, advice=places)
        session.say(indented(text))
        policy_edit.tell(session, report)
        if not yes and not agreed("Put it in force?"):
            raise Failure("nothing was changed", Exit.ERROR)
        policy_edit.install(path, fresh.texts[HOUSEHOLD], start)
    policy_edit.into_force(session, path)


def _find(session: Session, identifier: str) -> dict[str, Json]:
    """Raises `Failure`."""
    found = items(session.faithful.get("/policies/proposals"))
    hits = [
        one
        for one in found
        if str(one.get("id")).endswith(identifier) or str(one.get("id")).startswith(identifier)
    ]
    if len(hits) != 1:
        raise Failure(
            f"nothing is proposed as {identifier!r}; `hearth policy proposals` lists what is", Exit.NOT_FOUND
        )
    return hits[0]
