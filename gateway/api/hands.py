"""That somebody changed a Thing at the device, and who stands back for that: a part of `/things/{id}/why`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.api.executions import may_see
from gateway.api.wire import rfc3339
from gateway.context import Gateway
from gateway.leases.lease import State
from gateway.leases.standbacks import Takeover
from gateway.ledger import Record
from gateway.rights import Topics
from gateway.state import Slot
from policies import Principal

KIND: Final = "takeover"

SOMEHOW: Final = "changed at the device, or by something else than this gateway"
"""What is said where nobody has seen when."""


def seen_hands(records: Sequence[Record], adopted: Adopted, sees: Topics) -> list[Record]:
    """The changes by people among the entries of a Thing, of what the caller may see."""
    return [
        one
        for one in records
        if one.kind == KIND
        and not one.body.get("ended")
        and (adopted.id, str(one.body.get("property"))) in sees
    ]


def by_hand(
    gateway: Gateway,
    adopted: Adopted,
    slot: Slot | None,
    hands: Sequence[Record],
    answer: dict[str, Json],
    *,
    reader: Principal,
) -> dict[str, Json]:
    """The members `takeover` and `explanation`, where a person has changed `slot`: when, and until when who stands back."""
    if slot is None:
        return {}
    mine = [hand for hand in hands if hand.body.get("property") == slot.topic[1]]
    standing = gateway.leases.standbacks.of(adopted.id, slot.property.component, gateway.clock.wall())
    if standing is not None and slot.topic[1] not in {standing.name, *standing.values}:
        standing = None
    is_at_device = answer["cause"] == "device" and bool(mine) and not mine[0].body.get("by")
    if standing is None and not is_at_device:
        return {}
    told: dict[str, Json] = {}
    sentence = str(answer["explanation"])
    if is_at_device:
        hand = mine[0]
        told |= {"value": hand.body.get("value"), "before": hand.body.get("before"), "at": rfc3339(hand.at)}
        said = f"changed at the device at {rfc3339(hand.at)}"
        sentence = sentence.replace(SOMEHOW, said) if SOMEHOW in sentence else f"{sentence}; {said}"
    if standing is not None:
        who = _who_stands_back(gateway, adopted, reader)
        told |= {
            "by": _by(standing, reader),
            "stands_back": list[Json](who),
            "until": rfc3339(standing.until),
        }
        sentence += f"; {', '.join(who) or 'software'} stands back until {rfc3339(standing.until)}"
    return {"takeover": told, "explanation": sentence}


def _by(takeover: Takeover, reader: Principal) -> str:
    return takeover.who if not takeover.by or may_see(reader, takeover.by) else "a person"


def _who_stands_back(gateway: Gateway, adopted: Adopted, reader: Principal) -> list[str]:
    """The holders of the leases that are suspended, as far as the reader may know."""
    keeper = gateway.leases
    held = [
        one
        for one in keeper
        if one.state is State.SUSPENDED
        and not one.suspended_by
        and any(thing == adopted.id for thing, _ in one.spots)
    ]
    return list(dict.fromkeys(str(keeper.told(one, reader)["holder"]) for one in held))
