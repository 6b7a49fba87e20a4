"""BTHome: what sensors tell, keys, replays, silence. Frames are made here, parsed by bthome-ble."""

from __future__ import annotations

from typing import Any

import pytest

from capabilities.readings import Report
from capabilities.vocabulary import Evidence, Quality
from drivers.ble.driver import SETTLE_S
from drivers.ble.rhythm import SLEEPY_S, UNKNOWN_S
from drivers.driver import Candidate, NotSent, Rejected, Withdrawn
from tests.drivers.ble_bench import SENSOR, heard
from tests.drivers.ble_frames import (
    BATTERY,
    BUTTON,
    HUMIDITY,
    KEY,
    OTHER_KEY,
    TEMPERATURE,
    bthome,
    bthome_locked,
    bthome_v1,
    packet,
)

V1 = "0000181c-0000-1000-8000-00805f9b34fb"


async def test_a_plain_sensor_is_found_and_read(bench: Any) -> None:
    bench.say(bthome(packet(1), BATTERY, TEMPERATURE, HUMIDITY), name="Attic", rssi=-71)
    [found] = await bench.found()
    assert (found.driver, found.id, found.title, found.asks) == ("ble", SENSOR, "Attic", None)
    assert found.identities == {f"mac:{SENSOR}"}
    assert [(one.key, one.kind) for one in found.components] == [
        ("battery", "battery"), ("humidity", "humidity"), ("temperature", "temperature"), ("signal", "other"),
    ]  # fmt: skip
    assert await bench.values() == {
        "battery#level": 97, "temperature#temperature": 25.06, "humidity#humidity": 50.55, "signal#value": -71,
    }  # fmt: skip


async def test_reports_are_the_devices_own(bench: Any) -> None:
    bench.say(bthome(TEMPERATURE))
    [report] = [one for one in await bench.seen() if isinstance(one, Report) and "temperature" in one.point]
    assert (report.evidence, report.reading.unit, report.reading.quality) == (
        Evidence.DEVICE,
        "°C",
        Quality.GOOD,
    )


async def test_version_1_is_read(bench: Any) -> None:
    bench.say(bthome_v1(b"\x23\x02\xca\x09", b"\x03\x03\xbf\x13"), uuid=V1)
    values = await bench.values()
    assert values["temperature#temperature"] == 25.06
    assert values["humidity#humidity"] == 50.55


async def test_binary_sensors_are_of_their_kinds(bench: Any) -> None:
    bench.say(bthome(b"\x15\x01", b"\x1a\x01", b"\x20\x00", b"\x21\x01", b"\x29\x00", b"\x2c\x01"))
    [found] = await bench.found()
    kinds = {one.key: one.kind for one in found.components}
    assert kinds == {
        "is-battery": "battery", "is-door": "contact", "is-moisture": "leak", "is-motion": "occupancy",
        "is-smoke": "smoke", "is-vibration": "other", "signal": "other",
    }  # fmt: skip
    values = await bench.values()
    assert values["is-door#open"] is True
    assert values["is-smoke#smoke"] is False


async def test_units_become_canonical(bench: Any) -> None:
    bench.say(bthome(bytes.fromhex("04138a01"), bytes.fromhex("4f87562a01")))
    values = await bench.values()
    assert values["pressure#pressure"] == pytest.approx(1008.83)
    assert values["water#water"] == pytest.approx(19551.879 / 1000)


async def test_components_grow_and_the_fingerprint_stays(bench: Any) -> None:
    bench.say_all(bthome(packet(1), TEMPERATURE), bthome(packet(2), BATTERY))
    first, second = await bench.found()
    assert {one.key for one in first.components} == {"temperature", "signal"}
    assert {one.key for one in second.components} == {"temperature", "battery", "signal"}
    assert first.fingerprint == second.fingerprint
    assert bench.driver.recall(SENSOR) == second


async def test_a_press_is_one_press_however_often_it_is_sent(bench: Any) -> None:
    bench.say(bthome(packet(1), b"\x3a\x00"))
    await bench.seen()
    for _ in range(5):
        bench.say(bthome(packet(2), BUTTON))
    assert await bench.events() == [{"event_type": "press"}]
    for _ in range(5):
        bench.say(bthome(packet(3), BUTTON))
    assert await bench.events() == [{"event_type": "press"}]


async def test_an_old_press_does_not_count_again_after_a_restart(bench: Any) -> None:
    await bench.driver.__aexit__(None, None, None)
    async with bench.driver:
        bench.say(bthome(packet(9), BUTTON))
        assert await bench.events() == []
        bench.clock.ahead += SETTLE_S
        bench.say(bthome(packet(9), BUTTON))
        assert await bench.events() == []
        bench.say(bthome(packet(10), BUTTON))
        assert await bench.events() == [{"event_type": "press"}]


async def test_a_dimmer_tells_its_steps(bench: Any) -> None:
    bench.say(bthome(packet(1), b"\x3c\x01\x03"))
    bench.say(bthome(packet(2), b"\x3c\x02\x05"))
    assert (await bench.events())[-1] == {"event_type": "rotate_right", "steps": 5}


async def test_only_things_are_reported(bench: Any) -> None:
    bench.say(bthome(TEMPERATURE), address="a4:c1:38:00:00:99")
    assert await bench.seen() == []
    bench.driver.keep({SENSOR, "a4:c1:38:00:00:99"})
    assert (await bench.values())["temperature#temperature"] == 25.06


async def test_an_encrypted_sensor_asks_for_its_key_and_opens_with_it(bench: Any) -> None:
    bench.say(bthome_locked(SENSOR, 7, TEMPERATURE), name="Cellar")
    [found] = await bench.found()
    assert found.components == ()
    assert found.asks.what == "key"
    with pytest.raises(Rejected, match="32 hexadecimal"):
        await bench.driver.pair(SENSOR, "1234", 1.0)
    with pytest.raises(Rejected, match="does not open"):
        await bench.driver.pair(SENSOR, OTHER_KEY.hex(), 1.0)
    assert bench.vault.kept == {}
    opened = await bench.driver.pair(SENSOR, KEY.hex(":").upper(), 1.0)
    assert opened.asks is None
    assert {one.key for one in opened.components} == {"temperature", "signal"}
    assert KEY.hex().encode() in bench.vault.kept[SENSOR]
    assert (await bench.values())["temperature#temperature"] == 25.06
    assert KEY.hex() not in repr((opened, bench.driver.health(), bench.driver._keys._keys))


async def test_a_key_is_there_after_a_restart_and_gone_after_unpairing(bench: Any) -> None:
    bench.say(bthome_locked(SENSOR, 7, TEMPERATURE))
    await bench.driver.pair(SENSOR, KEY.hex(), 1.0)
    await bench.driver.__aexit__(None, None, None)
    async with bench.driver:
        bench.say(bthome_locked(SENSOR, 8, HUMIDITY))
        assert (await bench.values())["humidity#humidity"] == 50.55
        await bench.driver.unpair(SENSOR)
        assert bench.vault.kept == {}
        bench.say(bthome_locked(SENSOR, 9, HUMIDITY))
        assert isinstance((last := (await bench.found())[-1]), Candidate)
        assert last.asks


async def test_what_cannot_be_kept_is_not_paired(bench: Any) -> None:
    bench.say(bthome_locked(SENSOR, 7, TEMPERATURE))
    bench.vault.broken = True
    with pytest.raises(NotSent, match="cannot be kept"):
        await bench.driver.pair(SENSOR, KEY.hex(), 1.0)
    with pytest.raises(NotSent, match="not been heard"):
        await bench.driver.pair("00:00:00:00:00:00", KEY.hex(), 1.0)


async def test_a_plain_sensor_takes_no_key(bench: Any) -> None:
    bench.say(bthome(TEMPERATURE))
    with pytest.raises(Rejected, match="not encrypted"):
        await bench.driver.pair(SENSOR, KEY.hex(), 1.0)


async def paired(bench: Any) -> None:
    bench.say(bthome_locked(SENSOR, 500, TEMPERATURE))
    await bench.driver.pair(SENSOR, KEY.hex(), 1.0)
    await bench.seen()


async def test_a_replay_is_not_believed_not_even_after_noise(bench: Any) -> None:
    await paired(bench)
    bench.say(bthome_locked(SENSOR, 501, HUMIDITY))
    await bench.seen()
    for n in range(4):  # what anybody can send: it does not open
        bench.say(bthome_locked(SENSOR, 600 + n, TEMPERATURE, key=OTHER_KEY))
    bench.say(bthome_locked(SENSOR, 499, bytes.fromhex("02ffff")))
    assert await bench.values() == {}
    bench.say(bthome_locked(SENSOR, 502, bytes.fromhex("02ca08")))
    assert (await bench.values())["temperature#temperature"] == 22.5


async def test_nobody_speaks_in_the_clear_for_a_paired_sensor(bench: Any) -> None:
    await paired(bench)
    bench.say(bthome(bytes.fromhex("02ffff")))
    assert await bench.values() == {}


async def test_noise_does_not_make_a_thing_ask_for_its_key(bench: Any) -> None:
    await paired(bench)
    await bench.found()
    for n in range(30):
        bench.say_all(bthome_locked(SENSOR, 600 + n, TEMPERATURE, key=OTHER_KEY), pause=1.0)
    bench.say(bthome_locked(SENSOR, 900, TEMPERATURE))
    bench.driver.sweep()
    assert all(one.asks is None for one in await bench.found())


async def test_a_sensor_with_another_key_asks_for_it(bench: Any) -> None:
    await paired(bench)
    await bench.found()
    bench.clock.ahead += UNKNOWN_S + 1
    for n in range(30):
        bench.say_all(bthome_locked(SENSOR, 10 + n, TEMPERATURE, key=OTHER_KEY), pause=1.0)
    bench.driver.sweep()
    assert (await bench.found())[-1].asks.what == "key"


async def test_silence_makes_readings_stale_and_then_loses_contact(bench: Any) -> None:
    bench.say(bthome(TEMPERATURE))
    assert await bench.contacts() == [True]
    bench.clock.ahead += UNKNOWN_S + 1
    bench.driver.sweep()
    stale = [one for one in await bench.seen() if isinstance(one, Report)]
    assert {one.reading.quality for one in stale} == {Quality.STALE}
    assert all(one.reading.observed_at < one.reading.received_at for one in stale)
    bench.clock.ahead += UNKNOWN_S
    bench.driver.sweep()
    bench.driver.sweep()
    assert await bench.contacts() == [False]
    bench.say(bthome(TEMPERATURE))
    assert await bench.contacts() == [True]


async def test_a_sleepy_sensor_may_be_silent_for_a_day(bench: Any) -> None:
    bench.say(bthome(b"\x1a\x01", sleepy=True))
    await bench.seen()
    bench.clock.ahead += SLEEPY_S - 10
    bench.driver.sweep()
    assert await bench.seen() == []
    bench.clock.ahead += 20
    bench.driver.sweep()
    assert [one.reading.quality for one in await bench.seen()] == [Quality.STALE] * 2


async def test_a_repeated_encrypted_advertisement_is_no_sign_of_life(bench: Any) -> None:
    await paired(bench)
    bench.clock.ahead += UNKNOWN_S + 1
    bench.say(bthome_locked(SENSOR, 500, TEMPERATURE))
    bench.driver.sweep()
    assert {one.reading.quality for one in await bench.seen() if isinstance(one, Report)} == {Quality.STALE}


async def test_a_stranger_that_went_is_withdrawn_and_a_thing_never(bench: Any) -> None:
    bench.say(bthome(TEMPERATURE))
    bench.say(bthome(TEMPERATURE), address="a4:c1:38:00:00:99")
    await bench.found()
    bench.clock.ahead += 2000
    bench.driver.sweep()
    assert [(type(one), one.id) for one in await bench.found()] == [(Withdrawn, "a4:c1:38:00:00:99")]
    assert bench.driver.recall(SENSOR) is not None


async def test_an_address_that_changes_is_nobody(bench: Any) -> None:
    bench.say(bthome(TEMPERATURE), address="5a:c1:38:00:00:01", kind="random")
    assert await bench.found() == []
    bench.say(bthome(TEMPERATURE), address="da:c1:38:00:00:01", kind="random")
    assert [one.id for one in await bench.found()] == ["da:c1:38:00:00:01"]
    assert bench.driver.health().counters["changing_addresses"] == 1


async def test_a_sensor_takes_no_commands(bench: Any) -> None:
    bench.say(bthome(TEMPERATURE))
    with pytest.raises(NotSent, match="only tells"):
        await bench.driver.write(f"{SENSOR}|temperature#temperature", 20.0, 1.0)
    with pytest.raises(Rejected, match="tells it by itself"):
        await bench.driver.read(f"{SENSOR}|temperature#temperature", 1.0)


async def test_an_unopened_vault_is_told(bench: Any) -> None:
    await bench.driver.__aexit__(None, None, None)
    bench.vault.broken = True
    async with bench.driver:
        assert "keys of encrypted sensors" in bench.driver.health().problems[0]


async def test_the_name_a_device_gives_itself_is_one_line(bench: Any) -> None:
    bench.radio.say(heard(bthome(TEMPERATURE), name="a\n\x1b[31m" + "b" * 500))
    [found] = await bench.found()
    assert found.title.isprintable()
    assert len(found.title) <= 64
