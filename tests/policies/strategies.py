"""Random documents in the whole language, and the requests and facts to try them with. Few names, so that they meet often.

Everything is drawn from hypothesis, so a seed repeats a run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

from capabilities.vocabulary import Hazard, Json, Privacy, Privilege
from policies import (
    AccessRequest,
    Approval,
    GivenFacts,
    LocalTime,
    Observed,
    Principal,
    Role,
    RuleRef,
    RuleSet,
    Subject,
    Waiver,
)
from policies.documents import (
    AllowTable,
    AskTable,
    BoundsTable,
    Document,
    LimitTable,
    NeedTable,
    RuleTable,
    ThenTable,
)
from policies.times import DAYS, MODES

CAPABILITIES = ["light.on", "light.toggle", "fan.on", "fan.toggle", "smoke.test"]
PATTERNS = [*CAPABILITIES, "light.*", "fan.*", "smoke.*", "*.on", "*.toggle", "*"]
ROLES = [Role.OWNER, Role.ADULT, Role.CHILD, Role.AGENT]
IDS = ["coo", "anna", "agent"]
WHO = [*map(str, ROLES), "coo", "anna", "id:agent"]
THINGS, ROOMS, LABELS = ["t1", "t2"], ["hall", "attic"], ["a", "b"]
MEMBERS = ["x", "y"]
PROPERTIES = ["level", "on"]
SETS = ["root", "n0", "n1", "extra"]
MOST_RULES = 3
RULE_IDS = [f"{table}-{n}" for table in ("limit", "ask") for n in range(MOST_RULES + 1)]
DURATIONS = ["30s", "1m", "10m", "2h"]
AGES_S = [0.0, 20.0, 45.0, 300.0, 5000.0, 90000.0]

NUMBERS = st.integers(-3, 6) | st.sampled_from([-0.5, 1.5, 2.0])
SCALARS = NUMBERS | st.booleans() | st.sampled_from(["", "a", "b"])
ODD: st.SearchStrategy[Json] = st.sampled_from([None, math.nan, math.inf, -math.inf, 10**400, [], [1], "1"])
VALUES: st.SearchStrategy[Json] = st.one_of(
    NUMBERS,
    NUMBERS,
    NUMBERS,
    SCALARS,
    ODD,
    st.dictionaries(st.sampled_from(MEMBERS), SCALARS | ODD, max_size=2),
)
Table = TypeVar("Table", bound=RuleTable)


def some(words: Sequence[str], most: int = 3) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=most).map(tuple)


def maybe(words: Sequence[str], one_in: int = 6) -> st.SearchStrategy[tuple[str, ...] | None]:
    return st.integers(1, one_in).flatmap(lambda which: some(words, 2) if which == one_in else st.none())


@st.composite
def bounds(draw: st.DrawFn, *, may_move: bool = True) -> BoundsTable:
    """Of all forms; `may_move`: `max_change` too."""
    low = draw(st.none() | st.sampled_from([-3, -2.5, 0, 1, 1.5]))
    high = draw(st.none() | st.sampled_from([0, 1.5, 2, 4, 5.5, 6]))
    move = draw(st.none() | st.sampled_from([0.5, 1, 3])) if may_move else None
    if low is not None and high is not None and low > high:
        low, high = high, low
    if low is None and high is None and (move is None or draw(st.booleans())):
        return BoundsTable(one_of=tuple(draw(st.lists(SCALARS, min_size=1, max_size=4))), max_change=move)
    return BoundsTable(min=low, max=high, max_change=move)


@st.composite
def needs(draw: st.DrawFn) -> NeedTable:
    fresh = draw(st.none() | st.sampled_from(DURATIONS))
    form = draw(st.sampled_from(["range", "equals", "fresh"]))
    low = high = equals = None
    if form == "range":
        low = draw(st.none() | st.sampled_from([-1, 0, 2]))
        high = draw(st.sampled_from([2, 3.5]) if low is None else st.none() | st.sampled_from([2, 3.5]))
    elif form == "equals":
        equals = draw(SCALARS)
    elif fresh is None:
        fresh = "1m"
    return NeedTable.model_validate(
        {
            "thing": draw(st.none() | st.sampled_from(THINGS)),
            "property": draw(st.sampled_from(PROPERTIES)),
            "min": low,
            "max": high,
            "equals": equals,
            "fresh": fresh,
            "trusted": draw(st.booleans()),
        }
    )


HOURS = ["00:00", "06:00", "07:30", "12:00", "22:00", "23:59"]
RATES = ["1/m", "2/m", "1/10m", "2/h", "3/h"]


@st.composite
def conditions(draw: st.DrawFn, *, at_least: int) -> dict[str, object]:
    """The words of a limit or an ask that a use keeps to or not, `at_least` so many of them."""
    words = draw(
        st.lists(
            st.sampled_from(["value"] * 3 + ["members", "needs", "not_between", "at_most", "rest", "modes"]),
            min_size=at_least,
            max_size=2,
            unique=True,
        )
    )
    found: dict[str, object] = {}
    for word in words:
        if word == "value":
            found[word] = draw(bounds())
        elif word == "members":
            found[word] = draw(st.dictionaries(st.sampled_from(MEMBERS), bounds(), min_size=1, max_size=2))
        elif word == "needs":
            found[word] = draw(st.lists(needs(), min_size=1, max_size=2))
        elif word == "not_between":
            found[word] = draw(st.lists(st.sampled_from(HOURS), min_size=2, max_size=2, unique=True))
            found["days"] = draw(maybe(DAYS, 2))
        elif word == "at_most":
            found[word] = draw(st.sampled_from(RATES))
        elif word == "rest":
            found[word] = draw(st.sampled_from(DURATIONS))
        else:
            found[word] = draw(some(MODES))
    return found


@st.composite
def selectors(draw: st.DrawFn) -> dict[str, object]:
    return {
        "id": "r",
        "why": "w",
        "on": draw(some([*PATTERNS, "*", "*"])),
        "who": draw(maybe(WHO, 3)),
        "hazard_min": draw(st.sampled_from([0, 0, 0, 0, 1, 2, 3])),
        "privilege": draw(st.sampled_from(["view", "view", "view", *Privilege])),
        "things": draw(maybe(THINGS)),
        "rooms": draw(maybe(ROOMS)),
        "labels": draw(maybe(LABELS)),
    }


@st.composite
def limits(draw: st.DrawFn) -> LimitTable:
    is_never = draw(st.integers(0, 9)) == 0
    words: dict[str, object] = {"never": True} if is_never else draw(conditions(at_least=1))
    return LimitTable.model_validate({**draw(selectors()), **words, "waivable_by": draw(maybe(WHO, 4))})


@st.composite
def asks(draw: st.DrawFn) -> AskTable:
    words: dict[str, object] = draw(conditions(at_least=0))
    approver, valid = draw(some(WHO)), draw(st.sampled_from(DURATIONS))
    return AskTable.model_validate({**draw(selectors()), **words, "approver": approver, "valid": valid})


@st.composite
def thens(draw: st.DrawFn) -> ThenTable:
    owed = {
        "max_on": draw(st.none() | st.sampled_from(DURATIONS)),
        "restore": draw(st.none() | st.sampled_from(DURATIONS)),
        "confirm": draw(st.booleans()),
        "notify": draw(maybe(WHO, 2)),
    }
    if not any(owed.values()):
        owed["confirm"] = True
    return ThenTable.model_validate({**draw(selectors()), **owed})


@st.composite
def allows(draw: st.DrawFn) -> AllowTable:
    may = draw(st.none() | some(PATTERNS))
    see = draw(maybe([*PATTERNS, "*"], 3))
    if may is None and see is None:
        may = ("*",)
    if see and draw(st.booleans()):
        see = (*see, "*", "sensitive")
    return AllowTable(
        id="r",
        why="w",
        who=draw(some(WHO)),
        may=may,
        see=see,
        privilege=draw(st.sampled_from([Privilege.OPERATE, Privilege.ADMINISTER, *Privilege])),
        things=draw(maybe(THINGS)),
        rooms=draw(maybe(ROOMS)),
        labels=draw(maybe(LABELS)),
    )


BROAD = AllowTable(
    id="r",
    why="w",
    who=(*map(str, ROLES),),
    may=("*", "smoke.test"),
    see=("*", "sensitive"),
    privilege=Privilege.ADMINISTER,
)
"""Allows nearly everything, so that what limits and asks say decides."""


def named(kind: str, rules: Sequence[Table]) -> tuple[Table, ...]:
    """The rules with ids of their own: `limit-0`, `limit-1` …"""
    return tuple(rule.model_copy(update={"id": f"{kind}-{number}"}) for number, rule in enumerate(rules))


@st.composite
def rule_sets(
    draw: st.DrawFn, name: str, most_allows: int = MOST_RULES, *, may_be_shadow: bool = False
) -> RuleSet:
    return RuleSet(
        name=name,
        document=Document(
            format=1,
            shadow=may_be_shadow and draw(st.integers(0, 4)) == 0,
            allow=named("allow", draw(st.lists(allows() | st.just(BROAD), max_size=most_allows))),
            limit=named("limit", draw(st.lists(limits(), max_size=MOST_RULES))),
            ask=named("ask", draw(st.lists(asks(), max_size=2))),
            then=named("then", draw(st.lists(thens(), max_size=2))),
        ),
    )


@st.composite
def houses(draw: st.DrawFn, *, shadows: bool = False) -> list[RuleSet]:
    """A root and its narrowing sets; some of them shadows, if `shadows`."""
    count = draw(st.integers(0, 2))
    narrowing = [draw(rule_sets(f"n{i}", most_allows=1, may_be_shadow=shadows)) for i in range(count)]
    return [draw(rule_sets("root")), *narrowing]


PEOPLE = st.builds(Principal, st.sampled_from(IDS), st.sampled_from([Role.OWNER, Role.ADULT, Role.CHILD]))
AGENTS = st.builds(
    Principal,
    st.sampled_from(IDS),
    st.just(Role.AGENT),
    acts_for=st.sampled_from(["", "anna", "bert"]),
    acts_for_role=st.sampled_from([None, Role.OWNER, Role.ADULT, Role.CHILD]),
)
PRINCIPALS = PEOPLE | AGENTS
SUBJECTS = st.builds(
    Subject,
    st.sampled_from(THINGS),
    st.sampled_from([*ROOMS, ""]),
    st.frozensets(st.sampled_from(LABELS)),
    st.sampled_from(CAPABILITIES),
    st.sampled_from([Privilege.OPERATE, *Privilege]),
    st.sampled_from([Hazard.COMFORT, *Hazard]),
    st.sampled_from(Privacy),
)
REQUESTS = st.builds(
    AccessRequest,
    PRINCIPALS,
    SUBJECTS,
    VALUES,
    toward_safe=st.sampled_from([False, False, False, True]),
    becomes=st.sampled_from([None, None, True, False, 0, "off"]),
)

REFS = st.builds(RuleRef, st.sampled_from(SETS), st.sampled_from(RULE_IDS))
OBSERVED = st.builds(
    Observed,
    SCALARS,
    st.sampled_from(AGES_S),
    st.sampled_from([True, True, True, False]),
    st.sampled_from([True, True, False]),
    st.sampled_from([0.0, 0.0, 0.25, 1.0]),
)
PRESENT = st.lists(NUMBERS | NUMBERS | SCALARS, min_size=1, max_size=2).map(tuple)
PLACES = st.tuples(st.sampled_from(THINGS), st.sampled_from(["on", "toggle", "test", *MEMBERS]))


@st.composite
def facts(draw: st.DrawFn, *, generous: bool = False) -> GivenFacts:
    """The state of the world. `generous`: much is known, and little stands in the way."""
    ages = st.lists(st.sampled_from(AGES_S), max_size=4).map(lambda found: tuple(sorted(found)))
    readings = st.dictionaries(
        st.tuples(st.sampled_from(THINGS), st.sampled_from(PROPERTIES)),
        OBSERVED,
        min_size=4 if generous else 0,
    )
    waivers = st.dictionaries(
        st.tuples(REFS, st.sampled_from(THINGS)),
        st.builds(Waiver, PRINCIPALS, st.sampled_from([-1.0, 0.0, 60.0, 60.0])),
        max_size=8,
    )
    approvals = st.lists(
        st.builds(
            Approval,
            PRINCIPALS,
            st.frozensets(REFS, max_size=6),
            st.sampled_from([-1.0, *AGES_S]),
        ),
        max_size=3,
    ).map(tuple)
    time = st.builds(
        LocalTime, st.sampled_from([0.0, 359.5, 360.0, 449.0, 600.0, 1320.0, 1439.5]), st.integers(0, 6)
    )
    return GivenFacts(
        at=draw(time if generous else st.none() | time),
        house_mode=draw(st.sampled_from(MODES) if generous else st.none() | st.sampled_from(MODES)),
        readings=draw(readings),
        present=draw(st.dictionaries(PLACES, PRESENT, min_size=4 if generous else 0)),
        uses=draw(st.dictionaries(st.tuples(REFS, st.sampled_from(THINGS)), ages, max_size=6)),
        off=draw(st.dictionaries(st.sampled_from(THINGS), st.none() | st.sampled_from(AGES_S))),
        waivers=draw(waivers),
        given=draw(approvals),
    )
