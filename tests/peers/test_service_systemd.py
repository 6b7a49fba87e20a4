"""The service under a real systemd: installed from a wheel, watched, upgraded, rolled back, and taken away; the data stay."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.storage.database import MIGRATIONS
from tests.peers.service_guest import Guest, NoGuest, booted
from tests.peers.service_wheels import ROOT, built, later

pytestmark = [pytest.mark.peers, pytest.mark.service, pytest.mark.timeout(500)]

HOW = "--wheels /wheels --extras mqtt --steady 1"
ASK = "curl -sS --unix-socket /run/hearth/hearth.sock http://box"
NEXT = len(list(MIGRATIONS.glob("*.sql"))) + 1


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """0.1.0 as it is; 0.2.0, which changes the database; and 0.3.0, whose change of it fails."""
    folder = tmp_path_factory.mktemp("wheels")
    subprocess.run(
        [ROOT / ".ci/system-packages", "systemd-nspawn", "mosquitto"], check=False, capture_output=True
    )
    try:
        wheel = built(folder)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"the gateway's wheels cannot be made here: {error.stderr.decode()[-300:]}")
    number = f"gateway/storage/migrations/{NEXT:04d}"
    fits = {f"{number}_later.sql": "CREATE TABLE later (only_one INTEGER PRIMARY KEY) STRICT;"}
    later(wheel, "0.2.0", with_files=fits)
    later(wheel, "0.3.0", with_files={f"{number}_wrong.sql": "INSERT INTO nowhere VALUES (1);"})
    return folder


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Iterator[Guest]:
    try:
        with booted(tmp_path_factory.mktemp("guest"), wheels) as running:
            yield running
    except NoGuest as why:
        pytest.skip(f"there is no systemd to try the service under: {why}")


def shown(guest: Guest, name: str) -> str:
    return guest.run(f"systemctl show -P {name} hearth")


def test_the_life_of_a_service(guest: Guest) -> None:
    """One after the other: each begins with the box as the one before left it."""
    _installed(guest)
    _keeps_its_secrets_key_as_a_credential(guest)
    _started_again_when_it_hangs(guest)
    _a_release_that_fails_is_taken_back(guest)
    _goes_forward_and_back(guest)
    _stops_and_goes(guest)


def _installed(guest: Guest) -> None:
    config = '[http]\nport = 0\ntls = "own"\n[house]\nclock = "trusted"\n[mqtt]\n[mqtt.managed]\nprogram = "mosquitto"\n'
    guest.write("/etc/hearth/hearth.toml", config)
    told = guest.run(
        f"/hearth/systemd/install /wheels/hearth_gateway-0.1.0-*.whl {HOW} --python /usr/bin/python3"
    )
    assert "is installed" in told
    assert shown(guest, "ActiveState") == "active"
    assert shown(guest, "StatusText").startswith("serves https://127.0.0.1:")
    assert shown(guest, "User") == "hearth"
    assert guest.run("stat -c '%U:%G %a' /run/hearth/hearth.sock") == "hearth:hearth-admin 660"
    assert guest.run("stat -c '%U:%G %a' /var/lib/hearth") == "hearth:hearth 700"
    processes = guest.run("pgrep -u hearth -af .")
    assert "gateway.daemon" in processes and "/usr/sbin/mosquitto" in processes, "with a broker of its own"
    limits = guest.run(f"cat /proc/{shown(guest, 'MainPID')}/status")
    assert "CapEff:\t0000000000000000" in limits and "NoNewPrivs:\t1" in limits and "Seccomp:\t2" in limits
    assert health(guest)["drivers"]["mqtt"]["connected"]
    assert health(guest)["time_is_known"]


def _keeps_its_secrets_key_as_a_credential(guest: Guest) -> None:
    guest.run("head -c 32 /dev/zero > /var/lib/hearth/vault.key && chown hearth: /var/lib/hearth/vault.key")
    guest.run("hearth service keep-key --steady 1")
    assert guest.run("ls /var/lib/hearth/vault.key", good=False)
    assert guest.run("stat -c '%U %a %s' /etc/credstore/hearth-vault-key") == "root 600 32"
    seen = guest.run(
        f"nsenter -t {shown(guest, 'MainPID')} -m stat -c '%s' /run/credentials/hearth.service/hearth-vault-key"
    )
    assert seen == "32"


def _started_again_when_it_hangs(guest: Guest) -> None:
    drop_in = "/run/systemd/system/hearth.service.d/test.conf"
    guest.write(drop_in, "[Service]\nWatchdogSec=3s\nRestartSec=100ms\n")
    guest.run("systemctl daemon-reload && systemctl restart hearth")
    with guest.journal("Watchdog timeout", "Failed with result 'watchdog'", "Started hearth.service"):
        guest.run("kill -STOP $(systemctl show -P MainPID hearth)")
    assert shown(guest, "NRestarts") == "1"
    hang = "Environment=HEARTH_FAILPOINT=ledger_hangs:2\n"
    guest.write(drop_in, f"[Service]\nWatchdogSec=3s\nRestartSec=100ms\n{hang}")
    guest.run("systemctl daemon-reload")
    with guest.journal(
        "the watchdog is not fed: ledger gives no sign of life",
        "Watchdog timeout",
        "Fatal Python error: Aborted",
    ):
        guest.run("systemctl restart hearth")
    guest.run(f"rm {drop_in} && systemctl daemon-reload && systemctl restart hearth")
    with guest.journal("hearth.service"):
        guest.run("systemctl reload hearth")
    assert shown(guest, "ActiveState") == "active"


def _a_release_that_fails_is_taken_back(guest: Guest) -> None:
    before, rows = guest.run("readlink /opt/hearth/current"), entries(guest)
    told = guest.run(f"hearth service upgrade /wheels/hearth_gateway-0.3.0-*.whl {HOW}", good=False)
    assert "_wrong.sql failed" in told and "runs again, with its data" in told
    assert guest.run("readlink /opt/hearth/current") == before
    assert entries(guest) >= rows
    assert shown(guest, "ActiveState") == "active"


def _goes_forward_and_back(guest: Guest) -> None:
    good, bad = token(guest, "kept"), token(guest, "lost")
    rows = entries(guest)
    guest.run(f"hearth service upgrade /wheels/hearth_gateway-0.2.0-*.whl {HOW}")
    assert "0.2.0" in guest.run("readlink /opt/hearth/current") and "0.1.0" in guest.run(
        "readlink /opt/hearth/previous"
    )
    assert health(guest)["version"] == "0.2.0"
    guest.run(f"{ASK}/tokens/{bad['id']} -X DELETE -f")
    told = guest.run("hearth service rollback --steady 1", good=False)
    assert "does not know the database's present form" in told and "--lose-changes" in told
    assert health(guest)["version"] == "0.2.0", "it goes on"
    told = guest.run("hearth service rollback --lose-changes --steady 1")
    assert "revoked since stay revoked" in told
    assert health(guest)["version"] == "0.1.0"
    known = {one["id"]: one for one in json.loads(guest.run(f"{ASK}/tokens"))}
    assert known[good["id"]]["revoked_at"] is None and known[bad["id"]]["revoked_at"] is not None
    assert entries(guest) > rows, "what happened meanwhile stands in the ledger"
    assert "ok" in guest.run("hearth ledger verify --json").lower()


def _stops_and_goes(guest: Guest) -> None:
    with guest.journal("Deactivated successfully"):
        guest.run("systemctl stop hearth")
    assert shown(guest, "Result") == "success"
    guest.run("hearth service uninstall")
    assert guest.run("ls /opt/hearth /usr/local/bin/hearth /etc/systemd/system/hearth.service", good=False)
    assert "ledger.db" in guest.run("ls /var/lib/hearth"), "the data are the house's"


def health(guest: Guest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(guest.run(f"{ASK}/health"))
    return found


def entries(guest: Guest) -> int:
    """The number of the last one."""
    return int(json.loads(guest.run(f"{ASK}'/ledger?limit=1&newest=1'"))[0]["seq"])


def token(guest: Guest, name: str) -> dict[str, str]:
    body = json.dumps({"principal": name, "role": "agent", "acts_for": "owner", "title": name})
    made: dict[str, str] = json.loads(
        guest.run(f"{ASK}/tokens -f -H 'Content-Type: application/json' -d '{body}'")
    )
    return made
