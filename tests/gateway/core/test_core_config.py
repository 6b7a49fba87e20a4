"""`hearth.toml`: everything that is wrong with it, at once, and in words that help."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from drivers.ble.settings import BleSettings
from drivers.coap.settings import CoapSettings
from drivers.coap.settings import LineSettings as CoapLine
from drivers.esphome.settings import EspHomeSettings
from drivers.homekit.settings import HomeKitSettings
from drivers.modbus.settings import LineSettings as ModbusLine
from drivers.modbus.settings import ModbusSettings, UnitSettings
from drivers.wot.settings import WotSettings, WotThing
from gateway import config as config_module
from gateway.app import open_gateway
from gateway.config import (
    Adoption,
    Arbitration,
    Channel,
    Config,
    ConfigError,
    Context,
    Discovery,
    House,
    Http,
    ManagedBroker,
    Mqtt,
    Publisher,
    load,
    parse,
)
from gateway.discovery.families import FAMILIES
from gateway.history.settings import HistorySettings, Keeping
from policies import PolicyError


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        parse(tomllib.loads(text))
    return str(raised.value).splitlines()


def test_an_empty_file_is_a_good_one() -> None:
    config = parse({})
    assert (config.http.host, config.http.port, config.mqtt) == ("127.0.0.1", 8420, None)
    assert config.socket == Path("/run/hearth/hearth.sock")
    assert config.adoption.without_asking == "ask"
    with pytest.raises(ValidationError, match="frozen"):
        config.log_level = "debug"  # type: ignore[misc]


def test_all_problems_at_once() -> None:
    found = problems(
        """
        state_dri = "/tmp"
        log_level = "loud"
        [http]
        certificate = "/nowhere/cert.pem"
        [mqtt]
        host = "broker"
        prot = 1883
        [adoption]
        without_asking = "some"
        """
    )
    assert len(found) == 6
    text = "\n".join(found)
    assert "log_level: Input should be 'debug', 'info', 'warning' or 'error' (it is 'loud')" in text
    assert "state_dri is not a setting; did you mean 'state_dir'?" in text
    assert "mqtt.prot is not a setting; did you mean 'port'?" in text
    assert "adoption.without_asking: Input should be 'ask', 'sensors' or 'all'" in text
    assert "http.certificate: there is no file /nowhere/cert.pem" in text
    assert "http.certificate and http.key go together" in text
    assert all(line.startswith("hearth.toml: ") for line in found)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[htttp]", "did you mean 'http'?"),
        ("[mqtt]\nhots = 'x'", "did you mean 'host'?"),
        ("[mqtt.managed]\nprogramm = 'nats'", "did you mean 'program'?"),
        ("[[mqtt.managed.users]]\nname = 'z2m'\npublishes = ['#']", "did you mean 'publish'?"),
        ("[adoption]\nzzz = 1", "known here: label_new, without_asking"),
        (
            "zzz = 1",
            "known here: adoption, arbitration, ble, coap, context, discovery, esphome, history, homekit, house, http, "
            "log_level, modbus, mqtt, notify, push, runtime_dir, state_dir, wot",
        ),
    ],
)
def test_a_near_miss_is_named(text: str, hint: str) -> None:
    assert any(hint in line for line in problems(text)), problems(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[http]\nport = 70000", "http.port"),
        ("[http]\nport = 'eight'", "http.port"),
        ("[mqtt]\n", "needs either `host`"),
        ("[mqtt]\nhost = 'broker'\n[mqtt.managed]", "not both"),
        (
            "[mqtt]\nhost = 'broker'\npassword_file = '/nowhere'",
            "mqtt.password_file: there is no file /nowhere",
        ),
        ("[mqtt]\nhost = 'broker'\ncertificate = '/nowhere'", "mqtt.certificate: there is no file /nowhere"),
        ("[mqtt]\nhost = 'broker'\nkey = '/nowhere'", "mqtt.key: there is no file /nowhere"),
        ("[[mqtt.managed.users]]\npublish = ['#']", "mqtt.managed.users.0.name: Field required"),
    ],
)
def test_what_is_wrong_is_named(text: str, what: str) -> None:
    assert any(what in line for line in problems(text)), problems(text)


def test_files_that_are_there_are_fine(tmp_path: Path) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).touch()
    config = parse({"http": {"certificate": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}})
    assert config.http.key == tmp_path / "key.pem"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "hearth.toml")
    (tmp_path / "hearth.toml").write_text("[http\n")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load(tmp_path / "hearth.toml")
    (tmp_path / "hearth.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load(tmp_path / "hearth.toml")
    (tmp_path / "hearth.toml").write_text("[http]\nport = 0\n")
    assert load(tmp_path / "hearth.toml").http.port == 0


async def test_wrong_rules_keep_the_gateway_from_touching_anything(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "policies").mkdir(parents=True)
    (state / "policies" / "household.toml").write_text("format = 1\n[[alow]]\n")
    with pytest.raises(PolicyError, match="allow"):
        async with open_gateway(Config(state_dir=state, runtime_dir=tmp_path / "run"), drivers={}):
            raise AssertionError
    assert [path.name for path in state.iterdir()] == ["policies"]


async def test_a_household_s_own_rules_are_used(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "policies").mkdir(parents=True)
    (state / "policies" / "household.toml").write_text("format = 1\n")
    config = Config(state_dir=state, runtime_dir=tmp_path / "run")
    async with open_gateway(config, drivers={}) as own:
        version = own.policy.version
    async with open_gateway(
        config.model_copy(update={"state_dir": tmp_path / "other"}), drivers={}
    ) as shipped:
        assert shipped.policy.version != version


OF_FAMILIES = (
    *(EspHomeSettings, HomeKitSettings, WotSettings, WotThing, BleSettings),
    *(CoapSettings, CoapLine, ModbusSettings, ModbusLine, UnitSettings),
)

EXAMPLE = Path(config_module.__file__).with_name("hearth.example.toml")


def test_the_example_names_every_setting_with_its_default() -> None:
    """Lines that begin with `#:` are defaults: with them the configuration is the same as without."""
    text = EXAMPLE.read_text()
    plain = tomllib.loads(text)
    full = tomllib.loads(re.sub(r"(?m)^#:", "", text))
    assert parse(full) == parse(plain)
    named = set(re.findall(r"(?m)^(?:#:|# )?([a-z_]+) = ", text))
    for model in (
        Config,
        Discovery,
        Http,
        Mqtt,
        ManagedBroker,
        Publisher,
        Adoption,
        House,
        Arbitration,
        Context,
        Channel,
        HistorySettings,
        Keeping,
        *OF_FAMILIES,
    ):
        sections = {
            "http",
            "mqtt",
            "adoption",
            "arbitration",
            "context",
            "house",
            "managed",
            "history",
            "push",
            "of",
        }
        sections |= {
            "users",
            "notify",
            "discovery",
            "thing",
            "directory",
            "line",
            "unit",
            *(family.name for family in FAMILIES),
        }
        assert set(model.model_fields) - sections <= named, model.__name__


def test_the_sections_of_the_families_are_understood() -> None:
    """Each as it stands in the example, with its defaults and examples."""
    text = EXAMPLE.read_text()
    text = text[text.index("# [discovery]") : text.index("[adoption]")]
    plain = re.sub(r"(?m)^# (?=\[|[a-z_]+ = )", "", text)
    plain = plain.replace("/etc/hearth/devices.pem", str(EXAMPLE))  # a file that is there
    config = parse(tomllib.loads(plain))
    assert config.discovery == Discovery()
    assert all(getattr(config, family.name) is not None for family in FAMILIES)


def test_the_examples_of_the_example_are_understood() -> None:
    text = re.sub(r"(?m)^#:", "", EXAMPLE.read_text()).replace('host = "192.168.1.10"', "")
    text, _, _ = text.partition("# [[notify]]")
    text = text[: text.index("# [discovery]")] + text[text.index("[adoption]") :]
    managed = parse(tomllib.loads(re.sub(r"(?m)^# (?=\[|program|port|name|publish|subscribe)", "", text)))
    assert managed.mqtt is not None
    assert managed.mqtt.managed is not None
    assert managed.mqtt.managed.users[0].name == "zigbee2mqtt"


def test_a_word_where_a_table_belongs() -> None:
    with pytest.raises(
        ConfigError, match=r"adoption is a table: write \[adoption\].*label_new, without_asking"
    ):
        parse({"adoption": "always"})
