"""`hearth delegate`, `hearth delegation`, `hearth guest`: letting somebody in who may do less than oneself, for a while."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.client import segment
from gateway.cli.commands.pairing import confirm_replacing, open_window
from gateway.cli.commands.tokens import seconds_until
from gateway.cli.exits import Exit, Failure
from gateway.cli.handing_on import terms_options, wish
from gateway.cli.options import json_option
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.times import ago, clock

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

UNTIL = "In 30m, 12h, 7d, or at a time (2030-01-31T12:00)."


@click.command(short_help="Hand on less than you may do yourself, to somebody new, for a while.")
@click.argument("name")
@click.option("--as", "principal", default="", metavar="ID", help="Its id (default: made of yours and NAME).")
@click.option("--role", default="", help="agent, guest-agent, service, child or guest (default: an agent).")
@click.option("--for", "acts_for", default="", metavar="ID", help="At the box: the person it acts for.")
@click.option("--purpose", default="", help="What for: people read it.")
@terms_options
@click.option("--expires", default="", metavar="TIME", help=f"{UNTIL} Software must say it, and at most 24h.")
@click.option("--idle", default="", metavar="TIME", help="It ends after so long without a use: 2h, 7d.")
@click.option("--dry-run", is_flag=True, help="Show what it would come to, and make nothing.")
@json_option
def delegate(
    *,
    name: str,
    principal: str,
    role: str,
    acts_for: str,
    purpose: str,
    expires: str,
    idle: str,
    dry_run: bool,
    **terms: Any,
) -> None:
    """Make a token for NAME, somebody new, which may do what you say and never more than you: not now, and not when you may do
    less. It ends with yours. The secret is printed now and never again.
    """
    session = current()
    said = {"name": name, "principal": principal, "role": role, "acts_for": acts_for, "purpose": purpose}
    body: dict[str, Json] = {member: text for member, text in said.items() if text}
    body |= wish(**terms) | _ends(expires, idle)
    answer = session.client.ask("POST", f"/delegations{'?dry-run=1' if dry_run else ''}", body)
    if not answer.ok:
        raise failure(answer)
    made = answer.body if isinstance(answer.body, dict) else {}

    def as_text() -> None:
        if "secret" in made:
            session.say(str(made.get("secret")))
        ends = clock(made.get("expires_at")) or "it is revoked"
        would = "is" if "secret" in made else "would be"
        session.note(f"{made.get('principal')} ({made.get('role')}) {would} let in, until {ends}")
        _effective(session, made, session.note)

    session.show(made, as_text)


@click.group(short_help="What was handed on: list, show, revoke.")
def delegation() -> None:
    """Look at what was handed on, and end it."""


@delegation.command(name="list", short_help="Who was let in, by whom.")
@json_option
def list_() -> None:
    """List what you handed on, and what came of that; owners and adults see all."""
    session = current()
    found = items(session.client.get("/delegations"))
    session.show([*found], lambda: _table(session, found))


@delegation.command(short_help="One of them, with what it may do now.")
@click.argument("wanted", metavar="WHO")
@json_option
def show(wanted: str) -> None:
    """Show what WHO (an id of somebody, or of its token) may do now."""
    session = current()
    shown = session.client.get(f"/delegations/{segment(_token(session, wanted))}")
    assert isinstance(shown, dict)

    def as_text() -> None:
        ends = clock(shown.get("expires_at")) or "never"
        session.say(f"{shown.get('principal')} ({shown.get('role')}), ends: {ends}")
        narrowed = shown.get("narrowed")
        for line in narrowed if isinstance(narrowed, list) else []:
            session.wrap(f"  {line}", "    ")
        _effective(session, shown, session.say)

    session.show(shown, as_text)


@delegation.command(short_help="End it, and all that came of it.")
@click.argument("wanted", metavar="WHO")
@json_option
def revoke(wanted: str) -> None:
    """End what WHO holds: it, and all that it let in, are locked out at once."""
    session = current()
    answer = session.client.ask("DELETE", f"/delegations/{segment(_token(session, wanted))}")
    if not answer.ok:
        raise failure(answer)
    session.show(answer.body, lambda: session.say(f"locked out: {wanted}"))


@click.group(short_help="Guests: invite one for a while.")
def guest() -> None:
    """Let guests in, for a while, with what is left to them."""


@guest.command(short_help="Let a guest's phone in.")
@click.argument("name")
@click.option("--for", "--until", "until", default="", metavar="TIME", help=f"{UNTIL} Default: two days.")
@click.option("--idle", default="", metavar="TIME", help="It ends after so long without a use: 2h, 7d.")
@terms_options
@click.option("--yes", is_flag=True, help="Replace a pairing window that is open without asking.")
@json_option
def invite(*, name: str, until: str, idle: str, yes: bool, **terms: Any) -> None:
    """Open a pairing window for NAME, a guest: a QR code for the phone, and a code to type. What guests may do at all, the
    house's rules say; these options leave less. The guest's own agents may do no more, and end with it.
    """
    from capabilities import slug  # noqa: PLC0415 (only here)

    session = current()
    confirm_replacing(session, yes=yes)
    ends = {f"token_{word}" if word != "idle" else word: value for word, value in _ends(until, idle).items()}
    open_window(session, {"role": "guest", "principal": slug(name), "name": name} | ends | wish(**terms))


def _ends(expires: str, idle: str) -> dict[str, Json]:
    now = time.time()
    ends: dict[str, Json] = {"expires_in": seconds_until(expires, now)} if expires else {}
    return ends | ({"idle": seconds_until(idle, now)} if idle else {})


def _token(session: Session, wanted: str) -> str:
    """The id of a token, of which `wanted` is that or its holder's. Raises `Failure`."""
    found = items(session.client.get("/delegations"))
    ids = [str(one.get("id")) for one in found if wanted in {one.get("id"), one.get("principal")}]
    if not ids:
        known = ", ".join(str(one.get("principal")) for one in found[:20]) or "nobody"
        message = f"{wanted!r} was not let in by you; there is: {known}"
        raise Failure(message, Exit.NOT_FOUND, document={"status": HTTPStatus.NOT_FOUND})
    return ids[-1]


def _effective(session: Session, shown: dict[str, Json], tell: Any) -> None:
    effective = shown.get("effective")
    for thing in items(effective.get("things")) if isinstance(effective, dict) else []:
        sees, uses = thing.get("sees"), thing.get("uses")
        said = [f"reads {', '.join(map(str, sees))}"] if isinstance(sees, list) and sees else []
        said += [f"uses {', '.join(map(str, uses))}"] if isinstance(uses, list) and uses else []
        tell(f"  {thing.get('id')}: {'; '.join(said)}")
    more = effective.get("more") if isinstance(effective, dict) else 0
    if more:
        tell(f"  and {more} more")
    gone = shown.get("moot")
    for line in gone if isinstance(gone, list) else []:
        tell(f"  ! {line}")


def _table(session: Session, found: list[dict[str, Json]]) -> None:
    rows = [
        [
            str(one.get("principal")),
            str(one.get("role")),
            str(one.get("acts_for") or ""),
            ago(one.get("last_used_at")) or "never",
            clock(one.get("expires_at")) or "never",
            "; ".join(map(str, narrowed)) if isinstance(narrowed := one.get("narrowed"), list) else "",
        ]
        for one in found
    ]
    session.table(["WHO", "ROLE", "FOR", "USED", "ENDS", "NARROWED"], rows, whole=[0], folded=5)
