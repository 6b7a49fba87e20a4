"""The shared scanner, on bumble's virtual radio: marks, connections, and an adapter that comes, goes and gets stuck."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from pathlib import Path

import pytest
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakDBusError
from hypothesis import given
from hypothesis import strategies as st

from drivers.discovery import bluetooth
from drivers.discovery.bluetooth import BleScanner
from drivers.discovery.bluetooth_power import AdapterState
from drivers.discovery.bluetooth_troubles import trouble
from drivers.discovery.bluetooth_watchdog import POWER_CYCLE_REST_S, SILENCE_S, Step, Watchdog
from drivers.discovery.declared import Declared
from drivers.discovery.seen import Advertisement
from drivers.driver import NotSent
from tests.drivers.ble_air import Air, Relay, advertised, speaking
from tests.drivers.ble_backend import backend
from tests.drivers.ble_bench import BTHOME, PutForward, virtual_radio

PATIENCE_S = 10.0
BATTERY = "0000180f-0000-1000-8000-00805f9b34fb"


class FakePower:
    """An adapter that is asked and cycled."""

    def __init__(self, *, works: bool = True) -> None:
        self.works, self.cycled = works, 0
        self.now: AdapterState | None = None

    async def state(self, _: str) -> AdapterState | None:
        return self.now

    async def cycle(self, _: str) -> bool:
        self.cycled += 1
        return self.works


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110 -- what a library has, without telling
            await asyncio.sleep(0.005)


@pytest.fixture
async def room() -> AsyncIterator[tuple[Air, BleScanner, PutForward]]:
    clock = PutForward()
    async with virtual_radio(clock) as (air, radio):
        yield air, radio, clock


Room = tuple[Air, BleScanner, PutForward]


async def test_a_watch_hears_what_has_its_marks(room: Room) -> None:
    air, radio, _ = room
    data: list[Advertisement] = []
    battery: list[Advertisement] = []
    all_: list[Advertisement] = []
    radio.watch(Declared(service_data=(BTHOME,)), data.append)
    stop = radio.watch(Declared(service_uuids=(BATTERY.upper(),)), battery.append)
    radio.watch(Declared(), all_.append)

    def mistaken(_: Advertisement) -> None:
        raise RuntimeError("a watcher's own mistake")

    radio.watch(Declared(), mistaken)
    sensor = advertised("Sensor", data=[(0xFCD2, b"\x40\x01\x61")])
    async with (
        speaking(air, "F0:00:00:00:00:21", sensor),
        speaking(air, "F0:00:00:00:00:22", advertised("B", [0x180F])),
    ):
        await until(lambda: data and battery and len({one.address for one in all_}) == 2)
        assert {one.address for one in data} == {"f0:00:00:00:00:21"}
        assert {one.address for one in battery} == {"f0:00:00:00:00:22"}
        assert data[0].service_data == {BTHOME: b"\x40\x01\x61"}
        assert (data[0].name, data[0].rssi < 0) == ("Sensor", True)
        stop()
        stop()
        battery.clear()
        before = len(all_)
        await until(lambda: len(all_) > before + 4)
        assert battery == []
    assert radio.health().counters["failed_watchers"] > 0
    assert radio.health().connected


async def test_an_adapter_that_is_not_there_is_told_and_found_later() -> None:
    async with Air() as air:
        air.powered = False
        async with BleScanner(PutForward(), backend=backend(air), check_s=0.02) as radio:
            await until(lambda: radio.health().counters["failed_starts"] >= 2)
            assert not radio.health().connected
            assert "plug in" in radio.health().problems[0]
            air.powered = True
            await until(lambda: radio.health().connected)
            assert radio.health().problems == ()


async def test_a_silent_adapter_is_restarted_opened_anew_and_switched_off_and_on() -> None:
    clock, power = PutForward(), FakePower()
    async with Air() as air, BleScanner(clock, backend=backend(air), power=power, check_s=0.01) as radio:

        def counters() -> Mapping[str, int]:
            return radio.health().counters

        clock.ahead += 10 * SILENCE_S
        await until(lambda: radio.health().connected)
        async with speaking(air, "F0:00:00:00:00:21", advertised("S")):
            await until(lambda: counters()["heard"])
        await silence(radio, clock)
        await until(lambda: counters()["restarts"] == 1)
        await until(lambda: not radio.health().connected)
        await silence(radio, clock)
        await until(lambda: counters()["reopened"] == 1)
        await silence(radio, clock)
        await until(lambda: power.cycled == 1)
        await silence(radio, clock)
        await until(lambda: counters()["reopened"] == 3)
        assert power.cycled == 1, "not again within the hour"
        async with speaking(air, "F0:00:00:00:00:21", advertised("S")):
            await until(lambda: radio.health().connected)


async def silence(radio: BleScanner, clock: PutForward) -> None:
    """Counted from the last start of the scan."""
    await until(lambda: radio._scanner is not None)
    clock.ahead += SILENCE_S + 1


async def test_an_adapter_that_cannot_be_cycled_is_told() -> None:
    clock, power = PutForward(), FakePower(works=False)
    async with Air() as air, BleScanner(clock, backend=backend(air), power=power, check_s=0.01) as radio:
        async with speaking(air, "F0:00:00:00:00:21", advertised("S")):
            await until(lambda: radio.health().counters["heard"])

        def tried() -> int:
            return radio.health().counters["restarts"] + radio.health().counters["reopened"]

        def reached(n: int) -> bool:
            return tried() == n

        for n in (1, 2, 3):
            await silence(radio, clock)
            await until(partial(reached, n))
        await until(lambda: any("unplug" in one for one in radio.health().problems))


async def test_a_service_that_was_restarted_is_noticed_at_once() -> None:
    power = FakePower()
    async with (
        Air() as air,
        BleScanner(PutForward(), backend=backend(air), power=power, check_s=0.01) as radio,
    ):
        await until(lambda: radio.health().connected)
        power.now = AdapterState(powered=True, discovering=False)
        await until(lambda: radio.health().counters["reopened"])
        power.now = AdapterState(powered=True, discovering=True)
        await until(lambda: radio.health().connected)


async def test_a_flood_of_addresses_is_forgotten(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    air, radio, _ = room
    monkeypatch.setattr(bluetooth, "MAX_SEEN", 1)
    async with (
        speaking(air, "F0:00:00:00:00:21", advertised("a")),
        speaking(air, "F0:00:00:00:00:22", advertised("b")),
    ):
        await until(lambda: radio.health().counters["restarts"])


async def test_it_connects_and_tells_when_a_connection_ends_by_itself(room: Room) -> None:
    air, radio, _ = room
    relay, lost = Relay(air), asyncio.Event()
    await relay.start()
    await relay.announce()
    async with radio.connected(relay.address.upper(), deadline=PATIENCE_S, lost=lost.set) as client:
        assert client.mtu_size == 247
        assert bytes(await client.read_gatt_char(BATTERY.replace("180f", "2a19"))) == bytes([87])
    assert not lost.is_set(), "it was ended here"
    await relay.announce()
    async with radio.connected(relay.address, deadline=PATIENCE_S, lost=lost.set):
        await relay.vanish()
        async with asyncio.timeout(PATIENCE_S):
            await lost.wait()
    await relay.vanish()


async def test_who_is_not_heard_is_not_connected_to(room: Room) -> None:
    _, radio, _ = room
    with pytest.raises(NotSent, match="not heard"):
        async with radio.connected("f0:00:00:00:00:99", deadline=0.05):
            pass
    assert radio.health().detail.endswith("0 connections")


async def test_connections_are_limited_and_wait_for_their_turn() -> None:
    async with Air() as air, BleScanner(PutForward(), backend=backend(air), connections=1) as radio:
        relays = [Relay(air, f"F0:00:00:00:00:{n:02X}") for n in (0x31, 0x32)]
        for relay in relays:
            await relay.start()
            await relay.announce()
        done = asyncio.Event()

        async def second() -> None:
            async with radio.connected(relays[1].address, deadline=PATIENCE_S):
                done.set()

        async with radio.connected(relays[0].address, deadline=PATIENCE_S):
            with pytest.raises(NotSent, match="in use"):
                async with radio.connected(relays[1].address, deadline=0.05):
                    pass
            waiting = asyncio.create_task(second())
            await asyncio.sleep(0)
            assert not done.is_set()
        await waiting
        assert done.is_set()
        for relay in relays:
            await relay.vanish()


async def test_a_connection_that_fails_is_tried_again(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    air, radio, _ = room
    relay, tries = Relay(air), []
    await relay.start()
    await relay.announce()
    connect = air.central.connect

    async def flaky(*args: object, **kwargs: object) -> object:
        tries.append(args)
        if len(tries) == 1:
            raise BleakDBusError("org.bluez.Error.InProgress", ["le-connection-abort-by-local"])
        assert not air.central.scanning, "this adapter cannot connect while it scans"
        return await connect(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(air.central, "connect", flaky)
    async with radio.connected(relay.address, deadline=PATIENCE_S):
        assert len(tries) == 2
        await until(lambda: air.central.scanning)
    await relay.vanish()


async def test_it_can_be_entered_twice_and_leaves_nothing() -> None:
    async with Air() as air:
        tasks = asyncio.all_tasks()
        radio = BleScanner(PutForward(), backend=backend(air))
        for _ in range(2):
            async with radio:
                await until(lambda: radio.health().connected)
            assert asyncio.all_tasks() == tasks
            assert not radio.health().connected


@given(st.lists(st.one_of(st.just("heard"), st.floats(0, 4 * SILENCE_S))))
def test_the_watchdog_climbs_one_rung_at_a_time(events: list[str | float]) -> None:
    dog, now, rung, cycled = Watchdog(), 0.0, 0, -POWER_CYCLE_REST_S
    dog.started(now)
    for event in events:
        if isinstance(event, str):
            dog.heard(now)
            rung = 0
            continue
        now += event
        step = dog.look(now)
        if step is Step.NOTHING:
            assert event < SILENCE_S or not dog.ever_heard or rung
            continue
        assert dog.ever_heard
        rung += 1
        assert (step is Step.RESTART) == (rung == 1)
        if step is Step.POWER_CYCLE:
            assert rung >= 3
            assert now - cycled >= POWER_CYCLE_REST_S
            cycled = now


def test_a_watchdog_that_never_heard_anything_lets_it_be() -> None:
    dog = Watchdog()
    dog.started(0.0)
    assert dog.look(1e6) is Step.NOTHING


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (BleakBluetoothNotAvailableError("", BleakBluetoothNotAvailableReason.NO_BLUETOOTH), "plug in"),
        (
            BleakBluetoothNotAvailableError("", BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM),
            "group `bluetooth`",
        ),
        (
            BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", ["x"]),
            "systemctl enable --now bluetooth",
        ),
        (BleakDBusError("org.freedesktop.DBus.Error.AccessDenied", ["x"]), "group `bluetooth`"),
        (BleakDBusError("org.bluez.Error.NotReady", ["x"]), "bluetoothctl power on"),
        (BleakDBusError("org.bluez.Error.Strange", ["y" * 900]), "Strange"),
        (FileNotFoundError(2, "no socket"), "D-Bus"),
        (PermissionError(13, "no"), "group `bluetooth`"),
        (TimeoutError(), "restart bluetooth"),
        (ValueError(), "ValueError"),
    ],
)
def test_troubles_are_told_with_what_to_do(error: Exception, advice: str, tmp_path: Path) -> None:
    said = trouble(error, "", rfkill=tmp_path)
    assert advice in said
    assert len(said) < 300


def test_a_blocked_radio_is_told(tmp_path: Path) -> None:
    switch = tmp_path / "rfkill0"
    switch.mkdir()
    for name, value in (("type", "bluetooth\n"), ("soft", "1\n"), ("hard", "0\n")):
        (switch / name).write_text(value)
    off = BleakBluetoothNotAvailableError("", BleakBluetoothNotAvailableReason.POWERED_OFF)
    assert "rfkill unblock bluetooth" in trouble(off, "hci0", rfkill=tmp_path)
    (switch / "hard").write_text("1")
    assert "switch of this computer" in trouble(off, "", rfkill=tmp_path)
    (switch / "type").write_text("wlan")
    assert "bluetoothctl power on" in trouble(off, "", rfkill=tmp_path)
    assert "hci7" in trouble(ValueError("adapter 'hci7' not found"), "hci7", rfkill=tmp_path)
