"""Who may not open a port is told what would let them, by the rights that there are; and never to be of the group root."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.discovery.serial_rights import Rights, Runner, advised, closed, runner

HEARTH = Runner(990, "hearth", frozenset({990}), frozenset({990}))
DIALOUT = 20


def device(mode: int, *, uid: int = 0, gid: int = DIALOUT, group: str = "dialout") -> Rights:
    return Rights(stat.S_IFCHR | mode, uid, gid, group)


@pytest.mark.parametrize(
    ("of", "who", "said"),
    [
        (device(0o660), HEARTH, "add the user hearth to the group dialout (usermod -aG dialout hearth)"),
        (device(0o660), Runner(990, "hearth", frozenset({990}), frozenset({990, 20})), "start it again"),
        (device(0o660), Runner(990, "hearth", frozenset({20}), frozenset({20})), "DeviceAllow"),
        (device(0o600, gid=0, group="root"), HEARTH, "crw-------, group root) leave it to others"),
        (device(0o660, gid=0, group="root"), HEARTH, 'KERNEL=="ttyS0", GROUP="dialout", MODE="0660"'),
        (device(0o620, gid=5, group="tty"), HEARTH, "a udev rule"),
        (device(0o600), Runner(0, "root", frozenset({0}), frozenset({0})), "DeviceAllow"),
        (device(0o600, uid=990), HEARTH, "DeviceAllow"),
        (device(0o060, uid=990), HEARTH, "add the user hearth"),
    ],
)
def test_the_advice_is_that_of_its_rights(of: Rights, who: Runner, said: str) -> None:
    assert said in advised("/dev/ttyS0", of, who)


@given(
    mode=st.integers(0, 0o777),
    uid=st.sampled_from((0, 990)),
    gid=st.sampled_from((0, DIALOUT, 990)),
    user=st.sampled_from((0, 990, 1000)),
    groups=st.frozensets(st.sampled_from((0, DIALOUT, 990))),
)
def test_nobody_is_ever_told_to_be_of_the_group_root(
    mode: int, uid: int, gid: int, user: int, groups: frozenset[int]
) -> None:
    group = {0: "root", DIALOUT: "dialout", 990: "hearth"}[gid]
    said = advised(
        "/dev/ttyS0", device(mode, uid=uid, gid=gid, group=group), Runner(user, "u", groups, groups)
    )
    assert "to the group root" not in said
    assert "usermod -aG root" not in said


def test_what_may_be_opened_is_not_closed_nor_is_what_is_gone(tmp_path: Path) -> None:
    (tmp_path / "port").touch(mode=0o600)
    assert closed(str(tmp_path / "port")) == ""
    assert closed(str(tmp_path / "none")) == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root opens what is kept from others")
def test_what_may_not_be_opened_is(tmp_path: Path) -> None:
    (tmp_path / "port").touch(mode=0)
    assert "its rights (----------" in closed(str(tmp_path / "port"))


def test_what_the_system_refuses_against_its_rights_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "port").touch(mode=0o600)
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    assert f"the user {runner().name}, but this process is kept from it" in closed(str(tmp_path / "port"))
