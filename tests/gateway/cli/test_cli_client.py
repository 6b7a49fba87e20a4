"""What the client does when the connection breaks: against a listener that hangs up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from gateway.cli.client import Client
from gateway.cli.exits import Exit, Failure
from gateway.cli.target import Target

DONE = b"HTTP/1.1 204 No Content\r\nHearth-Outcome: confirmed\r\n\r\n"
TITLE = rb'"Lamp\u001b[2J\u0007"'
DIRTY = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(TITLE), TITLE)


@contextmanager
def listener(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Takes one request a connection and answers with the next of `answers`; b"" hangs up."""
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                peer, _ = server.accept()
                with peer:
                    requests.append(_request(peer))
                    peer.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", requests
        thread.join()


def _request(peer: socket.socket) -> bytes:
    """One whole request: its head, and as much body as that says."""
    with peer.makefile("rb") as stream:
        head = b"".join(iter(stream.readline, b"\r\n"))
        length = next(
            (
                int(line.split()[1])
                for line in head.splitlines()
                if line.lower().startswith(b"content-length:")
            ),
            0,
        )
        return head + stream.read(length)


@pytest.fixture
def client() -> Iterator[Callable[[str], Client]]:
    made: list[Client] = []

    def make(url: str) -> Client:
        made.append(Client(Target("a test", url, "secret")))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_command_with_a_key_is_repeated_once(client: Callable[[str], Client]) -> None:
    with listener(b"", DONE) as (url, requests):
        answer = client(url).ask("PUT", "/x", True, headers={"Idempotency-Key": '"k"'})
    assert answer.headers["hearth-outcome"] == "confirmed"
    assert len(requests) == 2
    assert requests[0] == requests[1]
    assert b"Authorization: Bearer secret" in requests[0]


def test_without_a_key_it_is_not_and_nobody_knows(client: Callable[[str], Client]) -> None:
    with listener(b"") as (url, requests), pytest.raises(Failure) as caught:
        client(url).ask("POST", "/tokens", {})
    assert len(requests) == 1
    assert caught.value.code is Exit.UNSETTLED


def test_a_gateway_that_dies_over_a_command_leaves_it_open(client: Callable[[str], Client]) -> None:
    with listener(b"", b"") as (url, requests), pytest.raises(Failure) as caught:
        client(url).ask("PUT", "/x", True, headers={"Idempotency-Key": '"k"'})
    assert len(requests) == 2
    assert caught.value.code is Exit.UNSETTLED


def test_a_question_changes_nothing(client: Callable[[str], Client]) -> None:
    with listener(b"", b"") as (url, _), pytest.raises(Failure) as caught:
        client(url).get("/things")
    assert caught.value.code is Exit.UNREACHABLE


def test_nobody_listens(client: Callable[[str], Client], free_port: int) -> None:
    with pytest.raises(Failure, match="cannot be reached") as caught:
        client(f"http://127.0.0.1:{free_port}").ask("PUT", "/x", True, headers={"Idempotency-Key": '"k"'})
    assert caught.value.code is Exit.UNREACHABLE


def test_texts_are_clean_unless_a_program_reads_them(client: Callable[[str], Client]) -> None:
    with listener(DIRTY, DIRTY) as (url, _):
        assert client(url).get("/x") == "Lamp\ufffd[2J\ufffd"
        faithful = Client(Target("a test", url), faithful=True)
        assert faithful.get("/x") == "Lamp\x1b[2J\x07"
        faithful.close()
