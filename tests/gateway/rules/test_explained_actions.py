"""What an action that sets several properties at once, and one with an input of its own, is explained as."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from drivers.simulated.device import Device, Part
from gateway.api.explaining import Explainer
from policies import Principal, Role
from tests.gateway.core.rig import OWNER, Rig, device, lamp, opened
from tests.gateway.rules.test_rule_keeper import ALL, write

AGENT = Principal("coo", Role.AGENT)
RULES = """[[limit]]
id = "dim"
on = ["light.brightness"]
value = { max = 40, max_change = 10 }
at_most = "1/h"
why = "No glare"
[[limit]]
id = "band"
on = ["thermostat.target"]
value = { min = 16, max = 23 }
why = "No waste"
"""


def uses(rig: Rig, thing: str) -> dict[str, dict[str, Any]]:
    explainer = Explainer(rig.gateway, OWNER, AGENT, all_rules=True)
    (told,) = explainer.things(thing)
    found = told["uses"]
    assert isinstance(found, list)
    return {str(one["name"]): one for one in found if isinstance(one, dict)}


async def test_what_limits_a_part_limits_the_whole(tmp_path: Path) -> None:
    write(tmp_path, ALL + RULES)
    async with opened(tmp_path, [lamp(brightness=30.0), device("living-thermostat")]) as rig:
        told = uses(rig, "lamp")
        assert told["set"]["accepted"] == {"members": {"brightness": {"maximum": 40}}}
        assert told["set"]["conditions"] == [
            "brightness: only moving brightness by at most 10 at once",
            "brightness: only at most 1/h",
        ]
        assert told["brightness"]["now"] is None
        await rig.run("lamp.brightness", 35, AGENT)
        now = uses(rig, "lamp")["brightness"]["now"]
        assert now["verdict"] == "deny"
        assert now["reasons"][0]["seen"].startswith("used once in the last")
        assert uses(rig, "living-thermostat")["target"]["now"] is None


async def test_a_duty_that_is_not_kept_stands_against_the_use(tmp_path: Path) -> None:
    then = '[[then]]\nid = "off"\non = ["light.on", "setting.press"]\nmax_on = "2h"\nwhy = "Not all night"\n'
    write(tmp_path, ALL.replace('may = ["*"]', 'may = ["*"]\nprivilege = "administer"') + then)
    presses = Part("setting", "setting", (), ("press",))
    knob = Device("knob", "knob", "Study", [presses], {"setting": {}}, reaction_seconds=0.0)
    async with opened(tmp_path, [lamp(), knob]) as rig:
        told = uses(rig, "lamp")["on"]
        assert (told["conditions"], told["now"]) == (["is switched off after 7200 s"], None)
        now = uses(rig, "knob")["press"]["now"]
        assert now["verdict"] == "deny"
        assert now["reasons"][0]["seen"] == (
            "rule household/off wants it to be so that it is switched off after 7200 s, and that cannot be kept: "
            "nobody sees what press does: there is nothing to switch off"
        )
        await rig.run("lamp.on", True, AGENT)
        (thing,) = Explainer(rig.gateway, OWNER, AGENT, all_rules=True).things("lamp")
        (owed,) = cast("list[dict[str, Any]]", thing["owed"])
        assert owed["says"].startswith("is switched off at ")


WHENS = """[[limit]]
id = "dry"
on = ["light.on"]
when = { starts = true }
needs = [{ property = "brightness", max = 20 }]
why = "For the example"
[[limit]]
id = "night"
on = ["light.brightness"]
when = { between = ["22:00", "07:00"] }
value = { max = 40 }
waivable_by = ["adult"]
why = "No glare"
[[ask]]
id = "away"
on = ["light.brightness"]
when = { modes = ["away"] }
approver = ["adult"]
valid = "5m"
why = "Who is there?"
[[then]]
id = "told"
on = ["light.brightness"]
when = { modes = ["holiday"] }
notify = ["adult"]
why = "We want to know"
"""


async def test_rules_that_hold_at_moments_say_so_first(tmp_path: Path) -> None:
    write(tmp_path, ALL + WHENS)
    async with opened(tmp_path, [lamp(brightness=30.0)]) as rig:
        told = uses(rig, "lamp")
        assert told["on"]["conditions"] == ["when it starts something only while its.brightness at most 20"]
        now = told["on"]["now"]
        assert (now["verdict"], now["value"]) == ("deny", True)
        assert now["reasons"][0]["seen"] == "lamp.brightness: 30 is above 20"
        assert told["brightness"]["accepted"] is None
        assert told["brightness"]["conditions"] == [
            "between 22:00 and 07:00 only with brightness at most 40 (adult or owner may lift this)",
            "needs approval by adult in mode away",
            "in mode holiday is told to adult",
        ]
