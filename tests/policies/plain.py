"""A second reading of rule documents: slow, plain, and sharing nothing with the compiled rules but the documents' models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from capabilities.vocabulary import Json
from policies import (
    Accepted,
    AccessRequest,
    GivenFacts,
    LocalTime,
    Observed,
    Principal,
    Role,
    RuleRef,
    RuleSet,
    Subject,
)
from policies.documents import (
    AllowTable,
    AskTable,
    BoundsTable,
    ConditionTable,
    NeedTable,
    RuleTable,
    SelectingTable,
    WhenTable,
)
from policies.times import DAYS

LADDER = ("view", "operate", "manage", "administer")
PEOPLE = ("owner", "adult", "child", "guest")
Name = tuple[str, str]


@dataclass
class Reading:
    """What the rules say: who denies, who asks, what was lifted or approved, what is owed, what counts."""

    denied: set[Name] = field(default_factory=set)
    asked: set[Name] = field(default_factory=set)
    lifted: set[Name] = field(default_factory=set)
    counts: set[Name] = field(default_factory=set)
    owed: dict[str, Json] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        return "DENY" if self.denied else "NEEDS_APPROVAL" if self.asked else "PERMIT"


def read(house: Sequence[RuleSet], request: AccessRequest, facts: GivenFacts) -> Reading:
    """The plain reading of `house`, its root first."""
    found = Reading()
    asking = chain(request.principal)
    for place, one in enumerate(house):
        for who in asking:
            if not allowed(one, place == 0, who, request.subject):
                found.denied.add((one.name, "no-allow"))
        for limit in one.document.limit:
            if not has_a_say(limit, asking, request, facts):
                continue
            _count(found, one.name, limit, request)
            if not limit.never and keeps(limit, RuleRef(one.name, limit.id), request, facts):
                continue
            waiver = facts.waivers.get((RuleRef(one.name, limit.id), request.subject.thing))
            if (
                waiver
                and waiver.left_s > 0
                and is_among(limit.waivable_by or (), waiver.by, people_only=True)
            ):
                found.lifted.add((one.name, limit.id))
            else:
                found.denied.add((one.name, limit.id))
        for ask in one.document.ask:
            if not has_a_say(ask, asking, request, facts):
                continue
            _count(found, one.name, ask, request)
            ref = RuleRef(one.name, ask.id)
            kept = ask.conditions and keeps(ask, ref, request, facts)
            if request.toward_safe or kept or is_approved(ask, ref, asking, facts):
                continue
            if place > 0 or not goes_unasked(one, ask, asking, request, facts):
                found.asked.add((one.name, ask.id))
    found.owed = {} if found.denied else duties(house, asking, request, facts)
    return found


def _count(found: Reading, name: str, rule: ConditionTable, request: AccessRequest) -> None:
    if rule.at_most and not request.toward_safe:
        found.counts.add((name, rule.id))


# --------------------------------------------------------------- who, where, which


def chain(principal: Principal) -> list[Principal]:
    if principal.acts_for and principal.acts_for_role is not None:
        return [principal, Principal(principal.acts_for, principal.acts_for_role)]
    return [principal]


def matches(patterns: Sequence[str], capability: str) -> bool:
    return any(fnmatchcase(capability, pattern) for pattern in patterns)


def is_among(who: Sequence[str], principal: Principal, *, people_only: bool = False) -> bool:
    if people_only and principal.role not in PEOPLE:
        return False
    roles = {"owner": ("owner", "adult")}.get(principal.role, (principal.role,))
    return any(word in roles if word in set(Role) else principal.id == word.split(":")[-1] for word in who)


def there(rule: RuleTable, subject: Subject) -> bool:
    return (
        (rule.things is None or subject.thing in rule.things)
        and (rule.rooms is None or subject.room in rule.rooms)
        and (rule.labels is None or any(label in subject.labels for label in rule.labels))
    )


def allowed(rules: RuleSet, is_root: bool, who: Principal, subject: Subject) -> bool:
    mine = [rule for rule in rules.document.allow if is_among(rule.who, who)]
    return any(covers_use(rule, subject) for rule in mine) or not (is_root or mine)


def covers_use(rule: AllowTable, subject: Subject) -> bool:
    may = [one for one in rule.may or () if subject.hazard < 3 or not ("*" in one or rule.unasked)]
    return (
        matches(may, subject.capability)
        and there(rule, subject)
        and LADDER.index(subject.privilege) <= LADDER.index(rule.privilege)
    )


def covers_reading(rule: AllowTable, subject: Subject) -> bool:
    words = [word for word in rule.see or () if word != "sensitive"]
    if subject.privacy == "sensitive" and "sensitive" not in (rule.see or ()):
        words = [word for word in words if "*" not in word]
    return (
        matches(words, subject.capability)
        and there(rule, subject)
        and LADDER.index(subject.privilege) <= LADDER.index(rule.privilege)
    )


def may_see(house: Sequence[RuleSet], principal: Principal, subject: Subject) -> bool:
    for place, one in enumerate(house):
        for who in chain(principal):
            mine = [rule for rule in one.document.allow if is_among(rule.who, who)]
            if (place == 0 or mine) and not any(covers_reading(rule, subject) for rule in mine):
                return False
    return True


def binds(rule: SelectingTable, asking: Sequence[Principal], subject: Subject) -> bool:
    return (
        matches(rule.on, subject.capability)
        and (rule.who is None or any(is_among(rule.who, one) for one in asking))
        and there(rule, subject)
        and subject.hazard >= rule.hazard_min
        and LADDER.index(subject.privilege) >= LADDER.index(rule.privilege)
    )


# --------------------------------------------------------------- when it holds, what it keeps to


def has_a_say(
    rule: SelectingTable, asking: Sequence[Principal], request: AccessRequest, facts: GivenFacts
) -> bool:
    return binds(rule, asking, request.subject) and holds(rule.when, request, facts)


def holds(when: WhenTable | None, request: AccessRequest, facts: GivenFacts) -> bool:
    """Whether a rule with this `when` has a say; what nobody knows is such a moment."""
    if when is None:
        return True
    if when.starts and not starts(request):
        return False
    if when.modes and facts.house_mode is not None and facts.house_mode not in when.modes:
        return False
    return when.between is None or facts.at is None or _is_between(when.between, when.days, facts.at)


def keeps(rule: ConditionTable, ref: RuleRef, request: AccessRequest, facts: GivenFacts) -> bool:
    safe = request.toward_safe
    if not _keeps_all_bounds(rule, request, facts):
        return False
    if rule.modes and facts.house_mode not in rule.modes:
        return False
    if not all(_met(need, request, facts) for need in rule.needs or ()):
        return False
    if safe:
        return True
    return not (
        _is_quiet(rule, facts) or _is_too_often(rule, ref, request, facts) or _rests(rule, request, facts)
    )


def _keeps_all_bounds(rule: ConditionTable | AllowTable, request: AccessRequest, facts: GivenFacts) -> bool:
    name = request.subject.capability.split(".")[1]
    if rule.value and not _keeps_bounds(rule.value, request.value, name, request, facts):
        return False
    for member, bounds in (rule.members or {}).items():
        if not isinstance(request.value, dict):
            return False
        if member in request.value and not _keeps_bounds(
            bounds, request.value[member], member, request, facts
        ):
            return False
    return True


def _is_quiet(rule: ConditionTable, facts: GivenFacts) -> bool:
    if rule.not_between is None:
        return False
    return facts.at is None or _is_between(rule.not_between, rule.days, facts.at)


def _is_between(hours: tuple[str, str], days: Sequence[str] | None, now: LocalTime) -> bool:
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in hours)
    length = (end - start) % 1440
    since = (now.minutes - start) % 1440
    began = now.weekday if now.minutes >= start else (now.weekday - 1) % 7
    return since < length and (days is None or DAYS[began] in days)


def _is_too_often(rule: ConditionTable, ref: RuleRef, request: AccessRequest, facts: GivenFacts) -> bool:
    if rule.at_most is None:
        return False
    ages = facts.uses.get((ref, request.subject.thing), ())
    return sum(age < rule.at_most.seconds for age in ages) >= rule.at_most.count


def _rests(rule: ConditionTable, request: AccessRequest, facts: GivenFacts) -> bool:
    if rule.rest is None or not starts(request):
        return False
    off = facts.off.get(request.subject.thing, 0.0)
    return off is not None and off < rule.rest.seconds


def starts(request: AccessRequest) -> bool:
    after = request.value if request.becomes is None else request.becomes
    stopped = ("off", "closed", "locked", "idle", "docked", "stopped", "paused")
    if isinstance(after, str):
        return after.lower() not in stopped
    return isinstance(after, list | dict) or after is None or bool(after)


def is_number(value: Json) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) < 10**300


def equal(one: Json, other: Json) -> bool:
    return (type(one) is type(other) and one == other) or (
        is_number(one) and is_number(other) and one == other
    )


def within(value: Json, low: float | None, high: float | None, one_of: Sequence[Json] | None) -> bool:
    if low is not None or high is not None:
        if not is_number(value) or not isinstance(value, int | float):
            return False
        if (low is not None and value < low) or (high is not None and value > high):
            return False
    return one_of is None or any(equal(value, option) for option in one_of)


def _keeps_bounds(
    bounds: BoundsTable, value: Json, name: str, request: AccessRequest, facts: GivenFacts
) -> bool:
    if not within(value, bounds.min, bounds.max, bounds.one_of):
        return False
    if bounds.max_change is None:
        return True
    present = facts.present.get((request.subject.thing, name), ())
    if not present or not is_number(value) or not isinstance(value, int | float):
        return False
    return all(
        is_number(one) and isinstance(one, int | float) and abs(value - one) <= bounds.max_change
        for one in present
    )


def _met(need: NeedTable, request: AccessRequest, facts: GivenFacts) -> bool:
    """Three-valued: what is not known fails, but for a command toward the safe state."""
    answer = _answer(need, facts.readings.get((need.thing or request.subject.thing, need.property)))
    return request.toward_safe if answer is None else answer


def _answer(need: NeedTable, seen: Observed | None) -> bool | None:
    if seen is None or not seen.good or (need.trusted and not seen.trusted):
        return None
    if need.fresh is not None and seen.age_s > need.fresh.seconds:
        return None
    value, spread = seen.value, 2 * seen.deviation
    if need.equals is not None:
        if spread and isinstance(value, int | float) and is_number(value) and is_number(need.equals):
            assert isinstance(need.equals, int | float)
            return None if value - spread <= need.equals <= value + spread else False
        return equal(value, need.equals)
    if need.min is None and need.max is None:
        return True
    if not is_number(value) or not isinstance(value, int | float):
        return None
    ends = [value - spread, value + spread]
    low = -math.inf if need.min is None else need.min
    high = math.inf if need.max is None else need.max
    if all(low <= end <= high for end in ends):
        return True
    return False if ends[1] < low or ends[0] > high else None


def is_approved(ask: AskTable, ref: RuleRef, asking: Sequence[Principal], facts: GivenFacts) -> bool:
    bound = [one for one in asking if ask.who is None or is_among(ask.who, one)]
    barred = {asking[0].id, *(one.id for one in bound)}
    people = {
        one.approver.id
        for one in facts.given
        if ref in one.asks
        and (one.age_s <= ask.valid.seconds or one.standing)
        and not (one.standing and ask.once)
        and is_among(ask.approver, one.approver, people_only=True)
        and one.approver.id not in barred
    }
    return len(people) >= ask.approvals


def goes_unasked(
    root: RuleSet, ask: AskTable, asking: Sequence[Principal], request: AccessRequest, facts: GivenFacts
) -> bool:
    """Whether everybody whom the ask is about may go without it."""
    if ask.once or request.subject.hazard >= 3:
        return False
    return all(
        any(
            ask.id in (rule.unasked or ())
            and is_among(rule.who, who)
            and covers_use(rule, request.subject)
            and _keeps_all_bounds(rule, request, facts)
            for rule in root.document.allow
        )
        for who in asking
        if ask.who is None or is_among(ask.who, who)
    )


# --------------------------------------------------------------- what it owes, what is accepted


def duties(
    house: Sequence[RuleSet], asking: Sequence[Principal], request: AccessRequest, facts: GivenFacts
) -> dict[str, Json]:
    found: dict[str, Json] = {}
    thens = [rule for one in house for rule in one.document.then if has_a_say(rule, asking, request, facts)]
    for word in ("max_on", "restore"):
        spans = [span.seconds for rule in thens if (span := getattr(rule, word)) is not None]
        if spans and starts(request):
            found[word] = min(spans)
    if any(rule.confirm for rule in thens):
        found["confirm"] = True
    told = sorted({name for rule in thens for name in rule.notify or ()})
    return found | ({"notify": [*told]} if told else {})


def accepts(accepted: Accepted | None, value: Json) -> bool:
    """Whether `value` is in the range that an answer tells."""
    if accepted is None:
        return True
    if not within(value, accepted.minimum, accepted.maximum, accepted.one_of):
        return False
    return not accepted.members or (
        isinstance(value, dict)
        and all(accepts(one, value[name]) for name, one in accepted.members.items() if name in value)
    )
