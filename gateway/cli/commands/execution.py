"""`hearth execution`: what became of a command."""

from __future__ import annotations

import click

from gateway.cli.client import segment
from gateway.cli.exits import Failure
from gateway.cli.options import json_option
from gateway.cli.outcomes import Asked, sentence
from gateway.cli.problems import failure
from gateway.cli.session import current


@click.command(short_help="Tell what became of a command.")
@click.argument("identifier", metavar="ID")
@json_option
def execution(identifier: str) -> None:
    """Tell what became of the command whose execution is ID, as `--no-wait`, `hearth why` and the ledger name it."""
    session = current()
    answer = session.client.ask("GET", f"/executions/{segment(identifier)}")
    if not answer.ok:
        ended = failure(answer)
        raise Failure(
            f"there is no execution {identifier!r} that you may see", ended.code, document=answer.body
        )
    status = answer.body if isinstance(answer.body, dict) else {}
    thing, name = str(status.get("thing")), str(status.get("affordance"))
    asked = Asked(thing, name, is_action=True, shows_in="")
    by = f"asked by {status.get('principal')}"
    text = sentence(asked, status) if status.get("outcome") else f"{status.get('status')}: {thing} {name}"
    session.show(answer.body, lambda: session.say(f"{text}; {by}"))
