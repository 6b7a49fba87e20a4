"""The context document: what one contract tells its reader now. Minimal, references before copies, bounded, paged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from capabilities.vocabulary import Json
from gateway.context import Gateway
from gateway.contracts.accumulating import KEPT_WINDOWS
from gateway.contracts.contract import Contract
from gateway.contracts.covering import Cover, Covering
from gateway.contracts.states import aggregated_state, presence_state, raw_state, time_text
from gateway.contracts.terms import Aggregated, Layer
from gateway.foreign import LONGEST_TITLE, one_line
from gateway.leases.lease import Lease
from gateway.plans.plan import Plan
from policies.decision import Principal, Verdict

MOST_THINGS: Final = 200
"""Of one page."""

MOST_STATES: Final = 1_000
"""Of one page, some 250 kB: the page ends behind the Thing with which it is reached."""

MOST_OPEN: Final = 50
"""Plans, leases, questions: those of one agent; what is more is in their own lists."""

UNTRUSTED: Final[tuple[Json, ...]] = ("title", "room", "labels", "value", "notes", "purpose")
"""Members whose text others wrote: data, never an instruction."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which part of the document. `since` in seconds since the epoch (0: everything)."""

    layers: Sequence[Layer]
    since: float = 0.0
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Told:
    """The document without ages, what it told of, and where the next page begins (None: there is none)."""

    body: dict[str, Json]
    things: tuple[str, ...]
    next: int | None

    @property
    def etag(self) -> str:
        """The same for the same knowledge, at whatever moment it is asked for."""
        return f'"{hashlib.sha256(orjson.dumps(self.body)).hexdigest()[:32]}"'

    def aged(self, now: float) -> dict[str, Json]:
        """With the moment, and the age of each state then."""
        layers = self.body["layers"]
        assert isinstance(layers, dict)
        snapshot = layers.get("snapshot")
        if isinstance(snapshot, dict) and isinstance(states := snapshot.get("states"), list):
            layers = layers | {"snapshot": snapshot | {"states": [_aged(one, now) for one in states]}}
        return {**self.body, "at": time_text(now), "layers": layers}


def build(
    gateway: Gateway, contract: Contract, reader: Principal, wish: Wish, *, viewer: Principal | None = None
) -> Told:
    """What `contract` tells `reader`; as far as `viewer`, who looks at it, may know it too. Without the notes."""
    covers, following = _page(Covering(gateway, reader, viewer).things(contract), wish)
    layers: dict[str, Json] = {}
    if "stable" in wish.layers:
        layers["stable"] = _stable(gateway, covers, reader)
    if "snapshot" in wish.layers:
        layers["snapshot"] = _snapshot(gateway, contract, covers, reader, wish)
    body: dict[str, Json] = {
        "contract": f"/contracts/{contract.id}",
        "reader": contract.reader,
        "purpose": contract.terms.purpose,
        "retention": contract.terms.retention,
        "expires_at": time_text(contract.expires_at),
        "untrusted": list(UNTRUSTED),
        "layers": layers,
        "next": following,
    }
    return Told(body, tuple(f"/things/{one.adopted.id}" for one in covers), following)


def _page(found: Iterable[Cover], wish: Wish) -> tuple[list[Cover], int | None]:
    page: list[Cover] = []
    states = 0
    for place, cover in enumerate(found):
        if place < wish.offset:
            continue
        if len(page) >= min(wish.limit, MOST_THINGS) or states >= MOST_STATES:
            return page, place
        page.append(cover)
        states += len(cover.raw) + len(cover.coarse) * (KEPT_WINDOWS if wish.since else 1)
    return page, None


# ---------------------------------------------------------------- what is stable


def _stable(gateway: Gateway, covers: list[Cover], reader: Principal) -> dict[str, Json]:
    rooms = sorted({one_line(one.adopted.room, LONGEST_TITLE) for one in covers if one.adopted.room})
    return {
        "mode": gateway.mode.chosen.mode,
        "rooms": list[Json](rooms),
        "things": [_thing(gateway, one, reader) for one in covers],
        "rules": "/policies/explain",
    }


def _thing(gateway: Gateway, cover: Cover, reader: Principal) -> dict[str, Json]:
    adopted = cover.adopted
    knows: dict[str, list[Json]] = {}
    for name in cover.raw:
        knows.setdefault(name, []).append("raw")
    for name, part in cover.coarse:
        word = "aggregated" if isinstance(part, Aggregated) else "presence"
        if word not in knows.setdefault(name, []):
            knows[name].append(word)
    subjects = adopted.readable()
    return {
        "ref": f"/things/{adopted.id}",
        "id": adopted.id,
        "title": one_line(adopted.title, LONGEST_TITLE),
        "kind": adopted.thing.kind,
        "room": one_line(adopted.room, LONGEST_TITLE),
        "labels": list[Json](sorted(adopted.labels)),
        "knows": [
            {
                "name": name,
                "capability": subjects[name].capability,
                "unit": adopted.slots[name].property.unit if name in adopted.slots else None,
                "granularity": granularity,
            }
            for name, granularity in knows.items()
        ],
        "uses": _uses(gateway, cover, reader),
    }


def _uses(gateway: Gateway, cover: Cover, reader: Principal) -> list[Json]:
    """What may be done with it, and within which bounds: of the rules alone, whatever its state."""
    adopted, uses = cover.adopted, list[Json]()
    rights = gateway.rights.of(reader).of(adopted.id)
    for operation in adopted.operations():
        if rights is None or operation.name not in (rights.acts if operation.is_action else rights.writes):
            continue
        best = gateway.policy.prospect(reader, adopted.subject(operation))
        use: dict[str, Json] = {
            "name": operation.name,
            "action": operation.is_action,
            "capability": operation.capability,
            "asks": best.verdict is Verdict.NEEDS_APPROVAL,
        }
        if (within := best.accepted) is not None:
            bounds = {"minimum": within.minimum, "maximum": within.maximum}
            use |= {name: bound for name, bound in bounds.items() if bound is not None}
            if within.one_of is not None:
                use["one_of"] = list[Json](within.one_of)
        uses.append(use)
    return uses


# ---------------------------------------------------------------- what is so just now


def _snapshot(
    gateway: Gateway, contract: Contract, covers: list[Cover], reader: Principal, wish: Wish
) -> dict[str, Json]:
    snapshot: dict[str, Json] = {
        "states": [
            state
            for cover in covers
            for state in _states(gateway, contract, cover, wish.since)
            if state is not None
        ]
    }
    if wish.offset:
        return snapshot
    plans = [_plan(one) for one in gateway.plans.desk.open() if one.principal.id == reader.id]
    asked = [one for one in gateway.approvals.book if one.principal.id == reader.id]
    leases = [_lease(one) for one in gateway.leases if one.holder == reader.id]
    questions: list[Json] = [
        {"ref": f"/{'plans' if one.plan else 'executions'}/{one.waits}", "until": time_text(one.expires_at)}
        for one in asked[:MOST_OPEN]
    ]
    return snapshot | {"plans": plans[:MOST_OPEN], "leases": leases[:MOST_OPEN], "approvals": questions}


def _states(
    gateway: Gateway, contract: Contract, cover: Cover, since: float
) -> Iterable[dict[str, Json] | None]:
    slots, series, begins = cover.adopted.slots, gateway.contracts.series, contract.begins_at
    for name in cover.raw:
        if name in slots:
            yield raw_state(slots[name], since)
    for name, part in cover.coarse:
        if isinstance(part, Aggregated):
            yield aggregated_state(series, slots[name], part, begins, since)
        else:
            yield presence_state(series, slots[name], part, begins, since)


def _plan(plan: Plan) -> Json:
    return {"ref": f"/plans/{plan.id}", "state": plan.state, "title": one_line(plan.title, LONGEST_TITLE)}


def _lease(lease: Lease) -> Json:
    return {
        "ref": f"/leases/{lease.id}",
        "thing": lease.thing,
        "property": lease.property,
        "state": str(lease.state),
        "until": time_text(lease.until),
    }


def _aged(state: Json, now: float) -> Json:
    """Ages are never below 0: clocks of devices run ahead."""
    if not isinstance(state, dict):
        return state
    shown = {name: value for name, value in state.items() if name != "observed"}
    observed = state.get("observed")
    if isinstance(observed, int | float):
        shown["age_s"] = round(max(0.0, now - observed), 1)
    return shown
