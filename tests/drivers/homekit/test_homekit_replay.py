"""Accessories are recorded through the running gateway; their replays make of it what the driver made, and nothing private."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.readings import Occurrence
from capabilities.vocabulary import Json
from drivers.homekit import hearing
from drivers.homekit.replay import replayed
from drivers.recording.heard import Heard, HeardTape
from drivers.recording.taps import Taps
from tests.drivers.homekit.conftest import Bench
from tests.drivers.homekit_bench import Accessory, AccessoryDriver, Bridge, until
from tests.drivers.recording_house import Overheard, a_recording_house, as_much
from tests.drivers.replaying import described, values

LONG_AID = 3465839087
MAC = "a4:c1:38:5e:0f:77"
PRIVATE = (
    "annegret",
    "kemenate",
    MAC,
    "a4c1385e0f77",
    "02:00:00:00:00:01",
    "127.0.0.1",
    str(LONG_AID),
    "4711",
)


def lamp(driver: AccessoryDriver, aid: int | None = None) -> Accessory:
    made = Accessory(driver, "Annegret's lamp", aid=aid)
    made.set_info_service("1.2.0", "Philips", "LCT-001", MAC)
    light: Any = made.add_preload_service("Lightbulb", chars=["On", "Brightness", "ColorTemperature", "Name"])
    light.get_characteristic("Name").value = "Kemenate"
    made.add_preload_service("StatelessProgrammableSwitch")
    return made


def bridge(driver: AccessoryDriver) -> Accessory:
    made = Bridge(driver, "Annegret's bridge")
    made.set_info_service("1.0", "Acme", "B1", "4711")
    made.add_accessory(lamp(driver, LONG_AID))
    return made


async def told_by(bench: Bench, path: Path, device: str) -> tuple[HeardTape, Overheard, Any]:
    """Adopted while it is recorded, and then moved by hand."""
    peer = bench.peers[0]
    overheard = Overheard(bench.driver)
    accessory = peer.accessory.accessories[LONG_AID] if device.endswith(str(LONG_AID)) else peer.accessory
    async with a_recording_house(path, bench.driver) as house:
        await house.found(device)
        async with house.recording(device) as recording:
            await house.adopted(device, "Lamp")
            await house.shows("lamp", "brightness", 0)
            await peer.tell(peer.char("Lightbulb", "On", accessory), True)
            await house.shows("lamp", "on", True)
            await peer.tell(peer.char("Lightbulb", "Brightness", accessory), 40)
            await peer.tell(peer.char("StatelessProgrammableSwitch", "ProgrammableSwitchEvent", accessory), 1)
            await until(lambda: any(isinstance(one, Occurrence) for one in overheard.told))
            tape = await recording.complete(as_much(overheard))
        return tape, overheard, bench.driver.recall(device)


@pytest.mark.parametrize("behind_a_bridge", [False, True])
async def test_an_accessory_is_recorded_and_replayed(
    bench: Bench, tmp_path: Path, *, behind_a_bridge: bool
) -> None:
    peer = await bench.add(bridge if behind_a_bridge else lamp)
    device = f"{peer.id}:{LONG_AID}" if behind_a_bridge else peer.id
    tape, live, candidate = await told_by(bench, tmp_path, device)
    assert {"announcement", "accessory", "answer", "event"} <= {one.kind for one in tape.messages}
    for secret in PRIVATE:
        assert secret not in str(tape).casefold(), secret
    found = replayed(tape)
    assert described(found.candidates[-1]) == described(candidate)
    assert (found.candidates[-1].via != "") is behind_a_bridge
    assert [one.partition(":")[0] for one in found.candidates[-1].identities] == ["mac"]
    assert (found.candidates[-1].manufacturer, found.candidates[-1].model) == ("Philips", "LCT-001")
    again = values(found.observations, found.candidates[-1])
    assert again == values(live.told, candidate)
    assert any(isinstance(one, Occurrence) for one in found.observations)


async def test_what_it_told_before_is_known_and_not_told_again(bench: Bench, tmp_path: Path) -> None:
    peer = await bench.add(lamp)
    async with a_recording_house(tmp_path, bench.driver) as house:
        await house.adopted(peer.id, "Lamp")
        await house.shows("lamp", "brightness", 0)
        heard: list[Heard] = []
        stop = bench.driver.tap(peer.id, lambda kind, data: heard.append(Heard(0, kind, data)))
        assert [one.kind for one in heard] == ["announcement", "accessory", "known"]
        assert replayed(HeardTape("homekit", tuple(heard))).observations == ()
        found = replayed(HeardTape("homekit", tuple(heard))).candidates
        assert found[-1] == bench.driver.recall(peer.id), "nothing is redacted yet: it is the same"
        stop()
        assert peer.id not in bench.driver.taps
        for nobody in ("02:00:00:00:00:77", f"{peer.id}:9", ""):
            with pytest.raises(KeyError):
                bench.driver.tap(nobody, lambda kind, data: None)


async def test_a_stranger_says_what_it_announces(bench: Bench, tmp_path: Path) -> None:
    peer = await bench.add(lamp, paired=False)
    async with a_recording_house(tmp_path, bench.driver) as house:
        await house.found(peer.id)
        async with house.recording(peer.id) as recording:
            tape = await recording.complete(lambda tape: tape.messages)
        candidate = bench.driver.recall(peer.id)
    assert candidate is not None
    (found,) = replayed(tape).candidates
    assert (found.asks, found.components) == (candidate.asks, ())


IIDS = st.integers(1, 30) | st.just(2**40) | st.just(2**41 + 5)
CHARACTERISTIC = st.fixed_dictionaries(
    {"iid": IIDS, "type": st.sampled_from(["25", "8", "30", "21", "E863F10D-079E-48FF-8F27-9C2605A29F52", "Annegret"])},
    optional={"value": st.booleans() | st.integers(0, 100) | st.text(max_size=4), "perms": st.just(["pr", "ev"])},
)  # fmt: skip
SERVICE = st.fixed_dictionaries(
    {"iid": IIDS, "type": st.just("43"), "characteristics": st.lists(CHARACTERISTIC, max_size=4)}
)


@given(st.lists(SERVICE, max_size=3))
def test_an_accessory_comes_back_but_for_long_numbers(services: list[dict[str, Any]]) -> None:
    raw: dict[str, Any] = {"aid": 1, "services": services}
    heard: list[Json] = []
    said = hearing.SaidBy("02:00:00:00:00:01", Taps())
    said.accessories({1: hearing.as_text(raw)}, more=False)
    said.recall("02:00:00:00:00:01", lambda kind, data: heard.append(data), lambda aid: {})
    assert isinstance(heard[0], dict)
    back = hearing.read_accessory(heard[0]["accessory"])
    assert all(iid < 10**9 for iid in iids(back))
    assert same_but_iids(back) == same_but_iids(raw)
    pairs = set(zip(iids(raw), iids(back), strict=True))
    assert len({one for one, _ in pairs}) == len({other for _, other in pairs}) == len(pairs)


def iids(one: Any) -> list[int]:
    if isinstance(one, list):
        return [iid for item in one for iid in iids(item)]
    if not isinstance(one, dict):
        return []
    return [iid for key, item in one.items() for iid in ([item] if key == "iid" else iids(item))]


def same_but_iids(one: Any) -> Any:
    if isinstance(one, list):
        return [same_but_iids(item) for item in one]
    return (
        {key: same_but_iids(item) for key, item in one.items() if key != "iid"}
        if isinstance(one, dict)
        else one
    )
