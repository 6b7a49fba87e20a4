"""What a recording keeps: nothing that says whose devices these are, and everything that belongs together."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from drivers.classes.tables import (
    BINARY_CLASSES,
    NUMBER_CLASSES,
    OTHER_BINARY_CLASSES,
    SENSOR_CLASSES,
    TEXT_CLASSES,
)
from drivers.classes.units import CANONICAL
from drivers.mqtt import abbreviations
from drivers.mqtt.announcement import read_announcement
from drivers.mqtt.components import COMPONENTS
from drivers.mqtt.config import written_out
from drivers.recording.redaction import Care, Redactor, is_harmless

LETTERS = "abcdefghijklmnopqrstuvwxyzäöüßéñłŽABCDEFGHIJKLMNOPQRSTUVWXYZ"
HEX = "0123456789abcdef"


def _grouped(digits: str, separator: str) -> str:
    return separator.join(digits[i : i + 2] for i in range(0, len(digits), 2))


names = st.text(LETTERS, min_size=3, max_size=14).filter(lambda word: not is_harmless(word))
macs = st.builds(_grouped, st.text(HEX, min_size=12, max_size=12), st.sampled_from([":", "-"]))
eui64s = st.text(HEX, min_size=16, max_size=16).map(lambda digits: f"0x{digits}")
octets = st.integers(0, 255)
addresses = st.builds(lambda a, b, c: f"10.{a}.{b}.{c}", octets, octets, octets)
ipv6 = st.lists(st.integers(0x1000, 0xFFFF), min_size=6, max_size=6).map(
    lambda groups: "fd00:" + ":".join(f"{group:x}" for group in groups) + ":1"
)
uuids = st.uuids().map(str)
serials = st.builds(
    lambda word, number: f"{word}{number}",
    st.text("ghjkqvwxz", min_size=3, max_size=3),
    st.integers(1000, 10**9),
)
numbers = st.integers(100_000, 10**12).map(str)
secrets = st.one_of(names, macs, eui64s, addresses, ipv6, uuids, serials, numbers)


def planted(secret: str) -> list[tuple[str, bytes]]:
    """Topics and payloads that have it wherever publishers put such things."""
    slug = secret.replace(" ", "_")
    announcement: dict[str, Json] = {
        "~": f"zigbee2mqtt/{secret}", "name": f"{secret} temperature", "stat_t": "~/state", "object_id": f"{slug}_temperature",
        "uniq_id": f"{slug}_t", "dev": {"ids": [f"zigbee2mqtt_{slug}"], "name": secret, "sn": secret, "sa": secret, "cu": f"http://{secret}/"},
        "val_tpl": f"{{{{ value_json['{secret}'] }}}}", "ops": [secret, "off"],
    }  # fmt: skip
    state = {
        secret: secret,
        "nested": [{"text": f"from {secret} to {secret}"}],
        "ssid": secret,
        "state": "ON",
    }
    return [
        (f"homeassistant/sensor/{slug}/config", json.dumps(announcement).encode()),
        (f"zigbee2mqtt/{secret}/state", json.dumps(state, ensure_ascii=False).encode()),
        (f"tele/{secret}/LWT", f"I am {secret}, hello".encode()),
    ]


@given(secrets, secrets)
def test_no_secret_survives(first: str, second: str) -> None:
    redactor = Redactor()
    for secret in (first, second):
        for topic, payload in planted(secret):
            kept = f"{redactor.topic(topic)}\n{redactor.payload(payload).decode()}".casefold()
            assert secret.casefold() not in kept, kept
            digits = re.sub(r"[^0-9a-f]", "", secret.casefold())
            if re.fullmatch(r"(?:0x)?[0-9a-f:-]{16,}", secret):
                assert digits not in re.sub(r"[:-]", "", kept)


@given(names | eui64s | macs, names)
def test_what_belonged_together_still_does(device: str, other: str) -> None:
    """A state topic is the announced one, and a template reads the member that is there."""
    redactor = Redactor()
    (_, payload), (topic, state), _ = planted(device)
    announced = written_out(json.loads(redactor.payload(payload)))
    assert announced["state_topic"] == redactor.topic(topic)
    kept = json.loads(redactor.payload(state))
    member = str(announced["value_template"]).removeprefix("{{ value_json['").removesuffix("'] }}")
    assert member in kept
    assert kept[member] in announced["options"]  # type: ignore[operator]
    if other.casefold() != device.casefold():
        assert redactor.topic(f"a/{other}") != redactor.topic(f"a/{device}")


CLASSES = sorted({*SENSOR_CLASSES, *BINARY_CLASSES, *OTHER_BINARY_CLASSES, *NUMBER_CLASSES, *TEXT_CLASSES})
UNITS = sorted({unit for known in CANONICAL.values() for unit in known})
PAYLOADS = (
    "ON", "OFF", "online", "offline", "OPEN", "CLOSE", "STOP", "LOCK", "UNLOCK", "home", "not_home", "ARM_AWAY", "DISARM",
    "armed_home", "PRESS", "clean_spot", "start_mowing", "high_demand", "heat_cool", "reset", "None",
)  # fmt: skip
words_of_the_format = st.sampled_from([*COMPONENTS, *CLASSES, *UNITS, *PAYLOADS, *abbreviations.CONFIG])
titles = st.lists(st.one_of(names, words_of_the_format), min_size=1, max_size=4).map(" ".join)
configs = st.fixed_dictionaries(
    {
        "device_class": st.sampled_from(CLASSES), "unit_of_measurement": st.sampled_from(UNITS),
        "payload_on": st.sampled_from(PAYLOADS), "payload_home": st.sampled_from(PAYLOADS),
        "state_class": st.sampled_from(["measurement", "total", "total_increasing"]),
        "entity_category": st.sampled_from(["config", "diagnostic"]),
        "availability_mode": st.sampled_from(["all", "any", "latest"]),
        "schema": st.sampled_from(["basic", "json", "template"]), "code": st.sampled_from(["REMOTE_CODE", "REMOTE_CODE_TEXT"]),
    }
)  # fmt: skip


@given(
    st.sampled_from(sorted(COMPONENTS)),
    titles,
    configs,
    st.sampled_from(["ip", "phone", "mac", "user", "pin"]),
)
def test_what_is_structure_stays_whatever_names_contain(
    component: str, title: str, config: dict[str, Json], part: str
) -> None:
    """Names are announced with the words of the format in them, before and after; the recording is read as the original."""
    redactor = Redactor()
    slug = re.sub(r"\W+", "_", title)
    named: dict[str, Json] = {"name": title, "state_topic": f"{slug}/state"}
    redactor.payload(json.dumps({title: title, **named}).encode())
    topic = redactor.topic(f"homeassistant/{component}/{slug}/config").split("/")
    assert topic[:2] == ["homeassistant", component]
    assert topic[3] == "config"
    device = {
        "o": {"name": title},
        "dev": {"ids": title},
        "cmps": {part: {"p": component, **config, **named}},
    }
    for source, said in ((f"{component}/a", {**config, **named}), ("device/a", device)):
        payload = redactor.payload(json.dumps(said).encode())
        ((kind, kept),) = read_announcement(source.partition("/")[0], source, payload).entities.values()
        assert kind == component
        assert {key: kept[key] for key in config} == config
        assert kept.keys() >= named.keys()


@pytest.mark.parametrize("abbreviated", [False, True])
def test_every_key_of_the_format_stays(abbreviated: bool) -> None:
    tables = (abbreviations.CONFIG, abbreviations.DEVICE, abbreviations.ORIGIN)
    keys = {key for table in tables for key in (table if abbreviated else table.values())}
    kept = json.loads(Redactor().payload(json.dumps(dict.fromkeys(keys)).encode()))
    assert kept.keys() == keys


@given(st.binary(max_size=200))
def test_anything_can_be_redacted(payload: bytes) -> None:
    for care in Care:
        Redactor().payload(payload, {"": care})


@given(st.floats(-90, 90), st.floats(-180, 180), st.integers(1000, 9999))
def test_places_and_codes_go_whatever_they_are(latitude: float, longitude: float, code: int) -> None:
    payload = {
        "latitude": latitude,
        "gps": [latitude, longitude],
        "code": code,
        "wifi": {"psk": "light on"},
        "network_key": [1, 2, 3],
    }
    kept = json.loads(Redactor().payload(json.dumps(payload).encode()))
    assert kept["latitude"] == 0
    assert kept["gps"] == [0, 0]
    assert kept["code"] == 0
    assert kept["network_key"] == [0, 0, 0]
    assert kept["wifi"]["psk"] != "light on"


@pytest.mark.parametrize(
    "payload",
    [
        '{"state":"ON","brightness":120,"color":{"x":0.4599,"y":0.4106}}',
        '{"temperature":21.53,"humidity":48,"linkquality":120,"last_seen":"2025-03-01T12:00:00+01:00"}',
        '{"Time":"2025-03-01T12:00:00","ENERGY":{"Power":12.5,"Voltage":230}}',
        "ON", "21.5", "123456", "0.4,0.4", "open", "None", "",
        '{"dev_cla":"temperature","unit_of_meas":"°C","val_tpl":"{{ value_json.temperature | float(0) / 10 }}"}',
        '{"device":{"manufacturer":"IKEA of Sweden","model":"TRADFRI bulb E27 W op/ch 400lm (LED1649C5)","sw":"2.3.087"}}',
        "{{ '%02x%02x%02x' | format(red, green, blue) }}",
    ],
)  # fmt: skip
def test_what_says_nothing_stays(payload: str) -> None:
    assert Redactor().payload(payload.encode()).decode() == payload


def test_what_somebody_wrote_and_where_somebody_is() -> None:
    redactor = Redactor()
    assert redactor.payload(b"open the door", {"": Care.NOTHING}) == b"x1x x2x x3x"
    assert redactor.payload(b"1234", {"": Care.NOTHING}) != b"1234"
    assert (
        redactor.payload(b'{"battery":80,"state":"home"}', {"": Care.NO_NUMBERS})
        == b'{"battery":0,"state":"home"}'
    )


@pytest.mark.parametrize(
    ("payload", "kept"),
    [
        ('{"id":48151623,"power":48151623}', '{"id":0,"power":48151623}'),
        ('{"from":491701234567,"time":1740830400,"ms":1740830400123}', '{"from":0,"time":1740830400,"ms":1740830400123}'),
        ('{"position":[13.404954,52.520008],"white":[0.31271,0.32902],"range":[16.0,30.0]}',
         '{"position":[0,0],"white":[0.31271,0.32902],"range":[16.0,30.0]}'),
        ('{"model":"zorbax"}', '{"model":"x1x"}'),
        ("491701234567", "1"),
        ("12.345", "12.345"),
    ],
)  # fmt: skip
def test_numbers_that_name_somebody(payload: str, kept: str) -> None:
    assert Redactor().payload(payload.encode()).decode() == kept


def test_a_tasmota_stays_one() -> None:
    redactor = Redactor()
    topic = redactor.topic("tasmota/discovery/A0B1C2D3E4F5/config")
    said = {
        "ip": "192.168.1.7", "dn": "Attic", "fn": ["Attic", None], "hn": "tasmota-D3E4F5", "mac": "A0B1C2D3E4F5",
        "md": "Sonoff Basic",
        "ofln": "Offline", "onln": "Online", "state": ["OFF", "ON", "TOGGLE", "HOLD"], "sw": "14.1.0", "t": "tasmota_D3E4F5",
        "ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"], "rl": [1, 0], "lt_st": 0, "ver": 1,
    }  # fmt: skip
    kept = json.loads(redactor.payload(json.dumps(said).encode()))
    assert kept.keys() == said.keys()
    assert topic == f"tasmota/discovery/{kept['mac']}/config"
    same = ("ofln", "onln", "state", "sw", "ft", "tp", "rl", "lt_st", "ver")
    assert {name: kept[name] for name in same} == {name: said[name] for name in same}
    assert redactor.topic("tele/tasmota_D3E4F5/STATE") == f"tele/{kept['t']}/STATE"
    assert not re.search("attic|d3e4f5|192.168", json.dumps(kept).casefold())
    sensors = b'{"sn":{"Time":"2025-01-01T00:00:00","ENERGY":{"Power":12,"TotalStartTime":"2025-01-01T00:00:00"}},"ver":1}'
    assert redactor.payload(sensors) == sensors


def test_one_member_of_many() -> None:
    payload = b'{"schedule":"12:30 wake","battery":80,"mode":"auto"}'
    assert (
        Redactor().payload(payload, {"schedule": Care.NOTHING})
        == b'{"schedule":"11:12 x1x","battery":80,"mode":"auto"}'
    )


def test_pictures_become_zeros() -> None:
    assert Redactor().payload(b"\xff\xd8\xff") == bytes(3)


def test_what_nests_without_end_is_left_out() -> None:
    assert Redactor().payload(b'{"a":' * 200 + b"1" + b"}" * 200) == b"{}"
