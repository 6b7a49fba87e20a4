"""Whatever strangers write: no redirect leaves this computer, no id is taken that was not sealed here, no check fails."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from gateway.oauth import pkce, redirects
from gateway.oauth.clients import LONGEST_NAME, BadClient, Clients
from gateway.oauth.ids import free_id

HERE = {"127.0.0.1", "::1", "localhost"}
PIECES = st.sampled_from(
    [
        *(
            "http://",
            "https://",
            "http:",
            "//",
            "/",
            "\\",
            "@",
            ":",
            ":80",
            "?",
            "#",
            "&",
            "=",
            "%2f",
            "%00",
            ".",
        ),
        *(
            "127.0.0.1",
            "[::1]",
            "localhost",
            "evil.example",
            "com.example.app:",
            "cursor://",
            "javascript:",
            "data:",
        ),
        *("a", "é", " ", "\n", "\t", "[", "]", "2130706433", "0x7f.1", "127.1", "callback"),
    ]
)
URIS = st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=40)
CLIENTS = Clients(b"k" * 32)


@given(URIS)
def test_no_redirect_leaves_this_computer(uri: str) -> None:
    if not redirects.is_good(uri):
        return
    scheme = urlsplit(uri).scheme
    assert "." in scheme or scheme in {"http", *redirects.APP_SCHEMES}
    if scheme == "http":
        assert urlsplit(uri).hostname in HERE
        assert URL(uri).host in HERE
        assert urlsplit(uri).username is None
        assert urlsplit(uri).fragment == ""
    answer = redirects.with_answer(uri, code="c&x=1#", state="s\r\n", iss="http://h", empty="")
    assert answer.startswith(uri)
    assert "\r" not in answer
    assert "#" not in answer
    query = parse_qs(urlsplit(answer).query)
    assert (query["code"][-1], query["state"][-1], query["iss"][-1]) == ("c&x=1#", "s\r\n", "http://h")


@given(URIS, URIS)
def test_what_matches_is_the_same_but_for_a_port_of_this_computer(asked: str, registered: str) -> None:
    if redirects.matches(asked, registered):
        assert redirects.is_good(asked)
        a, b = urlsplit(asked), urlsplit(registered)
        assert (a.scheme, a.hostname, a.path, a.query) == (b.scheme, b.hostname, b.path, b.query)


@given(st.text(max_size=60), st.lists(URIS, max_size=3))
def test_a_client_is_what_it_said_and_nothing_else(name: str, uris: list[str]) -> None:
    try:
        client = CLIENTS.register(name, tuple(uris))
    except BadClient:
        assert not all(map(redirects.is_good, uris))
        return
    assert CLIENTS.find(client.id) == client
    assert client.name.isprintable()
    assert len(client.name) <= LONGEST_NAME
    assert Clients(b"o" * 32).find(client.id) is None  # another gateway's


@given(st.text(max_size=200) | st.text(max_size=100).map("hearth.".__add__))
def test_no_id_is_taken_that_was_not_sealed_here(text: str) -> None:
    assert CLIENTS.find(text) is None
    found = CLIENTS.any(text)
    assert found is None or (found.redirect_uris == () and found.name.isprintable())
    assert not pkce.fits(text, text)


@given(st.text(max_size=60), st.sets(st.sampled_from(["anna", "coo", "a", "a-agent", "unnamed"])))
def test_an_id_is_a_word_and_nobodys(name: str, taken: set[str]) -> None:
    made = free_id(name, taken)
    assert made not in taken
    assert made not in {"box", "house", "gateway", "owner", "adult", "agent", "rule", "pairing"}
    assert made.isascii()
    assert made[0].isalnum()
