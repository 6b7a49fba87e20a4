"""Lost and found again: restarts, other addresses, other services, states that were missed, lies about all of that."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from capabilities.readings import Contact, Observation, Report
from capabilities.vocabulary import Json
from drivers.driver import Candidate, NotSent, Withdrawn
from tests.drivers.contract import wait_for
from tests.drivers.homekit.conftest import Bench
from tests.drivers.homekit_bench import Accessory, AccessoryDriver, Bridge, Peer, until


def outlet(driver: AccessoryDriver) -> Accessory:
    made = Accessory(driver, "Outlet")
    made.add_preload_service("Outlet")
    return made


def bridge(driver: AccessoryDriver) -> Bridge:
    made = Bridge(driver, "Bridge")
    for aid in (2, 3):
        behind = Accessory(driver, f"Outlet {aid}", aid=aid)
        behind.add_preload_service("Outlet")
        made.add_accessory(behind)
    return made


async def contact(bench: Bench, reachable: bool, device: str = "") -> Contact:
    def wanted(item: Observation) -> bool:
        return isinstance(item, Contact) and item.reachable is reachable and item.device.startswith(device)

    found = await wait_for(bench.driver.reports(), wanted)
    assert isinstance(found, Contact)
    return found


async def shows(bench: Bench, point: str, value: Json) -> None:
    await wait_for(
        bench.driver.reports(),
        lambda item: isinstance(item, Report) and item.point == point and item.reading.value is value,
    )


async def candidate(bench: Bench) -> Candidate:
    found = await wait_for(bench.driver.candidates(), lambda item: isinstance(item, Candidate))
    assert isinstance(found, Candidate)
    return found


async def kept(bench: Bench) -> tuple[Peer, str]:
    peer = await bench.add(outlet)
    bench.driver.keep({peer.id})
    return peer, f"{peer.id}|8#on"


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_it_is_found_again_after_a_restart_here_or_elsewhere(bench: Bench, elsewhere: bool) -> None:
    peer, point = await kept(bench)
    async with bench.driver as driver:
        before = await candidate(bench)
        await contact(bench, True)
        await peer.restart(elsewhere=elsewhere)
        await contact(bench, False)
        await contact(bench, True)
        await driver.write(point, True, 5)
        assert peer.char("Outlet", "On").value is True
        after = driver.recall(peer.id)
        assert after is not None
        assert (after.id, after.fingerprint) == (before.id, before.fingerprint)
        assert (after.endpoint == before.endpoint) is not elsewhere


async def test_a_new_address_without_a_goodbye_is_followed(bench: Bench) -> None:
    peer, point = await kept(bench)
    async with bench.driver as driver:
        await contact(bench, True)
        target = peer.wire._target
        await peer.wire.pull()
        peer.wire.port = 0
        await peer.wire.lay(target)
        assert peer.advertiser.said is not None
        peer.advertiser.said = replace(peer.advertiser.said, port=peer.wire.port)
        peer.advertiser.again()
        await contact(bench, False)
        await contact(bench, True)
        await driver.write(point, True, 5)


async def test_who_says_to_be_it_elsewhere_changes_nothing(bench: Bench) -> None:
    """Somebody announces its id at his own address, answers nothing there, and the accessory restarts meanwhile."""
    peer, point = await kept(bench)
    visits: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(writer)
        await reader.read(1000)
        # "I do not know you": what anybody can say.
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\x06\x01\x02\x07\x01\x02")

    liar = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with bench.driver as driver:
        await contact(bench, True)
        assert peer.advertiser.said is not None
        lie = replace(
            peer.advertiser.said,
            name="Outlet (2)",
            port=liar.sockets[0].getsockname()[1],
            addresses=("127.0.0.1",),
        )
        bench.services.tell(lie)
        await driver.write(point, True, 5)
        for link in list(peer.driver.http_server.connections.values()):
            link.close()
        await contact(bench, False)
        bench.services.tell(lie)
        await contact(bench, True)
        assert visits
        await driver.write(point, False, 5)
        found = driver.recall(peer.id)
        assert found is not None
        assert found.asks is None
    for writer in visits:
        writer.close()
    liar.close()
    await liar.wait_closed()


async def test_new_services_are_read_and_the_candidate_changes(bench: Bench) -> None:
    peer, _ = await kept(bench)
    async with bench.driver:
        before = await candidate(bench)
        await contact(bench, True)
        peer.accessory.add_preload_service("Lightbulb")
        peer.driver.config_changed()
        after = await candidate(bench)
        assert {one.kind for one in after.components} == {"setting", "outlet", "light"}
        assert after.fingerprint != before.fingerprint
        light = next(one for one in after.components if one.kind == "light")
        await shows(bench, f"{peer.id}|{light.key}#on", False)


async def test_the_same_services_have_the_same_fingerprint_whatever_their_state(bench: Bench) -> None:
    peer, _ = await kept(bench)
    async with bench.driver:
        before = await candidate(bench)
    await peer.tell(peer.char("Outlet", "On"), True)
    async with bench.driver:
        assert (await candidate(bench)).fingerprint == before.fingerprint


async def test_a_state_that_was_missed_is_read_when_it_says_so(bench: Bench) -> None:
    peer, point = await kept(bench)
    async with bench.driver:
        await shows(bench, point, False)
        peer.char("Outlet", "On").value = True  # and tells nobody
        assert peer.advertiser.said is not None
        said = peer.advertiser.said
        bench.services.tell(replace(said, properties={**said.properties, "s#": "2"}))
        await shows(bench, point, True)


async def test_what_is_not_told_is_asked_for(bench: Bench) -> None:
    def mute(driver: AccessoryDriver) -> Accessory:
        made = outlet(driver)
        made.get_service("Outlet").get_characteristic("On").properties["Permissions"] = ["pr", "pw"]
        return made

    peer = await bench.add(mute)
    bench.driver.keep({peer.id})
    bench.driver.poll_s = 0.05
    async with bench.driver:
        await shows(bench, f"{peer.id}|8#on", False)
        peer.char("Outlet", "On").value = True
        await shows(bench, f"{peer.id}|8#on", True)


async def test_one_behind_a_bridge_that_is_out_of_reach(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = await bench.add(bridge)
    bench.driver.keep({f"{peer.id}:2", f"{peer.id}:3"})
    one = peer.accessory.accessories[2]
    async with bench.driver:
        await contact(bench, True, f"{peer.id}:2")
        await contact(bench, True, f"{peer.id}:3")
        said = peer.advertiser.said
        assert said is not None
        with monkeypatch.context() as patch:
            patch.setattr(Accessory, "available", property(lambda self: self.aid != 2))
            bench.services.tell(replace(said, properties={**said.properties, "s#": "2"}))
            gone = await contact(bench, False)
            assert gone.device == f"{peer.id}:2"
            assert "cannot be reached" in gone.reason
        await peer.tell(peer.char("Outlet", "On", one), True)
        assert (await contact(bench, True)).device == f"{peer.id}:2"


async def test_only_things_are_listened_to(bench: Bench) -> None:
    peer = await bench.add(bridge)
    async with bench.driver as driver:
        await candidate(bench)
        assert not peer.driver.topics, "nobody is a Thing: nothing is subscribed to"
        driver.keep({f"{peer.id}:3"})
        await contact(bench, True, f"{peer.id}:3")
        assert {topic.partition(".")[0] for topic in peer.driver.topics} == {"3"}


async def test_one_that_is_never_announced_is_told_to_be_missing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.homekit.hub.ANNOUNCED_S", 0.01)
    peer, point = await kept(bench)
    await peer.stop()
    async with bench.driver as driver:
        assert "not announced" in (await contact(bench, False)).reason
        with pytest.raises(NotSent, match="not announced"):
            await driver.write(point, True, 5)
    await peer.start()


async def test_the_driver_runs_a_second_time(bench: Bench) -> None:
    peer, point = await kept(bench)
    for _ in range(2):
        async with bench.driver as driver:
            await contact(bench, True)
            await driver.write(point, True, 5)
            bench.services.lose(peer.advertiser.said.name if peer.advertiser.said else "")
            gone = await wait_for(driver.candidates(), lambda item: isinstance(item, Withdrawn))
            assert gone.id == peer.id
            await driver.write(point, False, 5)
        peer.advertiser.again()
    await until(lambda: not peer.driver.http_server.connections)


async def test_a_thing_whose_keys_are_gone_is_told_to_be_so(bench: Bench) -> None:
    peer, point = await kept(bench)
    bench.vault.kept.clear()
    async with bench.driver as driver:
        assert "keys are gone" in (await contact(bench, False)).reason
        assert not driver.health().connected
        with pytest.raises(NotSent, match=r"cannot be used now|not known"):
            await driver.write(point, True, 5)
    assert not peer.driver.http_server.connections


async def test_keys_that_cannot_be_read_are_named(bench: Bench) -> None:
    peer, _ = await kept(bench)
    bench.vault.kept[peer.id] = b"\x00 not ours"
    async with bench.driver as driver:
        assert any("keys cannot be read" in line for line in driver.health().problems)
        await driver.unpair(peer.id)
        assert not bench.vault.kept


async def test_a_slow_lamp_is_looked_at_until_it_shows_what_it_was_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the value, and shows it only later, and tells nobody: as the specification has it for whoever asked."""
    peer, point = await kept(bench)
    async with bench.driver as driver:
        await shows(bench, point, False)
        on = peer.char("Outlet", "On")
        on.setter_callback = lambda _: setattr(on, "value", False)
        monkeypatch.setattr("drivers.homekit.commands.LOOKS_S", (0.0, 0.05))
        await driver.write(point, True, 5)
        await shows(bench, point, False)
        on.value = True
        await shows(bench, point, True)
