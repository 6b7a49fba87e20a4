"""`hearth token`: who may talk to the gateway."""

from __future__ import annotations

import re
import time
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.text import joined
from gateway.cli.times import ago, clock, seconds_of

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

ROLES: Final = ("owner", "adult", "child", "guest", "agent", "guest-agent", "service")
_UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@click.group(short_help="Tokens of agents, phones and guests: create, list, revoke.")
def token() -> None:
    """Give out tokens, look at them, take them back."""


@token.command(short_help="Make a token; its secret is shown once.")
@click.argument("title")
@click.option("--role", default="agent", show_default=True, type=click.Choice(ROLES))
@click.option("--principal", default="", metavar="ID", help="Whose it is (default: made of the title).")
@click.option("--for", "acts_for", default="", metavar="ID", help="The person that an agent acts for.")
@click.option(
    "--expires", default="", metavar="TIME", help="In 30m, 12h, 7d, or at a time (2030-01-31T12:00)."
)
@json_option
def create(title: str, role: str, principal: str, acts_for: str, expires: str) -> None:
    """Make a token called TITLE. Its secret is printed now and never again."""
    session = current()
    body: dict[str, Json] = {"title": title, "role": role}
    if principal:
        body["principal"] = principal
    if acts_for:
        body["acts_for"] = acts_for
    if expires:
        body["expires_in"] = seconds_until(expires, time.time())
    answer = session.client.ask("POST", "/tokens", body)
    if not answer.ok:
        raise failure(answer)
    made = answer.body if isinstance(answer.body, dict) else {}

    def as_text() -> None:
        session.say(str(made.get("secret")))
        session.note(
            f"a token for {made.get('principal')} ({made.get('role')}), id {made.get('id')}; it is not shown again"
        )

    session.show(made, as_text)


@token.command(name="list", short_help="All tokens.")
@click.option("--all", "everything", is_flag=True, help="Revoked and expired ones, too.")
@json_option
def list_(everything: bool) -> None:
    """List the tokens that are good."""
    session = current()
    tokens = [t for t in items(session.client.get("/tokens")) if everything or is_good(t)]
    session.show(list(tokens), lambda: _table(session, tokens))


@token.command(short_help="Revoke a token, and all that were made from it.")
@click.argument("token_id", metavar="ID")
@json_option
def revoke(token_id: str) -> None:
    """Revoke the token ID: it, and all that were made from it, end at once."""
    session = current()
    answer = session.client.ask("DELETE", f"/tokens/{segment(token_id)}")
    if answer.status == HTTPStatus.NOT_FOUND:
        message = f"there is no token {token_id!r}; `hearth token list` shows them"
        raise Failure(message, Exit.NOT_FOUND, document=answer.body)
    if not answer.ok:
        raise failure(answer)
    session.show(answer.body, lambda: session.say(f"revoked: {token_id}"))


def _table(session: Session, tokens: list[dict[str, Json]]) -> None:
    rows = [
        [
            str(t.get("id")),
            str(t.get("title") or ""),
            str(t.get("principal") or ""),
            str(t.get("role") or ""),
            str(t.get("acts_for") or ""),
            ago(t.get("last_used_at")) or "never",
            "revoked" if t.get("revoked_at") else _ends(t),
            "; ".join(map(str, narrowed)) if isinstance(narrowed := t.get("narrowed"), list) else "",
        ]
        for t in tokens
    ]
    session.table(
        ["ID", "TITLE", "WHO", "ROLE", "FOR", "USED", "ENDS", "NARROWED"], rows, whole=[0], folded=7
    )


def _ends(found: dict[str, Json]) -> str:
    """The earlier of the two times."""
    ends = [at for name in ("expires_at", "idle_until") if (at := found.get(name)) and isinstance(at, str)]
    return (clock(min(ends)) if ends else "") or "never"


def is_good(found: dict[str, Json]) -> bool:
    ends = seconds_of(found.get("expires_at"))
    return not found.get("revoked_at") and (ends is None or ends > time.time())


def seconds_until(text: str, now: float) -> int:
    """`7d`, or an instant, as seconds from now on. Raises `Failure`."""
    if found := re.fullmatch(r"(\d+)([smhdw])", text):
        return int(found[1]) * _UNIT_SECONDS[found[2]]
    try:
        seconds = datetime.fromisoformat(text).timestamp() - now
    except ValueError as error:
        units = joined(list(_UNIT_SECONDS))
        raise Failure(
            f"--expires takes a number with {units}, or a time; not {text!r}", Exit.USAGE
        ) from error
    if seconds < 1:
        raise Failure(f"{text} has passed", Exit.USAGE)
    return int(seconds)
