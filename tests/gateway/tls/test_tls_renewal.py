"""A certificate is replaced while it is used: in time, by whatever the clock says, and without ending a connection."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tls.dates import DAY_S, EARLIEST, LONGEST_LEAF_S, Span, is_due, leaf_span
from gateway.tls.serving import Files
from tests.gateway.tls.boxes import DAY, NOW, Box, connected, echoing, serial, trusting


def test_it_is_renewed_at_two_thirds_of_its_life(tmp_path: Path) -> None:
    box = Box(tmp_path)
    own = box.open()
    first = box.leaf().serial_number
    box.now += 59 * DAY
    assert not own.check()
    assert box.leaf().serial_number == first
    box.now += 2 * DAY
    assert own.check()
    second = box.leaf()
    assert second.serial_number != first
    assert second.not_valid_after_utc.timestamp() == box.now + 90 * DAY
    assert not own.check()


def test_it_is_renewed_at_the_start(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.open()
    first = box.leaf().serial_number
    box.open()
    assert box.leaf().serial_number == first
    box.now += 200 * DAY
    box.open()
    assert box.leaf().serial_number != first


def test_new_names_and_addresses_need_a_new_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    box = Box(tmp_path)
    own = box.open()
    box.addresses = ["192.168.1.6"]
    assert own.check()
    assert not own.check()
    box.hosts = ["shelf.home.arpa", "other.home.arpa"]
    assert own.check()
    box.hosts = ["elsewhere.example"]  # which the authority was not made for
    assert own.check()
    assert not own.check()
    assert caplog.text.count("hearth ca renew --authority") == 1
    pin = own.authority.pin
    own.replace_authority()
    assert own.authority.pin != pin
    assert "elsewhere.example" in own.authority.trees
    assert own.authority.signed(box.leaf())
    assert box.open().authority.pin == own.authority.pin


async def test_who_is_connected_stays_so_and_who_connects_gets_the_new_one(tmp_path: Path) -> None:
    box = Box(tmp_path, now=time.time())
    own = box.open()
    async with (
        echoing(own.context) as port,
        connected(port, trusting(own), "shelf.local") as (reader, writer),
    ):
        before = serial(writer)
        box.addresses.append("192.168.1.77")
        assert own.check()
        writer.write(b"still here\n")
        assert await reader.readline() == b"still here\n"
        async with connected(port, trusting(own), "192.168.1.77") as (_, second):
            assert serial(second) != before
        assert serial(writer) == before


async def test_a_full_disk_leaves_the_one_before_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box(tmp_path, now=time.time())
    own = box.open()
    box.addresses = ["192.168.1.9"]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("gateway.tls.files.write_private", full)
        with pytest.raises(OSError, match="No space"):
            own.check()
    async with echoing(own.context) as port, connected(port, trusting(own), "192.168.1.5"):
        pass
    assert own.check()


# ---------------------------------------------------------------- clocks that are wrong


def test_a_box_that_starts_in_1970_keeps_the_certificate_it_has(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.open()
    first = box.leaf().serial_number
    box.now, box.known = 1_000.0, False
    own = box.open()
    assert box.leaf().serial_number == first
    box.now, box.known = NOW + DAY, True  # and then somebody told it the time
    assert not own.check()


def test_what_a_box_in_1970_has_to_make_is_good_by_the_clocks_of_others(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.open()
    box.now, box.known = 1_000.0, False
    own = box.open()
    box.addresses = ["192.168.1.9"]
    assert own.check()
    leaf = box.leaf()
    assert leaf.not_valid_before_utc.timestamp() < NOW < NOW + 89 * DAY < leaf.not_valid_after_utc.timestamp()
    box.now, box.known = NOW + DAY, True
    assert own.check(), "it was provisional"
    assert box.leaf().not_valid_after_utc.timestamp() == box.now + 90 * DAY


def test_the_authority_of_a_box_that_never_knew_the_time_is_good_all_the_same(tmp_path: Path) -> None:
    own = Box(tmp_path, now=0.0, known=False).open()
    assert own.authority.span.begins < EARLIEST < EARLIEST + 19 * 365 * DAY < own.authority.span.ends


def test_a_clock_that_was_ahead_and_comes_back(tmp_path: Path) -> None:
    box = Box(tmp_path, now=NOW + 3_000 * DAY)
    own = box.open()
    box.now = NOW
    assert own.check()
    assert box.leaf().not_valid_before_utc.timestamp() < NOW


CLOCKS = st.floats(0, 4e9, allow_nan=False)


@given(CLOCKS, st.booleans(), st.none() | CLOCKS)
def test_whatever_the_clock_says(now: float, known: bool, made_at: float | None) -> None:
    """What is made is not due at once, no longer than Apple's systems take, and good by the clock if that can be believed."""
    last = leaf_span(made_at, known=True, last=None) if made_at is not None else None
    span = leaf_span(now, known=known, last=last)
    assert 90 * DAY_S <= span.ends - span.begins <= LONGEST_LEAF_S
    if known:
        assert span.begins < now < span.ends
        assert not is_due(span, now, known=True)
    elif last is not None and last.made_at >= EARLIEST and now - last.made_at < 700 * DAY_S:
        assert span.begins <= last.made_at < span.ends, "good at the last time that was known"
        assert not is_due(span, now, known=False) or now >= span.renewed_at


def test_not_known_means_not_touched() -> None:
    leaf = Span(NOW - DAY_S, NOW + 90 * DAY_S)
    assert not is_due(leaf, 0.0, known=False)
    assert is_due(leaf, 0.0, known=True)
    assert is_due(leaf, NOW + 61 * DAY_S, known=False)


# ---------------------------------------------------------------- somebody else's files


def _copy(box: Box, certificate: Path, key: Path) -> None:
    content = (box.directory / "server.pem").read_bytes()
    for file in (certificate, key):
        fresh = file.with_suffix(".new")
        fresh.write_bytes(content)
        fresh.replace(file)


async def test_files_are_loaded_anew_when_they_change(tmp_path: Path) -> None:
    box, certificate, key = Box(tmp_path / "tls", now=time.time()), tmp_path / "c.pem", tmp_path / "k.pem"
    own = box.open()
    _copy(box, certificate, key)
    files = Files(certificate, key)
    assert not files.check()
    async with echoing(files.context) as port:
        async with connected(port, trusting(own), "shelf.local") as (_, writer):
            before = serial(writer)
        own.renew()
        key.write_bytes(b"half of a pair")
        with pytest.raises(ssl.SSLError):
            files.check()
        async with connected(port, trusting(own), "shelf.local") as (_, writer):
            assert serial(writer) == before, "half a pair is not loaded"
        _copy(box, certificate, key)
        assert files.check()
        async with connected(port, trusting(own), "shelf.local") as (_, writer):
            assert serial(writer) != before
