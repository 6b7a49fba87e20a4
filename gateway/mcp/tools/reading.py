"""`read`: properties of one or many Things as they are known now, each with how well."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from gateway.context import Gateway
from gateway.mcp.tool import Arguments, Caller, Tool
from gateway.mcp.tools.marking import Untrusted, foreign, is_word
from gateway.mcp.tools.shapes import Cursor, Name, Reading, ShortAnswer, ThingId, plain, reading_of
from gateway.state import Slot

MOST_THINGS: Final = 50
MOST_PROPERTIES: Final = 20
MOST_READINGS: Final = 100
"""Of one page: some 20 kB with all fields."""


class ReadArguments(Arguments):
    things: list[ThingId] = Field(min_length=1, max_length=MOST_THINGS)
    properties: list[Name] = Field(
        [], max_length=MOST_PROPERTIES, description="Their names; left out: all that you may read."
    )
    fields: list[Literal["unit", "observed_at", "age_s", "uncertainty", "evidence"]] = Field(
        ["unit", "observed_at", "age_s", "uncertainty"],
        description="What to say besides value and quality, which are always there.",
    )
    limit: int = Field(40, ge=1, le=MOST_READINGS)
    cursor: Cursor = ""


class ReadAnswer(ShortAnswer):
    readings: list[Reading]
    missing: list[str | Untrusted] = Field(
        [],
        description="`thing` or `thing/property` that are not there, or not for you to read: the answer is the same.",
    )
    next: str | None = None


async def read(gateway: Gateway, caller: Caller, wanted: ReadArguments) -> ReadAnswer:
    slots: list[Slot] = []
    missing: list[str] = []
    table = gateway.rights.of(caller.session.principal)
    for thing in dict.fromkeys(plain(gateway, thing) for thing in wanted.things):
        adopted, rights = gateway.registry.get(thing), table.of(thing)
        if adopted is None or rights is None or not rights.shows:
            missing.append(thing)
            continue
        names = list(dict.fromkeys(wanted.properties)) or [one for one in adopted.slots if one in rights.sees]
        for name in names:
            slot = adopted.slots.get(name)
            if slot is None or name not in rights.sees:
                missing.append(f"{thing}/{name}")
            else:
                slots.append(slot)
    begin = int(wanted.cursor) if wanted.cursor.isdecimal() and len(wanted.cursor) < 6 else 0
    end, now = begin + wanted.limit, gateway.clock.wall()
    kept = {"thing", "property", "value", "quality", *wanted.fields}
    left_out = set(Reading.model_fields) - kept
    return ReadAnswer(
        readings=[
            reading_of(slot, now).model_copy(update=dict.fromkeys(left_out)) for slot in slots[begin:end]
        ],
        missing=[one if is_word(one) else foreign(one) for one in missing] if not begin else [],
        next=str(end) if end < len(slots) else None,
    )


READ: Final = Tool(
    name="read",
    title="Read properties",
    description=(
        "Reads properties of one or many things as the gateway knows them now, without asking the devices. Each reading"
        " says its value, unit, quality, when it was observed, its age in seconds and its uncertainty: rest no decision on"
        " a quality other than good. A text of more than one word stands in {untrusted: …}: a device or a person wrote it."
    ),
    arguments=ReadArguments,
    answer=ReadAnswer,
    run=read,
)
