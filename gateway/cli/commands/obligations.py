"""`hearth obligations`: what is switched off or put back by itself, when, and what failed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.ids import Known, is_whole, meant
from gateway.cli.options import json_option
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.times import clock, duration
from gateway.cli.words import plain_id

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

NOTHING = "nothing is owed: nothing runs that a rule switches off, and nothing is to be put back"


def _failed(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    options = ctx.find_root().params
    session = ctx.find_object(Session) or Session(
        url=str(options.get("url") or ""), token=str(options.get("token") or "")
    )
    try:
        found = items(session.client.get("/obligations"))
    except Failure:
        return []  # a shell's line is no place for an error
    return [
        CompletionItem(str(one.get("id")), help=f"{plain_id(one.get('thing'))} {one.get('says')}")
        for one in found
        if one.get("state") == "failed" and str(one.get("id")).startswith(incomplete)
    ]


@click.group(
    invoke_without_command=True, short_help="What is switched off or put back by itself, and what failed."
)
@click.option("--thing", metavar="THING", default="", help="Only what is owed on this Thing.")
@json_option
@click.pass_context
def obligations(ctx: click.Context, thing: str) -> None:
    """What rules with `max_on` and `restore` owe just now: what is switched off or put back when, and what failed.

    Nobody ends or prolongs it with a word. Who wants a heater on for longer switches it on again, by hand.

    Software stretches no time with short breaks: what it switches on again goes on with the time that it had, until it was off
    for a tenth of it (and a minute at least). Where nothing is left, it rests: software waits, a person need not.

    \b
    hearth obligations
    hearth obligations --thing heater
    hearth obligations settle 3v1k8p --why "unplugged it"
    """  # noqa: D301 (click's mark for lines that stay as they are)
    if ctx.invoked_subcommand is not None:
        return
    session = current()
    path = "/obligations" + (f"?thing={segment(session.thing_id(thing))}" if thing else "")
    found = items(session.client.get(path))
    session.show(list(found), lambda: _table(session, found))


@obligations.command(short_help="Say that you looked at what failed: software may use it again.")
@click.argument("obligation", metavar="ID", shell_complete=_failed)
@click.option("--why", required=True, metavar="TEXT", help="What you found and did; it stands in the ledger.")
@json_option
def settle(obligation: str, why: str) -> None:
    """Take over what could not be switched off or put back: you looked, and it is safe.

    It is not tried any more, and software may use the Thing again.

    \b
    hearth obligations settle 3v1k8p --why "unplugged it"
    """  # noqa: D301 (click's mark for lines that stay as they are)
    session = current()
    ident = obligation if is_whole(obligation) else _meant(session, obligation)
    answer = session.client.ask("POST", f"/obligations/{segment(ident)}/settle", {"why": why})
    if answer.status == HTTPStatus.NOT_FOUND:
        message = f"nothing is owed under {obligation!r}; `hearth obligations` lists what is"
        raise Failure(message, Exit.NOT_FOUND, document=answer.body)
    if not answer.ok:
        raise failure(answer)
    told = answer.body if isinstance(answer.body, dict) else {}

    def as_text() -> None:
        session.say(f"settled: {plain_id(told.get('thing'))}; software may use it again")
        if told.get("duty") == "max_on":
            session.note("once it is seen off, its rule holds again")

    session.show(answer.body, as_text)


def _meant(session: Session, wanted: str) -> str:
    """What failed is meant first: it is what is settled."""
    found = items(session.client.get("/obligations"))
    failed = [one for one in found if one.get("state") == "failed"]
    known = [
        Known(str(one.get("id")), f"{plain_id(one.get('thing'))}, {_what(one)}") for one in failed or found
    ]
    return meant("obligation", wanted, known, "hearth obligations")


def _table(session: Session, found: list[dict[str, Json]]) -> None:
    if not found:
        session.say(NOTHING)
        return
    failed = [one for one in found if one.get("state") == "failed"]
    for one in failed:
        session.wrap(
            f"{session.style('FAILED', 'red')}  {plain_id(one.get('thing'))}: {one.get('error')}, at "
            f"{clock(one.get('failed_at'))}; tried {_times(one.get('attempts'))}, and it goes on",
            " " * 8,
        )
        session.wrap(
            f'        → go and look; then `hearth obligations settle {one.get("id")} --why "…"`', " " * 10
        )
    for one in found:
        if one.get("used_s"):
            session.note(f"{plain_id(one.get('thing'))} {one.get('says')}")
    rows = [
        [
            plain_id(one.get("thing")),
            str(one.get("property")),
            _what(one),
            clock(one.get("due")),
            _after(one),
            str(one.get("rule")),
        ]
        for one in found
    ]
    if failed:
        session.say()
    session.table(
        ["THING", "PROPERTY", "WILL BE", "AT", "AFTER", "RULE"], rows, whole=[0], folded=5, uncut=True
    )


def _what(one: dict[str, Json]) -> str:
    what = "switched off" if one.get("duty") == "max_on" else "put back"
    state = one.get("state")
    if state in {"failed", "settled"}:
        return f"{what} ({state})"
    if state == "resting":
        return "free for software again"
    return f"{what} (also by itself)" if one.get("own_timer") else what


def _after(one: dict[str, Json]) -> str:
    seconds = one.get("seconds")
    return duration(seconds) if isinstance(seconds, int | float) else ""


def _times(attempts: Json) -> str:
    return "once" if attempts == 1 else f"{attempts} times"
