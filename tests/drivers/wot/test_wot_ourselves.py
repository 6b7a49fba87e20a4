"""What is announced at the gateway's own machine is left alone, and that is said: once, and only while it is so."""

from __future__ import annotations

from drivers.wot.driver import open_driver
from drivers.wot.ourselves import MAX_KNOWN
from drivers.wot.settings import WotSettings, WotThing
from drivers.wot.sources import MAX_SHOWN_CHARACTERS, configured
from tests.drivers.wot_house import until
from tests.drivers.wot_peer import FakeServices, tools


async def test_a_thing_at_this_machine_is_said_in_one_line() -> None:
    services = FakeServices()
    async with open_driver(WotSettings(), tools(services)) as driver:
        services.announce(8080, "/td", name="Hearth on attic", type="Directory")
        assert driver.health().problems == ()
        for name in ("Garden light", "Garden light", "Lamp"):
            services.announce(8081, "/td", name=name)
        (line,) = driver.health().problems
        assert line.startswith("'Garden light', 'Lamp' are announced at this machine's own address")
        assert "this_machine = true in [wot]" in line
        services.lose("Lamp")
        (line,) = driver.health().problems
        assert line.startswith("'Garden light' is announced")
        services.announce(8081, "/td", name="Garden light", addresses=("192.0.2.7",))
        assert not any("own address" in one for one in driver.health().problems)


async def test_a_flood_of_them_is_one_line_still() -> None:
    services = FakeServices()
    async with open_driver(WotSettings(), tools(services)) as driver:
        for number in range(3 * MAX_KNOWN):
            services.announce(8081, "/td", name=f"{number} " + "x" * 500)
        (line,) = driver.health().problems
        assert f"and {MAX_KNOWN - 3} more are announced" in line
        assert len(line) < 500


async def test_what_cannot_be_read_is_named_with_its_path_and_without_its_query() -> None:
    settings = WotSettings(this_machine=True, things=("http://127.0.0.1:9/lamps/td.json?key=secret",))
    async with open_driver(settings, tools(FakeServices())) as driver:
        await until(lambda: driver.health().problems != ())
        (line,) = driver.health().problems
        assert line.startswith("http://127.0.0.1:9/lamps/td.json: ")
        assert "secret" not in line


def test_a_long_address_leaves_room_for_what_is_wrong() -> None:
    source = configured(WotThing(url="http://lamp.lan/" + "x" * 400), is_directory=False)
    assert len(source.shown) == MAX_SHOWN_CHARACTERS
