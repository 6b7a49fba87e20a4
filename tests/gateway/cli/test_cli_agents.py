"""Letting agents in at the command line: one asks over HTTP, a person at the box types its code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.house import House, hearth


def knock(house: House, client_id: str) -> dict[str, str]:
    return _post(house, "/oauth/device_authorization", client_id=client_id)


def test_an_agent_is_let_in_at_the_box(house: House) -> None:
    asked = knock(house, "Lights helper")
    code = asked["user_code"]
    listed = hearth(house.box, "agent", "requests")
    assert listed.code == 0
    assert "“Lights helper”" in listed.out
    assert code not in listed.out
    unasked = hearth(house.box, "agent", "accept", code)
    assert unasked.code == 2
    assert "--yes" in unasked.err
    said = hearth(house.box, "agent", "accept", code, "--as", "lights", "--expires", "30d", "--yes")
    assert said.code == 0, said.err
    assert said.out == "lights is let in for owner; it fetches its token by itself\n"
    got = _post(
        house,
        "/oauth/token",
        grant_type="urn:ietf:params:oauth:grant-type:device_code",
        device_code=asked["device_code"],
        client_id="Lights helper",
    )
    whoami = Request(f"{house.url}/whoami", headers={"Authorization": f"Bearer {got['access_token']}"})
    with urlopen(whoami) as answer:
        assert json.load(answer)["principal"] == "lights"
    assert re.search(r"^lights +Lights helper +owner", hearth(house.box, "agent", "list").out, re.MULTILINE)
    assert hearth(house.box, "agent", "revoke", "lights").out == "locked out: lights\n"
    gone = hearth(house.box, "agent", "revoke", "lights")
    assert gone.code == 8
    assert "coo" in gone.err


def test_a_paired_terminal_signs_its_yes(house: House, tmp_path: Path) -> None:
    code = (
        hearth(house.box, "pair", "--role", "adult", "--principal", "ben", "--yes")
        .out.strip()
        .splitlines()[0]
    )
    mine = {**house.box, "HOME": str(tmp_path), "HEARTH_URL": house.url}
    mine.pop("XDG_RUNTIME_DIR")
    assert hearth(mine, "pair", code).code == 0
    del mine["HEARTH_URL"]
    typed = knock(house, "Reader")["user_code"].lower().replace("-", " ")  # as people type
    said = hearth(mine, "agent", "accept", typed, "--yes", "--json")
    assert said.code == 0, said.err
    assert (said.json["principal"], said.json["acts_for"]) == ("reader", "ben")
    other = hearth(mine, "agent", "accept", knock(house, "Other")["user_code"], "--for", "owner", "--yes")
    assert other.code != 0
    assert "acts for you (ben)" in other.err


def test_an_agent_is_turned_away_and_a_wrong_code_is_explained(house: House) -> None:
    code = knock(house, "Another")["user_code"]
    assert hearth(house.box, "agent", "deny", code).out == "turned away\n"
    wrong = hearth(house.box, "agent", "accept", code, "--yes")
    assert wrong.code != 0
    assert "nothing waits under this code" in wrong.err
    assert "Traceback" not in wrong.err
    by_agent = hearth(house.agent, "agent", "requests")
    assert by_agent.code != 0


def _post(house: House, path: str, **members: str) -> dict[str, str]:
    with urlopen(Request(f"{house.url}{path}", data=urlencode(members).encode())) as answer:
        found: dict[str, str] = json.load(answer)
        return found
