"""What this driver relies on in aiocoap, which is pinned exactly: after an upgrade this must hold."""

from __future__ import annotations

from importlib.metadata import version
from urllib.parse import urljoin

import pytest
from aiocoap import Message
from aiocoap.error import Error
from aiocoap.numbers.codes import Code
from aiocoap.numbers.types import Type


def test_the_version_is_the_one_that_is_pinned() -> None:
    assert version("aiocoap") == "0.4.17"


def test_messages_are_built_field_by_field_and_are_the_same_after_a_journey() -> None:
    message = Message(code=Code.PUT, payload=b"true")
    message.mtype, message.mid, message.token = Type.CON, 0x1234, b"token"
    message.opt.uri_path = ("a", "b")
    message.opt.uri_query = ("c=d",)
    message.opt.if_match = [b"\1\2"]
    message.opt.content_format = 50
    message.opt.observe = 0
    message.opt.block2 = (3, True, 2)
    message.opt.block1 = (0, False, 6)
    raw = message.encode()
    again = Message.decode(raw)
    assert (again.mtype, again.mid, again.token, again.payload) == (Type.CON, 0x1234, b"token", b"true")
    assert again.code is Code.PUT
    assert again.opt.uri_path == ("a", "b")
    assert list(again.opt.if_match) == [b"\1\2"]
    assert (again.opt.observe, int(again.opt.content_format)) == (0, 50)
    assert (again.opt.block2.block_number, again.opt.block2.more, again.opt.block2.size_exponent) == (
        3,
        True,
        2,
    )
    assert again.opt.max_age is None
    assert again.opt.etag is None
    assert Message(code=Code.PUT).opt.uri_host is None, "a line's endpoint is not told what it is called"


def test_codes() -> None:
    assert Code.CHANGED.is_successful()
    assert Code.CHANGED.is_response()
    assert not Code.FORBIDDEN.is_successful()
    assert Code.GET.is_request()
    assert Code.FORBIDDEN.dotted == "4.03"


def test_what_is_no_message_gives_its_own_error() -> None:
    for raw in (
        b"",
        b"\x00\x00\x00\x00",
        b"\x40\x01\x00\x01\xf0",
        b"\x40\x01\x00\x01\xd0",
        b"\x40\x01\x00\x01\xb1\xff",
    ):
        with pytest.raises((Error, ValueError)):
            Message.decode(raw)


def test_addresses_with_the_scheme_coap_are_joined() -> None:
    assert urljoin("coap://[::1]/a/b", "/c") == "coap://[::1]/c"
