"""Recordings of single devices: nothing of the house is in them, and what belongs together still does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from drivers.recording.heard import MAX_LINE_BYTES, Blackener, Heard, HeardError, HeardTape, read, written

MAC = "a4:c1:38:5e:0f:77"

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.binary(max_size=12).map(lambda data: {"hex": data.hex()}),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.text(min_size=1, max_size=8), JSON), max_size=5))
def test_what_is_written_is_read_again(messages: list[tuple[float, str, Json]]) -> None:
    tape = HeardTape("ble", tuple(Heard(round(at, 3), kind, data) for at, kind, data in messages))
    assert read(written(tape)) == tape


def test_a_device_s_address_is_replaced_in_text_and_in_bytes_in_either_order() -> None:
    plain = MAC.replace(":", "")
    turned = bytes.fromhex(plain)[::-1].hex()
    data: Json = {"mac": MAC, "raw": {"hex": f"30580100{turned}0a"}, "be": {"hex": plain + "4002"}}
    shown = Blackener([MAC]).message(data)
    assert isinstance(shown, dict)
    other = "020000000001"
    assert shown["be"] == {"hex": other + "4002"}
    assert shown["raw"] == {"hex": f"30580100{bytes.fromhex(other)[::-1].hex()}0a"}
    for one in (MAC, plain, turned):
        assert one not in str(shown)


def test_words_of_the_house_go_and_standard_uuids_stay() -> None:
    uuid = "0000fcd2-0000-1000-8000-00805f9b34fb"
    shown = Blackener([]).message({"name": "Annegret", uuid: {"hex": "40"}, "psk": "hunter2", "uuid": uuid})
    assert isinstance(shown, dict)
    assert "Annegret" not in str(shown)
    assert "hunter2" not in str(shown)
    assert (shown[uuid], shown["uuid"]) == ({"hex": "40"}, uuid)


def test_text_within_bytes_is_gone_and_so_are_bytes_under_a_secret_member() -> None:
    said: Json = {"raw": {"hex": b"\x02ssid=AnnasHome psk=hunter2\x00".hex()}, "key": {"hex": "0102ff"}}
    shown = Blackener([]).message(said)
    assert shown == {"raw": {"hex": b"\x02".hex() + "78" * 26 + "00"}, "key": {"hex": "000000"}}


def test_under_a_secret_member_everything_is_secret() -> None:
    shown = Blackener([]).message({"password": {"state": ["on", {"state": "on"}]}, "state": "on"})
    assert isinstance(shown, dict)
    assert shown["state"] == "on"
    assert '"on"' not in str(shown["password"]).replace("'", '"')


@given(JSON)
def test_redaction_keeps_the_shape_and_raises_only_what_it_says(data: Json) -> None:
    try:
        shown = Blackener([MAC]).message(data)
    except ValueError:
        return
    if isinstance(data, list):
        assert isinstance(shown, list)
        assert len(shown) == len(data)
    elif isinstance(data, dict):
        assert isinstance(shown, dict)
    elif not isinstance(data, str):
        assert type(shown) is type(data)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "empty"),
        (b"[]\n", "line 1: should be a JSON object"),
        (b'{"format":2,"family":"ble"}\n', "line 1"),
        (b'{"format":1,"family":"ble"}\n{"at":true,"kind":"x"}\n', "line 2: at should be a number"),
        (b'{"format":1,"family":"ble"}\n{"at":1}\n', "line 2"),
        (b'{"format":1,"family":"ble"}\n{"at":1,', "line 2"),
        (b'{"format":1,"family":"ble","x":"' + b"x" * MAX_LINE_BYTES + b'"}\n', "line 1: longer than"),
    ],
)
def test_what_is_no_recording_says_where(text: bytes, why: str) -> None:
    with pytest.raises(HeardError, match=why):
        read(text.splitlines(keepends=True))
