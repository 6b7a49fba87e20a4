"""`hearth.toml`: what the gateway needs to know to start. Read once, checked whole before anything opens."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from drivers.ble.settings import BleSettings
from drivers.coap.settings import CoapSettings
from drivers.esphome.settings import EspHomeSettings
from drivers.homekit.settings import HomeKitSettings
from drivers.modbus.settings import ModbusSettings
from drivers.wot.settings import WotSettings
from gateway.history.settings import HistorySettings
from policies.times import seconds_of

Port = Annotated[int, Field(ge=0, le=65535)]


class ConfigError(Exception):
    """The configuration cannot be used. The text has one line for each problem: where, what, and what would be right."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Http(Section):
    """The API's listeners; port 0 takes a free one. Plain http is only for loopback: elsewhere it is https, with the
    certificate that is given, or with one of the gateway's own authority (with `tls = "own"` on loopback, too).
    """

    host: str = "127.0.0.1"
    port: Port = 8420
    socket: Path | None = None  # default: <runtime_dir>/hearth.sock
    certificate: Path | None = None
    key: Path | None = None
    tls: Literal["auto", "own"] = "auto"
    hosts: tuple[str, ...] = ()  # further names that clients may use for this gateway


class Publisher(Section):
    """One user of the managed broker: the topics it may publish and those it may subscribe to (MQTT topic filters)."""

    name: str
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()


class ManagedBroker(Section):
    """The gateway's own broker on loopback: one user for each publisher, and only the gateway may publish commands.
    Each user's password is in `<state_dir>/broker/<name>.password`.
    """

    program: Literal["auto", "mosquitto", "nats"] = "auto"
    users: tuple[Publisher, ...] = ()
    port: Port = 0


class Mqtt(Section):
    """One broker: a foreign one by `host`, or the managed one."""

    host: str = ""
    port: Port = 1883
    username: str = ""
    password_file: Path | None = None
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    tls: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    discovery_prefix: str = "homeassistant"
    tasmota_prefix: str = "tasmota/discovery"  # where Tasmota announces itself in its own words; "": nowhere
    announce_birth: bool = True  # ask publishers to tell everything again, as Home Assistant does
    managed: ManagedBroker | None = None


class Discovery(Section):
    """What is looked for around the box, besides what a broker tells. A family is loaded once something of it is found; the
    section of a family in hearth.toml turns it on as well. `interfaces` are names or addresses; empty: all.
    """

    families: tuple[Literal["esphome", "homekit", "wot", "ble", "coap", "modbus"], ...] = (
        *("esphome", "homekit", "wot", "ble", "coap"),
    )
    mdns: bool = True
    interfaces: tuple[str, ...] = ()
    announce: bool = True  # the gateway itself, where it can be reached from the network


class Adoption(Section):
    """What becomes a Thing without a person: nothing (`ask`), sensors that take no commands, or everything. With `label_new`
    what takes any, were it settings alone, gets the label `new`: the shipped rules leave it to the adults until one takes
    the label off.
    """

    without_asking: Literal["ask", "sensors", "all"] = "ask"
    label_new: bool = True


class Channel(Section):
    """One way by which people are told, besides the event stream: `[[notify]]`. Which members mean something depends on `kind`;
    secrets stand in files. `urgency` is the least that goes this way.
    """

    name: str
    kind: Literal["webhook", "ntfy", "mqtt", "command"]
    to: tuple[str, ...] = ("owner", "adult")  # roles or principals' ids that it reaches
    urgency: Literal["low", "normal", "high"] = "normal"
    escalation: bool = False  # it also gets what nobody answered, whoever was asked
    url: str = ""
    url_file: Path | None = None  # instead of `url`, where the address itself is a secret
    secret_file: Path | None = None
    topic: str = ""
    token_file: Path | None = None
    broker: str = ""  # a host, or "house": the broker of [mqtt]
    port: Port = 0  # 0: the usual one
    username: str = ""
    password_file: Path | None = None
    tls: bool = False
    ca: Path | None = None
    command: tuple[str, ...] = ()

    @field_validator("name")
    @classmethod
    def _is_a_word(cls, name: str) -> str:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
            raise ValueError(
                'is no name of a channel; write one word like "phones", of a-z 0-9 - _, at most 40'
            )
        return name


class Push(Section):
    """Web Push, which needs no setting. `contact` ("mailto:…" or "https://…") is how the services of browsers' makers reach who
    runs this gateway; Apple's takes nothing without, and looks whether its host is there. `hosts` are push services of one's
    own ("push.example.org:8443"), which may be in the house's network, `ca` the authority of their certificates.
    """

    contact: str = ""
    hosts: tuple[str, ...] = ()
    ca: Path | None = None

    @field_validator("contact")
    @classmethod
    def _is_an_address(cls, contact: str) -> str:
        if contact and not re.fullmatch(
            r"(mailto:[^\s@:]+@|https://)[\w-]+(\.[\w-]+)+(/[!-~]*)?", contact, re.ASCII
        ):
            raise ValueError('is no address; write "mailto:you@example.org" or "https://example.org"')
        return contact


class House(Section):
    """`zone` is the house's time zone ("Europe/Berlin"; empty: the system's). Times of day are unknown to the rules until the
    system's clock is synchronised; with `clock = "trusted"` it is believed without (a machine with a good clock and no NTP).
    """

    zone: str = ""
    clock: Literal["synchronised", "trusted"] = "synchronised"

    @field_validator("zone")
    @classmethod
    def _exists(cls, zone: str) -> str:
        try:
            if zone:
                ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError('is no time zone of this system; write it like "Europe/Berlin"') from None
        return zone


class Arbitration(Section):
    """How those who want different things of one Thing are settled. Durations as in rules: "90s", "15m", "1h"; "0" switches the
    standing back off, and `escalate_after = 0` the asking of people.
    """

    stand_back: str = "15m"  # software keeps off for so long what a person changed
    tenure: str = "10m"  # nobody of its own rank ends a lease before
    escalate_after: int = Field(4, ge=0, le=100)  # fights of the same two over one property, an hour
    freeze: str = "1h"  # so long the state holds then, unless a person settles it before
    correction: str = "10m"  # who reverses within this what software did corrects it

    @field_validator("stand_back", "tenure", "freeze", "correction")
    @classmethod
    def _is_a_span(cls, span: str, info: ValidationInfo) -> str:
        if span == "0" and info.field_name in {"stand_back", "correction"}:
            return span
        if not 1 <= seconds_of(span) <= 86_400:
            raise ValueError("is at least 1s and at most 1d")
        return span

    def seconds(self, name: Literal["stand_back", "tenure", "freeze", "correction"]) -> float:
        text: str = getattr(self, name)
        return 0.0 if text == "0" else float(seconds_of(text))


class Context(Section):
    """What software may know. `required`: without a context contract it reads nothing, and uses what the rules let it use."""

    required: bool = False


class Config(Section):
    """The whole of `hearth.toml`."""

    state_dir: Path = Path("/var/lib/hearth")
    runtime_dir: Path = Path("/run/hearth")
    http: Http = Http()
    mqtt: Mqtt | None = None
    discovery: Discovery | None = None
    esphome: EspHomeSettings | None = None
    homekit: HomeKitSettings | None = None
    wot: WotSettings | None = None
    ble: BleSettings | None = None
    coap: CoapSettings | None = None
    modbus: ModbusSettings | None = None
    adoption: Adoption = Adoption()
    house: House = House()
    arbitration: Arbitration = Arbitration()
    context: Context = Context()
    history: HistorySettings = HistorySettings()
    notify: tuple[Channel, ...] = ()
    push: Push = Push()
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def socket(self) -> Path:
        return self.http.socket or self.runtime_dir / "hearth.sock"


def user_runtime_dir() -> Path:
    """Where a gateway that is not a service keeps its socket: private to the user."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    return Path(base) / "hearth" if base else Path(tempfile.gettempdir()) / f"hearth-{os.getuid()}"


def load(path: Path) -> Config:
    """Reads and checks a file. Raises `ConfigError` with every problem at once."""
    try:
        with path.open("rb") as file:
            return parse(tomllib.load(file), name=str(path))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def parse(document: dict[str, object], *, name: str = "hearth.toml") -> Config:
    """Checks a parsed document. Raises `ConfigError`."""
    problems: list[str] = []
    try:
        config = Config.model_validate(document)
    except ValidationError as error:
        problems = [_problem(dict(problem)) for problem in error.errors()]
        wrong = {problem["loc"][0] for problem in error.errors()}
        # The sections that are right are looked at all the same.
        config = Config.model_validate({key: value for key, value in document.items() if key not in wrong})
    problems += [*_broker_problems(config), *_file_problems(config), *_notify_problems(config)]
    if problems:
        raise ConfigError("\n".join(f"{name}: {problem}" for problem in problems))
    return config


def _broker_problems(config: Config) -> list[str]:
    mqtt = config.mqtt
    if mqtt is None:
        return []
    if bool(mqtt.host) == (mqtt.managed is not None):
        return [
            "[mqtt] needs either `host` (a broker you run) or a table [mqtt.managed] (the gateway's own), not both"
        ]
    return []


def _file_problems(config: Config) -> list[str]:
    http, mqtt = config.http, config.mqtt
    files = {"http.certificate": http.certificate, "http.key": http.key}
    if mqtt is not None:
        files |= {"mqtt.password_file": mqtt.password_file, "mqtt.ca": mqtt.ca}
        files |= {"mqtt.certificate": mqtt.certificate, "mqtt.key": mqtt.key}
    if config.wot is not None:
        files["wot.ca"] = config.wot.ca
    files["push.ca"] = config.push.ca
    problems = [
        f"{key}: there is no file {path}" for key, path in files.items() if path and not path.is_file()
    ]
    if (http.certificate is None) != (http.key is None):
        problems.append("http.certificate and http.key go together: give both, or neither")
    if http.tls == "own" and http.certificate is not None:
        problems.append('http.tls = "own" makes a certificate, and http.certificate is one: leave out either')
    return problems


def _notify_problems(config: Config) -> Iterator[str]:
    if config.notify:
        from gateway.notify.channels import problems_of  # noqa: PLC0415  only where there are any

        yield from problems_of(config)


def _problem(problem: dict[str, object]) -> str:
    parts = tuple(problem["loc"]) if isinstance(problem["loc"], tuple) else ()
    where = ".".join(str(part) for part in parts)
    if problem["type"] == "extra_forbidden":
        known = _known_words(parts[:-1])
        near = get_close_matches(str(parts[-1]), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
        return f"{where} is not a setting; {hint}"
    if parts == ("notify",):
        return "notify is a list of tables: write [[notify]] before the settings of each channel"
    if problem["type"] in ("model_type", "model_attributes_type"):
        return (
            f"{where} is a table: write [{where}] and its settings below ({', '.join(_known_words(parts))})"
        )
    return f"{where}: {problem['msg']} (it is {problem['input']!r})"


def _known_words(path: tuple[object, ...]) -> list[str]:
    model: type[BaseModel] | None = Config
    for part in path:
        if isinstance(part, int):  # a place in a list: its members are of the model found before
            continue
        field = model.model_fields.get(str(part)) if model else None
        kinds = [field.annotation, *getattr(field.annotation, "__args__", ())] if field else []
        model = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)
    return sorted(model.model_fields) if model else []
