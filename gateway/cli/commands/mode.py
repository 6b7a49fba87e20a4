"""`hearth mode`: how the house lives just now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from gateway.cli.exits import Exit, Failure
from gateway.cli.names import nearest
from gateway.cli.options import json_option
from gateway.cli.problems import failure
from gateway.cli.session import current
from gateway.cli.text import joined
from gateway.cli.times import ago

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

MODES: Final = ("home", "away", "night", "holiday")


@click.command(short_help="Show the mode of the house, or change it.")
@click.argument("mode", metavar="[MODE]", required=False, default="")
@click.option("--why", default="", metavar="TEXT", help="Why it changes; it stands in the ledger.")
@json_option
def mode(mode: str, why: str) -> None:
    """Show the mode of the house, or change it to MODE: home, away, night or holiday.

    Rules may look at it, so a change may let somebody do more: only an owner or an adult of the house changes it.
    """
    session = current()
    if not mode:
        shown = session.client.get("/mode")
        session.show(shown, lambda: session.say(_sentence(shown)))
        return
    if mode not in MODES:
        near = nearest(mode, MODES)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise Failure(f"a house's mode is {joined(list(MODES))}, not {mode!r}{hint}", Exit.USAGE)
    was = session.client.get("/mode")
    answer = session.client.ask("PUT", "/mode", {"mode": mode, "why": why})
    if not answer.ok:
        raise failure(answer)
    before = was.get("mode") if isinstance(was, dict) else None

    def as_text() -> None:
        session.say(
            f"the house is in mode {mode} already" if before == mode else f"mode {mode}, before {before}"
        )

    session.show(answer.body, as_text)


def _sentence(shown: Json) -> str:
    found = shown if isinstance(shown, dict) else {}
    if not found.get("by"):
        return f"{found.get('mode')} (as at the first start; `hearth mode MODE` changes it)"
    return f"{found.get('mode')}, set {ago(found.get('since'))} by {found.get('by')}"
