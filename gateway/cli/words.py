"""Values and states as a person reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gateway.cli.values import shown_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from capabilities.vocabulary import Json

UNITS_OF_BYTES = ("B", "kB", "MB", "GB")
_SUMMARY_VALUES = 3
HAZARDS: Mapping[int, str] = {
    0: "harmless",
    1: "may annoy",
    2: "may do damage",
    3: "may endanger people",
}
"""What the worst use of something may lead to; the figures are those of rules (`hazard_min`)."""


def plain_id(thing: Json) -> str:
    """A Thing's id as people type it: of `urn:hearth:<installation>:desk-lamp` the last word."""
    text = str(thing or "")
    return text.rpartition(":")[2] if text.startswith("urn:hearth:") else text


def value_text(value: Json, unit: Json = None) -> str:
    """`true`, `21.5 °C`, `[1, 2]`; nothing known is `–`."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.6g}{shown_unit(unit)}" if isinstance(value, float) else f"{value}{shown_unit(unit)}"
    return (
        _reference_text(value) or value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    )


def _reference_text(value: str) -> str:
    """`a picture, 45 kB`, of a reference to one on a topic; "" for any other text."""
    if not value.startswith("mqtt:"):
        return ""
    from urllib.parse import parse_qs  # noqa: PLC0415 (only for references)

    told = parse_qs(value.partition("?")[2])
    what = "a picture" if told.get("type", [""])[0].startswith("image/") else "data"
    size = told.get("size", [""])[0]
    if not (size.isascii() and size.isdecimal()):
        return what
    number, unit = float(size[:15]), 0
    while number >= 1000 and unit < len(UNITS_OF_BYTES) - 1:
        number, unit = number / 1000, unit + 1
    return f"{what}, {number:.0f} {UNITS_OF_BYTES[unit]}"


def a(noun: Json) -> str:
    """`a lamp`, `an outlet`."""
    return f"{'an' if str(noun)[:1].lower() in tuple('aeiou') else 'a'} {noun}"


def hazard_text(hazard: Json) -> str:
    """`may do damage`; nothing where nothing can go wrong."""
    return HAZARDS.get(hazard, str(hazard)) if isinstance(hazard, int) and hazard else ""


def asked_text(body: Mapping[str, Json], shows_in: str = "") -> str:
    """What was asked, from the ledger's body of a command: `target 21`, `toggle → on true`, `set on true, brightness 70`.

    `shows_in` is the property it shows in, where the body does not name it.
    """
    name, value, effects = str(body.get("affordance")), body.get("value"), body.get("effects")
    if value is None or value == {}:
        return name
    if isinstance(value, dict):
        return f"{name} {', '.join(f'{member} {value_text(each)}' for member, each in value.items())}"
    first = effects[0] if isinstance(effects, list) and effects else None
    shows_in = str(first.get("property")) if isinstance(first, dict) else shows_in
    arrow = f" → {shows_in}" if shows_in and shows_in != name else ""
    return f"{name}{arrow} {value_text(value)}"


def is_new(labels: Json) -> bool:
    """Whether it has the label of what has just arrived."""
    return isinstance(labels, list) and "new" in labels


def new_text(thing: str) -> str:
    """What the label `new` means, and how it goes."""
    return (
        "new: it takes commands, so only the adults of the house use it, until one of them opens it to the others: "
        f"hearth label {thing} -new"
    )


def guess_texts(thing: str, guesses: Json) -> list[str]:
    """What is not certain of a Thing's kinds, and the command that makes it so, two lines for each."""
    found = [one for one in guesses if isinstance(one, dict)] if isinstance(guesses, list) else []
    lines = []
    for one in found:
        kind = str(one.get("proposal") or one.get("kind"))
        which = f" {quoted(one.get('component'))}" if len(found) > 1 else ""
        name = f"{one.get('title') or one.get('component')}: " if one.get("title") or len(found) > 1 else ""
        lines += [f"{name}{one.get('means')}", f"  → hearth kind {thing}{which} {kind}"]
    return lines


def member_texts(members: Json) -> list[str]:
    """What a group commands: Things by their ids, what is none as its driver calls it."""
    found = [one for one in members if isinstance(one, dict)] if isinstance(members, list) else []
    return [str(one.get("thing") or f"{one.get('device')} (not adopted: may do damage)") for one in found]


def quoted(text: Json) -> str:
    """A word as a shell takes it."""
    import shlex  # noqa: PLC0415 (only for what is shown to be typed)

    return shlex.quote(str(text))


def counted(number: Json, noun: str) -> str:
    """`1 token`, `2 tokens`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def thing_text(body: Mapping[str, Json], private: Json) -> str:
    """What was changed of a Thing: `room Study → Attic`, `labels new → none (agents may now use on)`."""
    changes = dict(body) | (private if isinstance(private, dict) else {})
    parts = []
    for name in ("title", "room", "labels", "members"):
        pair = changes.get(name)
        if isinstance(pair, list) and len(pair) == 2:
            before, after = (", ".join(map(str, one)) if isinstance(one, list) else str(one) for one in pair)
            parts.append(f"{name} {before or 'none'} → {after or 'none'}")
    parts += _kinds_text(changes.get("kinds"))
    known = {"title", "room", "labels", "members", "kinds", "renamed", "widened"}
    parts += [f"{name} {value_text(value)}" for name, value in body.items() if name not in known]
    widened = body.get("widened")
    gains = f" ({'; '.join(map(str, widened))})" if isinstance(widened, list) else ""
    return ", ".join(parts or ["renamed"]) + gains


def _kinds_text(kinds: Json) -> list[str]:
    """`kind of relay as announced → light`."""
    if not isinstance(kinds, dict):
        return []
    pairs = [(key, pair) for key, pair in kinds.items() if isinstance(pair, list) and len(pair) == 2]
    return [
        f"kind of {key} {before or 'as announced'} → {after or 'as announced'}"
        for key, (before, after) in pairs
    ]


def panic_text(body: Mapping[str, Json]) -> str:
    """An entry of the panic switch: `ended: 3 stand still, 1 not seen to stop (garage-door)`."""
    if body.get("stage") == "pressed":
        tokens, commands = counted(body.get("tokens"), "token"), counted(body.get("cancelled"), "command")
        return f"pressed: {tokens} revoked, {commands} cancelled"
    halts = body.get("not_stopped")
    named = [str(h.get("thing")) for h in halts if isinstance(h, dict)] if isinstance(halts, list) else []
    which = f" ({', '.join(named[:_SUMMARY_VALUES])})" if named else ""
    return f"ended: {body.get('stopped')} stand still, {body.get('moving')} not seen to stop{which}"


def summary(thing: Mapping[str, Json]) -> str:
    """How a Thing is, in a few words: what keeps it from working first, else its first values."""
    if thing.get("suspended"):
        return f"suspended: {thing['suspended']}"
    state = thing.get("state")
    parts = []
    for name, value in (state if isinstance(state, dict) else {}).items():
        if isinstance(value, bool):
            parts.append(f"{name} {'yes' if value else 'no'}" if name != "on" else ("on" if value else "off"))
        elif not isinstance(value, dict | list) and value is not None:
            parts.append(f"{name} {value_text(value)}")
    text = ", ".join(parts[:_SUMMARY_VALUES]) + (", …" if len(parts) > _SUMMARY_VALUES else "")
    if thing.get("reachable") is False:
        return f"out of reach ({text})" if text else "out of reach"
    return text or "nothing known"
