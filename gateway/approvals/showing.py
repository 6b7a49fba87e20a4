"""What a person is shown, and the digest that binds the answer to it. Facts first; the asker's own words last, and marked.

    shown = {"approval", "execution" or "plan", "asked_at", "expires_at", "principal": {…}, "use": {…} or "steps": […],
             "asks": […], "owes": […], "says": "…", "calls_itself": "…"}

Texts are in one line of what can be printed. The digest is SHA-256 over the canonical JSON (RFC 8785) of `shown`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from capabilities.stored import components_to_json
from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.approvals.asked import Use
from gateway.foreign import LONGEST_TITLE, one_line
from gateway.house import House
from gateway.ledger.canonical import canonical
from gateway.normalise import Target
from gateway.notify.notice import LONGEST_SAYING
from policies.asking import OpenAsk
from policies.decision import Decision, Principal


def digest_of(shown: dict[str, Json]) -> str:
    """Raises `ValueError` for what is not JSON."""
    return hashlib.sha256(canonical(shown)).hexdigest()


def whom(principal: Principal) -> dict[str, Json]:
    """Who asks, for whom, and through which agents. What it calls itself is no fact: see `calls_itself`."""
    return {
        "id": principal.id,
        "role": principal.role,
        "acts_for": principal.acts_for or None,
        "makers": [one.id for one in principal.makers],
    }


def calls_itself(principal: Principal) -> dict[str, Json]:
    """A name that is not its id: whoever made the token wrote it, an agent may have done so itself."""
    title = one_line(principal.title, LONGEST_TITLE)
    return {"calls_itself": title} if title and title != principal.id else {}


def members_shown(house: House, adopted: Adopted) -> dict[str, Json]:
    """Of a group the devices that it commands."""
    if not adopted.members:
        return {}
    known = (house.by_device(adopted.driver, member) for member in adopted.members)
    return {
        "members": [
            {"thing": one.id, "title": one.title, "room": one.room}
            if one is not None
            else {"device": one_line(device, LONGEST_TITLE)}
            for device, one in zip(adopted.members, known, strict=True)
        ]
    }


def asks_shown(asks: Sequence[OpenAsk]) -> list[Json]:
    """The rules that ask, and why."""
    return [
        {
            "rule": ask.ref.rule,
            "set": ask.ref.set,
            "why": ask.why,
            "approver": list(ask.approver),
            "approvals": ask.approvals,
            "once": ask.once,
        }
        for ask in asks
    ]


def use_shown(house: House, adopted: Adopted, target: Target) -> dict[str, Json]:
    """What would be done: `now` is the property's value as it was known when people were asked, `value` what it would be."""
    operation = target.operation
    shown: dict[str, Json] = {
        "thing": adopted.id,
        "title": adopted.title,
        "room": adopted.room,
        "affordance": operation.name,
        "action": operation.is_action,
        "capability": operation.capability,
        "value": target.value,
        "hazard": int(operation.hazard),
        "reversibility": str(operation.reversibility),
    }
    effects: list[Json] = []
    for aim in target.aims:
        prop, reading = aim.slot.property, aim.slot.current
        now = reading.value if reading is not None else None
        effects.append({"property": prop.name, "now": now, "becomes": aim.expected, "unit": prop.unit})
    shown["effects"] = effects
    return shown | members_shown(house, adopted)


def question(
    head: Mapping[str, Json], house: House, use: Use, decision: Decision, asks: Sequence[OpenAsk]
) -> dict[str, Json]:
    """What is shown of one command. `head` as from `head`."""
    command = use.command
    return {
        **head,
        "execution": command.id,
        "principal": whom(command.principal),
        "use": use_shown(house, use.adopted, use.target),
        "asks": asks_shown(asks),
        "owes": [obligation.say() for obligation in decision.obligations],
        "says": one_line(command.purpose, LONGEST_SAYING),
        **calls_itself(command.principal),
    }


def head(approval: str, asked_at: float, expires_at: float) -> dict[str, Json]:
    """What each of them begins with. Times in seconds since the epoch."""
    return {"approval": approval, "asked_at": utc(asked_at), "expires_at": utc(expires_at)}


def seal_of(adopted: Adopted) -> str:
    """Changes with what a Thing is and where its commands go; not with its name, room or labels."""
    where = repr((adopted.driver, adopted.device, adopted.members, sorted(adopted.kinds.items())))
    return hashlib.sha256(components_to_json(adopted.components) + where.encode()).hexdigest()[:32]


def utc(at: float) -> str:
    """Seconds since the epoch as RFC 3339, to the second: up, so that nothing is over before it says."""
    return datetime.fromtimestamp(-(-at // 1), UTC).isoformat().replace("+00:00", "Z")
