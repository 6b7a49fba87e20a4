"""Relays, lamps, shutters and fans that announce themselves in Tasmota's own format."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Evidence, Json
from gateway.announcements import moved
from tests.drivers.tasmota_bench import MAC, TasmotaBench


def test_a_plug() -> None:
    bench = TasmotaBench()
    candidate = bench.candidate
    assert bench.kinds()["relay1"] == "switch"
    assert (candidate.id, candidate.title, candidate.manufacturer) == (MAC, "Kitchen", "Tasmota")
    assert candidate.identities == {"mac:a1:b2:c3:d4:e5:f6"}
    assert candidate.model == "Sonoff Basic"
    assert bench.sends("on", True) == ("cmnd/kitchen_1/POWER1", "ON")
    assert bench.sends("on", False) == ("cmnd/kitchen_1/POWER1", "OFF")
    for member in ("POWER", "POWER1"):
        assert bench.says("stat/kitchen_1/RESULT", {member: "ON"}) == {"on": True}
    assert bench.reports()[0].evidence is Evidence.DEVICE
    assert bench.says("tele/kitchen_1/STATE", {"POWER": "OFF", "Wifi": {"Signal": -60}})["on"] is False
    assert bench.says("stat/kitchen_1/RESULT", {"Command": "Unknown"}) == {}
    assert not bench.ingest.complaints.total
    on = bench.affordance("on")
    assert on.readable
    assert bench.asks(on.point) == ("cmnd/kitchen_1/STATE", "")


def test_it_is_there_when_it_says_so() -> None:
    bench = TasmotaBench()
    bench.says("tele/kitchen_1/LWT", "Online")
    assert bench.contacts() == [True]
    bench.says("tele/kitchen_1/LWT", "Offline")
    assert bench.contacts() == [False]
    assert TasmotaBench(dslp=1).device.availabilities() == {((), "latest")}, (
        "one that sleeps is away most of the time"
    )


def test_topics_are_made_as_the_device_makes_them() -> None:
    bench = TasmotaBench(ft="home/%topic%/%id%/%hostname%/%prefix%", tp=["do", "did", "tell"])
    assert bench.sends("on", True)[0] == "home/kitchen_1/D4E5F6/kitchen-1234/do/POWER1"


def test_two_relays_are_two_switches_and_may_be_lamps() -> None:
    bench = TasmotaBench(rl=[1, 1, 0, 0, 0, 0, 0, 0])
    assert bench.part("relay2").title == "Hood"
    assert bench.says("stat/kitchen_1/RESULT", {"POWER2": "ON"}) == {"on": True}
    assert bench.reports()[0].point.endswith("relay2#on")
    lamps = TasmotaBench(rl=[1, 1, 0, 0, 0, 0, 0, 0], so={"30": 1})
    assert lamps.kinds()["relay1"] == lamps.kinds()["relay2"] == "light"
    assert moved(bench.part("relay1"), lamps.part("relay1")), "another kind of thing on the same relay"


def test_what_changes_suspends() -> None:
    before = TasmotaBench().part("relay1")
    assert not moved(before, TasmotaBench(sw="10.0.0", dn="Renamed").part("relay1"))
    assert moved(before, TasmotaBench(t="elsewhere").part("relay1"))
    assert moved(before, TasmotaBench(state=["AUS", "AN", "UM", "HALT"]).part("relay1"))
    blind = TasmotaBench(rl=[3, 3]).part("shutter1")
    assert moved(blind, TasmotaBench(rl=[3, 3], t="elsewhere").part("shutter1"))
    assert moved(blind, TasmotaBench(rl=[3, 3], sho=[1]).part("shutter1"))


@pytest.mark.parametrize(
    ("channels", "names"),
    [
        (0, {"on"}),
        (1, {"on", "brightness"}),
        (2, {"on", "brightness", "color_temperature"}),
        (3, {"on", "brightness", "color"}),
        (4, {"on", "brightness", "color", "white"}),
        (5, {"on", "brightness", "color", "color_temperature"}),
    ],
)
def test_a_lamp_has_what_its_channels_can(channels: int, names: set[str]) -> None:
    bench = TasmotaBench(rl=[2, 0], lt_st=channels)
    assert bench.kinds()["relay1"] == "light"
    properties = {one.name for one in bench.part("relay1").affordances if one.role == "property"}
    assert properties == names


def test_a_lamp_tells_all_in_one_message() -> None:
    bench = TasmotaBench(rl=[2, 0], lt_st=5)
    told = bench.says(
        "stat/kitchen_1/RESULT",
        {"POWER": "ON", "Dimmer": 40, "Color": "102,0,0,0,0", "HSBColor": "120,50,40", "CT": 250},
    )
    assert told["on"] is True
    assert told["brightness"] == 40
    assert told["color"] == {"hue": 120, "saturation": 50}
    assert told["color_temperature"] == 4000
    assert ("cmnd/kitchen_1/Dimmer", "30") in bench.sent("brightness", 30)
    assert ("cmnd/kitchen_1/CT", "250") in bench.sent("color_temperature", 4000)
    assert ("cmnd/kitchen_1/Color2", "255,0,0") in bench.sent("color", {"hue": 0, "saturation": 100})


def test_white_has_a_smaller_range_on_request() -> None:
    full = TasmotaBench(rl=[2], lt_st=2).affordance("color_temperature").schema
    small = TasmotaBench(rl=[2], lt_st=2, so={"82": 1}).affordance("color_temperature").schema
    assert (full["minimum"], full["maximum"]) == (2000, 6536)
    assert (small["minimum"], small["maximum"]) == (2632, 5000)


def test_colour_and_white_apart_are_two_lamps() -> None:
    bench = TasmotaBench(rl=[2, 2], lt_st=5, lk=0)
    color = {one.name: one for one in bench.part("relay1").affordances}
    white = {one.name: one for one in bench.part("relay2").affordances}
    assert "color" in color
    assert "color_temperature" in white
    assert "color" not in white
    commands = dict(bench.device.commands())
    assert ("cmnd/kitchen_1/Color2", "255,0,0=") in commands[color["color"].point].messages(
        {"hue": 0, "saturation": 100}
    )
    assert ("cmnd/kitchen_1/Dimmer2", "30") in commands[white["brightness"].point].messages(30)


def test_each_channel_may_be_a_lamp() -> None:
    bench = TasmotaBench(rl=[2, 2], lt_st=2, so={"68": 1})
    commands = dict(bench.device.commands())
    second = next(one for one in bench.part("relay2").affordances if one.name == "brightness")
    assert ("cmnd/kitchen_1/Channel2", "30") in commands[second.point].messages(30)
    bench.says("tele/kitchen_1/STATE", {"POWER2": "ON", "Channel2": 30})
    assert {r.point.rpartition("/")[2]: r.reading.value for r in bench.reports()} == {
        "relay2#on": True, "relay2#brightness": 30
    }  # fmt: skip


def test_a_shutter() -> None:
    bench = TasmotaBench(rl=[3, 3, 1, 0], fn=["Kitchen", None, "Lamp", None])
    assert bench.kinds()["shutter1"] == "blind"
    assert bench.kinds()["relay3"] == "switch"
    assert "relay1" not in bench.kinds()
    assert bench.sends("open") == ("cmnd/kitchen_1/ShutterPosition1", "100")
    assert bench.sends("close") == ("cmnd/kitchen_1/ShutterPosition1", "0")
    assert bench.sends("stop") == ("cmnd/kitchen_1/ShutterStop1", "")
    assert bench.sends("position", 30) == ("cmnd/kitchen_1/ShutterPosition1", "30")
    told: Json = {"Shutter1": {"Position": 30, "Direction": 0, "Target": 30, "Tilt": 0}}
    assert bench.says("stat/kitchen_1/RESULT", told) == {"position": 30}
    assert bench.says("tele/kitchen_1/SENSOR", told) == {"position": 30}
    assert bench.says("stat/kitchen_1/STATUS10", {"StatusSNS": told}) == {"position": 30}


def test_a_shutter_the_other_way_round() -> None:
    bench = TasmotaBench(rl=[3, 3], sho=[1])
    assert bench.sends("open") == ("cmnd/kitchen_1/ShutterPosition1", "0")
    assert bench.sends("position", 30) == ("cmnd/kitchen_1/ShutterPosition1", "70")
    assert bench.says("stat/kitchen_1/RESULT", {"Shutter1": {"Position": 70}}) == {"position": 30}


def test_slats() -> None:
    bench = TasmotaBench(rl=[3, 3], sht=[[-90, 90, 24]])
    assert bench.sends("tilt", 75) == ("cmnd/kitchen_1/ShutterTilt1", "45")
    assert bench.says("stat/kitchen_1/RESULT", {"Shutter1": {"Position": 70, "Tilt": 0}})["tilt"] == 50


def test_half_a_shutter_is_none() -> None:
    assert "shutter1" not in TasmotaBench(rl=[3, 1]).kinds()


def test_a_fan_with_its_lamp() -> None:
    bench = TasmotaBench(rl=[1, 1, 1, 1], **{"if": 1})
    kinds = bench.kinds()
    assert (kinds["fan"], kinds["relay1"]) == ("fan", "light")
    assert "relay2" not in kinds
    speed = next(one for one in bench.part("fan").affordances if one.name == "speed")
    assert dict(bench.device.commands())[speed.point].messages(67) == (("cmnd/kitchen_1/FanSpeed", "2"),)
    bench.says("stat/kitchen_1/RESULT", {"FanSpeed": 2})
    assert {r.point.rpartition("/")[2]: r.reading.value for r in bench.reports()} == {
        "fan#on": True,
        "fan#speed": 67,
    }
    bench.says("tele/kitchen_1/STATE", {"FanSpeed": 0})
    assert {r.point.rpartition("/")[2]: r.reading.value for r in bench.reports()} == {
        "fan#on": False,
        "fan#speed": 0,
    }
