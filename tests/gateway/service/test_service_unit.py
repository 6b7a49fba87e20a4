"""The unit: what systemd itself says of it, where it is here, and what must stand in it in any case."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from gateway.config import Config
from gateway.service.keys import CREDENTIAL
from gateway.service.units import CONFIG, FILES
from gateway.vault import CREDENTIAL as VAULT_KEY

ROOT = Path(__file__).parents[3]
UNIT = ROOT / "systemd" / "hearth.service"
EXPOSURE_TENTHS = 20


def lines() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line in UNIT.read_text().splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found[name].append(value)
    return found


@pytest.fixture
def analyze() -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not here (Debian: the package systemd): the unit is only read")
    return program


def test_systemd_finds_little_exposed(analyze: str) -> None:
    done = subprocess.run(
        [analyze, "security", "--offline=true", f"--threshold={EXPOSURE_TENTHS}", "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "nrecognized option" in done.stderr or "nknown option" in done.stderr:
        pytest.skip("this systemd-analyze is too old to look at a unit that is not loaded")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


def test_systemd_understands_every_line(analyze: str, tmp_path: Path) -> None:
    """The program is not installed here: another one stands in its place."""
    unit = tmp_path / "hearth.service"
    unit.write_text(UNIT.read_text().replace("/opt/hearth/current/bin/hearth", "/bin/true"))
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "hearth.service" in line]
    assert not ours, done.stderr


def test_it_is_notified_watched_and_restarted() -> None:
    unit = lines()
    assert unit["Type"] == ["notify"] and unit["NotifyAccess"] == ["main"]
    assert unit["Restart"] == ["on-failure"] and unit["WatchdogSec"]
    assert unit["CapabilityBoundingSet"] == [""] and unit["NoNewPrivileges"] == ["yes"]
    assert unit["ProtectSystem"] == ["strict"] and unit["DevicePolicy"] == ["closed"]


def test_it_agrees_with_the_gateway() -> None:
    unit, config = lines(), Config()
    assert config.state_dir == Path("/var/lib") / unit["StateDirectory"][0]
    assert config.runtime_dir == Path("/run") / unit["RuntimeDirectory"][0]
    assert unit["LoadCredential"] == [VAULT_KEY] and Path(CREDENTIAL).name == VAULT_KEY
    assert "hearth-admin" in (ROOT / "systemd/hearth.sysusers.conf").read_text()


def test_the_wheel_brings_what_is_installed() -> None:
    included = (ROOT / "pyproject.toml").read_text()
    for name in FILES:
        assert f'"gateway/service/files/{name}"' in included


def test_the_first_configuration_is_one() -> None:
    import tomllib

    from gateway.config import parse

    assert parse(tomllib.loads(CONFIG.decode())).http.host == "0.0.0.0"


def test_every_hardening_line_is_explained_or_plain() -> None:
    told = (ROOT / "systemd/README.md").read_text()
    named = set(re.findall(r"`([A-Z][A-Za-z]+)", told))
    assert {
        "WatchdogSec",
        "ProtectClock",
        "PrivateUsers",
        "PrivateDevices",
        "SystemCallFilter",
        "DeviceAllow",
    } <= named
