"""`hearth agent`: which agents ask to be let in, and which are in."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.answer import Answer
from gateway.cli.asking import agreed
from gateway.cli.client import segment
from gateway.cli.commands.tokens import is_good, seconds_until
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.pins import with_pin
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.signing import signed
from gateway.cli.text import joined
from gateway.cli.times import ago, clock

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

AGENT_ROLES: Final = ("agent", "guest-agent")

LET_IN: Final = (
    "an agent that asks by OAuth shows a code: `hearth agent accept CODE`;"
    " `hearth token create` makes a token by hand"
)


@click.group(short_help="Agents: which ask to be let in, which are in; accept, deny, revoke.")
def agent() -> None:
    """Let agents in, and look at those that are in.

    An agent that asks shows a code. Whoever types it here shows that they have that very agent before them; nothing else
    lets it in.
    """


@agent.command(short_help="What asks to be let in just now.")
@json_option
def requests() -> None:
    """List the agents that ask. The names are their own words. The codes are not shown here: each stands where its agent is."""
    session = current()
    body = session.client.get("/agents/requests")
    found = body if isinstance(body, dict) else {}
    session.show(body, lambda: _requests(session, found))


@agent.command(short_help="Let the agent in that shows CODE.")
@click.argument("code")
@click.option(
    "--as",
    "principal",
    default="",
    metavar="ID",
    help="Its id in rules and ledger (default: made of its name).",
)
@click.option("--name", default="", help="What it is called (default: what it calls itself).")
@click.option("--for", "acts_for", default="", metavar="PERSON", help="At the box: for whom it acts.")
@click.option(
    "--expires",
    default="",
    metavar="TIME",
    help="In 30m, 12h, 30d, or at a time (default: after a month unused).",
)
@click.option("--yes", is_flag=True, help="Without asking once more.")
@json_option
def accept(code: str, principal: str, name: str, acts_for: str, expires: str, *, yes: bool) -> None:
    """Let the agent in that shows CODE. It acts for you, and does what both of you may.

    Example: hearth agent accept 7KQM-2XWD --as coo --expires 30d
    """
    session = current()
    asked = _find(session, code)
    proposed = asked.get("proposed")
    default: dict[str, Json] = proposed if isinstance(proposed, dict) else {}
    wish: dict[str, Json] = {"principal": principal or default.get("principal")}
    wish["acts_for"] = acts_for or default.get("acts_for")
    if not wish["acts_for"]:
        persons = asked.get("persons")
        known = joined([str(one) for one in persons]) if isinstance(persons, list) else ""
        raise Failure(f"for whom does it act? --for PERSON: one of {known}", Exit.USAGE)
    wish |= {"name": name} if name else {}
    wish |= {"expires_in": seconds_until(expires, time.time())} if expires else {}
    if not yes:
        question = f"{_described(asked)}\nlet it in as {wish['principal']}, for {wish['acts_for']}?"
        if not agreed(question, left="nobody was let in"):
            raise Failure("nobody was let in", Exit.REFUSED)
    answer = _send(session, str(asked.get("user_code")), {"answer": "accept", **wish})
    made = answer.body if isinstance(answer.body, dict) else {}

    def as_text() -> None:
        session.say(
            f"{made.get('principal')} is let in for {made.get('acts_for')}; it fetches its token by itself"
        )
        ends = clock(made.get("expires_at"))
        until = f"until {ends}" if ends else "until it is not used for a month"
        session.note(f"{until}; `hearth agent revoke {made.get('principal')}` ends it at once")

    session.show(made, as_text)


@agent.command(short_help="Turn the agent away that shows CODE.")
@click.argument("code")
@json_option
def deny(code: str) -> None:
    """Turn the agent away that shows CODE: it is told so."""
    session = current()
    answer = _send(session, code, {"answer": "deny"})
    session.show(answer.body, lambda: session.say("turned away"))


@agent.command(name="list", short_help="The agents that are in.")
@json_option
def list_() -> None:
    """List the tokens of agents that are good."""
    session = current()
    found = _agents(session)
    session.show(list(found), lambda: _table(session, found))


@agent.command(short_help="Lock an agent out, and all that it has let in.")
@click.argument("identifier", metavar="ID")
@json_option
def revoke(identifier: str) -> None:
    """Revoke every token of the agent ID, or the one token with this id: they end at once, with all that was made from them."""
    session = current()
    agents = _agents(session)
    mine = [one for one in agents if identifier in {one.get("principal"), one.get("id")}]
    if not mine:
        known = sorted({str(one.get("principal")) for one in agents})
        near = f"there are {joined(known)}" if known else "there is none"
        raise Failure(f"no agent {identifier!r} is in; {near}", Exit.NOT_FOUND)
    for one in mine:
        answer = session.client.ask("DELETE", f"/tokens/{segment(str(one.get('id')))}")
        if not answer.ok and answer.status != HTTPStatus.NOT_FOUND:  # it went with its parent
            raise failure(answer)
    ids: list[Json] = [one.get("id") for one in mine]
    session.show({"revoked": ids}, lambda: session.say(f"locked out: {identifier}"))


def _find(session: Session, code: str) -> dict[str, Json]:
    """Raises `Failure`."""
    answer = session.client.ask("GET", f"/agents/requests/{segment(code)}")
    if not answer.ok:
        raise failure(answer)
    return answer.body if isinstance(answer.body, dict) else {}


def _described(asked: dict[str, Json]) -> str:
    return (
        f"an agent that calls itself “{asked.get('calls_itself')}” asks from {asked.get('from')};"
        f" its code is shown by {asked.get('shown_by')}. {str(asked.get('advice')).capitalize()}."
    )


def _send(session: Session, code: str, body: dict[str, Json]) -> Answer:
    """Raises `Failure`."""
    path, key = f"/agents/requests/{segment(code)}", session.client.target.key
    if key:
        answer = session.client.ask("POST", path, signed(key, f"agents/requests/{code}", body))
    else:
        answer = with_pin(session, lambda pin: session.client.ask("POST", path, body | pin))
    if not answer.ok:
        raise failure(answer)
    return answer


def _agents(session: Session) -> list[dict[str, Json]]:
    return [
        one for one in items(session.client.get("/tokens")) if is_good(one) and one.get("role") in AGENT_ROLES
    ]


def _requests(session: Session, body: dict[str, Json]) -> None:
    waiting = items(body.get("waiting"))
    if not waiting:
        session.say("no agent asks to be let in")
        session.note(LET_IN)
        return
    rows = [
        [
            f"“{one.get('calls_itself')}”",
            str(one.get("from")),
            str(one.get("shown_by")),
            ago(one.get("asked_at")) or "",
        ]
        for one in waiting
    ]
    session.table(["CALLS ITSELF", "FROM", "CODE IS SHOWN BY", "ASKED"], rows)
    session.note("let one in with the code that it shows: hearth agent accept CODE")


def _table(session: Session, agents: list[dict[str, Json]]) -> None:
    if not agents:
        session.say("no agent is in")
        session.note(LET_IN)
        return
    rows = [
        [
            str(one.get("principal") or ""),
            str(one.get("name") or one.get("title") or ""),
            str(one.get("acts_for") or ""),
            ago(one.get("last_used_at")) or "never",
            clock(one.get("expires_at")) or "no set time",
            str(one.get("id")),
        ]
        for one in agents
    ]
    session.table(["ID", "NAME", "FOR", "USED", "ENDS", "TOKEN"], rows, whole=[5])
