"""Nodes are recorded through the running gateway; their replays make of it what the driver made, and nothing private."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from capabilities.readings import Occurrence, Report
from capabilities.vocabulary import Json
from drivers.driver import Driver
from drivers.esphome.hearing import Numbers, read_message, state_message
from drivers.esphome.replay import replayed
from drivers.recording.heard import Blackener, Heard, HeardError, HeardTape
from tests.drivers.esphome.around import Around, running
from tests.drivers.esphome.node import KEY, PB, Node
from tests.drivers.recording_house import Overheard, RecordingHouse, a_recording_house, as_much, until
from tests.drivers.replaying import described, values

MAC = "a4:c1:38:5e:0f:77"
FAR = 3735928559
PRIVATE = (
    "annegret",
    "kemenate",
    "hunter2",
    MAC,
    "a4c1385e0f77",
    "127.0.0.1",
    str(FAR),
    "4711",
    KEY.casefold(),
)


def a_node(**more: str) -> Node:
    """With what a person may have chosen: names, options, texts."""
    node = Node(MAC, **more)
    node.info.name, node.info.friendly_name, node.info.suggested_area = (
        "annegrets-node",
        "Annegret",
        "Kemenate",
    )
    node.info.devices.add(device_id=FAR, name="Kemenate lamp", area_id=FAR + 1)
    node.entities = [
        PB.ListEntitiesSwitchResponse(key=FAR, name="Garage door", device_class="switch"),
        PB.ListEntitiesSensorResponse(
            key=9, name="Annegret's air", device_class="temperature", unit_of_measurement="°C", accuracy_decimals=1
        ),
        PB.ListEntitiesLightResponse(
            key=3, name="Lamp", device_id=FAR, effects=["None", "Rainbow"], supported_color_modes=[35], min_mireds=153,
            max_mireds=500,
        ),
        PB.ListEntitiesSelectResponse(key=4, name="Mode", options=["auto", "Annegret"]),
        PB.ListEntitiesTextResponse(key=5, name="Note", max_length=20, mode=1),
        PB.ListEntitiesEventResponse(key=6, name="Button", event_types=["single", "double"], device_class="button"),
        PB.ListEntitiesCameraResponse(key=7, name="Camera"),
        PB.ListEntitiesServicesResponse(key=8, name="sing", args=[PB.ListEntitiesServicesArgument(name="loud", type=0)]),
    ]  # fmt: skip
    node.states = [
        PB.SwitchStateResponse(key=FAR, state=False),
        PB.SensorStateResponse(key=9, state=21.5),
        PB.LightStateResponse(
            key=3, device_id=FAR, state=True, brightness=0.5, color_mode=35, effect="Rainbow"
        ),
        PB.SelectStateResponse(key=4, state="Annegret"),
        PB.TextStateResponse(key=5, state="4711"),
    ]
    return node


async def told_by(path: Path, node: Node) -> tuple[HeardTape, Overheard, Any]:
    """Adopted while it is recorded: all its states come then."""
    around = Around()
    overheard = Overheard(around.driver)
    async with running(node), a_recording_house(path, cast(Driver, around.driver)) as house:
        around.services.announce(node)
        await house.found(MAC)
        async with house.recording(MAC) as recording:
            await house.adopted(MAC, "Node")
            await until(lambda: node.subscribers == 1 and said(overheard, 21.5))
            node.tell(PB.SensorStateResponse(key=9, state=-3.25), PB.SensorStateResponse(key=99, state=1))
            node.tell(
                PB.EventResponse(key=6, event_type="double"), PB.SwitchStateResponse(key=FAR, state=True)
            )
            node.tell(PB.SensorStateResponse(key=9, state=float("nan")))
            node.tell(PB.CameraImageResponse(key=7, data=b"\xff\xd8\xff" + b"Annegret" * 9, done=True))
            await until(lambda: said(overheard, "camera"))
            tape = await recording.complete(as_much(overheard))
        return tape, overheard, around.driver.recall(MAC)


def said(overheard: Overheard, value: Json) -> bool:
    """A reading with it, or of that sort."""
    return any(
        isinstance(one, Report) and (one.reading.value == value or f"|{value}/" in one.point)
        for one in overheard.told
    )


async def test_a_node_is_recorded_and_replayed(tmp_path: Path) -> None:
    tape, live, candidate = await told_by(tmp_path, a_node())
    for secret in PRIVATE:
        assert secret not in str(tape).casefold(), secret
    found = replayed(tape)
    again = found.candidates[-1]
    assert (again.manufacturer, again.model) == (candidate.manufacturer, candidate.model)
    assert len({one.key for one in again.components}) == len(candidate.components) == 8
    chosen = {"Mode", "Note", "sing"}
    for (one, other), component in zip(
        zip(described(again), described(candidate), strict=True), candidate.components, strict=True
    ):
        assert one[:2] == other[:2]
        if component.title not in chosen:
            assert one == other
    private = [component.title in chosen or component.title == "Camera" for component in candidate.components]
    before, after = values(live.told, candidate), values(found.observations, again)
    assert before.keys() == after.keys()
    for name, readings in before.items():
        if private[int(name.partition("/")[0])]:
            assert len(after[name]) == len(readings)
        else:
            assert after[name] == readings
    assert any(isinstance(one, Occurrence) for one in found.observations)


async def test_what_is_known_already_is_told_at_once(tmp_path: Path) -> None:
    around, node = Around(), a_node()
    async with running(node), around.driver:
        around.services.announce(node)
        live = await around.candidate()
        heard: list[Heard] = []
        stop = around.driver.tap(MAC, lambda kind, data: heard.append(Heard(0, kind, data)))
        assert [one.kind for one in heard] == ["listing"]
        (found,) = replayed(HeardTape("esphome", tuple(heard))).candidates
        assert (found.title, found.endpoint, found.room) == (live.title, live.endpoint, live.room)
        assert described(found) == described(live), "nothing is redacted yet"
        stop()
        assert MAC not in around.driver._taps
        with pytest.raises(KeyError):
            around.driver.tap("02:00:00:00:00:77", lambda kind, data: None)


async def test_one_that_wants_a_key_says_so_and_its_key_is_never_told(tmp_path: Path) -> None:
    around, node = Around(), a_node(key=KEY)
    async with running(node), a_recording_house(tmp_path, cast(Driver, around.driver)) as house:
        around.services.announce(node, friendly_name="Annegret")
        await house.found(MAC)
        tape = await first_of(house)
        (found,) = replayed(tape).candidates
        live = around.driver.recall(MAC)
        assert live is not None
        assert (found.asks, found.components) == (live.asks, ())
        assert "annegret" not in str(tape).casefold()
        await around.driver.pair(MAC, KEY, 5)
        tape = await first_of(house)
        assert KEY not in str(tape)
        assert len(replayed(tape).candidates[-1].components) == 8


async def first_of(house: RecordingHouse) -> HeardTape:
    async with house.recording(MAC) as recording:
        return await recording.complete(lambda tape: tape.messages)


STATES = [
    PB.CoverStateResponse(key=1, position=0.5, tilt=1),
    PB.ClimateStateResponse(key=1, mode=3, current_temperature=float("nan"), target_temperature=21.5),
    PB.SensorStateResponse(key=1, missing_state=True),
    PB.DateTimeStateResponse(key=1, epoch_seconds=1_795_383_098),
    PB.SensorStateResponse(key=1, state=float("inf")),
    PB.UpdateStateResponse(key=1, current_version="2026.10.0", has_progress=True, progress=12.5),
]  # fmt: skip


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_states_come_back_redacted_or_not(state: Any) -> None:
    said = state_message(state, Numbers())
    assert str(read_message(said)) == str(state)
    assert str(read_message(Blackener([]).message(said))) == str(state)


def test_signals_and_texts_are_not_taken_down() -> None:
    numbers = Numbers()
    signal = PB.InfraredRFReceiveEvent(key=1, timings=[560, -1690, 4711])
    said = state_message(signal, numbers)
    assert said == {"InfraredRFReceiveEvent": {"entity": 1, "timings": 3}}
    assert list(read_message(said).timings) == [0, 0, 0]
    note = state_message(PB.TextStateResponse(key=1, state="4711"), numbers)
    assert "4711" not in str(Blackener([]).message(note))
    assert read_message(note).state == "4711"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("listing", {}),
        ("listing", {"id": MAC, "endpoint": "", "api": [1], "device": {}, "entities": []}),
        ("listing", {"id": MAC, "endpoint": "", "api": [1, 9], "device": {"name": 3}, "entities": []}),
        ("listing", {"id": MAC, "endpoint": "", "api": [1, 9], "device": {}, "entities": [{"SwitchStateResponse": {}}]}),
        ("locked", {"id": MAC}),
    ],
)  # fmt: skip
def test_what_is_no_recording_says_why(kind: str, data: Json) -> None:
    with pytest.raises(HeardError, match="line 2"):
        replayed(HeardTape("esphome", (Heard(0, kind, data),)))
