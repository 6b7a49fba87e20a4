"""`/discovery`, and what `hearth discover` and `hearth doctor` make of it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from capabilities.vocabulary import Json
from drivers.discovery.serial_ports import SerialWatcher
from drivers.driver import Driver, DriverHealth
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.cli.commands.discover import _port_line
from gateway.config import Adoption, Config, Http
from policies import Role
from tests.drivers.mdns_lan import RealClock
from tests.drivers.serial_tree import SerialTree
from tests.gateway.api.desk import DeskDriver, House, lamp, until
from tests.house import Ran, hearth


class Searching(DeskDriver):
    name = "wot"

    def __init__(self) -> None:
        super().__init__()
        self.searches = 0

    async def search(self) -> None:
        self.searches += 1
        self.find(replace(lamp(f"found{self.searches}"), driver="wot"))


@pytest.fixture
def desk() -> Searching:
    return Searching()


@pytest.fixture
async def house(tmp_path: Path, desk: Searching) -> AsyncIterator[House]:
    """One family runs, one lacks its library, one was never seen; something nobody understands; an adapter."""
    config = Config(
        state_dir=tmp_path / "state",
        runtime_dir=tmp_path / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
    )
    driver = cast("Driver", desk)
    drivers = {"wot": driver}
    tree = SerialTree(tmp_path)
    tree.plug("ttyACM0", "1-1.2", serial="5849013232", texts=("QinHeng\x1b[31m", "USB Single Serial"))
    ports = SerialWatcher(RealClock(), sys_root=tree.sys, dev_root=tree.dev)
    ports.look()
    async with open_gateway(config, drivers=drivers) as gateway, serve(gateway) as url:
        looking = gateway.discovery
        states = looking.families
        states["wot"].state, states["wot"].driver = "running", driver
        states["homekit"].state = "missing"
        states["homekit"].advice = "it needs the extra `homekit`: pip install 'hearth-gateway[homekit]'"
        states["homekit"].seen.update({"Lock", "Lamp"})
        states["esphome"].state = "looking"
        looking.ports = ports
        looking.watchers["mdns"] = lambda: DriverHealth(True, "2 services", problems=("10.0.0.6 floods\n",))
        async with asyncio.timeout(5):
            await desk.listening.wait()
        made = House(gateway, desk, url, config.socket)
        desk.find(replace(lamp("odd"), driver="wot", components=(), problems=("its TD has no forms",)))
        await until(lambda: len(gateway.registry.inbox) == 1)
        claim = next(iter(ports.ports()))
        with ports.claimed(claim, "modbus"):
            yield made
        for session in made.sessions:
            await session.close()
        looking.watchers.clear()
    tree.close()


async def test_how_it_is_with_looking_around_is_told(house: House) -> None:
    owner = await house.owner()
    async with owner.get("/discovery") as answer:
        assert answer.status == 200
        found = await answer.json()
    families = {one["name"]: one for one in found["families"]}
    assert families["wot"]["state"] == "running"
    assert (families["wot"]["seen"], families["wot"]["candidates"], families["wot"]["things"]) == (1, 1, 0)
    assert families["wot"]["driver"]["problems"] == ["shelf/x: is not [31m JSON"]
    assert (families["homekit"]["seen"], families["homekit"]["driver"]) == (2, None)
    assert "pip install" in families["homekit"]["advice"]
    assert families["modbus"]["state"] == "off"
    assert found["watchers"]["mdns"]["detail"] == "2 services"
    (port,) = found["ports"]
    assert port.pop("path").endswith("/ttyACM0")
    assert port.pop("since")
    adapter = port.pop("adapter")
    assert set(adapter) == {"title", "what", "advice"}
    assert port == {
        "identity": "usb:1a86:55d4:5849013232",
        "made_by": "QinHeng\ufffd[31m USB Single Serial",
        "usb": "1a86:55d4",
        "used_by": "modbus",
        "closed": None,
    }
    (odd,) = found["unread"]
    assert (odd["id"], odd["problems"]) == ("odd", ["its TD has no forms"])


async def test_asking_around_finds_what_answers(house: House, desk: Searching) -> None:
    owner = await house.owner()
    async with owner.post("/discovery/search") as answer:
        assert (answer.status, await answer.json()) == (200, {"searched": ["wot"]})
    await until(lambda: len(house.gateway.registry.inbox) == 2)
    assert desk.searches == 1


@pytest.mark.parametrize("role", [Role.AGENT, Role.CHILD, Role.SERVICE])
async def test_only_who_manages_the_house_may_look(house: House, role: Role) -> None:
    client = await house.client(str(role), role, "anna" if role is Role.AGENT else "")
    async with client.get("/discovery") as answer:
        assert answer.status == 403
    async with client.post("/discovery/search") as answer:
        assert answer.status == 403
    async with client.get("/health") as answer:
        watchers = (await answer.json())["watchers"]
    assert watchers["mdns"] == {"connected": True, "detail": "2 services", "counters": {}, "problems": []}


async def test_whoever_manages_it_sees_in_health_what_is_wrong(house: House) -> None:
    owner = await house.owner()
    async with owner.get("/health") as answer:
        assert (await answer.json())["watchers"]["mdns"]["problems"] == ["10.0.0.6 floods"]


async def at_the_box(house: House, *words: str, columns: int = 0) -> Ran:
    environ = {
        "PATH": os.environ["PATH"],
        "HEARTH_SOCKET": str(house.gateway.config.socket),
        "LANG": "C.UTF-8",
        "HOME": str(house.gateway.config.state_dir),
    }
    return await asyncio.to_thread(hearth, environ | ({"COLUMNS": str(columns)} if columns else {}), *words)


async def test_the_command_tells_it_to_people(house: House) -> None:
    ran = await at_the_box(house, "discover")
    assert ran.code == 0, ran.err
    assert "Web of Things" in ran.out
    assert "! HomeKit: it needs the extra" in ran.out
    assert "10.0.0.6 floods" in ran.out
    assert "used by modbus" in ran.out
    assert "CH910x serial adapter" in " ".join(ran.out.split())
    assert "its TD has no forms" in ran.out
    assert "\x1b" not in ran.out


async def test_it_fits_a_phone(house: House) -> None:
    ran = await at_the_box(house, "discover", columns=40)
    lines = [line for line in ran.out.splitlines() if not line.startswith("/")]  # a path is not broken
    assert max(map(len, lines)) <= 40, ran.out


async def test_programs_get_the_document(house: House) -> None:
    ran = await at_the_box(house, "discover", "--json")
    assert set(json.loads(ran.out)) == {"families", "watchers", "ports", "unread"}


async def test_what_comes_is_shown_as_it_comes(house: House, desk: Searching) -> None:
    ran = await at_the_box(house, "discover", "--for", "1s", "--json")
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert {"found1", "odd"} <= {one["candidate"]["id"] for one in found if "candidate" in one}
    assert any("port" in one for one in found)
    ran = await at_the_box(house, "discover", "--for", "1s")
    assert "→ hearth adopt found2" in ran.out, ran.out + ran.err
    assert "+ odd (wot): its TD has no forms" in ran.out, ran.out
    assert "hearth adopt odd" not in ran.out, "it cannot become a Thing"


async def test_a_time_that_is_none_is_refused(house: House) -> None:
    ran = await at_the_box(house, "discover", "--for", "soon")
    assert ran.code == 2
    assert "write 10s or 2m" in ran.err


NO_DBUS = "the system's D-Bus cannot be reached, through which Bluetooth is used: install and start `dbus` and `bluez`"


async def test_a_family_that_nobody_can_see_is_said_to_be_so(house: House) -> None:
    looking = house.gateway.discovery
    looking.families["ble"].state = "looking"
    looking.watchers["bluetooth"] = lambda: DriverHealth(False, NO_DBUS)
    async with (await house.owner()).get("/discovery") as answer:
        families = {one["name"]: one for one in (await answer.json())["families"]}
    assert (families["ble"]["state"], families["ble"]["advice"]) == ("blind", NO_DBUS)
    assert families["esphome"]["state"] == "looking", "mDNS looks"
    ran = await at_the_box(house, "discover")
    assert "cannot look" in ran.out
    assert ran.out.count("bluez") == 1
    said = " ".join((await at_the_box(house, "doctor")).out.split())
    assert "none of its devices can be found" in said
    assert said.count("install and start `dbus`") == 1
    assert "where no Bluetooth is wanted, leave ble out of" in said


async def test_why_a_driver_is_not_connected_stands_under_the_families(
    house: House, desk: Searching, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "line cellar is closed: /dev/ttyUSB0 is used by mbpoll (4711)"
    problems = (why, "unit 3 of line cellar is left out: unit: is 0")
    monkeypatch.setattr(desk, "health", lambda: DriverHealth(False, why, problems=problems))
    ran = await at_the_box(house, "discover")
    assert f"  ! Web of Things: {why}\n" in ran.out
    assert ran.out.count(why) == 1
    said = (await at_the_box(house, "doctor")).out
    assert "could not read" not in said
    assert "look at who publishes there" not in said
    assert "unit 3 of line cellar is left out: unit: is 0" in " ".join(said.split())


async def test_the_doctor_says_what_to_install(house: House) -> None:
    ran = await at_the_box(house, "doctor")
    assert "2 of its devices seen, but it needs the extra `homekit`" in " ".join(ran.out.split())
    assert "10.0.0.6 floods" in ran.out


@pytest.mark.parametrize(
    ("port", "said"),
    [
        ({}, "/dev/ttyS0: built in (path:/dev/ttyS0), free, there "),
        ({"used_by": "modbus"}, ", used by modbus, there "),
        ({"closed": "add the user {x}"}, ", may not be opened, there "),
    ],
)
def test_a_port_is_shown_with_who_has_it_or_why_it_may_not_be_had(port: dict[str, Json], said: str) -> None:
    line = _port_line({"path": "/dev/ttyS0", "identity": "path:/dev/ttyS0", "since": None, **port})
    assert said in line
    assert ("add the user {x}" in line) == ("closed" in port)
