"""`hearth policy waive`, `waivers`, `unwaive`: leaving a limit out for a while, by a person whom it names."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import click

from gateway.cli.client import segment
from gateway.cli.commands.policy_group import policy
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.times import clock
from gateway.cli.words import plain_id

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


@policy.command(short_help="Leave a limit out for a while.")
@click.argument("rule", metavar="RULE")
@click.option("--thing", default="", help="Only on this Thing (default: on all that it limits).")
@click.option("--for", "span", default="", metavar="TIME", help="For how long: 30m, 2h, 7d at the most.")
@click.option(
    "--until", default="", metavar="TIME", help="Until when, instead of --for: 2030-01-31T12:00+01:00."
)
@click.option("--why", required=True, metavar="TEXT", help="Why; it stands in the ledger.")
@json_option
def waive(rule: str, thing: str, span: str, until: str, why: str) -> None:
    """Leave the limit RULE ("set/rule", or the rule's id) out for a while.

    Only for a limit that says `waivable_by`, and by a person whom it names. It is recorded, over by itself, and
    `hearth policy unwaive` ends it before.
    """
    session = current()
    body: dict[str, Json] = {"rule": rule, "why": why}
    if thing:
        body["thing"] = session.thing_id(thing)
    if span:
        body["for"] = span
    if until:
        body["until"] = until
    answer = session.client.ask("POST", "/policies/waivers", body)
    if not answer.ok:
        raise failure(answer)
    given = answer.body if isinstance(answer.body, dict) else {}

    def as_text() -> None:
        where = f" on {plain_id(given.get('thing'))}" if given.get("thing") else ""
        session.say(f"{given.get('rule')} is waived{where} until {clock(given.get('until'))}")
        session.note(f"`hearth policy unwaive {given.get('id')}` ends it before")

    session.show(answer.body, as_text)


@policy.command(short_help="The limits that are left out just now.")
@json_option
def waivers() -> None:
    """List the waivers in force: who left out which limit, where, until when and why."""
    session = current()
    found = items(session.client.get("/policies/waivers"))
    session.show(list(found), lambda: _table(session, found))


@policy.command(short_help="End a waiver: the limit holds again.")
@click.argument("waiver", metavar="ID")
@json_option
def unwaive(waiver: str) -> None:
    """End the waiver ID at once."""
    session = current()
    answer = session.client.ask("DELETE", f"/policies/waivers/{segment(waiver)}")
    if answer.status == HTTPStatus.NOT_FOUND:
        message = (
            f"there is no waiver {waiver!r} that you may end; `hearth policy waivers` lists those in force"
        )
        raise Failure(message, Exit.NOT_FOUND, document=answer.body)
    if not answer.ok:
        raise failure(answer)
    session.show(answer.body, lambda: session.say(f"ended: {waiver}"))


def _table(session: Session, found: list[dict[str, Json]]) -> None:
    if not found:
        session.say("every limit holds; `hearth policy waive RULE --for 2h --why …` leaves one out")
        return
    rows = [
        [
            str(one.get("id")),
            str(one.get("rule")),
            plain_id(one.get("thing")) or "all",
            str(one.get("by")),
            clock(one.get("until")),
            str(one.get("why") or ""),
        ]
        for one in found
    ]
    session.table(["ID", "RULE", "THING", "BY", "UNTIL", "WHY"], rows, whole=[0, 1], folded=5)
