"""`hearth messages` and `hearth assign`: what agents, people and the gateway say to each other about a task."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click
from click.shell_completion import CompletionItem

from gateway.cli.exits import Failure
from gateway.cli.options import json_option
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.talk import findings, sentence, words
from gateway.cli.times import clock

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


def _threads(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    try:
        found = items(_session(ctx).client.get("/messages?limit=200"))
    except Failure:
        return []  # a shell's line is no place for an error
    newest = {str(one.get("thread")): one for one in found}
    return [
        CompletionItem(thread, help=f"{one.get('type')} of {one.get('from')}, {clock(one.get('at'))}")
        for thread, one in newest.items()
        if thread.startswith(incomplete)
    ]


def agents(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    try:
        found = items(_session(ctx).client.get("/tokens"))
    except Failure:
        return []
    names = {str(one.get("principal")): str(one.get("role")) for one in found if not one.get("revoked_at")}
    return [CompletionItem(name, help=role) for name, role in names.items() if name.startswith(incomplete)]


@click.command(short_help="What was said about a plan or a task.")
@click.argument("plan", metavar="[PLAN]", default="", shell_complete=_threads)
@click.option(
    "--with",
    "other",
    default="",
    metavar="WHO",
    help="Only messages with this principal.",
    shell_complete=agents,
)
@click.option(
    "-n",
    "--lines",
    default=20,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="How many, without PLAN.",
)
@json_option
def messages(plan: str, other: str, lines: int) -> None:
    """Print what agents, people and the gateway said to each other about PLAN: a plan, lease, command or task, by its id.

    Without PLAN, the newest messages. What somebody says in their own words stands in quotes, with whose words they are.

    \b
    Example: hearth messages 1m823w7v0mm8xpz3wy4g
             hearth messages --with coo
    """  # noqa: D301 (click wants it so)
    session = current()
    query = {"plan": plan} if plan else {"limit": str(lines), **({"with": other} if other else {})}
    found = items(session.client.get(f"/messages?{urlencode(query)}"))
    if plan and other:
        found = [one for one in found if other in _parties(one)]
    session.show(list(found), lambda: _dialogue(session, found, whole=bool(plan)))


@click.command(short_help="Give an agent a task.")
@click.argument("agent", metavar="AGENT", shell_complete=agents)
@click.argument("what", metavar="TEXT")
@click.option(
    "--thing", "things", multiple=True, help="A Thing that it is about (may be given several times)."
)
@click.option(
    "--by", "deadline", default="", metavar="TIME", help="When it must be done: 2030-01-31T20:00+01:00."
)
@click.option("--expires", default="", metavar="TIME", help="Until when it may be begun.")
@json_option
def assign(agent: str, what: str, things: tuple[str, ...], deadline: str, expires: str) -> None:
    """Tell AGENT what is to be done, in your own words. It moves nothing and gives no right: what the agent does then, the
    rules decide.

    \b
    Example: hearth assign coo "Make the living room cosy" --thing lamp --by 2030-01-31T20:00+01:00
    """  # noqa: D301 (click wants it so)
    session = current()
    body: dict[str, Json] = {"what": what}
    if things:
        body["things"] = [session.thing_id(thing) for thing in things]
    if deadline:
        body["deadline"] = deadline
    if expires:
        body["expires"] = expires
    answer = session.client.ask("POST", "/messages", {"type": "task-assignment", "to": [agent], "body": body})
    if not answer.ok:
        raise failure(answer)
    made = answer.body if isinstance(answer.body, dict) else {}

    def as_text() -> None:
        session.say(f"told {agent}, as task {made.get('thread')}")
        session.note(f"`hearth messages {made.get('thread')}` shows what it answers")

    session.show(answer.body, as_text)


def _dialogue(session: Session, found: list[dict[str, Json]], *, whole: bool) -> None:
    if not found:
        session.say(
            "nothing was said yet; agents speak when they make plans and ask for leases, or are given a task"
        )
        return
    for one in found:
        body = one.get("body")
        told = body if isinstance(body, dict) else {}
        to = ", ".join(map(str, _listed(one.get("to"))))
        about = "" if whole else f" [{one.get('thread')}]"
        head = f"{clock(one.get('at'))}  {session.style(str(one.get('from')), 'bold')} to {to}{about}: "
        session.wrap(head + sentence(one.get("type"), told), " " * 10)
        for line in (*findings(told), words(told)):
            if line:
                session.wrap(f"{' ' * 10}{line}", " " * 12)


def _parties(one: dict[str, Json]) -> list[str]:
    return [str(one.get("from")), *map(str, _listed(one.get("to"))), *map(str, _listed(one.get("cc")))]


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _session(ctx: click.Context) -> Session:
    """While completing, no command has run: the options of the whole command stand in the outermost context."""
    options = ctx.find_root().params
    return ctx.find_object(Session) or Session(
        url=str(options.get("url") or ""), token=str(options.get("token") or "")
    )
