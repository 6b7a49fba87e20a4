"""`hearth execution`: what became of a command."""

from __future__ import annotations

import click

from gateway.cli.client import segment
from gateway.cli.exits import Failure
from gateway.cli.options import json_option
from gateway.cli.outcomes import Asked, sentence
from gateway.cli.problems import failure
from gateway.cli.session import Session, current
from gateway.cli.waiting import waits_text


@click.command(short_help="Tell what became of a command.")
@click.argument("identifier", metavar="ID")
@click.option("--withdraw", is_flag=True, help="Take it back, while it waits for people.")
@json_option
def execution(identifier: str, *, withdraw: bool) -> None:
    """Tell what became of the command whose execution is ID, as `--no-wait`, `hearth why` and the ledger name it.

    Example: hearth execution 1jxt2x6w8sgnzz2z51fa --withdraw
    """
    session = current()
    if withdraw:
        _withdraw(session, identifier)
        return
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
    if status.get("waits_for") == "approval":
        text = f"{text} {waits_text(status)}"
    session.show(answer.body, lambda: session.say(f"{text}; {by}"))


def _withdraw(session: Session, identifier: str) -> None:
    answer = session.client.ask("DELETE", f"/executions/{segment(identifier)}")
    if not answer.ok:
        raise failure(answer)
    session.show(
        {"withdrawn": identifier},
        lambda: session.say("withdrawn: nobody is asked any more, and nothing was sent"),
    )
