"""Two agents want the heating otherwise: a conflict, a counter-proposal, and what came of it."""

from __future__ import annotations

from gateway.story.callers import NotAsTold
from gateway.story.devices import HEATING
from gateway.story.stage import Stage


async def tell(stage: Stage) -> None:
    tell, path = stage.tell, f"/things/{HEATING}/properties/target"
    tell.chapter("Two wishes for one thermostat")
    wish = {"thing": HEATING, "property": "target", "accepts": {"minimum": 18, "maximum": 20.5}, "for": "30m"}
    wish["purpose"] = "Ben sleeps badly in the warm"
    tell.says("butler", f"holds {HEATING} target for 30 min and accepts 18 to 20.5 °C: {wish['purpose']}")
    held = await stage.butler.ask("POST", "/leases", wish)
    if held.status not in {200, 201}:
        raise NotAsTold(f"the lease was answered {held.text()}")
    tell.says("hearth", f"{held.status}: {held.body['state']}")

    tell.says("coo", "22.5 °C, please: Anna is cold")
    said = await stage.coo.ask("PUT", path, 22.5, Hearth_Purpose="Anna is cold")
    tell.says("hearth", said.text(), "yellow")
    if said.status != 409:
        raise NotAsTold(f"the second wish was answered {said.text()}")
    offer = said.body["conflict"]["counter_proposal"]["value"]
    tell.says("hearth", f"proposes {offer:g} °C, which suits everybody")

    tell.says("coo", f"takes {offer:g} °C")
    done = await stage.coo.ask("PUT", path, offer, expect=204, Hearth_Purpose="as warm as Ben accepts it")
    tell.says("hearth", done.text(), "green")
    target = stage.truth(HEATING, "thermostat", "target")
    tell.says("devices", f"the heating is set to {target:g} °C")
    if abs(target - offer) > 0.3:
        raise NotAsTold(f"the heating is set to {target}")
