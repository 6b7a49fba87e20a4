"""What a person learns of a Thing that is announced otherwise, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.readings import Contact
from capabilities.stored import components_from_json, components_to_json
from capabilities.vocabulary import Hazard
from drivers.driver import Candidate, Endpoint
from drivers.simulated.memory import MemoryDriver
from drivers.simulated.timeline import ManualTimeline
from gateway.absence import ANNOUNCED_WITHIN_S, NOT_ANNOUNCED, Absence
from gateway.arrivals import find_again
from gateway.changes import AnnouncedOtherwise, NothingWaits, differences, reason, seal
from gateway.commands import Reason, Result
from tests.gateway.core.rig import device, how, lamp, opened, remade, until

FOUND = ("simulated", "lamp")

ON = AffordanceDescription("on", "p/on", writable=True)
BOILER = ComponentDescription(
    "boiler", "switch", (ON,), "Boiler", fingerprint="1", commands=("on → boiler/set",)
)


def described(*components: ComponentDescription, fingerprint: str = "1") -> Candidate:
    return Candidate("simulated", "x", Endpoint("test", "x"), "x", components, fingerprint)


def relay(fingerprint: str) -> Candidate:
    return described(replace(BOILER, fingerprint=fingerprint))


# ---------------------------------------------------------------- in words


@pytest.mark.parametrize(
    ("again", "said"),
    [
        (BOILER, []),
        (
            replace(BOILER, fingerprint="2", commands=("on → tv/steal",)),
            ["Boiler: on goes elsewhere: boiler/set → tv/steal"],
        ),
        (
            replace(BOILER, fingerprint="2", kind="light"),
            ["Boiler is announced as a light, was a switch"],
        ),
        (replace(BOILER, fingerprint="2"), ["Boiler: other payloads, templates or readings"]),
        (
            replace(BOILER, affordances=(replace(ON, hazard=Hazard.PROPERTY),)),
            ["Boiler: on has hazard 2, had 0"],
        ),
        (
            replace(BOILER, affordances=(AffordanceDescription("power", "p/power"),)),
            ["Boiler has more: power", "Boiler has no more: on"],
        ),
        (replace(BOILER, title="Kettle"), []),
    ],
    ids=["as it was", "elsewhere", "kind", "payloads", "hazard", "affordances", "title"],
)
def test_a_change_in_words(again: ComponentDescription, said: list[str]) -> None:
    assert differences([BOILER], [again]) == said


def test_where_commands_went_may_not_be_known() -> None:
    old = replace(BOILER, commands=())
    again = replace(BOILER, fingerprint="2")
    assert differences([old], [again]) == ["Boiler: on goes to boiler/set, nobody knows where it went"]
    assert differences([old], [replace(old, fingerprint="2")]) == ["Boiler: other commands"]


def test_components_that_come_and_go() -> None:
    usb = ComponentDescription("usb", "light", (ON,), "Lamp")
    meter = ComponentDescription("meter", "power", (AffordanceDescription("power", "p/w"),), "Meter")
    assert differences([BOILER, meter], [BOILER, usb]) == [
        "Lamp is new, a light: on",
        "Meter is not announced any more (power)",
    ]
    assert differences([BOILER], [replace(usb, key="light/boiler")]) == [
        "Boiler is announced as a light, was a switch"
    ]


def test_a_reason_is_one_line() -> None:
    assert reason(["a", "b"]) == "announced anew: a; b"
    assert reason(["a", "b", "c", "d", "e"]) == "announced anew: a; b; c; and 2 more"


def test_where_commands_go_is_stored_and_decides_nothing() -> None:
    (stored,) = components_from_json(components_to_json((BOILER,)))
    assert stored.commands == ("on → boiler/set",)
    assert stored == replace(BOILER, commands=())


# ---------------------------------------------------------------- suspended


async def test_a_suspension_outlives_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.driver.announce(remade("lamp", "switch"))
        await rig.suspended("lamp")
        said = (
            "announced anew: light is announced as a switch, was a light; light has no more: brightness, set"
        )
        assert rig.thing("lamp").suspended == said
    async with opened(tmp_path, [], adopt="ask") as rig:
        assert rig.thing("lamp").suspended == "announced anew with other commands"
        with pytest.raises(NothingWaits, match="not announced now"):
            await rig.gateway.registry.accept("lamp", by="anna")
    async with opened(tmp_path, [remade("lamp", "switch")], adopt="ask") as rig:
        assert rig.thing("lamp").suspended == said
        outcome = await rig.run("lamp.on", True)
        assert outcome.reason is Reason.SUSPENDED
        assert len(await rig.rows("incident")) == 1, "it is the same suspension"
        await rig.gateway.registry.accept("lamp", by="anna")
        assert (await rig.run("lamp.on", True)).result is Result.CONFIRMED
    async with opened(tmp_path, [remade("lamp", "switch")], adopt="ask") as rig:
        assert not rig.thing("lamp").suspended


async def test_announced_as_before_it_is_operated_again(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.driver.announce(remade("lamp", "switch"))
        await rig.suspended("lamp")
        rig.driver.announce(lamp())
        await until(lambda: not rig.thing("lamp").suspended)
        await rig.settle()
        assert FOUND not in rig.gateway.registry.inbox
        assert (await rig.run("lamp.on", True)).result is Result.CONFIRMED
        assert [row.body for row in await rig.rows("thing")] == [{"resumed": "announced as before again"}]
    async with opened(tmp_path, [], adopt="ask") as rig:
        assert not rig.thing("lamp").suspended


async def test_what_is_as_it_was_cannot_be_accepted(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        with pytest.raises(NothingWaits, match="lamp is as it was adopted"):
            await rig.gateway.registry.accept("lamp", by="anna")
        assert not await rig.rows("thing")


async def test_only_what_was_looked_at_is_accepted(tmp_path: Path) -> None:
    async with opened(tmp_path, [], adopt="ask") as rig:
        registry = rig.gateway.registry
        await registry.adopt(relay("1"))
        await registry.see(relay("2"))
        seen = seal(registry.inbox["simulated", "x"])
        await registry.see(relay("3"))
        with pytest.raises(AnnouncedOtherwise):
            await registry.accept("x", by="anna", seen=seen)
        assert rig.thing("x").suspended
        assert not (
            await registry.accept("x", by="anna", seen=seal(registry.inbox["simulated", "x"]))
        ).suspended


async def test_the_ledger_tells_what_was_suspended_and_accepted(tmp_path: Path) -> None:
    async with opened(tmp_path, [], adopt="ask") as rig:
        registry = rig.gateway.registry
        await registry.adopt(relay("1"))
        stolen = replace(BOILER, fingerprint="2", commands=("on → tv/steal",))
        await registry.see(described(stolen))
        line = "Boiler: on goes elsewhere: boiler/set → tv/steal"
        await registry.accept("x", by="anna")
        (incident,) = await rig.rows("incident")
        assert incident.body == {"suspended": f"announced anew: {line}", "changes": [line]}
        (accepted,) = await rig.rows("thing")
        assert accepted.body == {"accepted": True, "changes": [line]}
    async with opened(tmp_path, [], adopt="ask") as rig:
        assert rig.thing("x").components[0].commands == ("on → tv/steal",)


async def test_a_relay_that_is_announced_as_a_lamp_keeps_its_names(tmp_path: Path) -> None:
    async with opened(tmp_path, [], adopt="ask") as rig:
        registry = rig.gateway.registry
        await registry.adopt(relay("1"))
        affordances = (
            replace(ON, point="q/on"),
            AffordanceDescription("brightness", "q/brightness", writable=True),
        )
        await registry.see(described(ComponentDescription("light/x", "light", affordances, "Reading lamp")))
        assert not rig.thing("x").suspended
        assert set(rig.thing("x").slots) == {"on"}
        adopted = await registry.accept("x", by="anna")
        assert {name: slot.property.point for name, slot in adopted.slots.items()} == {
            "on": "q/on",
            "brightness": "q/brightness",
        }
        assert set(registry.points("simulated")) == {"q/on", "q/brightness"}


# ---------------------------------------------------------------- forgotten


async def test_what_is_forgotten_is_found_again(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        registry = rig.gateway.registry
        await registry.forget("lamp", by="anna")
        find_again(rig.gateway, *FOUND)
        assert (await registry.adopt(registry.inbox[FOUND], by="anna")).id == "lamp"
        rig.gateway.ingest.catch_up(*FOUND)
        rig.driver.withdraw(rig.driver.devices["lamp"])
        await registry.forget("lamp", by="anna")
        find_again(rig.gateway, *FOUND)
        find_again(rig.gateway, "nobody", "lamp")
        assert not registry.inbox


# ---------------------------------------------------------------- withdrawn while the gateway was down


async def test_what_nothing_announces_any_more_is_out_of_reach(tmp_path: Path) -> None:
    devices = [lamp(), device("kitchen-leak")]
    async with opened(tmp_path, devices):
        pass
    clock = ManualTimeline()
    async with opened(tmp_path, devices[1:], adopt="ask", clock=clock) as rig:
        absence = Absence(rig.gateway, rig.driver)
        assert rig.thing("lamp").reach.reachable is None

        async def pause(seconds: float) -> None:
            clock.advance(seconds)

        began = clock.monotonic()
        await absence.watch(pause)
        assert clock.monotonic() - began == ANNOUNCED_WITHIN_S
        reach = rig.thing("lamp").reach
        assert (reach.reachable, reach.reason) == (False, NOT_ANNOUNCED)
        assert rig.thing("kitchen-leak").reach.reachable
        assert {"change": "unreachable", "reason": NOT_ANNOUNCED} in rig.told("thing", "lamp")
        assert how(await rig.run("lamp.on", True)) == (Result.NOT_SENT, Reason.DEVICE_UNREACHABLE)
        rig.driver.announce(lamp())
        await until(lambda: rig.thing("lamp").reach.reachable)


async def test_what_its_driver_says_of_what_is_not_there_stays(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("kitchen-leak")]) as rig:
        gateway = rig.gateway
        refused = Contact("lamp", reachable=False, at=1.0, reason="10.0.0.7: connection refused")
        gateway.ingest.contact("simulated", refused)
        gateway.ingest.driver_stopped("simulated", "it crashed")
        gateway.ingest.contact("simulated", refused)
        for one in list(rig.driver.devices):
            del rig.driver.devices[one]
        Absence(gateway, rig.driver).look(rig.driver)
        assert rig.thing("lamp").reach.reason == "10.0.0.7: connection refused"
        assert rig.thing("kitchen-leak").reach.reason == NOT_ANNOUNCED


class Addressed(MemoryDriver):
    """Looks for its devices where they should be."""

    silent = "10.0.0.7: connection refused"

    def why_unseen(self, device: str) -> str:
        return self.silent


async def test_what_does_not_answer_at_its_address_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]):
        pass
    async with opened(tmp_path, [], adopt="ask") as rig:
        driver = Addressed([])
        absence, reach = Absence(rig.gateway, driver), rig.thing("lamp").reach
        absence.ask()
        assert (reach.reachable, reach.reason) == (False, driver.silent)
        driver.silent = ""
        absence.ask()
        assert (reach.reachable, reach.reason) == (None, "")
        driver.silent = "10.0.0.7: no route"
        absence.look(driver)
        assert (reach.reachable, reach.reason) == (False, driver.silent)


async def test_while_a_driver_is_not_connected_nothing_of_it_is_in_reach(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]):
        pass
    async with opened(tmp_path, [], adopt="ask") as rig:
        absence, reach = Absence(rig.gateway, rig.driver), rig.thing("lamp").reach
        rig.driver.linked = False
        absence.ask()
        assert (reach.reachable, reach.reason) == (False, "0 simulated devices")
        rig.driver.linked = True
        absence.ask()
        assert reach.reachable is None


async def test_its_time_begins_when_the_driver_is_connected(tmp_path: Path) -> None:
    clock = ManualTimeline()
    async with opened(tmp_path, [], adopt="ask", clock=clock) as rig:
        absence = Absence(rig.gateway, rig.driver)
        assert not absence.is_over()
        rig.driver.linked = False
        clock.advance(ANNOUNCED_WITHIN_S)
        assert not absence.is_over()
        rig.driver.linked = True
        assert not absence.is_over()
        clock.advance(ANNOUNCED_WITHIN_S)
        assert absence.is_over()
