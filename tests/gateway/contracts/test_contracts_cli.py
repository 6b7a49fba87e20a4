"""`hearth contract`, as people and agents type it."""

from __future__ import annotations

import asyncio

import pytest
from click.testing import CliRunner

from capabilities.vocabulary import Json
from gateway.cli import contract_terms, ledger_lines
from gateway.cli.exits import Exit, Failure
from gateway.cli.main import cli
from gateway.contracts.terms import ContractTerms, span_s
from policies import Role
from tests.gateway.api.desk import House, lamp, sensor


async def hearth(house: House, who: str, *words: str, code: int = 0) -> str:
    role = Role.OWNER if who == "anna" else Role.AGENT
    secret = await house.secret(who, role, "" if who == "anna" else "anna")
    environ = {"HEARTH_URL": house.url, "HEARTH_TOKEN": secret, "COLUMNS": "200"}
    ran = await asyncio.to_thread(CliRunner().invoke, cli, words, env=environ)
    assert ran.exit_code == code, ran.output
    return ran.output


async def test_a_contract_on_the_command_line(house: House) -> None:
    await house.adopt(lamp(), sensor())
    await house.known("lamp", "on", True)
    await house.known("attic", "temperature", 21.73)
    await house.agent()
    assert "the rules alone say what agents see" in await hearth(house, "anna", "contract", "list")
    words = (
        "--for",
        "coo",
        "--purpose",
        "save energy",
        "--until",
        "30d",
        "--raw",
        "light.*",
        "--retention",
        "7d",
    )
    more = ("--aggregated", "temperature.*=15m/0.5", "--presence", "light.brightness>5", "--reads", "9")
    said = await hearth(house, "anna", "contract", "make", *words, *more)
    for line in (
        "for coo, until",
        "as it is: light.*",
        "over 15m: temperature.*, rounded to 0.5",
        "whether it is so: light.brightness above 5, once it held for 5m",
        "coo sees raw only what its contracts give",
    ):
        assert line in " ".join(said.split()), said
    assert "save energy" in await hearth(house, "anna", "contract", "list")
    read = await hearth(house, "coo", "contract", "read", "last")
    assert "no window yet" in read
    assert "21.73" not in read
    assert "over 15m: temperature.*" in await hearth(house, "coo", "contract", "show", "last")
    assert "ended" in await hearth(house, "anna", "contract", "revoke", "last")
    assert "over: revoked by anna" in await hearth(house, "anna", "contract", "list", "--all")
    await hearth(house, "coo", "contract", "release", "coo", code=int(Exit.REFUSED))
    assert "what the rules let it see" in await hearth(house, "anna", "contract", "release", "coo")
    await hearth(house, "anna", "contract", "release", "coo", code=int(Exit.NOT_FOUND))
    await hearth(house, "anna", "contract", "show", "0" * 20, code=int(Exit.NOT_FOUND))


async def test_an_agent_asks_and_a_person_accepts(house: House) -> None:
    said = await hearth(house, "coo", "contract", "make", "--like", "comfort")
    assert "hearth contract accept" in said
    assert "until" in await hearth(house, "anna", "contract", "accept", "last", "--until", "2d")


def test_templates_are_contracts() -> None:
    for name, terms in contract_terms.templates().items():
        assert span_s(str(terms["for"])) <= 31 * 86_400, name
        ContractTerms.model_validate({key: value for key, value in terms.items() if key != "for"})
    assert {"energy", "comfort", "security-summary"} == set(contract_terms.templates())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [("meter.power=1h/x", "not a number"), ("meter.power=1h/", ""), ("light.*", "")],
)
def test_slips(wrong: str, said: str) -> None:
    if said:
        with pytest.raises(Failure, match=said):
            contract_terms.aggregated(wrong)
    else:
        assert contract_terms.aggregated(wrong)["every"] in {"1h", "15m"}


def test_what_counts_is_read_as_people_write_it() -> None:
    assert contract_terms.presence("lock.state=locked,on") == {
        "see": ["lock.state"],
        "values": ["locked", True],
    }
    assert contract_terms.presence("temperature.*<16") == {"see": ["temperature.*"], "below": 16.0}
    with pytest.raises(Failure, match="is not like"):
        contract_terms.presence("<5")
    with pytest.raises(Failure, match="time to come"):
        contract_terms.term("tomorrow")
    with pytest.raises(Failure, match="no template"):
        contract_terms.template("nosy")


def test_the_ledger_in_words() -> None:
    read: dict[str, Json] = {"reads": 3, "refused": 2, "things": ["/things/attic", "/things/lamp"], "from": 0}
    entry: dict[str, Json] = {"kind": "read", "body": read, "private": {"purpose": "save energy"}}
    assert (
        ledger_lines.line(entry)
        == "read 3 times in a quarter hour of attic and lamp, 2 more refused – save energy"
    )
    ended: dict[str, Json] = {
        "kind": "contract",
        "body": {"change": "ended", "by": None, "because": "its time was over"},
        "private": None,
    }
    assert ledger_lines.line(ended) == "contract ended (its time was over)"
