"""A household writes its rules as a person would, and its agent meets them: on the real process, over a cut of the power."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drivers.mqtt.broker import ManagedBroker
from drivers.simulated.device import Attribute, Device, Part
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse
from tests.house import Ran, hearth
from tests.system.process import HearthProcess, eventually
from tests.system.stage import Counted, lamp

DONE, REFUSED, NEEDS_APPROVAL = 0, 3, 4

LAMPS = ("desk", "bed", "hall", "porch", "stairs", "attic")


@dataclass
class Home:
    """The devices, what reached them, and a window that somebody opens."""

    house: MqttHouse
    log: Counted
    window: Device

    def opened(self, is_open: bool) -> None:
        self.window.state["contact"]["open"] = is_open
        self.house.report(self.window, ["contact"])

    def moved(self) -> dict[str, int]:
        return {name: count for name in LAMPS if (count := self.log.commands(name))}


@pytest.fixture
async def home(broker: ManagedBroker) -> AsyncIterator[Home]:
    part = Part("contact", "contact", (Attribute("open", "boolean"),))
    window = Device("window", "window", "Attic", [part], {"contact": {"open": False}})
    user = next(user for user in broker.users if user.name == "house")
    account = Account(broker.host, broker.port, user.name, user.password)
    log = Counted()
    async with MqttHouse([*map(lamp, LAMPS), window], account, drift=False, actuations=log) as house:
        yield Home(house, log, window)


def rules() -> str:
    """What is said in the family, in the rules' own words. The quiet hours are about now, and not about now."""
    now = datetime.now(UTC)

    def at(hours: float) -> str:
        return (now + timedelta(hours=hours)).strftime("%H:%M")

    return f"""
[[limit]]
id = "desk-dims"
who = ["agent"]
on = ["light.brightness"]
things = ["desk"]
value = {{ max = 40 }}
why = "The desk lamp blinds whoever sits there"

[[ask]]
id = "bed-asks"
who = ["agent"]
on = ["light.*"]
things = ["bed"]
approver = ["adult"]
valid = "5m"
why = "Nobody is woken without being asked"

[[limit]]
id = "hall-quiet"
on = ["light.on"]
things = ["hall"]
who = ["agent"]
not_between = ["{at(-2)}", "{at(2)}"]
why = "The hall is dark now"

[[limit]]
id = "porch-quiet"
on = ["light.on"]
things = ["porch"]
who = ["agent"]
not_between = ["{at(3)}", "{at(5)}"]
why = "The porch is dark later"

[[limit]]
id = "stairs-rarely"
on = ["light.on"]
things = ["stairs"]
at_most = "2/12h"
why = "The bulb breaks"

[[limit]]
id = "attic-closed"
on = ["light.on"]
things = ["attic"]
needs = [{{ thing = "window", property = "open", equals = false, fresh = "1h" }}]
why = "Moths come in"
"""


def editor(folder: Path, name: str, text: str) -> str:
    """A person's editor: adds `text` at the end of the file that it is given."""
    script = folder / f"{name}.py"
    code = f"import pathlib, sys\np = pathlib.Path(sys.argv[1])\np.write_text(p.read_text() + {text!r})\n"
    script.write_text(code)
    return shlex.join([sys.executable, str(script)])


async def run(environ: Mapping[str, str], *words: str) -> Ran:
    """The command `hearth`, while the devices of this process go on."""
    return await asyncio.to_thread(hearth, environ, *words)


async def begin(process: HearthProcess, home: Home) -> None:
    """Starts, and waits until the gateway has heard of everything."""
    await process.start()

    def known(things: list[dict[str, dict[str, object]]]) -> bool:
        return len(things) == len(LAMPS) + 1 and all(one["state"] for one in things)

    await eventually(process.at_box(), "/things?view=summary", known)


async def window(process: HearthProcess, home: Home, is_open: bool) -> None:
    """Somebody opens or closes it, and the gateway hears that."""
    home.opened(is_open)
    await eventually(
        process.at_box(),
        "/things/window/properties/open",
        lambda value: value is is_open,
    )


@pytest.fixture
def box(hearth: HearthProcess, tmp_path: Path) -> dict[str, str]:
    with hearth.config.open("a") as config:
        config.write('\n[house]\nzone = "UTC"\nclock = "trusted"\n')
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return kept | {"HOME": str(tmp_path), "HEARTH_SOCKET": str(hearth.socket), "LANG": "C.UTF-8"}


async def meets_the_rules(agent: Mapping[str, str], process: HearthProcess, home: Home) -> None:
    """What an agent finds in this house, each time; the stairs had their two uses before."""
    before = home.moved()
    bright = await run(agent, "write", "desk", "brightness", "80")
    assert bright.code == REFUSED
    assert "The desk lamp blinds whoever sits there" in bright.err
    assert "40" in bright.err
    asked = await run(agent, "write", "bed", "on", "true", "--no-ask")
    assert asked.code == NEEDS_APPROVAL
    assert "Nobody is woken without being asked" in asked.err
    assert "adult" in asked.err
    quiet = await run(agent, "write", "hall", "on", "true")
    assert quiet.code == REFUSED and "The hall is dark now" in quiet.err
    often = await run(agent, "write", "stairs", "on", "true")
    assert often.code == REFUSED and "The bulb breaks" in often.err
    await window(process, home, True)
    moths = await run(agent, "write", "attic", "on", "true")
    assert moths.code == REFUSED and "Moths come in" in moths.err
    assert home.moved() == before, "nothing of it reached a device"

    await window(process, home, False)
    for thing, name, value in (
        ("attic", "on", "true"),
        ("attic", "on", "false"),
        ("porch", "on", "true"),
        ("porch", "on", "false"),
        ("desk", "brightness", "30"),
        ("desk", "brightness", "35"),
    ):
        done = await run(agent, "write", thing, name, value)
        assert done.code == DONE, (thing, done)


@pytest.mark.timeout(120)
async def test_a_household_writes_its_rules_and_its_agent_keeps_to_them(
    hearth: HearthProcess, home: Home, box: dict[str, str], tmp_path: Path
) -> None:
    await begin(hearth, home)
    made = await run(box, "token", "create", "coo", "--for", "owner", "--json")
    assert made.code == DONE, made
    agent = box | {"HEARTH_TOKEN": str(made.json["secret"])}
    assert (await run(agent, "write", "desk", "brightness", "90")).code == DONE, "by the rules that ship"

    # an edit that is a slip is told with its line, and changes nothing
    slip = editor(tmp_path, "slip", rules().replace("[[limit]]", "[[limits]]", 1))
    broken = await run(box, "policy", "edit", "--yes", "--editor", slip)
    assert broken.code != DONE
    assert 'did you mean "limit"' in broken.out + broken.err
    assert (await run(agent, "write", "desk", "brightness", "85")).code == DONE

    edited = await run(box, "policy", "edit", "--yes", "--editor", editor(tmp_path, "good", rules()))
    assert edited.code == DONE, edited
    assert "somebody may do less" in edited.out

    for value in ("true", "false"):
        assert (await run(agent, "write", "stairs", "on", value)).code == DONE
    await meets_the_rules(agent, hearth, home)
    await explained(box, agent)

    # who may not write the rules does not: neither by the command nor by the API
    own = await run(agent, "policy", "show")
    assert own.code == REFUSED, own
    reload = await run(agent, "policy", "reload")
    assert reload.code != DONE, reload

    # the power is cut, and comes back
    await hearth.kill()
    await begin(hearth, home)
    await meets_the_rules(agent, hearth, home)
    await explained(box, agent)

    # a file that is broken by hand keeps the rules of before, also over a restart
    file = hearth.state / "policies" / "household.toml"
    good = file.read_text()
    file.write_text(f'{good}\n[[limt]]\nid = "x"\n')
    await hearth.says("the rule files cannot be used")
    await meets_the_rules(agent, hearth, home)
    await hearth.kill()
    await begin(hearth, home)
    await meets_the_rules(agent, hearth, home)
    file.write_text(good)

    pressed = await run(box, "panic", "--why", "enough")
    assert pressed.code == DONE, pressed
    assert "coo" in pressed.out
    moved = home.moved()
    ended = await run(agent, "write", "porch", "on", "true")
    assert (ended.code, "the token is unknown, expired or revoked" in ended.err) == (REFUSED, True)
    assert home.moved() == moved


async def explained(box: Mapping[str, str], agent: Mapping[str, str]) -> None:
    """Told to the people, and to the agent of itself: all that it would meet."""
    for told in (
        await run(box, "policy", "explain", "--principal", "coo"),
        await run(agent, "policy", "explain"),
    ):
        assert told.code == DONE, told
        text = " ".join(told.out.split())
        assert text.startswith("coo (agent), acting for owner, by rules ")
        for said in (
            "set: brightness at most 40",
            "bed on, brightness, set, toggle, step: needs approval by adult",
            "only while window.open false, heard of in the last 1h",
            "(household/hall-quiet)",
            "only at most 2/12h; at this moment refused: used 2 times",
        ):
            assert said in text, (said, told.out)
        assert "at this moment" not in text[text.index(" porch ") : text.index(" stairs ")]
