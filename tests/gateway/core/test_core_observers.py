"""Fan-out through bounded queues, and who may see what."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capabilities.compose import compose
from capabilities.naming import allot_names
from drivers.simulated.house import house
from drivers.simulated.memory import candidate as found_as
from gateway import observers as observers_module
from gateway import rights as rights_module
from gateway.adopted import Adopted
from gateway.observers import Observers
from gateway.rights import Rights, RightsTable
from policies import Policy, Principal, Role, compile_rules, defaults, parse
from tests.gateway.core.rig import AGENT, CHILD, GUEST, OWNER, Rig, device, lamp, opened, remade

TOPIC = ("lamp", "on")


def publish(observers: Observers, *values: int, kind: str = "property", thing: str = "lamp") -> None:
    for value in values:
        observers.publish(kind, (thing, "on"), 1.5, {"value": value})


async def test_each_gets_what_it_may_see() -> None:
    observers = Observers()
    everything = observers.subscribe(None)
    one = observers.subscribe({TOPIC})
    actions = observers.subscribe(None, kinds=frozenset({"action"}))
    publish(observers, 1)
    publish(observers, 2, thing="door")
    publish(observers, 3, kind="action")
    for observer, expected in ((everything, [1, 2, 3]), (one, [1, 3]), (actions, [3])):
        events, missed = await observer.batch()
        assert ([event.data["value"] for event in events], missed) == (expected, 0)
    assert observers.count == 3
    observers.unsubscribe(one)
    observers.unsubscribe(one)
    publish(observers, 4)
    assert not one._queue


async def test_a_slow_observer_loses_the_oldest_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observers_module, "QUEUE_EVENTS", 3)
    observers = Observers()
    observer = observers.subscribe(None)
    publish(observers, *range(5))
    events, missed = await observer.batch()
    assert ([event.data["value"] for event in events], missed) == ([2, 3, 4], 2)
    publish(observers, 9)
    assert (await observer.batch())[1] == 0


async def test_whoever_comes_back_gets_what_is_still_known(monkeypatch: pytest.MonkeyPatch) -> None:
    observers = Observers()
    publish(observers, *range(5))
    publish(observers, 7, thing="door")
    observer = observers.subscribe({TOPIC}, after=3)
    events, _ = await observer.batch()
    assert [event.id for event in events] == [4, 5]
    assert observers.last_id == 6
    publish(observers, *range(observers_module.REPLAY_EVENTS))
    all_kept, _ = await observers.subscribe(None, after=0).batch()
    assert len(all_kept) == observers_module.REPLAY_EVENTS


async def test_closing_ends_the_wait() -> None:
    observers = Observers()
    observer = observers.subscribe(None)
    waiting = asyncio.create_task(observer.batch())
    await asyncio.sleep(0)
    observers.close()
    assert await waiting == ([], 0)
    publish(observers, 1)
    assert await observer.batch() == ([], 0), (
        "and what was still to come is not told to who has no right any more"
    )


async def test_a_wait_that_is_given_up_loses_nothing() -> None:
    observers = Observers()
    observer = observers.subscribe(None)
    waiting = asyncio.create_task(observer.batch())
    await asyncio.sleep(0)
    waiting.cancel()
    publish(observers, 1)
    await asyncio.gather(waiting, return_exceptions=True)
    assert len((await observer.batch())[0]) == 1


async def test_an_event_is_encoded_once() -> None:
    observers = Observers()
    one, other = observers.subscribe(None), observers.subscribe(None)
    publish(observers, 1)
    (first,), (second,) = (await one.batch())[0], (await other.batch())[0]
    assert first.body is second.body
    assert orjson.loads(first.body) == {
        "id": first.mark,
        "type": "property",
        "thing": "lamp",
        "name": "on",
        "at": "1970-01-01T00:00:01.500000Z",
        "value": 1,
    }


# ---------------------------------------------------------------- rights


async def test_rights_follow_the_rules_and_the_things(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("front-door")]) as rig:
        rights = rig.gateway.rights.of(AGENT)
        assert rights is rig.gateway.rights.of(AGENT)
        assert ("lamp", "on") in rights.writes
        assert ("lamp", "toggle") in rights.acts
        assert ("front-door", "unlock") in rights.acts, "after an approval"
        assert ("front-door", "unlock") not in rig.gateway.rights.of(GUEST).acts
        assert ("front-door", "unlock") in rig.gateway.rights.of(OWNER).acts
        assert ("nobody", "on") not in rights.sees
        assert "lamp" not in rights.sees
        assert not rights.show("nobody")

        rig.gateway.policy = compile_rules(parse("format = 1\n", name="household"), [])
        assert rig.gateway.rights.of(AGENT).things == frozenset()
        assert rig.gateway.rights.of(OWNER).of("lamp") is not None


async def test_rights_follow_a_thing_that_changes(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rights = rig.gateway.rights.of(CHILD)
        assert ("lamp", "on") in rights.writes
        rig.driver.announce(remade("lamp", "outlet"))
        await rig.suspended("lamp")
        await rig.gateway.registry.accept("lamp", by="anna")
        assert ("lamp", "on") not in rights.writes
        assert ("lamp", "on") in rights.sees
        await rig.gateway.registry.forget("lamp", by="anna")
        assert (rights.of("lamp"), rights.things) == (None, frozenset())


async def test_rights_are_kept_for_a_few_principals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rights_module, "CACHED_PRINCIPALS", 2)
    async with opened(tmp_path, [lamp()]) as rig:
        table = rig.gateway.rights
        for i in range(5):
            assert ("lamp", "on") in table.of(Principal(f"p{i}", Role.ADULT)).writes
        assert len(table._table) == 2


async def test_a_role_is_part_of_who_somebody_is(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("front-door")]) as rig:
        table = rig.gateway.rights
        assert ("front-door", "unlock") in table.of(Principal("x", Role.OWNER)).acts
        assert ("front-door", "unlock") not in table.of(Principal("x", Role.GUEST)).acts


class Things(dict[str, Adopted]):
    """As much of a registry as rights look at."""

    def __iter__(self) -> object:  # type: ignore[override]
        return iter(self.values())


def _house() -> Things:
    things = Things()
    for one in house():
        found = found_as("simulated", one)
        names = allot_names(found.components, {})
        thing = compose(one.id, one.title, found.components, names, room=one.room)
        things[one.id] = Adopted(
            thing, driver="simulated", device=one.id, components=found.components, room=one.room
        )
    return things


HOUSE = _house()
CAPABILITIES = sorted(
    {subject.capability for one in HOUSE.values() for subject in one.readable().values()}
    | {operation.capability for one in HOUSE.values() for operation in one.operations()}
)
PATTERNS = st.sampled_from(["*", *CAPABILITIES, *sorted({c.split(".")[0] + ".*" for c in CAPABILITIES})])
SELECTORS = st.fixed_dictionaries(
    {},
    optional={
        "things": st.lists(st.sampled_from(sorted(HOUSE.keys())), min_size=1, max_size=3, unique=True),
        "rooms": st.lists(
            st.sampled_from(["Study", "Hallway", "Garage"]), min_size=1, max_size=2, unique=True
        ),
    },
)
WHO = st.lists(st.sampled_from([role.value for role in Role]), min_size=1, max_size=3, unique=True)
ALLOWS = st.tuples(
    WHO,
    st.lists(PATTERNS, min_size=1, max_size=4, unique=True),
    st.lists(PATTERNS, min_size=1, max_size=4, unique=True),
    SELECTORS,
    st.sampled_from(["operate", "manage", "administer"]),
)
NEVERS = st.tuples(WHO, PATTERNS, SELECTORS)


def _rules(allows: list[tuple[object, ...]], nevers: list[tuple[object, ...]]) -> Policy:
    lines = ["format = 1"]
    for i, (who, may, see, where, privilege) in enumerate(allows):
        lines += [
            "[[allow]]",
            f'id = "a{i}"',
            f"who = {_toml(who)}",
            f"may = {_toml(may)}",
            f"see = {_toml(see)}",
        ]
        lines += [f"{name} = {_toml(value)}" for name, value in where.items()]  # type: ignore[attr-defined]
        lines += [f'privilege = "{privilege}"', 'why = "A test"']
    for i, (who, on, where) in enumerate(nevers):
        lines += ["[[limit]]", f'id = "n{i}"', f"who = {_toml(who)}", f"on = {_toml([on])}", "never = true"]
        lines += [f"{name} = {_toml(value)}" for name, value in where.items()]  # type: ignore[attr-defined]
        lines += ['why = "A test"']
    return compile_rules(
        parse("\n".join(lines), name="household"), [parse(defaults.load("safety"), name="safety")]
    )


def _toml(value: object) -> str:
    return orjson.dumps(value).decode()


@settings(max_examples=60, deadline=None)
@given(
    allows=st.lists(ALLOWS, min_size=1, max_size=3),
    nevers=st.lists(NEVERS, max_size=2),
    role=st.sampled_from(Role),
)
def test_rights_show_exactly_what_the_rules_give(
    allows: list[tuple[object, ...]], nevers: list[tuple[object, ...]], role: Role
) -> None:
    policy, principal = _rules(allows, nevers), Principal("x", role)
    rights = Rights(HOUSE, policy, principal)  # type: ignore[arg-type]
    for thing in HOUSE.values():
        for name, subject in thing.readable().items():
            assert ((thing.id, name) in rights.sees) == policy.may_see(principal, subject)
        for operation in thing.operations():
            usable = policy.may_use(principal, thing.subject(operation))
            group = rights.acts if operation.is_action else rights.writes
            assert ((thing.id, operation.name) in group) == usable
        assert (thing.id in rights.things) == rights.show(thing.id)
    table = RightsTable(HOUSE, lambda: policy)  # type: ignore[arg-type]
    assert table.of(principal).things == rights.things


async def test_a_child_sees_the_house_and_opens_no_door(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("front-door")]) as rig:
        assert _shown(rig, CHILD) == {"lamp", "front-door"}
        assert _shown(rig, Principal("nobody", Role.GUEST_AGENT)) == set()


def _shown(rig: Rig, principal: Principal) -> set[str]:
    return set(rig.gateway.rights.of(principal).things)
