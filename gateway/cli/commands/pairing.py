"""`hearth pair`: how the first token comes to a phone or to this terminal."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.client import Client
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.pins import with_pin
from gateway.cli.problems import failure
from gateway.cli.session import Session, current
from gateway.cli.signing import new_key
from gateway.cli.target import DEFAULT_URL, Target, profile_path, write_profile
from gateway.cli.times import clock
from gateway.cli.trust import pinned, read_link

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

NO_KEY: Final = "it cannot answer approvals: only a code that was made at the box brings a key with it (`hearth pair` there)"

ROLES: Final = ("owner", "adult", "child", "guest")


@click.command(short_help="Open a pairing window, or redeem a code and remember the gateway.")
@click.argument("code", required=False, default="")
@click.option("--title", default="", help="What the paired device is called (default: this machine's name).")
@click.option(
    "--role",
    default=None,
    type=click.Choice(ROLES),
    help="What it may be in the house (default: owner for the first, then adult).",
)
@click.option("--principal", default="", metavar="ID", help="Who it is for (default: the role's name).")
@click.option("--yes", is_flag=True, help="Replace a window that is open without asking.")
@json_option
def pair(code: str, title: str, role: str | None, principal: str, yes: bool) -> None:
    """Without CODE: open a pairing window, and print a QR code for a phone and the code to type on any other device.

    With CODE: redeem it at the gateway (--url), and remember address and token for this user. The link of a QR code can be
    given as CODE: it names the gateway, and how it is recognised.
    """
    session = current()
    if code:
        _redeem(session, code, title or socket.gethostname())
    else:
        confirm_replacing(session, yes=yes)
        open_window(session, {"principal": principal, "role": role})


def confirm_replacing(session: Session, *, yes: bool) -> None:
    """There is one window at a time: a new one makes the code of an open one wrong."""
    state = session.client.ask("GET", "/pairings")
    if yes or not (isinstance(state.body, dict) and state.body.get("open")):
        return
    if not sys.stdin.isatty():
        raise Failure(
            "a pairing window is open already, and the code that was shown for it is still good; --yes makes a new one",
            Exit.REFUSED,
        )
    question = "a pairing window is open already; replace it, so that its code is good no longer?"
    click.confirm(question, abort=True, err=True)


def open_window(session: Session, wanted: dict[str, Json]) -> None:
    body: dict[str, Json] = {name: value for name, value in wanted.items() if value}
    answer = with_pin(session, lambda pin: session.client.ask("POST", "/pairings", body | pin))
    if not answer.ok:
        raise failure(answer)
    made = answer.body if isinstance(answer.body, dict) else {}

    def as_text() -> None:
        if link := str(made.get("link") or ""):
            _draw(session, link)
        session.say(str(made.get("code")))
        until = clock(made.get("expires_at"))
        session.note(
            f"it lets one device in as {made.get('principal')} ({made.get('role')}), until {until}: hearth pair CODE"
        )

    session.show(made, as_text)


def _draw(session: Session, link: str) -> None:
    """For the phone in somebody's hand; in a pipe there is nobody to scan it."""
    if sys.stdout.isatty():
        from gateway.cli.qr import drawn  # noqa: PLC0415 (only here)

        picture = drawn(link)
        session.say(picture or link)
        if picture is None:
            session.note("`pip install 'hearth-gateway[qr]'` draws this as a QR code for phones")
        session.note(f"scan it with the phone, or open {link.partition('#')[0]} there and type the code:")


def _redeem(session: Session, code: str, title: str) -> None:
    url, ca = session.url or session.environ.get("HEARTH_URL", "") or DEFAULT_URL, ""
    if "://" in code:
        link = read_link(code)
        url, code = link.url, link.code
        ca = pinned(link) if link.pin else ""
    client = Client(Target("--url or HEARTH_URL", url.rstrip("/"), ca=ca, ca_file=session.ca_file))
    private, public = new_key()
    answer = client.ask("POST", "/pairings/redeem", {"code": code, "title": title, "key": public})
    if not answer.ok:
        raise failure(answer)
    made: dict[str, Json] = answer.body if isinstance(answer.body, dict) else {}
    secret = made.get("secret")
    if not isinstance(secret, str):
        raise Failure("the gateway gave no token", Exit.ERROR, document=made)
    path = profile_path(session.environ)
    has_key = made.get("has_key") is True
    write_profile(path, url.rstrip("/"), secret, private if has_key else "", ca)
    stored: dict[str, Json] = {"profile": str(path), "url": url, "principal": made.get("principal")}
    stored["has_key"] = has_key

    def as_text() -> None:
        session.say(f"paired with {url} as {made.get('principal')}; kept in {path}")
        if not has_key:
            session.note(NO_KEY)

    session.show(stored, as_text)
