"""Sorts of entities that ESPHome's build for this machine cannot have, and what others become by their classes and names."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.readings import Occurrence, Report
from capabilities.vocabulary import Evidence, Hazard, Json, Privilege
from drivers.driver import Candidate, NotSent, Rejected, Uncertain
from drivers.esphome.entities.table import SORTS
from tests.drivers.contract import PATIENCE_S
from tests.drivers.esphome.around import Around, running
from tests.drivers.esphome.node import MAC, PB, Node

CONFIG, DIAGNOSTIC = 1, 2


class Bench:
    """A driver that is connected to a node with these entities."""

    def __init__(self, around: Around, node: Node, candidate: Candidate) -> None:
        self.around, self.node, self.candidate = around, node, candidate

    async def order(self, name: str, value: Json = None, deadline: float = PATIENCE_S) -> None:
        await self.around.driver.invoke(f"{MAC}|{name}", value, deadline)

    async def sends(self, name: str, value: Json = None) -> Any:
        """The message that a command becomes."""
        await self.order(name, value)
        return await self.node.received.get()

    async def says(self, *messages: Any) -> dict[str, Json]:
        """What the states report, by affordance."""
        self.node.tell(*messages, PB.TextSensorStateResponse(key=999, state="that is all"))
        told: dict[str, Json] = {}
        async with asyncio.timeout(PATIENCE_S):
            async for item in self.around.driver.reports():
                if isinstance(item, Occurrence):
                    told[item.point.partition("#")[2]] = item.data
                elif isinstance(item, Report):
                    if item.reading.value == "that is all":
                        return told
                    told[item.point.partition("#")[2]] = item.reading.value
        raise AssertionError("the reports ended")


@asynccontextmanager
async def bench(*entities: Any, api: tuple[int, int] = (1, 14)) -> AsyncIterator[Bench]:
    node, around = Node(), Around()
    node.entities = [*entities, PB.ListEntitiesTextSensorResponse(key=999, name="End")]
    node.api = api
    around.driver.keep([MAC])
    async with running(node), around.driver:
        around.services.announce(node)
        found = await around.candidate()
        compose("t", "T", found.components, allot_names(found.components, {}))
        await around.contact(True)
        one = Bench(around, node, found)
        await _subscribed(node)
        yield one


async def _subscribed(node: Node) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not node.subscribers:  # noqa: ASYNC110  # what a real socket brings has no event here
            await asyncio.sleep(0)


def test_every_sort_that_can_be_listed_is_known() -> None:
    listed = {name for name in dir(PB) if name.startswith("ListEntities") and name.endswith("Response")}
    assert {sort.__name__ for sort in SORTS} == listed - {"ListEntitiesDoneResponse"}


async def test_a_siren() -> None:
    siren = PB.ListEntitiesSirenResponse(
        key=1, name="Siren", tones=["fire", "theft"], supports_volume=True, supports_duration=True
    )
    async with bench(siren) as one:
        sent = await one.sends("siren/Siren#sound", {"tone": "fire", "volume": 50, "duration": 30})
        assert (sent.has_state, sent.state, sent.tone, sent.volume, sent.duration) == (
            True,
            True,
            "fire",
            0.5,
            30,
        )
        sent = await one.sends("siren/Siren#on", False)
        assert (sent.has_state, sent.state, sent.has_tone) == (True, False, False)
        for wrong in ({"tone": "tea"}, {"volume": 101}, {"duration": 3601}, {"colour": 1}, 5):
            with pytest.raises(NotSent, match="should"):
                await one.order("siren/Siren#sound", wrong)  # type: ignore[arg-type]
        assert await one.says(PB.SirenStateResponse(key=1, state=True)) == {"on": True}


async def test_a_media_player() -> None:
    player = PB.ListEntitiesMediaPlayerResponse(key=1, name="Radio", feature_flags=0b1_0101_0011_1000_1101)
    async with bench(player) as one:
        assert (await one.sends("media_player/Radio#volume", 25)).volume == 0.25
        assert (await one.sends("media_player/Radio#muted", True)).command == 3
        assert (await one.sends("media_player/Radio#pause")).command == 1
        assert (await one.sends("media_player/Radio#on", False)).command == 13
        sent = await one.sends("media_player/Radio#play_media", {"url": "http://radio.test/stream"})
        assert (sent.has_media_url, sent.media_url) == (True, "http://radio.test/stream")
        with pytest.raises(NotSent, match="web address"):
            await one.order("media_player/Radio#play_media", {"url": "file:///etc/passwd"})
        told = await one.says(PB.MediaPlayerStateResponse(key=1, state=2, volume=0.25, muted=False))
        assert told == {"state": "playing", "volume": 25, "muted": False, "on": True}


async def test_a_camera_is_a_reference() -> None:
    picture = b"\xff\xd8\xff\xe0" + b"x" * 5000
    async with bench(PB.ListEntitiesCameraResponse(key=1, name="Yard")) as one:
        assert (await one.sends("camera/Yard#snapshot")).single is True
        told = await one.says(
            PB.CameraImageResponse(key=1, data=picture[:3000]),
            PB.CameraImageResponse(key=1, data=picture[3000:], done=True),
        )
        digest = hashlib.sha256(picture).hexdigest()
        assert told == {
            "image": f"esphome:{MAC}/camera/Yard?type=image/jpeg&size={len(picture)}&sha256={digest}"
        }
        huge = [PB.CameraImageResponse(key=1, data=b"x" * 60_000) for _ in range(150)]
        assert await one.says(*huge, PB.CameraImageResponse(key=1, done=True)) == {}


async def test_signals_are_sent_and_received() -> None:
    both = PB.ListEntitiesInfraredResponse(key=1, name="Eye", capabilities=3)
    radio = PB.ListEntitiesRadioFrequencyResponse(
        key=2, name="Mast", capabilities=1, frequency_min=433_000_000, frequency_max=434_000_000
    )
    async with bench(both, radio) as one:
        sent = await one.sends("infrared/Eye#send", {"timings": [9000, -4500, 560]})
        assert (list(sent.timings), sent.carrier_frequency, sent.repeat_count) == (
            [9000, -4500, 560],
            38_000,
            1,
        )
        assert (
            await one.sends("radio_frequency/Mast#send", {"timings": [1]})
        ).carrier_frequency == 433_000_000
        wrongs: list[Json] = [
            {}, {"timings": []}, {"timings": [1.5]}, {"timings": [1], "carrier": -1}, {"timings": [2_000_000]},
        ]  # fmt: skip
        for wrong in wrongs:
            with pytest.raises(NotSent, match="should"):
                await one.order("infrared/Eye#send", wrong)
        assert await one.says(PB.InfraredRFReceiveEvent(key=1, timings=[100, 200])) == {
            "received": {"timings": [100, 200]}
        }


async def test_an_update_is_for_administrators() -> None:
    async with bench(PB.ListEntitiesUpdateResponse(key=1, name="Firmware")) as one:
        (install,) = [a for c in one.candidate.components for a in c.affordances if a.name == "update"]
        assert (install.hazard, install.privilege) == (Hazard.PROPERTY, Privilege.ADMINISTER)
        assert (await one.sends("update/Firmware#update")).command == 1
        told = await one.says(
            PB.UpdateStateResponse(
                key=1, current_version="1", latest_version="2", in_progress=True, has_progress=True, progress=40,
                release_url="javascript:alert(1)",
            )
        )  # fmt: skip
        assert told == {
            "firmware": "1", "latest_firmware": "2", "update_available": True, "updating": True, "update_progress": 40,
            "release": None,
        }  # fmt: skip


async def test_the_code_of_a_lock() -> None:
    lock = PB.ListEntitiesLockResponse(
        key=1, name="Door", requires_code=True, code_format="^[0-9]{4}$", supports_open=True
    )
    async with bench(lock) as one:
        (unlock,) = [a for c in one.candidate.components for a in c.affordances if a.name == "unlock"]
        assert unlock.schema["required"] == ["code"]
        sent = await one.sends("lock/Door#unlock", {"code": "1234"})
        assert (sent.command, sent.has_code, sent.code) == (0, True, "1234")
        assert (await one.sends("lock/Door#open", {"code": "1234"})).command == 2
        assert await one.says(PB.LockStateResponse(key=1, state=3)) == {"state": "jammed"}


async def test_an_action_that_is_answered() -> None:
    service = PB.ListEntitiesServicesResponse(key=1, name="move", supports_response=100)
    service.args.add(name="to", type=1)
    async with bench(service) as one:
        for success, error in ((True, ""), (False, "no such place")):
            asking = asyncio.ensure_future(one.order("action/move#run", {"to": 5}))
            sent = await one.node.received.get()
            (argument,) = sent.args
            assert argument.int_ == 5
            for peer in one.node.peers:
                peer.send(
                    PB.ExecuteServiceResponse(call_id=sent.call_id, success=success, error_message=error)
                )
            if success:
                await asking
            else:
                with pytest.raises(Rejected, match="no such place"):
                    await asking
        with pytest.raises(Uncertain, match="not answered"):
            await one.order("action/move#run", {"to": 5}, 0.05)
        lost = asyncio.ensure_future(one.order("action/move#run", {"to": 5}))
        while (await one.node.received.get()).call_id < 4:
            pass
        await one.node.stop()
        with pytest.raises(Uncertain, match="lost"):
            await lost


async def test_arguments_of_actions() -> None:
    service = PB.ListEntitiesServicesResponse(key=1, name="tell")
    for name, sort in (("a", 0), ("b", 1), ("c", 2), ("d", 3), ("e", 4), ("f", 5), ("g", 6), ("h", 7)):
        service.args.add(name=name, type=sort)
    good: dict[str, Json] = {
        "a": True, "b": -5, "c": 0.5, "d": "x", "e": [True], "f": [1, 2], "g": [0.5], "h": ["y"],
    }  # fmt: skip
    async with bench(service) as one:
        sent = await one.sends("action/tell#run", good)
        assert [one.int_ for one in sent.args][1] == -5
        assert list(sent.args[7].string_array) == ["y"]
        for name, wrong in (
            ("a", 1),
            ("b", 2**31),
            ("b", 1.5),
            ("c", "x"),
            ("d", 5),
            ("e", True),
            ("f", ["1"]),
        ):
            with pytest.raises(NotSent, match="should"):
                await one.order("action/tell#run", {**good, name: wrong})  # type: ignore[dict-item]
        with pytest.raises(NotSent, match="should have b"):
            await one.order("action/tell#run", {"a": True})
        with pytest.raises(NotSent, match="should be an object"):
            await one.order("action/tell#run", {**good, "z": 1})


@pytest.mark.parametrize(
    ("entity", "kind", "certain", "proposal"),
    [
        (PB.ListEntitiesSwitchResponse(name="Pump"), "switch", False, ""),
        (PB.ListEntitiesSwitchResponse(name="Pump", device_class="switch"), "switch", True, ""),
        (PB.ListEntitiesSwitchResponse(name="Plug", device_class="outlet"), "outlet", True, ""),
        (PB.ListEntitiesSwitchResponse(name="Status LED", entity_category=CONFIG), "setting", True, ""),
        (PB.ListEntitiesSwitchResponse(name="Safe mode"), "setting", True, ""),
        (PB.ListEntitiesCoverResponse(name="Cover"), "blind", False, ""),
        (PB.ListEntitiesCoverResponse(name="Garagentor"), "blind", False, "garage"),
        (PB.ListEntitiesCoverResponse(name="Gate", device_class="gate"), "garage", True, ""),
        (PB.ListEntitiesCoverResponse(name="Air", device_class="damper"), "valve", True, ""),
        (PB.ListEntitiesButtonResponse(name="Open door"), "setting", False, "button"),
        (PB.ListEntitiesButtonResponse(name="Reboot", device_class="restart"), "setting", True, ""),
        (PB.ListEntitiesSensorResponse(name="Power", unit_of_measurement="kW"), "power", True, ""),
        (PB.ListEntitiesSensorResponse(name="Target", device_class="temperature"), "other", True, ""),
        (
            PB.ListEntitiesSensorResponse(name="Chip", device_class="temperature", entity_category=DIAGNOSTIC),
            "other", True, "",
        ),
        (PB.ListEntitiesSensorResponse(name="Battery", device_class="voltage", unit_of_measurement="V"), "battery", True, ""),
        (PB.ListEntitiesBinarySensorResponse(name="Smoke", device_class="smoke"), "smoke", True, ""),
        (PB.ListEntitiesBinarySensorResponse(name="Window"), "other", True, ""),
        (PB.ListEntitiesEventResponse(name="Knob", event_types=["single press", "long press"]), "button", True, ""),
        (PB.ListEntitiesEventResponse(name="Tag", event_types=["cat", "dog"]), "other", True, ""),
    ],
)  # fmt: skip
async def test_kinds_by_class_and_name(entity: Any, kind: str, certain: bool, proposal: str) -> None:
    async with bench(entity) as one:
        found = one.candidate.components[0]
        assert (found.kind, found.certain, found.proposal) == (kind, certain, proposal)


@pytest.mark.parametrize(
    ("name", "device_class", "action", "privilege"),
    [
        ("Restart", "restart", "restart", Privilege.ADMINISTER),
        ("Werksreset", "", "factory_reset", Privilege.ADMINISTER),
        ("Factory reset", "restart", "factory_reset", Privilege.ADMINISTER),
        ("Install", "update", "update", Privilege.ADMINISTER),
        ("Shutdown", "", "press", Privilege.ADMINISTER),
        ("Blink", "identify", "identify", Privilege.MANAGE),
        ("Feed the cat", "", "press", Privilege.MANAGE),
    ],
)
async def test_buttons_by_what_they_do(
    name: str, device_class: str, action: str, privilege: Privilege
) -> None:
    async with bench(PB.ListEntitiesButtonResponse(key=5, name=name, device_class=device_class)) as one:
        (found,) = one.candidate.components[0].affordances
        assert (found.name, found.privilege) == (action, privilege)
        assert (await one.sends(f"button/{name}#{action}")).key == 5


async def test_what_is_only_assumed_is_no_evidence_of_the_device() -> None:
    entities = [
        PB.ListEntitiesSwitchResponse(key=1, name="Radio plug", assumed_state=True),
        PB.ListEntitiesSwitchResponse(key=2, name="Relay"),
    ]
    async with bench(*entities) as one:
        seen: dict[str, Evidence] = {}
        one.node.tell(PB.SwitchStateResponse(key=1, state=True), PB.SwitchStateResponse(key=2, state=True))
        while len(seen) < 2:
            item = await one.around.observed(lambda item: isinstance(item, Report))
            assert isinstance(item, Report)
            seen[item.point.partition("|")[2]] = item.evidence
        assert seen == {"switch/Radio plug#on": Evidence.BRIDGE, "switch/Relay#on": Evidence.DEVICE}


async def test_entities_of_sub_devices_have_keys_of_their_own() -> None:
    entities = [
        PB.ListEntitiesSensorResponse(key=1, name="Air", device_class="temperature", device_id=sub)
        for sub in (0, 7)
    ]
    async with bench(*entities) as one:
        assert [c.key for c in one.candidate.components[:2]] == ["sensor/Air", "sensor/Air@7"]
        told = []
        one.node.tell(
            PB.SensorStateResponse(key=1, state=20), PB.SensorStateResponse(key=1, state=21, device_id=7)
        )
        for _ in range(2):
            item = await one.around.observed(lambda item: isinstance(item, Report))
            assert isinstance(item, Report)
            told.append((item.point, item.reading.value))
        assert told == [(f"{MAC}|sensor/Air#temperature", 20), (f"{MAC}|sensor/Air@7#temperature", 21)]


async def test_a_lamp_in_each_mode_takes_the_fewest_channels() -> None:
    modes = [35, 39, 51, 11, 19]
    lamp = PB.ListEntitiesLightResponse(
        key=1, name="L", supported_color_modes=modes, min_mireds=153, max_mireds=370
    )
    async with bench(lamp) as one:
        assert (await one.sends("light/L#color_temperature", 4000)).color_mode == 11
        assert (await one.sends("light/L#color", {"hue": 0, "saturation": 100})).color_mode == 35
        sent = await one.sends(
            "light/L#set", {"color": {"hue": 0, "saturation": 100}, "white": 20, "flash": "short"}
        )
        assert (sent.color_mode, round(sent.white, 3), sent.flash_length) == (39, 0.2, 2000)
        sent = await one.sends("light/L#set", {"on": False, "transition": 1.5})
        assert (sent.state, sent.transition_length, sent.has_brightness) == (False, 1500, False)
        wrongs: list[Json] = [
            {}, {"brightness": 0, "on": True}, {"on": False, "color_temperature": 3000}, {"tint": 1}, {"transition": -1},
            {"white": 10, "color_temperature": 3000}, {"color": {"hue": 400, "saturation": 1}},
        ]  # fmt: skip
        for wrong in wrongs:
            with pytest.raises(NotSent, match="the value"):
                await one.order("light/L#set", wrong)


async def test_heating_in_fahrenheit() -> None:
    climate = PB.ListEntitiesClimateResponse(
        key=1, name="Heat", temperature_unit=1, supported_modes=[0, 3], visual_min_temperature=50, visual_max_temperature=86,
        feature_flags=1,
    )  # fmt: skip
    async with bench(climate) as one:
        (target,) = [a for a in one.candidate.components[0].affordances if a.name == "target"]
        assert target.schema == {"minimum": 10, "maximum": 30}
        assert (await one.sends("climate/Heat#target", 20)).target_temperature == 68
        told = await one.says(
            PB.ClimateStateResponse(key=1, mode=3, target_temperature=68, current_temperature=float("nan"))
        )
        assert told == {"target": 20, "temperature": None, "mode": "heat"}
