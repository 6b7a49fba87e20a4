"""Asking and answering at the command line: an agent, the box, and a phone-like terminal with a key of its own."""

from __future__ import annotations

import json
import re
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.approvals import keys
from gateway.cli import signing
from tests.house import HEARTH, House, hearth


@contextmanager
def asking(house: House, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The agent's command, while it waits for people."""
    process = subprocess.Popen(
        [HEARTH, *words], env=house.agent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        assert " is asked, until " in process.stderr.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


def test_a_person_at_the_box_says_yes(house: House) -> None:
    with asking(house, "do", "front-door", "unlock", "--why", "the parcel") as process:
        listed = hearth(house.box, "approvals").out
        first, *rest = listed.splitlines()
        assert re.fullmatch(r"Front door: unlock   \d+ min left", first)
        assert rest[0] == "  state: locked → unlocked"
        assert rest[1] == "  asked by coo (agent for owner), in Hallway; it may do damage"
        assert any(
            "What can do damage is an adult's decision — rule household/an-adult-decides" in one
            for one in rest
        )
        assert rest[-3:-1] == ["  coo says: “the parcel”", "  coo calls itself “Personal COO”"]
        short = re.search(r"hearth approve (\w{6})", rest[-1])
        assert short is not None
        always = hearth(house.box, "approve", short[1], "--always")
        assert always.code == 2
        assert "asks each time: approve it this once" in " ".join(always.err.split())
        said = hearth(house.box, "approve", short[1])
        assert said.code == 0
        assert said.out.splitlines()[0] == "approved: Front door: unlock"
        code, out, _ = ended(process)
    assert code == 0
    assert out == "confirmed: front-door unlock\n"  # an agent is not told how a lock is
    assert hearth(house.box, "approvals").out == "nothing waits for anybody's answer\n"


def test_ctrl_c_leaves_it_waiting_and_it_can_be_taken_back(house: House) -> None:
    with asking(house, "do", "garage-door", "open") as process:
        process.send_signal(signal.SIGINT)
        code, _, err = ended(process)
    assert code == 130
    found = re.search(r"`hearth execution (\w+)` tells what becomes of it", " ".join(err.split()))
    assert found is not None
    waits = hearth(house.agent, "execution", found[1]).out
    assert re.search(r"pending: garage-door open waits for an adult until ", waits)
    assert "garage-door open waits for an adult until" in hearth(house.agent, "approvals").out
    back = hearth(house.agent, "execution", found[1], "--withdraw")
    assert back.out == "withdrawn: nobody is asked any more, and nothing was sent\n"
    assert hearth(house.box, "approve", "last").code == 8


def test_no_wait_gives_the_id(house: House) -> None:
    started = hearth(house.agent, "do", "garage-door", "open", "--no-wait")
    assert started.code == 0
    assert re.match(r"waits for a person: execution \w+\n", started.out)
    assert hearth(house.agent, "do", "garage-door", "open", "--no-wait", "--no-ask").code == 2
    assert hearth(house.box, "deny", "last").code == 0


def test_an_agent_cannot_answer(house: House) -> None:
    waits = hearth(house.agent, "write", "hallway-outlet", "on", "false", "--no-wait").out.split()[-1]
    ident = json.loads(hearth(house.box, "approvals", "--json").out)["to_answer"][0]["approval"]
    assert hearth(house.agent, "approve", "last").code == 8
    assert hearth(house.agent, "approve", ident).code == 8
    assert hearth(house.agent, "execution", waits, "--withdraw").code == 0


def test_a_paired_terminal_signs_with_a_key_of_its_own(house: House, tmp_path: Path) -> None:
    code = hearth(house.box, "pair", "--role", "adult", "--principal", "ben", "--yes").out.strip()
    mine = {**house.box, "HOME": str(tmp_path), "HEARTH_URL": house.url}
    mine.pop("XDG_RUNTIME_DIR")
    paired = hearth(mine, "pair", code)
    assert paired.code == 0, paired.err
    profile = tmp_path / ".config" / "hearth" / "profile.json"
    assert stat.S_IMODE(profile.stat().st_mode) == 0o600
    assert set(json.loads(profile.read_text())) == {"url", "token", "key"}
    del mine["HEARTH_URL"]
    hearth(house.agent, "write", "hallway-outlet", "on", "false", "--no-wait")
    both = hearth(mine, "approve", "last", "--for", "1h", "--always")
    assert both.code == 2
    assert "one of them" in both.err
    said = hearth(mine, "approve", "last", "--for", "1h", "--times", "2")
    assert said.code == 0, said.err
    assert "from now on nobody is asked for this until" in said.out
    granted = hearth(mine, "grants").out.splitlines()
    assert granted[0].split() == ["ID", "WHO", "THINGS", "MAY", "USED", "UNTIL", "BY"]
    assert re.search(r"^\w{6} +coo +hallway-outlet +on false +0 of 2 +\d\d:\d\d:\d\d +ben$", granted[1])
    again = hearth(house.agent, "write", "hallway-outlet", "on", "false")
    assert again.code == 0
    ident = granted[1].split()[0]
    assert hearth(mine, "grants", "end", ident).out == f"ended: {ident}\n"
    assert "nobody may do without asking" in hearth(mine, "grants").out


def test_always_proposes_a_rule_that_an_owner_puts_in_force(house: House) -> None:
    asked = hearth(house.agent, "write", "hallway-outlet", "on", "true", "--no-wait")
    assert "waits" in asked.out, asked
    said = hearth(house.box, "approve", "last", "--always", "--why", "it is only the lamp")
    assert said.code == 0, said.err
    assert 'unasked = ["an-adult-decides"]' in said.out
    assert "it is not in force" in said.out
    proposed = hearth(house.box, "policy", "proposals").out
    ident = proposed.split()[0]
    assert 'why = "it is only the lamp"' in proposed
    assert hearth(house.agent, "policy", "proposals").code == 3
    accepted = hearth(house.box, "policy", "accept", ident, "--yes")
    assert accepted.code == 0, accepted.err
    assert "somebody may do more" in accepted.out
    assert hearth(house.box, "policy", "proposals").out.startswith("nothing is proposed")
    done = hearth(house.agent, "write", "hallway-outlet", "on", "true", "--no-ask")
    assert done.code == 0, done.err
    assert hearth(house.agent, "write", "hallway-outlet", "on", "false", "--no-ask").code in {3, 4}


def test_it_signs_what_the_gateway_checks() -> None:
    private, public = signing.new_key()
    answer: dict[str, object] = {
        "answer": "approve",
        "digest": "0" * 64,
        "why": "weil “es” kalt ist – ja",
        "grant": {"for": "2h", "between": [18.0, 22.5], "times": 3, "things": ["a"]},
        "always": True,
    }
    sent = signing.signed(private, "1jx", answer)  # type: ignore[arg-type]
    message = keys.to_sign("1jx", sent)
    assert message == signing.to_sign("1jx", {k: v for k, v in sent.items() if k != "signature"})
    assert keys.is_signed(keys.checked(public), message, str(sent["signature"]))
    assert not keys.is_signed(keys.checked(public), keys.to_sign("1jy", sent), str(sent["signature"]))


def test_a_person_says_no_and_that_holds(house: House) -> None:
    with asking(house, "do", "front-door", "unlock") as process:
        assert hearth(house.box, "deny", "last", "--why", "nobody is there").code == 0
        code, out, err = ended(process)
    assert (code, out) == (3, "")
    assert "a person said no: box said no: nobody is there" in err
    again = hearth(house.agent, "do", "front-door", "unlock")
    assert again.code == 3
    assert "box said no to this; that holds for 15 more min" in again.err
