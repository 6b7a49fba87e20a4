"""`hearth leases`, `hearth lease hold`, `renew`, `accept`, `release`: who holds what, and settling it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.ids import Known, is_whole, meant, short
from gateway.cli.options import json_option, property_argument, thing_argument
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.times import clock
from gateway.cli.words import plain_id, value_text

if TYPE_CHECKING:
    from capabilities.vocabulary import Json
    from gateway.cli.answer import Answer


def _complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    try:
        known = _known(ctx.find_object(Session) or Session())
    except Failure:
        return []  # a shell's line is no place for an error
    return [
        CompletionItem(short(one.id), help=one.about) for one in known if short(one.id).startswith(incomplete)
    ]


_identifier = click.argument("identifier", metavar="ID", shell_complete=_complete)
"""The end or the beginning of a lease's id, or `last`."""


@click.command(short_help="Who holds what, and what they accept of others.")
@thing_argument(required=False)
@json_option
def leases(thing: str) -> None:
    """List who holds what (of THING alone, if it is named), what they accept of others, who stands in line, and where software
    stands back because a person has just changed something.

    As in: `hearth leases thermostat`.
    """
    session = current()
    path = f"/leases?thing={segment(session.thing_id(thing))}" if thing else "/leases"
    answer = session.client.get(path)
    session.show(answer, lambda: _list(session, answer if isinstance(answer, dict) else {}))


@click.group(short_help="Hold a Thing for a while, or give it back.")
def lease() -> None:
    """Hold a Thing, or one property of it, for a while: whoever is of no higher rank keeps to what you accept.

    As in: `hearth lease hold thermostat target --accepts 20..22 --for 2h`.
    """


@lease.command(short_help="Hold a Thing, or one property of it.")
@thing_argument()
@property_argument(writable=True, required=False)
@click.option(
    "--accepts",
    default="",
    metavar="RANGE",
    help="What others may ask for: 20..22, 20.., on,off (default: nothing).",
)
@click.option(
    "--for",
    "span",
    default="1h",
    metavar="TIME",
    help="For how long: 30m, 2h; software at most 12h. Default: 1h.",
)
@click.option("--why", default="", metavar="TEXT", help="What for; others are told.")
@click.option("--no-wait", is_flag=True, help="Do not stand in line where others hold it.")
@json_option
def hold(thing: str, property_name: str, *, accepts: str, span: str, why: str, no_wait: bool) -> None:
    """Hold THING, or one PROPERTY of it. Agents' leases that do not go with it are suspended for that long.

    As in: `hearth lease hold thermostat target --accepts 20..22 --for 2h`,
    or `hearth lease hold bedroom-blind --for 8h --why "the baby sleeps"`.
    """
    session = current()
    body: dict[str, Json] = {
        "thing": session.thing_id(thing),
        "for": span,
        "purpose": why,
        "wait": not no_wait,
    }
    if property_name:
        body["property"] = property_name
    if accepts:
        if not property_name:
            raise Failure("what is accepted is said of one property: name it before --accepts", Exit.USAGE)
        body["accepts"] = range_of(accepts)
    answer = session.client.ask("POST", "/leases", body)
    _tell(session, answer)


@lease.command(short_help="Keep it for longer.")
@_identifier
@click.option("--for", "span", required=True, metavar="TIME", help="For how long from now: 30m, 2h.")
@json_option
def renew(identifier: str, span: str) -> None:
    """Keep the lease ID for longer.

    As in: `hearth lease renew 5h2k9m --for 2h`, or `hearth lease renew last --for 2h`.
    """
    path = f"/leases/{segment(_meant(current(), identifier))}"
    _tell(current(), current().client.ask("PATCH", path, {"for": span}))


@lease.command(short_help="Take what those who hold it accept.")
@_identifier
@json_option
def accept(identifier: str) -> None:
    """Instead of standing in line with the lease ID: take the range that those who hold it accept.

    As in: `hearth lease accept 5h2k9m`.
    """
    _tell(current(), current().client.ask("POST", f"/leases/{segment(_meant(current(), identifier))}/accept"))


@lease.command(short_help="Give it back, or end somebody else's.")
@_identifier
@json_option
def release(identifier: str) -> None:
    """Give the lease ID back; owners and adults also end others'.

    As in: `hearth lease release 5h2k9m`.
    """
    session = current()
    ident = _meant(session, identifier)
    answer = session.client.ask("DELETE", f"/leases/{segment(ident)}")
    if not answer.ok:
        raise _missing(answer, identifier)
    session.show(answer.body, lambda: session.say(f"given back: {short(ident)}; whoever was next has it now"))


def range_of(text: str) -> Json:
    """`20..22`, `20..`, `..22`, `21`, `on`, `heat,auto`. Raises `Failure` (usage)."""
    if ".." in text:
        low, _, high = text.partition("..")
        bounds = {"minimum": _bound(low), "maximum": _bound(high)}
        known: dict[str, Json] = {name: bound for name, bound in bounds.items() if bound is not None}
        if not known:
            raise Failure("--accepts is a range like 20..22, 20.. or ..22, or values like on,off", Exit.USAGE)
        return known
    return {"one_of": [_value(one.strip()) for one in text.split(",")]}


def _bound(text: str) -> float | None:
    try:
        return float(text.replace(",", ".")) if text.strip() else None
    except ValueError:
        raise Failure(f"--accepts is a range of numbers like 20..22; {text!r} is none", Exit.USAGE) from None


def _value(text: str) -> Json:
    if text in {"on", "true"}:
        return True
    if text in {"off", "false"}:
        return False
    try:
        return float(text)
    except ValueError:
        return text


def _tell(session: Session, answer: Answer) -> None:
    if answer.status == HTTPStatus.NOT_FOUND:
        raise _missing(answer, "")
    if not answer.ok:
        raise failure(answer)
    body = answer.body if isinstance(answer.body, dict) else {}
    session.show(body, lambda: _tell_lease(session, body))


def _tell_lease(session: Session, body: dict[str, Json]) -> None:
    what = " ".join(str(part) for part in (plain_id(body.get("thing")), body.get("property")) if part)
    if body.get("state") == "held":
        session.say(
            f"{what} is yours until {clock(body.get('until'))}; others may ask for {accepted(body.get('accepts'))}"
        )
        session.note(f"`hearth lease release {short(body.get('id'))}` gives it back")
        return
    if body.get("state") == "suspended":
        session.say(f"{what} is suspended until {clock(body.get('suspended_until'))}: {body.get('because')}")
        return
    until = f", at the latest at {clock(body.get('free_at'))}" if body.get("free_at") else ""
    session.say(
        f"{what} is held by others; you stand in line{until}: {body.get('because') or ''}".rstrip(": ")
    )
    if body.get("proposal"):
        session.say(f"at once you could have: {accepted(body.get('proposal'))}")
        session.note(f"`hearth lease accept {short(body.get('id'))}` takes that")


def accepted(accepts: Json) -> str:
    """What a lease accepts of others, in words."""
    if not isinstance(accepts, dict):
        return "nothing"
    values = accepts.get("one_of")
    if isinstance(values, list):
        return " or ".join(value_text(one, None) for one in values)
    low, high = accepts.get("minimum"), accepts.get("maximum")
    if low is None or high is None:
        return f"{value_text(high, None)} at most" if low is None else f"{value_text(low, None)} at least"
    return value_text(low, None) if low == high else f"{value_text(low, None)} to {value_text(high, None)}"


def _list(session: Session, body: dict[str, Json]) -> None:
    found, back = items(body.get("leases")), items(body.get("stand_backs"))
    if not found and not back:
        session.say(
            "nobody holds anything; `hearth lease hold THING PROPERTY --accepts 20..22 --for 2h` does"
        )
        return
    if found:
        rows = [
            [
                short(one.get("id")),
                _what(one),
                str(one.get("holder")),
                accepted(one.get("accepts")),
                _state(one),
                str(one.get("purpose") or ""),
            ]
            for one in found
        ]
        head = ["ID", "WHAT", "WHO", "ACCEPTS", "STATE", "WHAT FOR"]
        session.table(head, rows, whole=[0, 1], folded=5, uncut=True)
    for one in back:
        what = f"{plain_id(one.get('thing'))} {one.get('property')}"
        session.wrap(
            f"{what} was set to {value_text(one.get('value'), None)} by {one.get('by')} at {clock(one.get('at'))}: "
            f"software stands back until {clock(one.get('until'))}",
            "    ",
        )


def _meant(session: Session, identifier: str) -> str:
    return (
        identifier if is_whole(identifier) else meant("lease", identifier, _known(session), "hearth leases")
    )


def _known(session: Session) -> list[Known]:
    body = session.client.get("/leases")
    found = items(body.get("leases")) if isinstance(body, dict) else []
    return [Known(str(one.get("id")), f"{_what(one)}, {one.get('holder')}") for one in found]


def _what(one: dict[str, Json]) -> str:
    return plain_id(one.get("thing")) + (f" {one['property']}" if one.get("property") else "")


def _state(one: dict[str, Json]) -> str:
    match one.get("state"):
        case "held":
            said = f"held until {clock(one.get('until'))}"
            return f"{said}, people were asked" if one.get("escalated") else said
        case "suspended":
            return f"suspended until {clock(one.get('suspended_until'))}"
        case _:
            return "in line"


def _missing(answer: Answer, identifier: str) -> Failure:
    if answer.status != HTTPStatus.NOT_FOUND:
        return failure(answer)
    what = (
        f"there is no lease {identifier!r} that you may see"
        if identifier
        else "there is no such thing that you may see"
    )
    return Failure(f"{what}; `hearth leases` lists them", Exit.NOT_FOUND, document=answer.body)
