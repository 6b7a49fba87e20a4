"""The loop that the gateway itself runs on, where there is one: its transports are others."""

from __future__ import annotations

import pytest

from capabilities.readings import Report
from drivers.driver import NotSent
from drivers.esphome.secret import Secret
from tests.drivers.contract import PATIENCE_S
from tests.drivers.esphome.around import Around, running
from tests.drivers.esphome.node import KEY, MAC, PB, Node

POINT = f"{MAC}|switch/Relay#on"


@pytest.mark.parametrize("key", ["", KEY], ids=["in the clear", "encrypted"])
def test_under_uvloop(key: str) -> None:
    uvloop = pytest.importorskip("uvloop", reason="uvloop is not installed")
    uvloop.run(story(key))


async def story(key: str) -> None:
    node, around = Node(key=key), Around()
    node.entities = [PB.ListEntitiesSwitchResponse(key=7, name="Relay", device_class="outlet")]
    node.states = [PB.SwitchStateResponse(key=7, state=True)]
    if key:
        around.vault.kept[MAC] = Secret(key).encode()
    around.driver.keep([MAC])
    async with running(node), around.driver:
        around.services.announce(node)
        await around.contact(True)
        await around.observed(lambda item: isinstance(item, Report) and item.reading.value is True)
        await around.driver.write(POINT, False, PATIENCE_S)
        assert (await node.received.get()).state is False
        await node.stop()
        await around.contact(False)
        with pytest.raises(NotSent):
            await around.driver.write(POINT, True, PATIENCE_S)
        await node.start()
        around.services.announce(node)
        await around.contact(True)
