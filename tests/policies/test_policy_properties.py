"""Properties of every decision, against a plain second reading of the rules."""

from __future__ import annotations

import math
from fnmatch import fnmatchcase
from random import Random
from typing import TypeVar

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from capabilities.vocabulary import Hazard, Json, Privacy, Privilege
from policies import (
    Accepted,
    AccessRequest,
    Policy,
    Principal,
    Role,
    RuleSet,
    Subject,
    Verdict,
    compile_rules,
)
from policies.documents import AllowTable, BoundsTable, Document, LimitTable

# --- what rules and requests are made of: few words, so that they meet often

CAPABILITIES = ["light.on", "light.toggle", "fan.on", "fan.toggle"]
PATTERNS = [*CAPABILITIES, "light.*", "fan.*", "*.on", "*.toggle", "*"]
ROLES = [Role.OWNER, Role.CHILD, Role.AGENT]
IDS = ["coo", "anna", "agent"]


def some(words: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=3).map(tuple)


def maybe(words: list[str]) -> st.SearchStrategy[tuple[str, ...] | None]:
    return st.integers(0, 5).flatmap(lambda which: some(words) if which == 5 else st.none())


NUMBERS = st.integers(-3, 6) | st.sampled_from([-0.5, 1.5, 2.0])
SCALARS = NUMBERS | st.booleans() | st.sampled_from(["", "a", "b"])
ODD: st.SearchStrategy[Json] = st.sampled_from([None, math.nan, math.inf, -math.inf, 10**400, [], [1], "1"])
VALUES: st.SearchStrategy[Json] = (
    NUMBERS
    | NUMBERS
    | NUMBERS
    | SCALARS
    | ODD
    | st.dictionaries(st.sampled_from(["x", "y"]), SCALARS | ODD, max_size=2)
)


@st.composite
def bounds(draw: st.DrawFn) -> BoundsTable:
    low = draw(st.none() | st.sampled_from([-3, -2.5, 0, 1, 1.5]))
    high = draw(st.none() | st.sampled_from([0, 1.5, 2, 4, 5.5, 6]))
    if low is not None and high is not None and low > high:
        low, high = high, low
    if low is None and high is None:
        return BoundsTable(one_of=tuple(draw(st.lists(SCALARS, min_size=1, max_size=4))))
    return BoundsTable(min=low, max=high)


WHO = [*ROLES, "coo", "anna", "id:agent"]


@st.composite
def allows(draw: st.DrawFn) -> AllowTable:
    may = draw(maybe(PATTERNS))
    see = draw(maybe([*PATTERNS, "*"]))
    if may is None and see is None:
        may = ("*",)
    if see and draw(st.booleans()):
        see = (*see, "*", "sensitive")
    return AllowTable(
        id="r",
        why="w",
        who=draw(some(list(WHO))),
        may=may,
        see=see,
        privilege=draw(st.sampled_from(Privilege)),
        things=draw(maybe(["t1", "t2"])),
        rooms=draw(maybe(["hall", "attic"])),
        labels=draw(maybe(["a", "b"])),
    )


@st.composite
def limits(draw: st.DrawFn) -> LimitTable:
    form = draw(st.sampled_from(["value"] * 8 + ["members", "both", "never"]))
    return LimitTable(
        id="r",
        why="w",
        on=draw(some([*PATTERNS, "*"])),
        who=draw(maybe(list(WHO))),
        hazard_min=draw(st.sampled_from([Hazard.COMFORT, *Hazard])),
        privilege=draw(st.sampled_from([Privilege.VIEW, *Privilege])),
        things=draw(maybe(["t1", "t2"])),
        rooms=draw(maybe(["hall", "attic"])),
        labels=draw(maybe(["a", "b"])),
        value=draw(bounds()) if form in {"value", "both"} else None,
        members=draw(st.dictionaries(st.sampled_from(["x", "y"]), bounds(), min_size=1, max_size=2))
        if form in {"members", "both"}
        else None,
        never=form == "never",
    )


Table = TypeVar("Table", AllowTable, LimitTable)


BROAD = AllowTable(
    id="r",
    why="w",
    who=(*ROLES,),
    may=("*", "light.on", "fan.toggle"),
    see=("*",),
    privilege=Privilege.ADMINISTER,
)


def named(kind: str, rules: list[Table]) -> tuple[Table, ...]:
    return tuple(rule.model_copy(update={"id": f"{kind}-{number}"}) for number, rule in enumerate(rules))


@st.composite
def rule_sets(draw: st.DrawFn, name: str, most_allows: int = 4) -> RuleSet:
    return RuleSet(
        name=name,
        document=Document(
            format=1,
            allow=named("allow", draw(st.lists(allows() | st.just(BROAD), max_size=most_allows))),
            limit=named("limit", draw(st.lists(limits(), max_size=4))),
        ),
    )


@st.composite
def houses(draw: st.DrawFn) -> list[RuleSet]:
    """A root and its narrowing sets."""
    narrowing = [draw(rule_sets(f"n{i}", most_allows=1)) for i in range(draw(st.integers(0, 2)))]
    return [draw(rule_sets("root")), *narrowing]


PRINCIPALS = st.builds(Principal, st.sampled_from(IDS), st.sampled_from(ROLES))
SUBJECTS = st.builds(
    Subject,
    st.sampled_from(["t1", "t2"]),
    st.sampled_from(["hall", "attic", ""]),
    st.frozensets(st.sampled_from(["a", "b"])),
    st.sampled_from(CAPABILITIES),
    st.sampled_from([Privilege.OPERATE, *Privilege]),
    st.sampled_from([Hazard.COMFORT, *Hazard]),
    st.sampled_from(Privacy),
)
REQUESTS = st.builds(AccessRequest, PRINCIPALS, SUBJECTS, VALUES, st.booleans())

# --- the second reading: slow, plain, and sharing nothing with the compiled rules


def matches(patterns: tuple[str, ...] | None, capability: str) -> bool:
    return any(fnmatchcase(capability, pattern) for pattern in patterns or ())


def concerns(who: tuple[str, ...] | None, principal: Principal) -> bool:
    if who is None:
        return True
    return any(
        principal.role == word if word in set(Role) else principal.id == word.split(":")[-1] for word in who
    )


def there(rule: AllowTable | LimitTable, subject: Subject) -> bool:
    return (
        (rule.things is None or subject.thing in rule.things)
        and (rule.rooms is None or subject.room in rule.rooms)
        and (rule.labels is None or any(label in subject.labels for label in rule.labels))
    )


LADDER = ["view", "operate", "manage", "administer"]


def covers_use(rule: AllowTable, subject: Subject) -> bool:
    may = rule.may or ()
    if subject.hazard == 3:
        may = tuple(pattern for pattern in may if "*" not in pattern)
    return (
        matches(may, subject.capability)
        and there(rule, subject)
        and LADDER.index(subject.privilege) <= LADDER.index(rule.privilege)
    )


def covers_reading(rule: AllowTable, subject: Subject) -> bool:
    words = tuple(word for word in rule.see or () if word != "sensitive")
    if subject.privacy == "sensitive" and "sensitive" not in (rule.see or ()):
        words = tuple(word for word in words if "*" not in word)
    return (
        matches(words, subject.capability)
        and there(rule, subject)
        and LADDER.index(subject.privilege) <= LADDER.index(rule.privilege)
    )


def is_number(value: Json) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) < 10**300


def equal(one: Json, other: Json) -> bool:
    return (type(one) is type(other) and one == other) or (
        is_number(one) and is_number(other) and one == other
    )


def within(value: Json, low: float | None, high: float | None, one_of: tuple[Json, ...] | None) -> bool:
    if low is not None or high is not None:
        if not is_number(value) or not isinstance(value, int | float):
            return False
        if (low is not None and value < low) or (high is not None and value > high):
            return False
    return one_of is None or any(equal(value, option) for option in one_of)


def keeps(rule: LimitTable, value: Json) -> bool:
    if rule.never:
        return False
    if rule.value and not within(value, rule.value.min, rule.value.max, rule.value.one_of):
        return False
    for name, one in (rule.members or {}).items():
        if not isinstance(value, dict) or (
            name in value and not within(value[name], one.min, one.max, one.one_of)
        ):
            return False
    return True


def binds(rule: LimitTable, principal: Principal, subject: Subject) -> bool:
    return (
        matches(rule.on, subject.capability)
        and concerns(rule.who, principal)
        and there(rule, subject)
        and subject.hazard >= rule.hazard_min
        and LADDER.index(subject.privilege) >= LADDER.index(rule.privilege)
    )


def reasons_to_deny(house: list[RuleSet], request: AccessRequest) -> set[tuple[str, str]]:
    found = set()
    who, subject = request.principal, request.subject
    for place, one in enumerate(house):
        mine = [rule for rule in one.document.allow if concerns(rule.who, who)]
        if (place == 0 or mine) and not any(covers_use(rule, subject) for rule in mine):
            found.add((one.name, "no-allow"))
        for rule in one.document.limit:
            if binds(rule, who, subject) and not keeps(rule, request.value):
                found.add((one.name, rule.id))
    return found


def may_see(house: list[RuleSet], who: Principal, subject: Subject) -> bool:
    for place, one in enumerate(house):
        mine = [rule for rule in one.document.allow if concerns(rule.who, who)]
        if (place == 0 or mine) and not any(covers_reading(rule, subject) for rule in mine):
            return False
    return True


def accepts(accepted: Accepted | None, value: Json) -> bool:
    if accepted is None:
        return True
    if not within(value, accepted.minimum, accepted.maximum, accepted.one_of):
        return False
    return not accepted.members or (
        isinstance(value, dict)
        and all(accepts(one, value[name]) for name, one in accepted.members.items() if name in value)
    )


def policy_of(house: list[RuleSet]) -> Policy:
    return compile_rules(house[0], house[1:])


# --- the properties


@settings(max_examples=150)
@given(houses(), st.lists(REQUESTS, min_size=4, max_size=16))
def test_a_decision_is_what_a_plain_reading_of_the_rules_gives(
    house: list[RuleSet], requests: list[AccessRequest]
) -> None:
    rules = policy_of(house)
    for request in requests * 2:  # the second time from what was remembered
        expected = reasons_to_deny(house, request)
        decision = rules.decide(request)
        assert decision.permitted == (not expected)
        assert decision.verdict in {Verdict.PERMIT, Verdict.DENY}
        if expected:
            assert {(finding.set, finding.rule) for finding in decision.findings} == expected
            assert all(
                finding.verdict is Verdict.DENY and finding.seen and finding.remedy
                for finding in decision.findings
            )
        assert rules.may_see(request.principal, request.subject) == may_see(
            house, request.principal, request.subject
        )


@settings(max_examples=100)
@given(houses(), REQUESTS, st.lists(VALUES, min_size=5, max_size=20))
def test_accepted_is_exactly_what_is_permitted(
    house: list[RuleSet], request: AccessRequest, values: list[Json]
) -> None:
    rules = policy_of(house)
    for value in values:
        asked = AccessRequest(request.principal, request.subject, value)
        decision = rules.decide(asked)
        silent = any(finding.rule == "no-allow" for finding in decision.findings)
        assert decision.permitted == (not silent and accepts(decision.accepted, value))
        if decision.permitted:
            assert rules.may_use(request.principal, request.subject)


@settings(max_examples=100)
@given(houses(), REQUESTS)
def test_a_remedy_helps(house: list[RuleSet], request: AccessRequest) -> None:
    rules = policy_of(house)
    decision = rules.decide(request)
    assume(not decision.permitted)
    remedies = [finding.remedy.data for finding in decision.findings if finding.remedy]
    assume(remedies)
    for data in remedies:
        if not isinstance(data, dict) or not data.keys() & {"minimum", "maximum", "one_of"}:
            return  # not a matter of the input
        if isinstance(request.value, dict):
            return
        options = data.get("one_of")
        value = (
            options[0] if isinstance(options, list) and options else data.get("minimum", data.get("maximum"))
        )
        if options == [] or not rules.may_use(request.principal, request.subject):
            return
        assert rules.decide(AccessRequest(request.principal, request.subject, value)).permitted


@settings(max_examples=80)
@given(houses(), st.randoms(use_true_random=False), REQUESTS)
def test_order_never_matters(house: list[RuleSet], random: Random, request: AccessRequest) -> None:
    def shuffled(rules: RuleSet) -> RuleSet:
        allow, limit = list(rules.document.allow), list(rules.document.limit)
        random.shuffle(allow)
        random.shuffle(limit)
        mixed = [
            rule.model_copy(update={"on": rule.on[::-1], "who": rule.who and rule.who[::-1]})
            for rule in limit
        ]
        document = Document(format=1, allow=tuple(allow), limit=tuple(mixed))
        return RuleSet(name=rules.name, document=document)

    root, *others = map(shuffled, house)
    random.shuffle(others)
    one, other = policy_of(house), policy_of([root, *others])
    assert one.version == other.version
    assert one.decide(request) == other.decide(request)


@settings(max_examples=80)
@given(houses(), limits(), rule_sets("extra"), st.lists(REQUESTS, min_size=1, max_size=5))
def test_a_limit_or_a_narrowing_set_never_widens(
    house: list[RuleSet], limit: LimitTable, extra: RuleSet, requests: list[AccessRequest]
) -> None:
    before = policy_of(house)
    root = house[0].document
    limited = RuleSet(name="root", document=root.model_copy(update={"limit": (*root.limit, limit)}))
    for after in (policy_of([limited, *house[1:]]), policy_of([*house, extra])):
        assert after.version != before.version
        for request in requests:
            who, subject = request.principal, request.subject
            assert after.decide(request).verdict <= before.decide(request).verdict
            assert after.may_use(who, subject) <= before.may_use(who, subject)
            assert after.may_see(who, subject) <= before.may_see(who, subject)
