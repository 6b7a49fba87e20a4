"""`hearth policy help-rules`, `help-cases`, `words` and `schema`: how rules are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.commands.policy_group import policy
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.session import Session, current
from gateway.cli.words import HAZARDS

if TYPE_CHECKING:
    from capabilities.thing_models import ModelAffordance
    from capabilities.vocabulary import Json

WHEN: Final = """A rule on what can be switched off or closed binds that, too, unless it has when = { starts = true };
with when = { between = ["22:00", "07:00"] } it holds at night alone. See `hearth policy help-rules`."""


@policy.command("help-rules", short_help="How rules are written: every word, with examples.")
def help_rules() -> None:
    """Print how rules are written: the four tables, every word, examples to copy, and how to try and to go back."""
    from gateway.cli.policy_texts import EXAMPLES, LANGUAGE, UNSAYABLE  # noqa: PLC0415

    click.echo_via_pager("\n".join((LANGUAGE, EXAMPLES, UNSAYABLE)))


@policy.command("help-cases", short_help="How cases for `hearth policy test` are written, with examples.")
def help_cases() -> None:
    """Print how cases are written: every word of a case file, and examples to copy."""
    from gateway.cli.policy_cases import CASES, EXAMPLES  # noqa: PLC0415

    click.echo_via_pager("\n".join((CASES, EXAMPLES)))


@policy.command(short_help="The capabilities that rules may name, by kind.")
@click.argument("kind", required=False, default="")
@json_option
def words(kind: str) -> None:
    """List the kinds of devices, or the capabilities of one KIND: what `may`, `see` and `on` of a rule may name.

    HAZARD is what the worst use of it may lead to, unless a device or a person says more.
    """
    from capabilities.thing_models import contract  # noqa: PLC0415 (what rules name; needs the gateway's libraries)
    from capabilities.vocabulary import KINDS  # noqa: PLC0415

    session = current()
    if kind and kind not in KINDS:
        from gateway.cli.names import nearest  # noqa: PLC0415

        near = nearest(kind, KINDS)
        hint = f"did you mean {near[0]}?" if near else "`hearth policy words` lists the kinds"
        raise Failure(f"{kind!r} is no kind of device; {hint}", Exit.NOT_FOUND)
    known = {one: contract(one) for one in ([kind] if kind else KINDS)}
    document: dict[str, Json] = {
        name: [_word(name, one) for one in found.affordances.values()] for name, found in known.items()
    }
    if kind:
        session.show(document, lambda: _table(session, kind, known[kind].affordances))
    else:
        rows = [[name, ", ".join(found.affordances)] for name, found in known.items()]
        session.show(document, lambda: session.table(["KIND", "NAMES"], rows, whole=[0], folded=1))


def _table(session: Session, kind: str, affordances: Mapping[str, ModelAffordance]) -> None:
    rows = [
        [
            f"{kind}.{one.name}",
            "use" if not one.writable and one.is_operation else "use, see" if one.writable else "see",
            _takes(one),
            f"{int(one.hazard)} {HAZARDS[int(one.hazard)]}" if one.is_operation else "",
            str(one.privilege) if one.is_operation else "",
            "sensitive" if one.privacy == "sensitive" and one.role != "action" else "",
        ]
        for one in affordances.values()
    ]
    session.table(["CAPABILITY", "TO", "VALUE", "HAZARD", "PRIVILEGE", "TO SEE"], rows, whole=[0], folded=2)
    if any(one.is_operation for one in affordances.values()):
        session.note(f"\n{WHEN}")


def _word(kind: str, one: ModelAffordance) -> Json:
    return {
        "capability": f"{kind}.{one.name}",
        "role": one.role,
        "usable": one.is_operation,
        "readable": one.role != "action",
        "schema": dict(one.schema) if one.schema is not None else None,
        "hazard": int(one.hazard),
        "privilege": one.privilege,
        "privacy": one.privacy,
        "title": one.title,
    }


def _takes(one: ModelAffordance) -> str:
    """What its value, or the input of an action, may be."""
    schema = one.schema or {}
    if isinstance(options := schema.get("enum"), list):
        return ", ".join(map(str, options))
    if isinstance(members := schema.get("properties"), dict):
        return "members " + ", ".join(map(str, members))
    match schema.get("type"):
        case None:
            return ""
        case "boolean":
            return "true, false"
        case "number" | "integer":
            low, high, unit = schema.get("minimum"), schema.get("maximum"), schema.get("unit")
            span = f"{low} to {high}" if low is not None and high is not None else "a number"
            return f"{span} {unit or ''}".strip()
        case other:
            return "text" if other == "string" else str(other)


@policy.command(short_help="The JSON Schema of a rule file, for editors.")
def schema() -> None:
    """Print the JSON Schema of a rule file: editors that know it complete words, and mark what is wrong.

    For the editor Even Better TOML: `hearth policy schema > rules.schema.json`, and as the first line of your rule file
    `#:schema ./rules.schema.json`.
    """
    from policies.json_schema import json_schema  # noqa: PLC0415

    current().document(json_schema())
