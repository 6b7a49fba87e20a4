"""Pairing by setup code with HAP-python: right, wrong, taken, taken back, forgotten."""

from __future__ import annotations

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.readings import Contact
from drivers.driver import Candidate, DriverError, NotSent, Rejected, Uncertain, Withdrawn
from drivers.homekit.keys import Keys
from drivers.homekit.left import MAX_LEFT, Left
from drivers.homekit.pin import FORBIDDEN, setup_code
from gateway.clock import SystemClock
from tests.drivers.contract import wait_for
from tests.drivers.homekit.conftest import Bench
from tests.drivers.homekit_bench import PIN, Accessory, AccessoryDriver, Bridge, until

PATIENCE_S = 15.0


def lamp(driver: AccessoryDriver) -> Accessory:
    accessory = Accessory(driver, "Desk lamp")
    accessory.set_info_service("1.2.3", "Lux", "L1", "LUX-0042-77")
    accessory.add_preload_service("Lightbulb", chars=["On", "Brightness"])
    return accessory


def bridge(driver: AccessoryDriver) -> Bridge:
    made = Bridge(driver, "Bridge")
    for aid, name in ((2, "One"), (3, "Two"), (5, "Three")):
        accessory = Accessory(driver, name, aid=aid)
        accessory.add_preload_service("Outlet")
        made.add_accessory(accessory)
    return made


async def candidate(bench: Bench, *, asks: bool | None = None, device: str = "") -> Candidate:
    def wanted(item: Candidate | Withdrawn) -> bool:
        return (
            isinstance(item, Candidate)
            and (asks is None or bool(item.asks) is asks)
            and (not device or item.id == device)
        )

    found = await wait_for(bench.driver.candidates(), wanted)
    assert isinstance(found, Candidate)
    return found


async def test_unpairing_and_pairing_at_once_leaves_it_paired(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = await bench.add(lamp)
    disk, delete = asyncio.Event(), bench.vault.delete

    async def slow(device: str) -> None:
        await disk.wait()
        await delete(device)

    async with bench.driver as driver:
        await candidate(bench, asks=False)
        monkeypatch.setattr(bench.vault, "delete", slow)
        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
            unpairing = group.create_task(driver.unpair(peer.id))
            await asyncio.sleep(0)
            pairing = group.create_task(driver.pair(peer.id, PIN, PATIENCE_S))
            await until(lambda: not peer.driver.state.paired)
            disk.set()
        assert unpairing.done()
        assert pairing.result().components
        assert set(await bench.vault.load()) == {peer.id}
        assert peer.driver.state.paired


async def test_a_new_accessory_asks_for_its_code_and_is_described_with_it(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("pyhap").setLevel(logging.WARNING)  # the other side writes everything
    peer = await bench.add(lamp, paired=False)
    async with bench.driver as driver:
        found = await candidate(bench)
        assert (found.id, found.components) == (peer.id, ())
        assert found.asks is not None
        assert (found.asks.what, found.asks.example) == ("pin", "123-45-678")
        assert "1 accessories and bridges were seen" in driver.health().detail
        paired = await driver.pair(peer.id, PIN.replace("-", ""), PATIENCE_S)
        assert (paired.title, paired.manufacturer, paired.model) == ("Desk lamp", "Lux", "L1")
        assert paired.identities == {"serial:lux-0042-77"}
        assert {one.kind for one in paired.components} == {"light", "setting"}
        assert paired.asks is None
        assert await driver.pair(peer.id, PIN, PATIENCE_S) == driver.recall(peer.id), (
            "a second time it is paired"
        )
        secret = bench.vault.kept[peer.id]
    assert b'"controller_secret"' in secret
    assert PIN not in caplog.text
    for key in peer.driver.state.paired_clients.values():
        assert key.hex() not in caplog.text
    assert secret.decode().split('"controller_secret":"')[1][:64] not in caplog.text


async def test_it_is_ours_after_a_restart(bench: Bench) -> None:
    peer = await bench.add(lamp, paired=False)
    async with bench.driver as driver:
        await candidate(bench)
        await driver.pair(peer.id, PIN, PATIENCE_S)
    async with bench.driver:
        again = await candidate(bench)
        assert again.components
        assert again.asks is None


async def test_a_wrong_code_is_refused_with_a_word_on_being_locked_out(bench: Bench) -> None:
    peer = await bench.add(lamp, paired=False)
    async with bench.driver as driver:
        await candidate(bench)
        with pytest.raises(Rejected, match=r"setup code is wrong.*100 wrong codes"):
            await driver.pair(peer.id, "123-45-679", PATIENCE_S)
        assert not bench.vault.kept
        assert (await driver.pair(peer.id, PIN, PATIENCE_S)).components


async def test_what_somebody_else_paired_must_be_freed_first(bench: Bench) -> None:
    peer = await bench.add(lamp)
    bench.vault.kept.clear()
    async with bench.driver as driver:
        found = await candidate(bench)
        assert found.asks is None
        assert not found.components
        assert "somebody else" in found.problems[0]
        assert "reset" in found.problems[0]
        with pytest.raises(Rejected, match="paired with somebody else"):
            await driver.pair(peer.id, PIN, PATIENCE_S)


async def test_unpairing_frees_the_accessory_and_keeps_nothing(bench: Bench) -> None:
    peer = await bench.add(lamp)
    bench.driver.keep({peer.id})
    async with bench.driver as driver:
        await candidate(bench, asks=False)
        await driver.unpair(peer.id)
        assert not bench.vault.kept
        assert not peer.driver.state.paired
        assert (await candidate(bench, asks=True)).components == ()
        await driver.pair(peer.id, PIN, PATIENCE_S)


async def test_unpairing_one_that_is_gone_says_to_reset_it(bench: Bench) -> None:
    peer = await bench.add(lamp)
    async with bench.driver as driver:
        await candidate(bench, asks=False)
        await peer.wire.pull()
        with pytest.raises(DriverError, match="reset it"):
            await driver.unpair(peer.id)
        told = await candidate(bench)
        assert (told.asks, told.components) == (None, ())
        assert "it was paired with this Hearth until 20" in told.problems[0]
        (kept,) = bench.vault.kept.items()
        assert kept[0] == f"left {peer.id}"
        assert len(kept[1]) == len("2026-01-01"), "a day, and no secret"
    async with bench.driver:
        again = await candidate(bench)
        assert again.problems == told.problems, "and after a restart"


async def test_of_one_that_is_paired_here_again_nothing_is_remembered(bench: Bench) -> None:
    peer = await bench.add(lamp, paired=False)
    left = Left(bench.vault, SystemClock())
    await left.note(peer.id)
    async with bench.driver as driver:
        assert (await candidate(bench)).asks is not None
        await driver.pair(peer.id, PIN, PATIENCE_S)
        assert list(bench.vault.kept) == [peer.id]


async def test_what_is_remembered_of_those_is_bounded(bench: Bench) -> None:
    left = Left(bench.vault, SystemClock())
    for number in range(MAX_LEFT + 1):
        await left.note(f"02:00:00:00:00:{number:02x}")
    assert len(bench.vault.kept) == MAX_LEFT
    assert not left.why("02:00:00:00:00:00")
    bench.vault.kept["left 02:00:00:00:00:09"] = b"\xff no day"
    assert left.take_out({**bench.vault.kept, "02:00:00:00:00:aa": b"keys"}) == {"02:00:00:00:00:aa": b"keys"}
    assert "until it was forgotten" in left.why("02:00:00:00:00:09")


async def test_a_pairing_whose_keys_cannot_be_stored_is_taken_back(bench: Bench) -> None:
    peer = await bench.add(lamp, paired=False)
    bench.vault.broken = True
    async with bench.driver as driver:
        await candidate(bench)
        with pytest.raises(NotSent, match="No space left"):
            await driver.pair(peer.id, PIN, PATIENCE_S)
    assert not peer.driver.state.paired


async def test_one_that_was_reset_must_be_paired_anew(bench: Bench) -> None:
    peer = await bench.add(lamp)
    bench.driver.keep({peer.id})
    async with bench.driver as driver:
        await candidate(bench, asks=False)
        for client in list(peer.driver.state.paired_clients):
            peer.driver.unpair(client)
        await peer.restart()
        assert (await candidate(bench, asks=True)).id == peer.id
        assert any("paired anew" in line for line in driver.health().problems)
        await driver.pair(peer.id, PIN, PATIENCE_S)
        assert (await candidate(bench, asks=False)).components


async def test_whoever_waits_for_a_pairing_may_give_up_and_the_keys_are_kept(bench: Bench) -> None:
    peer = await bench.add(lamp, paired=False)
    async with bench.driver as driver:
        await candidate(bench)
        waiting = asyncio.create_task(driver.pair(peer.id, PIN, PATIENCE_S))
        await until(lambda: peer.driver.http_server.connections)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert (await candidate(bench, asks=False)).components
        assert peer.id in bench.vault.kept


async def test_a_bridge_is_paired_once_and_those_behind_it_come_by_themselves(bench: Bench) -> None:
    peer = await bench.add(bridge, paired=False)
    async with bench.driver as driver:
        await candidate(bench)
        with pytest.raises(Rejected, match="by its bridge"):
            await driver.pair(f"{peer.id}:2", PIN, PATIENCE_S)
        paired = await driver.pair(peer.id, PIN, PATIENCE_S)
        assert (paired.id, paired.via, [one.kind for one in paired.components]) == (peer.id, "", ["setting"])
        for aid, name in ((2, "One"), (3, "Two"), (5, "Three")):
            behind = await candidate(bench, device=f"{peer.id}:{aid}")
            assert (behind.title, behind.via) == (name, peer.id)
            assert "outlet" in {one.kind for one in behind.components}
        await driver.unpair(f"{peer.id}:3")
        assert peer.driver.state.paired, "the pairing is the bridge's"


async def test_one_that_leaves_its_bridge_is_withdrawn(bench: Bench) -> None:
    peer = await bench.add(bridge)
    bench.driver.keep({f"{peer.id}:5"})
    async with bench.driver as driver:
        await candidate(bench, device=f"{peer.id}:5")
        await wait_for(driver.reports(), lambda item: isinstance(item, Contact) and item.reachable)
        del peer.accessory.accessories[5]
        peer.driver.config_changed()
        gone = await wait_for(bench.driver.candidates(), lambda item: isinstance(item, Withdrawn))
        assert gone.id == f"{peer.id}:5"
        told = await wait_for(driver.reports(), lambda item: isinstance(item, Contact))
        assert isinstance(told, Contact)
        assert (told.device, told.reachable) == (f"{peer.id}:5", False)


@pytest.mark.parametrize("code", ["", "1234567", "12-345-678", "123-45-6789", "abc-de-fgh", "１２３-45-678"])
def test_what_is_no_code_is_refused_without_saying_it(code: str) -> None:
    with pytest.raises(Rejected, match="eight digits") as refused:
        setup_code(code)
    assert not code or code not in str(refused.value)


@pytest.mark.parametrize("code", sorted(FORBIDDEN))
def test_codes_that_the_specification_forbids_are_refused(code: str) -> None:
    with pytest.raises(Rejected, match="too plain"):
        setup_code(code)


def test_codes_are_taken_with_and_without_dashes() -> None:
    assert setup_code(" 03145154 ") == setup_code("031-45-154") == "031-45-154"


async def test_pairing_that_is_under_way_ends_with_the_driver(bench: Bench) -> None:
    peer = await bench.add(lamp, paired=False)
    async with bench.driver as driver:
        await candidate(bench)
        waiting = asyncio.create_task(driver.pair(peer.id, PIN, PATIENCE_S))
        await until(lambda: peer.driver.http_server.connections)
    with pytest.raises(Uncertain, match="stopped"):
        await waiting


async def test_one_that_is_ours_and_out_of_reach_is_not_paired_again(bench: Bench) -> None:
    peer = await bench.add(lamp)
    await peer.wire.pull()
    async with bench.driver as driver:
        with pytest.raises(NotSent, match="is paired"):
            await driver.pair(peer.id, PIN, 0.1)


@given(st.binary(max_size=200) | st.sampled_from([b"{}", b"[]", b'{"version":1}', b'{"version":1,"x":"y"}']))
def test_whatever_lies_in_the_vault_is_keys_or_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        Keys.decode(stored)
