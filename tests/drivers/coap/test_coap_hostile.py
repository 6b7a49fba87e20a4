"""Peers that lie: what strangers send is not believed, nobody is amplified, and everything is bounded."""

from __future__ import annotations

import asyncio
import socket

import orjson
import pytest
from aiocoap import Message
from aiocoap.numbers.codes import Code
from aiocoap.numbers.types import Type
from hypothesis import given, settings
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from drivers.coap.calls import MAX_BLOCKS, Call, Caller, TooLarge
from drivers.coap.conversation import Unanswered
from drivers.coap.description import MAX_AFFORDANCES, DescriptionError, described
from drivers.coap.driver import open_driver
from drivers.coap.following import Order
from drivers.coap.forms import targets
from drivers.coap.looking import links
from drivers.coap.messages import parsed
from drivers.coap.pace import LinePace, NetworkPace
from drivers.coap.settings import CoapSettings
from drivers.coap.values import decoded
from drivers.coap.whereabouts import MAX_ANNOUNCED
from tests.drivers.coap_bench import lamp_td
from tests.drivers.coap_tools import Peer, SeenServices, encoded, reply, tools
from tests.drivers.contract import PATIENCE_S

GET = Call(Code.GET, ("x",))


async def test_only_the_answer_with_the_right_token_and_id_counts() -> None:
    def answers(to: Message) -> list[Message | bytes]:
        wrong_token, wrong_mid = reply(to, b"forged"), reply(to, b"forged")
        wrong_token.token = b"12345678"
        wrong_mid.mid = (to.mid + 1) & 0xFFFF
        return [wrong_token, wrong_mid, b"\xff" * 30, b"", reply(to, b"true")]

    peer = Peer(answers)
    told = await Caller(peer.talk).call(GET, 1.0, most=100)
    assert told.payload == b"true"
    assert (peer.talk.counters.strange, peer.talk.counters.malformed) == (2, 2)


async def test_a_body_without_an_end_is_given_up() -> None:
    def answers(to: Message) -> list[Message | bytes]:
        block = to.opt.block2
        number = block.block_number if block is not None else 0
        return [reply(to, b"x" * 64, block2=(number, True, 2), etag=b"1")]

    peer = Peer(answers)
    with pytest.raises(TooLarge, match="longer than 1 kB"):
        await Caller(peer.talk).call(GET, 5.0, most=1024)
    assert len(peer.sent) < 20


async def test_a_long_body_in_small_blocks_ends_after_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(to: Message) -> list[Message | bytes]:
        block = to.opt.block2
        number = block.block_number if block is not None else 0
        return [reply(to, b"x" * 64, block2=(number, True, 2), etag=b"1")]

    monkeypatch.setattr("drivers.coap.calls.SLOW_BLOCK_S", 0.0)
    peer = Peer(answers)
    with pytest.raises(TooLarge, match="longer than 16 kB"):
        await Caller(peer.talk).call(GET, 5.0, most=1 << 20)
    assert len(peer.sent) == MAX_BLOCKS


async def test_a_body_that_changes_all_the_time_is_given_up() -> None:
    count = 0

    def answers(to: Message) -> list[Message | bytes]:
        nonlocal count
        count += 1
        number = to.opt.block2.block_number if to.opt.block2 is not None else 0
        return [reply(to, b"x" * 64, block2=(number, True, 2), etag=count.to_bytes(2, "big"))]

    with pytest.raises(Unanswered, match="changed"):
        await Caller(Peer(answers).talk).call(GET, 5.0, most=1024)
    assert count < 20


@pytest.mark.parametrize("number", [7, 1, 0xFFFFF])
async def test_blocks_out_of_order_are_given_up(number: int) -> None:
    def answers(to: Message) -> list[Message | bytes]:
        asked = to.opt.block2.block_number if to.opt.block2 is not None else 0
        return [reply(to, b"x" * 64, block2=(number if asked else 0, True, 2), etag=b"1")]

    if number == 1:  # in order once: then it stays there
        with pytest.raises((Unanswered, TooLarge)):
            await Caller(Peer(answers).talk).call(GET, 5.0, most=1024)
        return
    with pytest.raises(Unanswered):
        await Caller(Peer(answers).talk).call(GET, 5.0, most=1024)


async def test_nobody_is_amplified_and_a_flood_is_not_read() -> None:
    peer = Peer(lambda to: [])
    request = Message(code=Code.GET)
    request.mtype, request.mid, request.token = Type.CON, 7, b"1"
    request.opt.uri_path = (".well-known", "core")
    raw = encoded(request)
    for _ in range(5_000):
        peer.talk.feed(raw)
    assert len(peer.sent) <= 2 * peer.talk.pace.most_messages
    assert all(len(one) == 4 for one in peer.sent), "a reset, never more than was received"
    assert peer.talk.counters.flooded >= 1_000


async def test_what_is_not_answered_leaves_nothing_and_goes_out_no_more() -> None:
    peer = Peer(lambda to: [])
    with pytest.raises(Unanswered) as told:
        await Caller(peer.talk).call(GET, 0.1, most=100)
    assert told.value.sent
    assert 3 <= len(peer.sent) <= 5, "every 30 ms"
    assert len(set(peer.sent)) == 1, "bit by bit the same"
    assert not peer.talk._out
    assert not peer.talk._asked


async def test_a_request_that_never_got_its_turn_was_not_sent() -> None:
    peer = Peer(lambda to: [])
    first = asyncio.create_task(Caller(peer.talk).call(GET, 0.2, most=100))
    await asyncio.sleep(0)
    with pytest.raises(Unanswered) as told:
        await Caller(peer.talk).call(Call(Code.PUT, ("on",), payload=b"true"), 0.1, most=100)
    assert not told.value.sent
    with pytest.raises(Unanswered):
        await first
    assert all(parsed(one).code == Code.GET for one in peer.sent)  # type: ignore[union-attr]


async def test_a_notification_that_comes_twice_counts_once() -> None:
    told: list[bytes] = []

    def answers(to: Message) -> list[Message | bytes]:
        if to.code != Code.GET:
            return []
        note = reply(to, b"2", observe=2)
        note.mtype, note.mid = Type.CON, 99
        return [reply(to, b"1", observe=1), note, note]

    peer = Peer(answers)
    message = GET.message()
    message.opt.observe = 0
    await peer.talk.observe(message, 1.0, lambda one: told.append(one.payload))
    async with asyncio.timeout(PATIENCE_S):
        while peer.talk.counters.duplicates < 1:  # noqa: ASYNC110 - counters are asked, they do not tell
            await asyncio.sleep(0)
    assert told == [b"2"]
    assert [one[0] >> 4 & 3 for one in peer.sent[1:]] == [Type.ACK, Type.ACK]


async def test_a_large_value_goes_in_blocks_and_a_smaller_size_is_taken() -> None:
    parts: list[bytes] = []

    def answers(to: Message) -> list[Message | bytes]:
        block = to.opt.block1
        assert block is not None
        if block.size_exponent > 0:
            return [reply(to, code=Code.REQUEST_ENTITY_TOO_LARGE, block1=(0, False, 0))]
        parts.append(to.payload)
        return [
            reply(
                to,
                code=Code.CONTINUE if block.more else Code.CHANGED,
                block1=(block.block_number, block.more, 0),
            )
        ]

    body = bytes(range(100))
    told = await Caller(Peer(answers).talk).call(Call(Code.PUT, ("x",), payload=body), 5.0, most=100)
    assert told.good
    assert b"".join(parts) == body


async def test_a_flood_of_announcements_is_bounded_and_told() -> None:
    services = SeenServices()
    driver = open_driver(CoapSettings(), tools(services))
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as silent:
        silent.bind(("::1", 0))
        async with driver:
            for i in range(MAX_ANNOUNCED + 50):
                services.announce(f"device {i}", silent.getsockname()[1])
                services.announce(f"device {i}", silent.getsockname()[1])
            assert len(driver._sessions) <= MAX_ANNOUNCED
            assert any("announce themselves" in one for one in driver.health().problems)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
MEMBER = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["boolean", "number", "string", "", 7, None]),
        "forms": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "href": st.text(max_size=30) | st.just("/on"),
                    "op": JSON,
                    "cov:method": JSON,
                    "contentType": JSON,
                },
            )
            | JSON,
            max_size=3,
        ),
        "hearth:capability": st.sampled_from(
            ["switch.on", "light.on", "lock.unlock", "x", "switch.", "other.value"]
        )
        | JSON,
        "hearth:component": JSON,
        "hearth:hazard": JSON,
        "unit": JSON,
        "enum": JSON,
        "minimum": JSON,
        "input": JSON,
    },
)


@settings(max_examples=40)
@given(
    st.dictionaries(st.text(max_size=8), MEMBER | JSON, max_size=4),
    st.sampled_from(["properties", "actions", "events"]),
    JSON,
)
def test_any_description_is_read_or_refused(members: dict[str, Json], group: str, other: Json) -> None:
    for document in (
        {**lamp_td(), group: members, "hearth:link": other, "title": other, "base": other},
        other,
    ):
        try:
            found = asyncio.run(described(document, "fe80::1%eth0"))
        except DescriptionError:
            continue
        points = [one.point for part in found.components for one in part.affordances]
        assert len(points) == len(set(points))
        assert set(points) == set(found.accesses)


async def test_endless_descriptions_are_cut() -> None:
    form: Json = [{"href": "/x"}]
    many: dict[str, Json] = {f"p{i}": {"type": "boolean", "forms": form} for i in range(5000)}
    found = await described({**lamp_td(), "properties": many}, "a.alt")
    assert len(found.accesses) <= MAX_AFFORDANCES
    assert len(found.problems) < 20


@pytest.mark.parametrize(
    "href",
    [
        "coap://evil.example/on",
        "http://a.alt/on",
        "//evil/on",
        "/a%2Fb",
        "/a%00",
        "/" + "x" * 500,
        "/a{?b}",
        "coaps://a.alt/on",
    ],
)
def test_forms_that_lead_elsewhere_are_not_followed(href: str) -> None:
    found = targets({"forms": [{"href": href}]}, "property", "", "10.0.0.7")
    assert not found.by_operation
    assert found.problem


@given(st.binary(max_size=200), st.sampled_from([None, 0, 50, 60]), st.sampled_from(["", "number", "string"]))
def test_any_payload_is_a_value_or_none(payload: bytes, content_format: int | None, kind: str) -> None:
    try:
        value = decoded(payload, content_format, kind)
    except ValueError:
        return
    orjson.dumps(value)


@given(st.text(alphabet='<>/;=",rtifobs x', max_size=300))
def test_any_text_is_a_list_of_links(text: str) -> None:
    assert len(list(links(text))) <= 300


@given(st.integers(0, (1 << 24) - 1), st.integers(1, (1 << 23) - 1))
def test_the_newer_of_two_notifications_wins(first: int, ahead: int) -> None:
    order = Order()
    later = (first + ahead) % (1 << 24)
    assert order.is_newer(first, 0.0)
    assert order.is_newer(later, 1.0)
    assert not order.is_newer(first, 2.0)
    assert order.is_newer(first, 200.0), "after 128 s numbers mean nothing any more"


def test_paces() -> None:
    line = LinePace(9600)
    assert next(line.waits()) > 0.3, "two of the longest frames at 9600 baud"
    assert LinePace(115_200).patience == 2.0
    waits = list(NetworkPace().waits())
    assert len(waits) == 4
    assert waits[3] == pytest.approx(8 * waits[0])
