"""Whatever is handed on, under whatever rules, however deep, and after a restart: nobody has more than whoever let it in."""

from __future__ import annotations

import asyncio
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capabilities.vocabulary import Hazard, Privacy, Privilege
from gateway.identity import Identity
from policies import (
    AccessRequest,
    GivenFacts,
    LocalTime,
    Policy,
    Principal,
    Role,
    Subject,
    compile_rules,
    parse,
)
from policies.mandates import Terms
from tests.gateway.identity.house import House

PLACES = {"lamp": ("hall", {"new"}), "desk": ("office", set()), "door": ("hall", {"quiet"})}
CAPABILITIES = ("light.on", "light.brightness", "lock.unlock", "camera.image")
PATTERNS = ("*", "light.*", "*.on", *CAPABILITIES)
ROLES = ("owner", "adult", "child", "guest", "agent", "guest-agent")
VALUES = (True, 0, 30, 70)
FACTS = GivenFacts(at=LocalTime(600, 2), house_mode="home")

SUBJECTS = [
    Subject(
        thing,
        room,
        frozenset(labels),
        capability,
        Privilege.OPERATE,
        Hazard(3 if capability.startswith("lock") else 0),
        Privacy.SENSITIVE if capability.startswith("camera") else Privacy.PUBLIC,
    )
    for (thing, (room, labels)), capability in product(PLACES.items(), CAPABILITIES)
]

some_patterns = st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3, unique=True)
some_places = st.fixed_dictionaries(
    {},
    optional={
        "things": st.lists(st.sampled_from([*PLACES, "none"]), min_size=1, max_size=2, unique=True),
        "rooms": st.lists(st.sampled_from(["hall", "office", "attic"]), min_size=1, max_size=2, unique=True),
        "labels": st.lists(st.sampled_from(["new", "quiet"]), min_size=1, max_size=2, unique=True),
    },
)
conditions = st.one_of(
    st.builds(lambda most: {"value": {"max": most}}, st.sampled_from([20, 50, 90])),
    st.builds(lambda mode: {"modes": [mode]}, st.sampled_from(["home", "night"])),
    st.builds(
        lambda hours: {"not_between": hours}, st.sampled_from([["09:00", "11:00"], ["22:00", "06:00"]])
    ),
    st.just({"never": True}),
    st.just({"at_most": "2/h"}),
)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f'"{value}"'
        if isinstance(value, str)
        else str(value)
    )


def _rule(table: str, number: int, words: dict[str, Any]) -> str:
    return f'[[{table}]]\nid = "r{table}{number}"\nwhy = "w"\n' + "".join(
        f"{k} = {_toml(v)}\n" for k, v in words.items()
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    text = "format = 1\n" + _rule("allow", 99, {"who": [*ROLES], "may": ["light.*"], "see": ["*"]})
    who = st.lists(st.sampled_from([*ROLES, "id:p1", "id:p2"]), min_size=1, max_size=4, unique=True)
    for number in range(draw(st.integers(1, 4))):
        words = {"who": draw(who), "may": draw(some_patterns), "see": draw(some_patterns)} | draw(some_places)
        text += _rule("allow", number, words)
    for number in range(draw(st.integers(0, 3))):
        words = {"on": draw(some_patterns)} | draw(conditions) | draw(some_places)
        if draw(st.booleans()):
            words["who"] = draw(who)
        text += _rule("limit", number, words)
    if draw(st.booleans()):
        ask = {"on": draw(some_patterns), "approver": ["adult"], "valid": "2m"}
        text += _rule("ask", 0, ask | ({"who": draw(who)} if draw(st.booleans()) else {}))
    narrowing = []
    if draw(st.booleans()):
        file = 'format = 1\nmandate = "p1"\n' + _rule(
            "allow", 0, {"may": draw(some_patterns), "see": draw(some_patterns)}
        )
        narrowing.append(parse(file, name="p1"))
    return compile_rules(parse(text, name="household"), narrowing)


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    document: dict[str, Any] = {}
    for member, word in (("use", "may"), ("read", "see")):
        if draw(st.booleans()):
            one = st.builds(lambda place, names, word=word: place | {word: names}, some_places, some_patterns)
            document[member] = draw(st.lists(st.one_of(one, some_places), max_size=2))
    limits = draw(st.lists(st.tuples(conditions, some_patterns, some_places), max_size=2))
    document["limits"] = [
        {"id": f"l{number}", "why": "w", "on": on} | condition | place
        for number, (condition, on, place) in enumerate(limits)
    ]
    return Terms.model_validate(document)


def _rights(policy: Policy, who: Principal) -> list[tuple[int, ...]]:
    return [
        (
            *(policy.decide(AccessRequest(who, subject, value), FACTS).verdict for value in VALUES),
            int(policy.may_see(who, subject)),
            int(policy.may_use(who, subject)),
        )
        for subject in SUBJECTS
    ]


def _is_within(policy: Policy, child: Principal, parent: Principal) -> bool:
    pairs = zip(_rights(policy, child), _rights(policy, parent), strict=True)
    return all(mine <= theirs for one, other in pairs for mine, theirs in zip(one, other, strict=True))


async def _chain(folder: Path, person: Role, chain: list[Terms]) -> tuple[list[Principal], list[Principal]]:
    """The holders, the person first: as they are, and as they are after a restart."""
    house = House(folder)
    async with house.ledger, house.database:
        async with Identity.open(house.database, house.clock, house.ledger) as identity:
            own = Terms.model_validate({"read": [{"rooms": ["hall"]}]}) if person is Role.GUEST else None
            info, _ = await identity.create_token(Principal("p0", person), mandate=own)
            ids = [info.id]
            role = Role.GUEST_AGENT if person is Role.GUEST else Role.AGENT
            for number, mandate in enumerate(chain, 1):
                who = Principal(f"p{number}", role, acts_for="p0")
                made, _ = await identity.create_token(who, parent=ids[-1], mandate=mandate)
                ids.append(made.id)
            now = [identity.session_of(one) for one in ids]
        async with Identity.open(house.database, house.clock, house.ledger) as again:
            later = [again.session_of(one) for one in ids]
    return [one.principal for one in now if one], [one.principal for one in later if one]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    policies(),
    st.sampled_from([Role.OWNER, Role.ADULT, Role.GUEST]),
    st.lists(terms(), min_size=1, max_size=4),
)
def test_nobody_has_more_than_whoever_let_it_in(policy: Policy, person: Role, chain: list[Terms]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        now, later = asyncio.run(_chain(Path(folder), person, chain))
    assert now == later, "a restart changes nobody's rights"
    assert len(now) == len(chain) + 1
    for depth, child in enumerate(now):
        for ancestor in now[:depth]:
            assert _is_within(policy, child, ancestor), (child, ancestor)
