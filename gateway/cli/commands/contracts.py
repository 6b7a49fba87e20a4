"""`hearth contract`: who may know what, for which purpose, how fine, how long."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import click

from gateway.cli import contract_terms, contract_texts
from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.ids import Known, is_whole, meant, short
from gateway.cli.options import json_option
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.times import clock

if TYPE_CHECKING:
    from capabilities.vocabulary import Json
    from gateway.cli.answer import Answer

_identifier = click.argument("identifier", metavar="ID")
"""The end or the beginning of a contract's id, or `last`."""


@click.group(short_help="What agents may know: make, show, read, revoke.")
def contract() -> None:
    """Say what an agent may know: which Things, how fine, what for, how long.

    As soon as somebody has a contract, it sees raw only what its contracts give, on every path; what they give coarser it reads
    by `hearth contract read` or GET /contracts/ID/context alone. The rules still hold: a contract never gives more.
    """


@contract.command("list", short_help="The contracts that there are.")
@click.option("--all", "everything", is_flag=True, help="Also those that ended.")
@json_option
def list_contracts(everything: bool) -> None:
    """List contracts: for whom, until when, what for.

    As in: `hearth contract list --all`.
    """
    session = current()
    found = items(session.client.get("/contracts?all=1" if everything else "/contracts"))
    session.show(list(found), lambda: contract_texts.listed(session, found))


@contract.command(short_help="What one contract gives, and what it does not.")
@_identifier
@json_option
def show(identifier: str) -> None:
    """Show what the contract ID gives.

    As in: `hearth contract show last`.
    """
    session = current()
    answer = session.client.ask("GET", _path(session, identifier))
    _tell(session, answer, identifier)


@contract.command(short_help="Make one: what somebody may know from now on.")
@click.option("--for", "reader", default="", metavar="WHO", help="The agent (or child, or guest) by its id.")
@click.option("--purpose", default="", metavar="TEXT", help="What for; every read carries it.")
@click.option(
    "--until", default="", metavar="TIME", help="12h, 30d, or a time like 2030-01-31T12:00. Default: 7d."
)
@click.option(
    "--raw",
    multiple=True,
    metavar="CAPABILITY",
    help="Given as it is: 'light.*'. What is sensitive is named.",
)
@click.option(
    "--aggregated",
    multiple=True,
    metavar="CAPABILITY=TIME",
    help="Over windows: 'meter.power=15m', with a step '…=1h/50'.",
)
@click.option(
    "--presence",
    multiple=True,
    metavar="CAPABILITY",
    help="Whether it is so: 'occupancy.occupied', 'light.brightness>5', 'lock.state=locked'.",
)
@click.option("--hold", default="5m", metavar="TIME", help="How long that must have held: 5m, 15m, 30m, 1h.")
@click.option("--thing", "things", multiple=True, metavar="THING", help="All of that only of these Things.")
@click.option("--room", "rooms", multiple=True, metavar="ROOM", help="… in these rooms.")
@click.option("--label", "labels", multiple=True, metavar="LABEL", help="… with one of these labels.")
@click.option(
    "--retention", default="", metavar="TIME", help="How long the reader promises to keep it: 7d, none."
)
@click.option("--reads", type=int, help="How often it may be read in a quarter hour. Default: 60.")
@click.option("--plan", default="", metavar="ID", help="It ends with this plan.")
@click.option(
    "--like", default="", metavar="NAME", help="Begin with a template: `hearth contract templates`."
)
@json_option
def make(
    reader: str, purpose: str, until: str, *, like: str, hold: str, reads: int | None, **more: object
) -> None:
    """Make a contract. An agent that runs this asks for one, and people are told.

    As in: `hearth contract make --for coo --purpose "save energy" --until 30d --raw 'light.*' --aggregated 'meter.power=15m'`,
    or `hearth contract make --for coo --like energy`.
    """
    session = current()
    body: dict[str, Json] = dict(contract_terms.template(like)) if like else {}
    if until:
        body.pop("for", None)
        body |= contract_terms.term(until)
    named = {
        "reader": reader,
        "purpose": purpose,
        "retention": more["retention"],
        "plan": more["plan"],
        "reads": reads,
    }
    body |= {name: value for name, value in named.items() if value}  # type: ignore[misc]
    if not body.get("purpose"):
        raise Failure("say what it is for: --purpose, or --like with a template", Exit.USAGE)
    made = {
        "raw": [contract_terms.raw(one) for one in _words(more["raw"])],
        "aggregated": [contract_terms.aggregated(one) for one in _words(more["aggregated"])],
        "presence": [contract_terms.presence(one) | {"hold": hold} for one in _words(more["presence"])],
    }
    where: dict[str, Json] = {
        name: list[Json](found)
        for name, found in (
            ("things", [session.thing_id(one) for one in _words(more["things"])]),
            ("rooms", _words(more["rooms"])),
            ("labels", _words(more["labels"])),
        )
        if found
    }
    for name, fresh in made.items():
        parts = [*items(body.get(name)), *fresh]
        body[name] = [part | where for part in parts]
    _tell(session, session.client.ask("POST", "/contracts", body), "")


@contract.command(short_help="Give what an agent asked for, or less.")
@_identifier
@click.option("--until", default="", metavar="TIME", help="Earlier than it was asked for: 12h, 3d.")
@json_option
def accept(identifier: str, until: str) -> None:
    """Accept the contract ID that an agent asked for.

    As in: `hearth contract accept last --until 3d`. `hearth contract revoke ID` refuses it.
    """
    session = current()
    body = contract_terms.term(until) if until else {}
    _tell(session, session.client.ask("POST", f"{_path(session, identifier)}/accept", body), identifier)


@contract.command(short_help="End one at once, with its notes; or refuse it.")
@_identifier
@json_option
def revoke(identifier: str) -> None:
    """End the contract ID at once. Its reader stays bound: `hearth contract release WHO` lets the rules alone bind it again.

    As in: `hearth contract revoke last`.
    """
    session = current()
    path = _path(session, identifier)
    answer = session.client.ask("DELETE", path)
    if not answer.ok:
        raise _missing(answer, identifier)
    session.show(
        answer.body,
        lambda: session.say(f"ended: {short(path.rpartition('/')[2])}; it gives nothing any more"),
    )


@contract.command(short_help="Let the rules alone bind somebody again.")
@click.argument("reader", metavar="WHO")
@json_option
def release(reader: str) -> None:
    """End all contracts of WHO, who sees from then on what the rules let it see. For owners and adults.

    As in: `hearth contract release coo`.
    """
    session = current()
    answer = session.client.ask("DELETE", f"/contracts?reader={segment(reader)}")
    if answer.status == HTTPStatus.NOT_FOUND:
        raise Failure(f"{reader!r} has no contracts", Exit.NOT_FOUND, document=answer.body)
    if not answer.ok:
        raise failure(answer)
    session.show(answer.body, lambda: session.say(f"{reader} sees what the rules let it see"))


@contract.command(short_help="Read what a contract tells now.")
@_identifier
@click.option("--layers", default="", metavar="NAMES", help="Some of stable,snapshot,working. Default: all.")
@click.option("--offset", type=int, default=0, help="Where the page begins.")
@json_option
def read(identifier: str, layers: str, offset: int) -> None:
    """Read what the contract ID tells its reader now; as a person: what it would tell.

    As in: `hearth contract read last --layers snapshot`.
    """
    session = current()
    query = f"?offset={offset}" + (f"&layers={segment(layers)}" if layers else "")
    answer = session.client.ask("GET", f"{_path(session, identifier)}/context{query}")
    if not answer.ok:
        raise _missing(answer, identifier)
    body = answer.body if isinstance(answer.body, dict) else {}
    session.show(body, lambda: contract_texts.told(session, body))


@contract.command(short_help="What others begin with: energy, comfort, …")
@json_option
def templates() -> None:
    """List the contracts that ship with Hearth, for `hearth contract make --like NAME`."""
    session = current()
    found = contract_terms.templates()

    def as_text() -> None:
        for name, terms in found.items():
            session.say(f"{name}: {terms.get('purpose')}, for {terms.get('for')}")
            for line in contract_texts.parts(terms):
                session.say(f"    {line}")

    session.show(dict(found), as_text)


def _tell(session: Session, answer: Answer, identifier: str) -> None:
    if not answer.ok:
        raise _missing(answer, identifier) if identifier else failure(answer)
    body = answer.body if isinstance(answer.body, dict) else {}
    terms = body.get("terms")
    ident = short(body.get("id"))

    def as_text() -> None:
        purpose = terms.get("purpose") if isinstance(terms, dict) else ""
        session.say(f"{ident} for {body.get('reader')}, {contract_texts.state(body)}: {purpose}")
        for line in contract_texts.parts(terms):
            session.say(f"    {line}")
        remarks = body.get("remarks")
        for remark in remarks if isinstance(remarks, list) else ():
            session.note(str(remark))
        if body.get("state") == "asked":
            session.note(
                f"`hearth contract accept {ident}` gives it, `hearth contract revoke {ident}` refuses it"
            )
        elif body.get("state") == "in-force" and not identifier:
            session.note(
                f"{body.get('reader')} sees raw only what its contracts give, until {clock(body.get('expires_at'))} and after;"
                f" `hearth contract release {body.get('reader')}` lets the rules alone bind it"
            )

    session.show(body, as_text)


def _words(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []


def _path(session: Session, identifier: str) -> str:
    if is_whole(identifier):
        return f"/contracts/{segment(identifier)}"
    found = items(session.client.get("/contracts?all=1"))
    known = [Known(str(one.get("id")), f"{one.get('reader')}, {contract_texts.state(one)}") for one in found]
    return f"/contracts/{segment(meant('contract', identifier, known, 'hearth contract list --all'))}"


def _missing(answer: Answer, identifier: str) -> Failure:
    if answer.status != HTTPStatus.NOT_FOUND:
        return failure(answer)
    message = f"there is no contract {identifier!r} that you may see; `hearth contract list --all` lists them"
    return Failure(message, Exit.NOT_FOUND, document=answer.body)
