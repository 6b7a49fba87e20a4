"""The answer to whoever wants what somebody else holds: who, what for, until when, what would pass, and how to ask for it.

It tells as much as its reader may know: of a property that one may not see, only that it is held. Who holds is told as
events tell who acts; the holder's own words about its purpose go to the people in charge of the house and to its agents.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from capabilities.errors import SchemaError
from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.commands import Command, Outcome, Reason, Result
from gateway.deciding import decide
from gateway.leases.causes import Cause
from gateway.leases.lease import Lease
from gateway.leases.ranges import Range, all_of
from gateway.leases.ranks import Rank
from gateway.leases.standbacks import Takeover
from gateway.normalise import StateUnknown, Target, resolve
from gateway.parts import Parts
from policies.decision import Principal, Role

TELLS_PURPOSE: Final = frozenset({Role.OWNER, Role.ADULT, Role.AGENT})

_WORDS: Final = {
    Rank.SCHEDULE: "a schedule",
    Rank.AGENT: "an agent",
    Rank.GUEST: "a person of the house",
    Rank.HOUSEHOLD: "a person of the house",
}


@dataclass(frozen=True, slots=True)
class Clash:
    """What one command wants of one property, and the leases that do not accept it ("" and None: it shows in none)."""

    adopted: Adopted
    property: str
    wish: Json
    leases: tuple[Lease, ...]
    standing: tuple[Lease, ...]
    """All that a counter-proposal has to suit."""


class Teller:
    """Writes the answers."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def of_leases(self, command: Command, clashes: Sequence[Clash], *, frozen: bool) -> Outcome:
        """The refusal where others hold it. The weightiest of them is told."""
        principal, now = command.principal, self._parts.clock.wall()
        clash = clashes[0]
        lease = max(clash.leases, key=lambda one: (one.rank, one.until))
        left = max(lease.until - now, 0.0)
        shown: dict[str, Json] = {"kind": "lease", "thing": clash.adopted.id, "until": when(lease.until)}
        shown["free_in_s"] = math.ceil(left)
        if not self.sees(principal, clash.adopted, clash.property):
            detail = f"somebody else holds {clash.adopted.id} for another {span(left)}"
            return _refused(f"{detail}; ask again then", shown | {"holder": "somebody"})
        shown |= self.holder(lease, principal)
        shown |= {"property": clash.property or None, "accepted": _accepted(clash.leases)}
        offers = [self._offer(command, one) for one in clashes]
        shown["counter_proposal"] = offers[0]
        if len(offers) > 1:
            shown["counter_proposals"] = list[Json](offers)
        shown["arbitration"] = _arbitration(clash)
        if frozen:
            shown["escalated"] = True
        return _refused(self._sentence(lease, clash, offers[0], principal, left, frozen=frozen), shown)

    def of_takeover(self, command: Command, adopted: Adopted, takeover: Takeover, target: Target) -> Outcome:
        """The refusal where a person has just changed it."""
        now = self._parts.clock.wall()
        left = max(takeover.until - now, 0.0)
        name, value = takeover.against(target)
        shown: dict[str, Json] = {"kind": "takeover", "thing": adopted.id, "until": when(takeover.until)}
        shown |= {"free_in_s": math.ceil(left), "holder": "a person"}
        if not self.sees_cause(command.principal, takeover):
            return _refused(f"somebody else is at {adopted.id}; ask again later", {"thing": adopted.id})
        shown |= {"holder": takeover.who, "property": name, "value": value, "at": when(takeover.changed_at)}
        shown["counter_proposal"] = {"property": name, "value": value}
        who, where = (takeover.by, "through Hearth") if takeover.by else ("a person", "at the device")
        ago = span(max(now - takeover.changed_at, 0.0))
        detail = f"{who} set {adopted.id} {name} to {say(value)} {where} {ago} ago"
        return _refused(f"{detail}; software stands back for another {span(left)}", shown)

    def holder(self, lease: Lease, reader: Principal) -> dict[str, Json]:
        """Who holds a lease, and what for, as far as `reader` may know. For those who may see what it holds."""
        stranger = reader.role in {Role.GUEST, Role.GUEST_AGENT} and not lease.is_of(reader)
        shown: dict[str, Json] = {
            "lease": lease.id,
            "holder": _WORDS.get(lease.rank, "somebody") if stranger else lease.holder,
            "rank": lease.rank.name.lower(),
        }
        if reader.role in TELLS_PURPOSE or lease.is_of(reader):
            shown["purpose"] = lease.purpose
        return shown

    def because(self, lease: Lease, reader: Principal) -> str:
        """Why it stands as it does, as far as `reader` may know."""
        return self.said(lease.because, reader)

    def said(self, cause: Cause, reader: Principal | None) -> str:
        """A cause in words; what somebody may not see did not happen for that one. None: nobody is there to know."""
        if reader is None or not cause:
            return ""
        adopted = self._parts.registry.get(cause.thing) if cause.thing else None
        if cause.thing and (adopted is None or not self.sees(reader, adopted, cause.name)):
            return ""
        stranger = reader.role in {Role.GUEST, Role.GUEST_AGENT} and cause.who not in {"", reader.id}
        return cause.say("somebody of the house" if stranger else cause.who)

    def common(self, holders: Sequence[Lease]) -> Range | None:
        """What all of them accept: the range that would be given at once; None for nothing."""
        return all_of([one.accepts for one in holders]) if holders else None

    def sees(self, principal: Principal, adopted: Adopted, name: str) -> bool:
        """Whether one may learn how a property is; of the whole Thing (""), and of what nobody can read, how all of it is."""
        readable, policy = adopted.readable(), self._parts.policy()
        names = [name] if name in readable else list(readable)
        return bool(names) and all(policy.may_see(principal, readable[one]) for one in names)

    def sees_cause(self, principal: Principal, takeover: Takeover) -> bool:
        """Whether one may learn that a person changed this."""
        adopted = self._parts.registry.get(takeover.thing)
        if adopted is None:
            return False
        return all(self.sees(principal, adopted, name) for name in {takeover.name, *takeover.values})

    # ---------------------------------------------------------------- inside

    def _sentence(
        self,
        lease: Lease,
        clash: Clash,
        offer: Mapping[str, Json],
        reader: Principal,
        left: float,
        *,
        frozen: bool,
    ) -> str:
        told = self.holder(lease, reader)
        what = f"{clash.adopted.id} {clash.property}".strip()
        purpose = f" (“{told['purpose']}”)" if told.get("purpose") else ""
        parts = [
            f"{told['holder']} holds {what} for another {span(left)}{purpose} and accepts {lease.accepts.say()}"
        ]
        if offer.get("value") is not None:
            parts.append(f"{say(offer['value'])} would pass")
        if frozen:
            parts.append("people were asked to settle it")
        return "; ".join(parts)

    def _offer(self, command: Command, clash: Clash) -> dict[str, Json]:
        """The value nearest to the wish that everybody accepts, the rules too; without one, when it becomes free."""
        offer: dict[str, Json] = {"property": clash.property or None, "wish": clash.wish}
        common = all_of([one.accepts for one in clash.standing])
        if common is not None and clash.standing and clash.property:
            allowed = self._rules(command.principal, clash)
            common = common.meet(allowed) if allowed is not None else common
        if common is None or not clash.property:
            now = self._parts.clock.wall()
            free = max((one.until for one in clash.leases), default=now)
            return offer | {"value": None, "free_in_s": math.ceil(max(free - now, 0.0))}
        offer |= {"value": common.nearest(clash.wish), "accepts": common.shown()}
        if common.one_of is not None:
            offer["alternatives"] = list(common.one_of)
        return offer

    def _rules(self, principal: Principal, clash: Clash) -> Range | None:
        """What the rules accept of it; None for no bound."""
        adopted, write = clash.adopted, clash.adopted.thing.writes.get(clash.property)
        if write is None:
            return None
        try:
            target = resolve(adopted, write, write.check(clash.wish))
        except (SchemaError, StateUnknown):
            return None
        bounds = decide(self._parts.policy(), self._parts.house, principal, adopted, target).decision.accepted
        if bounds is None:
            return None
        if bounds.one_of is not None:
            return Range(one_of=bounds.one_of)
        low, high = bounds.minimum, bounds.maximum
        return None if low is None and high is None else Range(low, high)


def when(at: float) -> str:
    """RFC 3339, UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def span(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h`."""
    if seconds < 90:
        return f"{math.ceil(seconds)} s"
    return (
        f"{math.ceil(seconds / 60)} min"
        if seconds < 5_400
        else f"{seconds / 3600:.1f} h".replace(".0 h", " h")
    )


def say(value: Json) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, int | float) else str(value)[:100]


def _accepted(leases: Sequence[Lease]) -> Json:
    common = all_of([one.accepts for one in leases])
    return None if common is None else common.shown()


def _arbitration(clash: Clash) -> dict[str, Json]:
    """How to ask for it: who yielded last gets it, and nobody waits for ever."""
    body: dict[str, Json] = {"thing": clash.adopted.id, "for": "30m", "purpose": "why you want it"}
    if clash.property:
        scalar = isinstance(clash.wish, bool | int | float | str)
        body |= {"property": clash.property, "accepts": {"one_of": [clash.wish]} if scalar else None}
    return {"method": "POST", "href": "/leases", "body": body}


def _refused(detail: str, conflict: dict[str, Json]) -> Outcome:
    return Outcome(Result.REFUSED, Reason.CONFLICT, detail, conflict=conflict)
