"""The QR code of a pairing link, for whoever opened the window."""

from __future__ import annotations

import pytest

from gateway.api.pairing import qr_modules
from gateway.tls.reach import Reach
from tests.gateway.api.desk import House

LINK = "https://hearth.local:8420/pair#v=1&c=ABCD"


async def test_the_window_has_its_link_as_a_qr_code(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = await house.owner()
    async with owner.post("/pairings", json={"role": "adult", "principal": "bert"}) as opened:
        assert "qr" not in await opened.json()
    monkeypatch.setattr(Reach, "pairing_link", lambda self, code: LINK)
    async with owner.post("/pairings", json={"role": "adult", "principal": "bert"}) as opened:
        rows = (await opened.json())["qr"]
    assert rows == qr_modules(LINK)
    assert {len(row) for row in rows} == {len(rows)}
    # The finder patterns in three corners (ISO/IEC 18004, 6.3.3).
    corner = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
    assert (
        [row[:7] for row in rows[:7]]
        == [row[-7:] for row in rows[:7]]
        == [row[:7] for row in rows[-7:]]
        == corner
    )
