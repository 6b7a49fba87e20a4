"""The truth about simulated devices, without any protocol."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.simulated import discovery
from drivers.simulated.actuations import Actuation, ActuationLog, read_log
from drivers.simulated.device import Device, Order
from drivers.simulated.house import generated, house

HOUSE = {device.id: device for device in house()}


def device(name: str) -> Device:
    return {d.id: d for d in house()}[name]


def test_the_house_has_fourteen_devices_in_rooms() -> None:
    assert len(HOUSE) == 14
    assert all(d.room and d.title and d.parts for d in HOUSE.values())


def test_a_blind_takes_its_time() -> None:
    blind = device("bedroom-blind")
    blind.act([Order("blind", "position", 50)], now=10)
    assert blind.state["blind"] == {"position": 100.0, "state": "closing"}
    assert blind.advance(12) == {"blind"}
    assert blind.state["blind"]["position"] == 75
    blind.advance(14)
    assert blind.state["blind"] == {"position": 50.0, "state": "open"}
    assert not blind.moving


def test_a_blind_stops_where_it_is() -> None:
    blind = device("bedroom-blind")
    blind.act([Order("blind", "close")], now=0)
    blind.act([Order("blind", "stop")], now=4)
    assert blind.state["blind"] == {"position": 50.0, "state": "open"}
    assert not blind.advance(100)


def test_a_garage_door_opens_and_closes() -> None:
    door = device("garage-door")
    door.act([Order("garage", "open")], now=0)
    assert door.state["garage"]["state"] == "opening"
    door.advance(10)
    assert door.state["garage"]["state"] == "open"
    door.act([Order("garage", "close")], now=20)
    assert door.state["garage"]["state"] == "closing"
    door.advance(30)
    assert door.state["garage"]["state"] == "closed"


def test_the_meter_shows_what_the_outlet_feeds() -> None:
    outlet = device("hallway-outlet")
    outlet.act([Order("outlet", "on", False)], now=0)
    assert outlet.state["power"]["power"] == 0.0
    outlet.act([Order("outlet", "on", True)], now=0)
    assert outlet.state["power"]["power"] == 42.0


def test_no_brightness_is_off() -> None:
    lamp = device("desk-lamp")
    lamp.act([Order("light", "brightness", 30)], now=0)
    assert (lamp.state["light"]["on"], lamp.state["light"]["brightness"]) == (True, 30)
    lamp.act([Order("light", "brightness", 0)], now=0)
    assert (lamp.state["light"]["on"], lamp.state["light"]["brightness"]) == (False, 30)


def test_a_claim_changes_nothing() -> None:
    lamp = device("desk-lamp")
    assert lamp.claimed([Order("light", "on", True)])["light"]["on"] is True
    assert lamp.state["light"]["on"] is False


def test_the_same_seed_gives_the_same_day() -> None:
    days = []
    for seed in (1, 1, 2):
        dice, devices = random.Random(seed), house()
        for _ in range(500):
            for each in devices:
                each.drift(10, dice)
        days.append(json.dumps([each.state for each in devices]))
    assert days[0] == days[1]
    assert days[0] != days[2]


def test_the_room_warms_up_to_the_target_and_no_further() -> None:
    thermostat = device("living-thermostat")
    thermostat.act([Order("thermostat", "target", 21.0)], now=0)
    dice = random.Random(0)
    for _ in range(60):
        thermostat.drift(10, dice)
    assert thermostat.state["thermostat"]["temperature"] == 21.0
    thermostat.act([Order("thermostat", "mode", "off")], now=0)
    for _ in range(360):
        thermostat.drift(10, dice)
    assert thermostat.state["thermostat"]["temperature"] == pytest.approx(19.8, abs=0.5)


def test_every_part_can_be_announced_and_shown() -> None:
    for each in [*house(), *generated(8)]:
        for part in each.parts.values():
            component, config = discovery.announce(part, f"home/{each.id}/{part.key}")
            states = discovery.states(part, f"home/{each.id}/{part.key}", each.state[part.key])
            told = {value for key, value in config.items() if key.endswith(("state_topic", "position_topic"))}
            assert component
            assert states
            assert set(states) <= told | {config.get("current_temperature_topic")}


@given(st.binary(max_size=60), st.sampled_from(["", "position", "target", "mode", "x"]))
def test_any_bytes_are_an_order_or_not_understood(payload: bytes, leaf: str) -> None:
    for each in HOUSE.values():
        for part in each.parts.values():
            try:
                orders = discovery.orders(part, leaf, payload)
            except discovery.NotUnderstoodError as error:
                assert part.key in str(error)
            else:
                assert all(order.part == part.key for order in orders)


@given(st.integers(0, 254))
def test_brightness_is_shown_as_it_was_set(raw: int) -> None:
    lamp = device("desk-lamp")
    part = lamp.parts["light"]
    orders = discovery.orders(part, "", json.dumps({"state": "ON", "brightness": raw}).encode())
    lamp.act(orders, now=0)
    shown = json.loads(discovery.states(part, "t", lamp.state["light"])["t/state"])
    assert shown["brightness"] == (raw or 152)
    assert shown["state"] == ("ON" if raw else "OFF")


def test_the_log_is_kept_in_memory_and_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    one = Actuation(1.5, 1_750_000_000.0, "lamp", "home/lamp/light/set", b"ON", "acts")
    two = Actuation(2.5, 1_750_000_001.0, "lamp", "home/lamp/light/set", b"\xff\x00", "nothing")
    with ActuationLog(path) as log:
        log.add(one)
        assert read_log(path) == [one]
        log.add(two)
        assert log.count("lamp") == 2
        assert log.of("other") == []
    assert read_log(path) == [one, two]
