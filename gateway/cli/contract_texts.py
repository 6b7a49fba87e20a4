"""Contracts, and what they tell, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.cli.ids import short
from gateway.cli.session import Session, items
from gateway.cli.times import ago, clock
from gateway.cli.words import value_text

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


def state(contract: dict[str, Json]) -> str:
    match contract.get("state"):
        case "asked":
            return f"asked for, until {clock(contract.get('expires_at'))}"
        case "in-force":
            return f"until {clock(contract.get('expires_at'))}"
        case _:
            return f"over: {contract.get('because') or ''}"


def parts(terms: Json) -> list[str]:
    """What is given, one line a part."""
    document = terms if isinstance(terms, dict) else {}
    lines = [
        *(f"as it is: {_seen(one)}" for one in items(document.get("raw"))),
        *(f"over {one.get('every')}: {_seen(one)}{_step(one)}" for one in items(document.get("aggregated"))),
        *(
            f"whether it is so: {_seen(one)}{_meant(one)}, once it held for {one.get('hold')}"
            for one in items(document.get("presence"))
        ),
        *(f"that it is there:{_where(one) or ' everything'}" for one in items(document.get("stable"))),
    ]
    return lines or ["nothing of any state"]


def _step(part: dict[str, Json]) -> str:
    return f", rounded to {value_text(part['step'], None)}" if part.get("step") is not None else ""


def told(session: Session, body: dict[str, Json]) -> None:
    """A context document."""
    layers = body.get("layers")
    document = layers if isinstance(layers, dict) else {}
    snapshot, working = document.get("snapshot"), document.get("working")
    if isinstance(snapshot, dict):
        rows = [_row(one) for one in items(snapshot.get("states"))]
        if rows:
            session.table(["THING", "PROPERTY", "HOW FINE", "VALUE", "QUALITY", "WHEN"], rows, whole=[0, 1])
        else:
            session.say("it tells of no state")
        for name in ("plans", "leases", "approvals"):
            for one in items(snapshot.get(name)):
                session.say(f"{name.removesuffix('s')}: {one.get('ref')}")
    if isinstance(working, dict) and working.get("notes") is not None:
        session.say(f"notes: {value_text(working.get('notes'), None)}")
    if body.get("next") is not None:
        session.note(f"there is more: --offset {body['next']}")


def listed(session: Session, found: list[dict[str, Json]]) -> None:
    if not found:
        session.say(
            "there are no contracts: the rules alone say what agents see; `hearth contract make` narrows that"
        )
        return
    rows = []
    for one in found:
        terms = one.get("terms")
        purpose = terms.get("purpose") if isinstance(terms, dict) else ""
        rows.append([short(one.get("id")), str(one.get("reader")), state(one), str(purpose or "")])
    session.table(["ID", "FOR", "STATE", "WHAT FOR"], rows, whole=[0, 1], folded=3)


def _row(one: dict[str, Json]) -> list[str]:
    fine, unit = str(one.get("granularity")), one.get("unit")
    said = value_text(one.get("value"), unit if isinstance(unit, str) else None)
    if fine == "aggregated":
        windows = items(one.get("windows"))
        last = windows[-1] if windows else {}
        name = "share" if "share" in last else "mean"
        said = (
            value_text(last.get(name), unit if isinstance(unit, str) else None) if last else "no window yet"
        )
        fine = f"over {one.get('every')}"
    elif fine == "presence":
        said = {True: "yes", False: "no"}.get(one.get("state"), "not known yet")  # type: ignore[call-overload]
        fine = f"held {one.get('hold')}"
    return [
        str(one.get("thing")),
        str(one.get("property")),
        fine,
        said,
        str(one.get("quality")),
        ago(one.get("observed_at")),
    ]


def _seen(part: dict[str, Json]) -> str:
    see = part.get("see")
    return ", ".join(map(str, see)) + _where(part) if isinstance(see, list) else ""


def _where(part: dict[str, Json]) -> str:
    named = [
        f" {word} {', '.join(map(str, found))}"
        for name, word in (("things", "of"), ("rooms", "in"), ("labels", "labelled"))
        if isinstance(found := part.get(name), list)
    ]
    return "".join(named)


def _meant(part: dict[str, Json]) -> str:
    values = part.get("values")
    if isinstance(values, list):
        return f" is {' or '.join(value_text(one, None) for one in values)}"
    bounds = [
        f" {word} {value_text(part[word], None)}" for word in ("above", "below") if part.get(word) is not None
    ]
    return "".join(bounds)
