"""What the CoAP driver does besides the contract: several ways to one device, what is no Thing, what is believed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from capabilities.readings import Contact, Observation, Report
from capabilities.vocabulary import Hazard, Quality
from drivers.coap.declared import DECLARED
from drivers.coap.driver import CoapDriver, open_driver
from drivers.coap.settings import CoapSettings
from drivers.discovery.adapters import may_be_probed
from drivers.discovery.seen import SerialPort
from drivers.driver import Candidate, NotSent, Rejected, Uncertain, Withdrawn
from tests.drivers.coap_bench import DEVICE, lamp_td, line_lamp, udp_lamp
from tests.drivers.coap_tools import SeenPorts, SeenServices, tools
from tests.drivers.contract import PATIENCE_S, wait_for

POINT = f"{DEVICE} properties/on"


@asynccontextmanager
async def driving(
    services: SeenServices | None = None,
    ports: SeenPorts | None = None,
    *,
    keep: bool = True,
    **settings: object,
) -> AsyncIterator[CoapDriver]:
    driver = open_driver(CoapSettings.model_validate(settings), tools(services, ports))
    if keep:
        driver.keep([DEVICE])
    async with driver:
        yield driver


async def candidate(driver: CoapDriver) -> Candidate:
    found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
    assert isinstance(found, Candidate)
    return found


async def seen(driver: CoapDriver, wanted: Callable[[Observation], bool]) -> Observation:
    return await wait_for(driver.reports(), wanted)


async def up(driver: CoapDriver) -> None:
    await seen(driver, lambda item: isinstance(item, Contact) and item.reachable)


async def down(driver: CoapDriver) -> None:
    await seen(driver, lambda item: isinstance(item, Contact) and not item.reachable)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110 - health is asked, it does not tell
            await asyncio.sleep(0.01)


async def test_what_is_found_over_udp_says_that_anybody_can_command_it() -> None:
    services = SeenServices()
    async with udp_lamp() as server, driving(services, keep=False) as driver:
        services.announce("lamp", server.port)
        found = await candidate(driver)
    assert found.id == DEVICE
    assert found.identities == {"eui64:0x0024befffe804ff1", "mac:00:24:be:80:4f:f1"}
    assert found.endpoint.scheme == "coap"
    assert any("anybody on this network can command it" in one for one in found.problems)
    switch, identify = found.components
    assert (switch.kind, identify.kind) == ("switch", "setting")
    assert switch.commands == ("on → PUT /on",)


async def test_what_is_no_thing_is_described_and_left_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "line")
    async with line_lamp(path) as endpoint, driving(keep=False, line=[{"port": path}]) as driver:
        found = await candidate(driver)
        assert found.endpoint.scheme == "serial"
        assert not found.problems
        with pytest.raises(NotSent, match="cannot be reached"):
            await driver.write(POINT, True, 1.0)
        driver.keep([DEVICE])
        await up(driver)
        await driver.write(POINT, True, 1.0)
        driver.keep([])
        await until(lambda: not driver.health().connected)
        assert endpoint.lamp.count == 1


async def test_two_ways_to_one_device_are_one_candidate_and_the_line_is_preferred(tmp_path: Path) -> None:
    path, services = str(tmp_path / "line"), SeenServices()
    async with (
        udp_lamp() as server,
        driving(services, line=[{"port": path}], endpoints=[f"coap://[::1]:{server.port}"]) as driver,
    ):
        await candidate(driver)
        await up(driver)
        await driver.write(POINT, True, 1.0)
        assert server.lamp.count == 1
        async with line_lamp(path) as endpoint:
            again = await candidate(driver)
            assert (again.id, again.endpoint.scheme) == (DEVICE, "serial")
            await until(lambda: any(one.live and one.is_line for one in driver._sessions.values()))
            await driver.write(POINT, True, 1.0)
            assert (server.lamp.count, endpoint.lamp.count) == (1, 1)
        # the cable was pulled: the other way takes over
        await until(lambda: any(one.live and not one.is_line for one in driver._sessions.values()))
        await driver.write(POINT, False, 1.0)
        assert server.lamp.count == 2


async def test_who_says_over_udp_that_it_is_an_endpoint_known_from_a_line_is_not_believed(
    tmp_path: Path,
) -> None:
    path, services = str(tmp_path / "line"), SeenServices()
    async with udp_lamp() as stranger, driving(services, line=[{"port": path}]) as driver:
        async with line_lamp(path):
            await up(driver)
            services.announce("lamp", stranger.port)
            await until(lambda: any("is not used" in one for one in driver.health().problems))
        await down(driver)
        with pytest.raises(NotSent):
            await driver.write(POINT, True, 1.0)
        assert stranger.lamp.count == 0


async def test_what_was_met_on_a_line_is_known_after_a_restart(tmp_path: Path) -> None:
    path, services = str(tmp_path / "line"), SeenServices()
    with_memory = tools(services)
    settings = CoapSettings.model_validate({"line": [{"port": path}]})
    first, second = open_driver(settings, with_memory), open_driver(settings, with_memory)
    first.keep([DEVICE])
    async with first, line_lamp(path):
        await up(first)
        await until(lambda: not first._lines.tasks)
    assert await with_memory.vault.load() == {DEVICE: b"line"}
    second.keep([DEVICE])
    async with second, udp_lamp() as stranger:
        services.announce("lamp", stranger.port)
        await until(lambda: any("is not used" in one for one in second.health().problems))
        assert stranger.lamp.count == 0
        second.keep([])
        await until(lambda: not second._lines.tasks)
    assert await with_memory.vault.load() == {}


async def test_a_port_that_is_not_there_is_told_once(tmp_path: Path) -> None:
    path = str(tmp_path / "line")
    async with line_lamp(path) as endpoint, driving(line=[{"port": path}]) as driver:
        await up(driver)
        endpoint.unplug()
        await down(driver)
        await asyncio.sleep(0.5)  # it is looked for twice meanwhile
        assert not any(isinstance(item, Contact) for item in waiting(driver))


def waiting(driver: CoapDriver) -> list[Observation]:
    return [slot[0] for slot in driver._observations._slots]


async def test_a_device_at_another_address_is_the_same() -> None:
    services = SeenServices()
    async with driving(services) as driver:
        async with udp_lamp() as first:
            services.announce("lamp", first.port)
            await up(driver)
        await down(driver)
        async with udp_lamp() as second:
            services.announce("lamp", second.port)
            await up(driver)
            await driver.write(POINT, True, 1.0)
            assert second.lamp.count == 1
        found = driver.recall(DEVICE)
        assert found is not None
        assert found.components


async def test_no_is_told_with_the_words_of_the_endpoint() -> None:
    services = SeenServices()
    async with udp_lamp() as server, driving(services) as driver:
        services.announce("lamp", server.port)
        await up(driver)
        server.lamp.refuses = "The interlock is open.\x1b[31m\n" + "x" * 500
        with pytest.raises(Rejected, match=r"The interlock is open\. \[31m x+…") as told:
            await driver.write(POINT, True, 1.0)
        assert len(str(told.value)) < 300


async def test_silence_after_bytes_went_out_is_uncertain_and_nothing_goes_out_later(tmp_path: Path) -> None:
    path = str(tmp_path / "line")
    async with line_lamp(path) as endpoint, driving(line=[{"port": path}]) as driver:
        await up(driver)
        endpoint.deaf = True
        with pytest.raises(Uncertain, match="not known"):
            await driver.write(POINT, True, 0.2)
        await down(driver)
        endpoint.deaf = False
        await up(driver)
        await driver.write(POINT, False, 1.0)
        assert endpoint.lamp.commands.get_nowait() is False
        assert endpoint.lamp.count == 1


async def test_an_action_is_invoked_without_input() -> None:
    services = SeenServices()
    async with udp_lamp() as server, driving(services) as driver:
        services.announce("lamp", server.port)
        await up(driver)
        await driver.invoke(f"{DEVICE} actions/identify", None, 1.0)
        assert await server.lamp.commands.get() == {"identify": None}


async def test_a_read_is_answered_in_the_reports(tmp_path: Path) -> None:
    path = str(tmp_path / "line")
    async with line_lamp(path) as endpoint, driving(line=[{"port": path}]) as driver:
        await up(driver)
        endpoint.lamp.on = True  # and nobody is told
        await driver.read(POINT, 1.0)
        told = await seen(driver, lambda item: isinstance(item, Report) and item.reading.value is True)
        assert isinstance(told, Report)
        assert told.reading.quality is Quality.GOOD


async def test_a_restart_is_noticed_and_everything_is_observed_again(tmp_path: Path) -> None:
    path = str(tmp_path / "line")
    async with line_lamp(path) as endpoint, driving(line=[{"port": path}]) as driver:
        await up(driver)
        await driver.write(POINT, True, 1.0)
        endpoint.restart()
        await up(driver)
        endpoint.lamp.show(True)
        await seen(driver, lambda item: isinstance(item, Report) and item.reading.value is True)


async def test_a_device_without_a_description_is_told_of_in_a_line() -> None:
    services = SeenServices()
    async with udp_lamp() as server, driving(services, keep=False) as driver:
        await server.stop()
        server.lamp.td = None
        await server.start()
        services.announce("thermometer", server.port)
        found = await candidate(driver)
        assert found.components == ()
        assert any("/on (rt=switch, if=core.a, obs)" in one for one in found.problems)
        services.withdraw("thermometer")
        assert isinstance(await anext(aiter(driver.candidates())), Withdrawn)


async def test_a_device_can_only_raise_hazard() -> None:
    services = SeenServices()
    td = lamp_td()
    properties = td["properties"]
    assert isinstance(properties, dict)
    on = properties["on"]
    assert isinstance(on, dict)
    on |= {"hearth:hazard": 0, "hearth:privilege": "view"}
    properties["door"] = {**on, "hearth:hazard": 3, "hearth:capability": "nonsense.on"}
    async with udp_lamp() as server, driving(services, keep=False) as driver:
        server.lamp.td = td
        services.announce("lamp", server.port)
        found = await candidate(driver)
    kinds = {one.kind: one.affordances[0] for one in found.components if "identify" not in one.key}
    assert kinds["setting"].hazard is Hazard.LIFE_SAFETY
    assert kinds["switch"].hazard is Hazard.COMFORT, "the model's 2 stands: what is said can only raise it"


async def test_a_port_that_another_has_is_told() -> None:
    ports = SeenPorts()
    ports.claims.add("/dev/null")
    async with driving(ports=ports, line=[{"port": "/dev/null"}]) as driver:
        await until(lambda: any("used by another" in one for one in driver.health().problems))


@pytest.mark.parametrize(
    "uri",
    [
        "coap://",
        "http://a",
        "coap://[fe80::1%eth0",
        "coap://a:b",
        "coap://a:70000",
        "coap://a/b",
        "coap://u@a",
    ],
)
def test_what_is_no_endpoint_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match=r"written|brackets|port"):
        CoapSettings.model_validate({"endpoints": [uri]})


@pytest.mark.parametrize(
    "uri", ["coap://lamp.local", "coap://10.0.0.7:5684", "coap://[fe80::1%eth0]", "coap://[::1]:9"]
)
def test_endpoints_are_written_as_uris(uri: str) -> None:
    CoapSettings.model_validate({"endpoints": [uri]})


def espressif(identity: str) -> SerialPort:
    return SerialPort(
        "/dev/ttyACM7",
        identity,
        0x303A,
        0x1001,
        "7C:DF:A1:00:00:01",
        "Espressif",
        "USB JTAG/serial debug unit",
    )


async def test_a_port_is_asked_what_it_is_only_where_its_adapter_is_known_to_be_an_endpoints(
    tmp_path: Path,
) -> None:
    ports, path = SeenPorts(), str(tmp_path / "chip")
    async with line_lamp(path), driving(ports=ports, keep=False) as driver:
        ports.came(replace(espressif(path), vid=0x1A86, pid=0x7523))
        assert not driver._sessions
        ports.came(espressif(path))
        assert (await candidate(driver)).id == DEVICE


def test_what_is_declared_may_be_probed() -> None:
    for vid, pid in DECLARED.usb:
        assert may_be_probed(replace(espressif("usb"), vid=vid, pid=pid), "coap")
