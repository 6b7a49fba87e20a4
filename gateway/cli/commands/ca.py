"""`hearth ca`: the gateway's own certificate authority."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.problems import failure
from gateway.cli.session import Session, current

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

INSTALL: Final = (
    "iPhone, iPad: open https://…/ca.crt in Safari, install the profile in Settings, then switch it on under General > About > "
    "Certificate Trust Settings.",
    "Android: save ca.crt, then Settings > Security > Encryption & credentials > Install a certificate > CA certificate.",
    "macOS: open ca.crt in Keychain Access (login), then set it to Always Trust for SSL.",
    "Windows: open ca.crt, Install Certificate, and choose the store of Trusted Root Certification Authorities.",
    "Linux: copy ca.crt to /usr/local/share/ca-certificates/hearth.crt and run update-ca-certificates; Firefox and Chromium "
    "have stores of their own (Settings > Certificates > Authorities > Import).",
)


@click.group(short_help="The authority that signs for this gateway: show, export, renew.")
def ca() -> None:
    """The certificate authority of this gateway. Phones that have it installed open its pages without a warning. It can
    sign for this gateway and for addresses of the house, and for nothing on the internet.
    """


@ca.command(short_help="Show the authority, what it may sign, and how it is installed.")
@json_option
def show() -> None:
    """The fingerprint is what a phone shows before it installs the certificate: compare them."""
    session = current()
    found = session.client.ask("GET", "/ca")
    if not found.ok:
        raise failure(found) if found.status != 404 else _none()
    _tell(session, found.body)


@ca.command(short_help="Write the authority's certificate to a file.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
def export(file: Path | None) -> None:
    """PEM, to FILE or to the output. There is no secret in it."""
    session = current()
    answer = session.faithful.ask("GET", "/ca.pem")
    if not answer.ok or not isinstance(answer.body, str):
        raise failure(answer) if answer.status != 404 else _none()
    if file is None:
        sys.stdout.write(answer.body)
        return
    file.write_text(answer.body)
    session.note(f"written to {file}; `hearth ca show` tells how it is installed")


@ca.command(short_help="Make a new certificate, or a new authority.")
@click.option(
    "--authority", is_flag=True, help="A new authority: it has to be installed anew on every phone."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def renew(authority: bool, yes: bool) -> None:
    """At the box. The gateway renews its certificate by itself; this is for when its key may be known to somebody, and with
    --authority for when the gateway has another name.
    """
    session = current()
    if authority and not yes:
        if not sys.stdin.isatty():
            raise Failure("every phone would have to install the new authority; --yes does it", Exit.REFUSED)
        click.confirm("every phone has to install the new authority; make it?", abort=True, err=True)
    answer = session.client.ask("POST", "/ca/renew", {"authority": authority})
    if not answer.ok:
        raise failure(answer) if answer.status != 404 else _none()
    _tell(session, answer.body)


def _none() -> Failure:
    return Failure(
        "this gateway has no authority of its own: it serves plain http on loopback, or a certificate that was given to it",
        Exit.NOT_FOUND,
        advice=['[http] host = "0.0.0.0" opens it to the house\'s network, by https'],
    )


def _tell(session: Session, found: Json) -> None:
    shown: dict[str, Json] = found if isinstance(found, dict) else {}

    def as_text() -> None:
        for name in ("name", "fingerprint", "pin"):
            session.say(f"{name:12} {shown.get(name)}")
        for name, key in (("may sign", "names"), ("", "networks")):
            values = shown.get(key)
            session.wrap(
                f"{name:12} {', '.join(map(str, values if isinstance(values, list) else []))}", " " * 13
            )
        session.say(f"{'until':12} {shown.get('ends_at')}")
        for line in INSTALL:
            session.note(line)

    session.show(shown, as_text)
