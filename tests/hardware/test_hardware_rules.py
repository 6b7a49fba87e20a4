"""The udev rules: well formed, by udev itself where it can tell, and complete."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from drivers.discovery.adapters import adapters

RULES = Path(__file__).parents[2] / "hardware" / "99-hearth.rules"
TERM = re.compile(
    r'(?P<key>[A-Z_]+)(\{(?P<attribute>[A-Za-z_/]+)\})?(?P<operator>==|!=|\+=|=)"(?P<value>[^"]*)"'
)
MATCHES = {"ACTION", "SUBSYSTEM", "KERNEL", "ATTR", "ENV"}
SETS = {"ENV", "GROUP", "MODE", "SYMLINK", "GOTO", "LABEL"}


def rules() -> list[list[re.Match[str]]]:
    found = []
    for line in RULES.read_text().splitlines():
        if line and not line.startswith("#"):
            terms = [TERM.fullmatch(term.strip()) for term in re.split(r",\s*(?=[A-Z])", line)]
            assert all(terms), line
            found.append([term for term in terms if term])
    return found


def test_every_rule_matches_before_it_sets() -> None:
    for rule in rules():
        kinds = [term["operator"] in {"==", "!="} for term in rule]
        assert kinds == sorted(kinds, reverse=True), rule
        for term in rule:
            assert term["key"] in (MATCHES if term["operator"] in {"==", "!="} else SETS)


def test_every_jump_has_a_place_further_down() -> None:
    labels = {term["value"]: at for at, rule in enumerate(rules()) for term in rule if term["key"] == "LABEL"}
    for at, rule in enumerate(rules()):
        for term in rule:
            if term["key"] == "GOTO":
                assert labels[term["value"]] > at


def test_modem_manager_keeps_off_all_that_is_known() -> None:
    ignored = {
        term["value"]
        for rule in rules()
        if any(one["attribute"] == "ID_MM_DEVICE_IGNORE" for one in rule)
        for term in rule
        if term["attribute"] == "idVendor"
    }
    known = {usb[:4] for one in adapters().adapter for usb in one.usb if one.what != "gps"}
    assert known <= ignored


def test_links_stay_below_one_directory() -> None:
    links = [term["value"] for rule in rules() for term in rule if term["key"] == "SYMLINK"]
    assert links
    assert all(link.startswith("hearth/") and ".." not in link for link in links)


def test_udev_finds_nothing_wrong() -> None:
    udevadm = shutil.which("udevadm")
    if udevadm is None:
        pytest.skip("udev is not installed here")
    version = subprocess.run([udevadm, "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.match(r"\d+", version)[0]) < 254:  # type: ignore[index]  # it is a number
        pytest.skip("udevadm verify came with systemd 254")
    told = subprocess.run([udevadm, "verify", str(RULES)], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
