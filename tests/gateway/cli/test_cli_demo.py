"""The command against the real thing: `hearth demo` in a process of its own, with a broker and a simulated house."""

from __future__ import annotations

import json
import os
import re
import select
import shlex
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from tests.house import HEARTH, House, hearth


def test_what_it_prints_works_as_printed(house: House) -> None:
    lines = [line.strip() for line in house.welcome.splitlines() if line.strip().startswith("hearth ")]
    found = "A light in the garden was found" in house.welcome  # on a busy machine it may come too late
    assert len(lines) == (10 if found else 8)
    codes = []
    for line in lines:
        words = shlex.split(line)[1:]
        if words[0] == "write":
            words.append("--no-wait")  # a person answers in the lines that follow
        codes.append(hearth(house.agent if words[0] == "write" else house.box, *words).code)
    assert codes == [0, 0, 0, 0, 0, 0, 3, 0, 0, 0]  # what is too warm for an agent is refused


def test_things_and_one_thing(house: House) -> None:
    listed = hearth(house.box, "things")
    assert listed.code == 0
    head, *rows = listed.out.splitlines()
    assert head.split() == ["THING", "KIND", "ROOM", "STATE"]
    assert any(row.startswith("desk-lamp ") for row in rows)
    everything = json.loads(hearth(house.box, "things", "--json").out)
    assert [thing["id"] for thing in everything] == [row.split()[0] for row in rows]
    shown = hearth(house.box, "show", "Desk L")
    assert shown.out.startswith("Desk lamp  (desk-lamp")
    assert re.search(r"^on +(true|false) .*true or false$", shown.out, re.MULTILINE)


def test_a_write_is_confirmed_and_explained(house: House) -> None:
    before = hearth(house.box, "read", "desk-lamp", "on").out.strip()
    wanted = "false" if before == "true" else "true"
    done = hearth(house.agent, "write", "desk-lamp", "on", wanted, "--why", "Feierabend & Licht")
    assert done.code == 0
    assert re.fullmatch(rf"confirmed: desk-lamp on is {wanted} \(seen at the device .* later\)\n", done.out)
    assert hearth(house.box, "read", "desk-lamp", "on").out.strip() == wanted
    again = hearth(house.agent, "write", "desk-lamp", "on", wanted)
    assert again.code == 0
    assert again.out.startswith(f"acknowledged: desk-lamp on was {wanted} already")
    why = hearth(house.box, "why", "desk-lamp").out
    assert f"desk-lamp on is {wanted}" in why
    assert "by:       coo" in why
    assert "for:      Feierabend & Licht" in why
    assert "outcome:  confirmed" in why


def test_an_action_with_key_value_input(house: House) -> None:
    done = hearth(house.box, "do", "desk-lamp", "toggle", "--why", "look", "--json")
    assert done.code == 0
    assert done.json["outcome"] == "confirmed"
    assert done.json["purpose"] == "look"
    dry = hearth(house.box, "do", "desk-lamp", "toggle", "--dry-run")
    assert dry.out.startswith("permit: desk-lamp toggle ")
    assert "nothing was sent" in dry.out


def test_a_refusal_names_the_rule_and_what_would_do(house: House) -> None:
    refused = hearth(house.agent, "write", "thermostat", "target", "28")
    assert refused.code == 3
    assert refused.out == ""
    first, *reasons = refused.err.splitlines()
    assert first == "hearth: refused: thermostat target – the rules do not allow it"
    assert any("— rule household/agents-heat-within-reason" in reason for reason in reasons)
    assert any("what would do: " in reason for reason in reasons)
    document = hearth(house.agent, "write", "thermostat", "target", "28", "--json").json
    assert document["outcome"] == "refused"
    assert document["findings"]


def test_what_a_person_must_approve_says_who(house: House) -> None:
    refused = hearth(house.agent, "do", "front-door", "unlock", "--why", "the parcel", "--no-ask")
    assert (refused.code, refused.out) == (4, "")
    first, *reasons = refused.err.splitlines()
    assert first == "hearth: refused: front-door unlock – a person must approve it"
    assert any("— rule household/an-adult-decides" in reason for reason in reasons)
    assert "    what would do: approval by adult" in reasons


def test_the_same_key_again_says_so(house: House) -> None:
    line = ("do", "desk-lamp", "set", "on=true", "brightness=33", "--key", "once")
    first, second = hearth(house.box, *line), hearth(house.box, *line)
    assert first.out.startswith("confirmed: desk-lamp set on true, brightness 33 % (seen at the device ")
    assert second.out == first.out.rstrip() + " (the answer of an earlier request with this key)\n"
    assert hearth(house.box, *line, "--json").json["replayed"] is True


def test_what_somebody_may_not_see_is_asked_for_and_recorded(house: House) -> None:
    made = hearth(house.box, "token", "create", "max", "--role", "guest-agent", "--for", "owner", "--json")
    visitor = {**house.agent, "HEARTH_TOKEN": str(made.json["secret"])}
    ran = hearth(visitor, "do", "front-door", "unlock", "--why", "a try")
    assert ran.code == 8
    assert ran.err.startswith("hearth: there is no such thing for you: ")
    assert "  you are max (guest-agent), by HEARTH_TOKEN\n" in ran.err
    newest = hearth(house.box, "ledger", "tail", "-n", "1", "--kind", "denied")
    assert re.search(r"denied +max +front-door +unlock – [A-Z]", newest.out)


def test_who_is_asked_for_a_token(house: House) -> None:
    nobody = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "HEARTH_URL": house.url}
    ran = hearth(nobody, "things")
    assert ran.code == 3
    assert ran.err.startswith("hearth: the gateway wants to know who you are\n")
    assert "set HEARTH_TOKEN" in ran.err
    wrong = hearth(nobody | {"HEARTH_TOKEN": "x"}, "things")
    assert wrong.code == 3
    assert "the token is from HEARTH_TOKEN" in wrong.err


def test_a_command_that_is_not_waited_for_can_be_asked_after(house: House) -> None:
    started = hearth(house.box, "do", "desk-lamp", "toggle", "--no-wait")
    written = hearth(house.box, "write", "desk-lamp", "brightness", "21", "--no-wait", "--json")
    assert hearth(house.box, "execution", str(written.json["execution"])).code == 0
    found = re.search(r"execution (\S+)", started.out)
    assert found
    told = hearth(house.box, "execution", found[1])
    assert told.code == 0
    assert "desk-lamp" in told.out
    assert told.out.endswith("; asked by box\n")


def test_what_is_there_already_and_what_is_not(house: House) -> None:
    again = hearth(house.box, "adopt", "home-desk-lamp")
    assert (again.code, again.err) == (
        3,
        "hearth: 'home-desk-lamp' is adopted already, as desk-lamp\n",
    )
    gone = hearth(house.box, "token", "revoke", "foo")
    assert (gone.code, gone.err) == (8, "hearth: there is no token 'foo'; `hearth token list` shows them\n")


def test_a_second_demonstration_is_told_in_a_line(house: House) -> None:
    ran = hearth(house.box, "demo", "--port", "0")
    assert ran.code == 1
    assert ran.err.startswith("hearth: a gateway of yours runs already at ")
    assert ran.err.count("\n") == 1


def test_slips(house: House) -> None:
    assert hearth(house.box, "show", "desk-lmap").err == (
        "hearth: there is no Thing 'desk-lmap'; did you mean desk-lamp?\n"
    )
    assert hearth(house.box, "show", "desk-lmap").code == 8
    assert hearth(house.box, "write", "desk-lamp", "on", "maybe").code == 2
    assert hearth(house.box, "write", "desk-lamp", "brightness", "-3").code == 2
    assert "No such option '--wyh'" in hearth(house.box, "do", "desk-lamp", "toggle", "--wyh", "x").err
    assert hearth(house.box, "write", "desk-lamp", "on").code == 2
    assert "did you mean `hearth things`?" in hearth(house.box, "thigns").err


def test_watch_shows_what_happens(house: House) -> None:
    watching = subprocess.Popen(
        [HEARTH, "watch", "desk-lamp", "--types", "action"],
        env=house.box,
        stdout=subprocess.PIPE,
        text=True,
    )
    with watching:
        assert watching.stdout is not None
        while not select.select([watching.stdout], [], [], 0.5)[0]:  # until the stream is open
            assert watching.poll() is None
            assert hearth(house.box, "do", "desk-lamp", "toggle").code == 0
        out = watching.stdout.readline()
        assert watching.poll() is None, "each line comes when it happens, into a pipe, too"
        watching.send_signal(signal.SIGINT)
    assert re.fullmatch(r"\d\d:\d\d:\d\d  desk-lamp  toggle  confirmed, asked by box\n", out)


def test_the_ledger(house: House) -> None:
    hearth(house.box, "do", "desk-lamp", "toggle", "--why", "for the ledger")
    tail = hearth(house.box, "ledger", "tail", "-n", "5")
    assert tail.code == 0
    assert "toggle" in tail.out
    verified = hearth(house.box, "ledger", "verify", "--dir", str(house.state))
    assert verified.code == 0
    assert verified.out.startswith(f"the ledger in {house.state} verifies:\n  ")
    exported = hearth(house.box, "ledger", "export", "--dir", str(house.state))
    entries = [json.loads(line) for line in exported.out.splitlines()]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert "for the ledger" not in exported.out
    assert (
        "for the ledger" in hearth(house.box, "ledger", "export", "--dir", str(house.state), "--private").out
    )


def test_a_changed_ledger_does_not_verify(house: House, tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(house.state / "ledger.db")) as source,
        closing(sqlite3.connect(tmp_path / "ledger.db")) as copy,
    ):
        source.backup(copy)
        copy.execute("DROP TRIGGER entries_are_not_changed")
        copy.execute(
            "UPDATE entries SET body = replace(body, 'desk', 'test') WHERE kind = 'adoption' AND thing = 'desk-lamp'"
        )
        copy.commit()
    for name in ("ledger.heads", "ledger.key"):
        (tmp_path / name).write_bytes((house.state / name).read_bytes())
    broken = hearth(house.box, "ledger", "verify", "--dir", str(tmp_path))
    assert broken.code == 9
    assert "does not verify" in broken.out
    assert re.search(r"entry \d+, row: ", broken.out)


def test_tokens_are_made_listed_and_revoked(house: House) -> None:
    made = hearth(
        house.box, "token", "create", "Night agent", "--for", "owner", "--expires", "2h", "--json"
    ).json
    assert made["role"] == "agent"
    agent = {**house.agent, "HEARTH_TOKEN": str(made["secret"])}
    assert hearth(agent, "things").code == 0
    assert "Night agent" in hearth(house.box, "token", "list").out
    assert hearth(house.box, "token", "revoke", str(made["id"])).out == f"revoked: {made['id']}\n"
    assert hearth(agent, "things").code == 3
    assert "Night agent" not in hearth(house.box, "token", "list").out
    assert "revoked" in hearth(house.box, "token", "list", "--all").out


def test_pairing_writes_a_profile(house: House, tmp_path: Path) -> None:
    kept = hearth(house.box, "pair")
    assert kept.code == 3, "the owner's window is open"
    assert "a pairing window is open already" in kept.err
    opened = hearth(house.box, "pair", "--yes")
    assert "(owner)" in opened.err, "nobody is paired yet: the first is the owner's"
    code = opened.out.strip()
    phone = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "HEARTH_URL": house.url}
    paired = hearth(phone, "pair", code.lower().replace("-", " "))
    assert paired.code == 0, paired
    profile = tmp_path / ".config" / "hearth" / "profile.json"
    assert stat.S_IMODE(profile.stat().st_mode) == 0o600
    del phone["HEARTH_URL"]
    assert hearth(phone, "things").code == 0
    again = hearth(phone | {"HEARTH_URL": house.url}, "pair", code)
    assert again.code == 3
    assert again.err.count("no pairing window is open") == 1


def test_doctor(house: House) -> None:
    healthy = hearth(house.box, "doctor")
    assert healthy.code == 0, healthy
    assert re.search(
        r"^✓ ok +gateway +at .*hearth.sock, up .*; you are box \(owner\)$", healthy.out, re.MULTILINE
    )
    assert re.search(r"^✓ ok +driver mqtt ", healthy.out, re.MULTILINE)
    nobody = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "HEARTH_URL": "http://127.0.0.1:9"}
    assert hearth(nobody, "doctor").code == 6


def test_completion_knows_things_and_affordances(house: House) -> None:
    def completed(words: str) -> list[str]:
        environ = dict(house.box) | {
            "_HEARTH_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        }
        return [line.partition(",")[2] for line in hearth(environ).out.split()]

    assert completed("hearth wr") == ["write"]
    assert "desk-lamp" in completed("hearth show de")
    assert completed("hearth read desk-lamp bri") == ["brightness"]
    assert "toggle" in completed("hearth do desk-lamp ")
    assert completed("hearth --url http://127.0.0.1:9 show de") == []
    assert "_HEARTH_COMPLETE=bash_complete" in hearth(house.box, "completion", "bash").out


def test_a_client_command_starts_fast_and_imports_little(house: House) -> None:
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        assert hearth(house.box, "things").code == 0
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.4  # 0.1 s on a machine that does nothing else
    code = "import sys\ntry:\n    from gateway.cli.main import cli\n    cli(['things'])\nfinally:\n    print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=house.box, capture_output=True, text=True, check=True
    )
    assert not {"aiohttp", "pydantic", "asyncio", "gateway.app"} & set(done.stdout.split())
