"""Switches, buttons and sensors that announce themselves in Tasmota's own format."""

from __future__ import annotations

from capabilities.vocabulary import Json
from drivers.mqtt.tasmota.natives import Natives
from tests.drivers.mqtt_bench import Bench
from tests.drivers.tasmota_bench import TasmotaBench


def test_a_switch_that_is_held() -> None:
    bench = TasmotaBench(swc=[1, -1], swn=["Door", None], rl=[0])
    point = next(one.point for one in bench.part("switch1").affordances)
    ways: dict[str, Json] = {
        "stat/kitchen_1/RESULT": {"Door": {"Action": "ON"}},
        "tele/kitchen_1/SENSOR": {"Door": "ON"},
        "stat/kitchen_1/STATUS10": {"StatusSNS": {"Door": "ON"}},
    }
    for topic, told in ways.items():
        bench.says(topic, told)
        assert [(r.point, r.reading.value) for r in bench.reports()] == [(point, True)]
    bench.says("stat/kitchen_1/RESULT", {"Door": {"Action": "TOGGLE"}})
    assert not bench.reports()
    assert not bench.ingest.complaints.total


def test_motion_ends_by_itself() -> None:
    bench = TasmotaBench(swc=[13], rl=[0])
    assert bench.part("switch1").kind == "occupancy"
    assert bench.device.entities[bench.part("switch1").key].sources[0].off_delay_s == 1


def test_presses() -> None:
    bench = TasmotaBench(swc=[5, 0], btn=[1, 0], so={"73": 1}, rl=[0])
    result = "stat/kitchen_1/RESULT"
    assert bench.events(result, {"Button1": {"Action": "DOUBLE"}}) == [
        ("button_1_double_press", {"type": "button_double_press", "subtype": "button_1"})
    ]
    assert [name for name, _ in bench.events(result, {"Switch1": {"Action": "HOLD"}})] == [
        "switch_1_long_press"
    ]
    assert [name for name, _ in bench.events(result, {"Switch2": {"Action": "TOGGLE"}})] == [
        "switch_2_short_press"
    ]
    swapped = TasmotaBench(btn=[1], so={"73": 1, "11": 1}, rl=[0])
    assert [n for n, _ in swapped.events(result, {"Button1": {"Action": "DOUBLE"}})] == [
        "button_1_short_press"
    ]
    assert not [name for name in TasmotaBench(btn=[1]).kinds() if name.startswith("button")], "not decoupled"
    only = TasmotaBench(btn=[1], so={"73": 1, "13": 1})
    assert [name for name in only.kinds() if name.startswith("button")] == ["button_1_short_press"]


def readings(bench: TasmotaBench) -> dict[str, tuple[Json, str | None]]:
    return {r.point.rpartition("/")[2]: (r.reading.value, r.reading.unit) for r in bench.reports()}


def test_sensors_by_their_names() -> None:
    bench = TasmotaBench(rl=[0])
    told: dict[str, Json] = {
        "BME280": {"Temperature": 20.5, "Humidity": 48.1, "DewPoint": 9.2, "Pressure": 1013.2},
        "DS18B20-1": {"Id": "0316A2790E4E", "Temperature": 68.0}, "AM2301": {"Temperature": 21.0},
        "ENERGY": {
            "TotalStartTime": "2021-01-01T00:00:00", "Total": 12.3, "Yesterday": 0.5, "Today": 0.1, "Power": [5, 7],
            "ApparentPower": 9, "Factor": 0.8, "Voltage": 231, "Current": 0.05,
        },
        "ANALOG": {"Temperature1": 19.5, "CTEnergy1": {"Power": 2300}}, "LD2410": {"Energy": [10]},
        "Switch1": "OFF", "TempUnit": "C", "PressureUnit": "hPa",
    }  # fmt: skip
    bench.measures(**told)
    kinds = bench.kinds()
    assert {kinds[f"{name}_Temperature"] for name in ("BME280", "DS18B20-1", "AM2301")} == {"temperature"}
    assert kinds["BME280_Humidity"] == "humidity"
    assert kinds["BME280_Pressure"] == "pressure"
    assert kinds["ENERGY_Power_0"] == kinds["ANALOG_CTEnergy1_Power"] == "power"
    assert kinds["ENERGY_Total"] in {"meter", "power"}
    assert "DS18B20-1_Id" not in kinds
    bench.says("tele/kitchen_1/SENSOR", told)
    seen = readings(bench)
    assert (
        seen["BME280_Temperature#temperature"] == (20.5, "Cel")
        or seen["BME280_Temperature#temperature"][0] == 20.5
    )
    assert [value for name, (value, _) in seen.items() if name.startswith("ENERGY_Power_")] == [5, 7]
    assert [value for name, (value, _) in seen.items() if name.startswith("ANALOG_Temperature1")] == [19.5]
    bench.says("stat/kitchen_1/STATUS10", {"StatusSNS": told})
    assert readings(bench) == seen
    temperature = next(one for one in bench.part("BME280_Temperature").affordances)
    assert temperature.readable
    assert bench.asks(temperature.point) == ("cmnd/kitchen_1/STATUS", "10")


def test_fahrenheit() -> None:
    bench = TasmotaBench(rl=[0])
    bench.measures(BME280={"Temperature": 68.0}, TempUnit="F")
    assert bench.says("tele/kitchen_1/SENSOR", {"BME280": {"Temperature": 68.0}}) == {"temperature": 20}


def test_sensors_may_come_before_the_device() -> None:
    bench = TasmotaBench()
    other = TasmotaBench.__new__(TasmotaBench)
    Bench.__init__(other)
    other.natives = Natives("tasmota/discovery", other.discovery)
    other.measures(BME280={"Temperature": 20.0})
    assert not other.discovery.devices
    other.announce()
    bench.measures(BME280={"Temperature": 20.0})
    assert other.kinds() == bench.kinds()
