"""Webhooks to a real server: what goes out, how it is signed, and what is done about answers."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from gateway.notify import About
from gateway.notify.secrets import signing_key
from gateway.notify.webhook import signature
from tests.gateway.notify.post import Answer, Post, WebServer, posting, until

SCHEMA = json.loads(files("gateway.notify").joinpath("notice.schema.json").read_text())
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def hook(server: WebServer, **members: object) -> dict[str, object]:
    return {"name": "hook", "kind": "webhook", "url": f"{server.url}/hook?house=1", **members}


def test_the_signature_is_that_of_the_specification() -> None:
    """The example that the libraries of Standard Webhooks are tested with."""
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    found = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_notice_arrives_signed_and_by_the_schema(
    state: Path, server: WebServer, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    http = {
        "host": "192.168.1.2",
        "port": 8420,
        "hosts": ("hearth.lan",),
        "certificate": secret,
        "key": secret,
    }
    async with posting(state, hook(server, secret_file=secret), http=http) as post:
        notice = post.urgent(
            kind="approval",
            ref="/approvals/a1",
            tag="a1",
            about=About("front-door", "unlock", "e1"),
            facts={"rule": "r"},
        )
        await until(lambda: server.got)
        got = server.got[0]
        assert got.headers["webhook-id"] == notice.id and got.path == "/hook"
        at = got.headers["webhook-timestamp"]
        assert at == str(int(post.clock.wall()))
        assert got.headers["webhook-signature"] == signature(signing_key(SECRET), notice.id, at, got.body)
        jsonschema.validate(got.document, SCHEMA, format_checker=jsonschema.FormatChecker())
        assert got.document["type"] == "notice.approval"
        data = got.document["data"]
        assert data["url"] == "https://hearth.lan:8420/approvals/a1" and data["ref"] == "/approvals/a1"
        assert (data["thing"], data["name"], data["execution"]) == ("front-door", "unlock", "e1")
        assert (data["rule"], data["urgency"], data["to"]) == ("r", "high", ["adult", "owner"])
        await until(lambda: post.notifier.channels["hook"].tally.delivered)


async def test_a_new_secret_counts_at_once_and_a_lost_one_is_told(
    state: Path, server: WebServer, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    async with posting(state, hook(server, secret_file=secret)) as post:
        secret.unlink()
        (trial,) = await post.notifier.test(["hook"])
        assert not trial.delivered and "cannot be read" in trial.text and not server.got
        secret.write_text("x" * 24)
        (trial,) = await post.notifier.test(["hook"])
        assert trial.delivered and server.got[0].headers["webhook-signature"].startswith("v1,")
        assert server.got[0].document["data"]["test"] is True
        jsonschema.validate(server.got[0].document, SCHEMA)


async def test_what_fails_is_tried_again_with_pauses_and_the_same_id(state: Path, server: WebServer) -> None:
    server.answers = [Answer(503, body="later\x1b[31m please"), Answer(500), Answer(200)]
    async with posting(state, hook(server)) as post:
        tally = post.notifier.channels["hook"].tally
        post.tell()
        await until(lambda: tally.failed_tries == 1)
        assert tally.last_error == "HTTP 503: later [31m please"
        post.timeline.advance(1.0)  # the pause is longer
        await still(post)
        assert len(server.got) == 1
        post.timeline.advance(2.0)
        await until(lambda: tally.failed_tries == 2)
        post.timeline.advance(6.0)
        await until(lambda: tally.delivered == 1)
        assert tally.last_success >= tally.last_failure
        assert len({one.headers["webhook-id"] for one in server.got}) == 1
        assert not await post.rows()  # it was not urgent, and arrived


async def test_a_retry_after_is_heeded(state: Path, server: WebServer) -> None:
    server.answers = [Answer(429, {"Retry-After": "120"}), Answer(200)]
    async with posting(state, hook(server)) as post:
        tally = post.notifier.channels["hook"].tally
        post.tell()
        await until(lambda: tally.failed_tries == 1)
        assert "too many messages" in tally.remedy
        post.timeline.advance(119.0)
        await still(post)
        assert len(server.got) == 1
        post.timeline.advance(2.0)
        await until(lambda: tally.delivered == 1)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            Answer(302, {"Location": "http://169.254.169.254/latest/meta-data"}),
            "HTTP 302, which points to 169.254.169.254",
        ),
        (Answer(401, body='{"error": "bad key"}'), "HTTP 401: bad key"),
        (Answer(404), "HTTP 404"),
        (Answer(500, body="x" * 100_000), "HTTP 500: xxx"),
        (Answer(500, {"Content-Encoding": "gzip"}, body="no gzip"), "HTTP 500: no gzip"),
    ],
)
async def test_answers_that_are_refusals(state: Path, server: WebServer, answer: Answer, words: str) -> None:
    """No redirect is followed, wherever it leads; nothing is read beyond a bound."""
    server.answers = [answer]
    async with posting(state, hook(server)) as post:
        (trial,) = await post.notifier.test(["hook"])
        assert not trial.delivered and trial.text.startswith(words) and len(trial.text) <= 200
        assert len(server.got) == 1


async def test_what_will_never_be_taken_is_given_up_and_recorded(state: Path, server: WebServer) -> None:
    server.answers = [Answer(400), Answer(200)]
    async with posting(state, hook(server)) as post:
        first = post.tell(about=About("lamp", "on", "e7"))
        channel = post.notifier.channels["hook"]
        await until(lambda: channel.tally.given_up == 1)
        post.tell("The next one")
        await until(lambda: channel.tally.delivered == 1)  # at once: the channel itself works
        (row,) = await post.rows()
        assert row.body == {
            "notice": first.id, "of": "notice", "channel": "hook", "delivered": False, "tries": 1,
            "urgency": "normal", "because": "HTTP 400: ok",
        }  # fmt: skip
        assert (row.execution, row.thing) == ("e7", "lamp")


async def test_nobody_there_and_a_certificate_that_is_not_trusted(
    state: Path, server: WebServer, unused_tcp_port: int
) -> None:
    nobody = {"name": "nobody", "kind": "webhook", "url": f"http://127.0.0.1:{unused_tcp_port}/"}
    plain = {"name": "plain", "kind": "webhook", "url": server.url.replace("http:", "https:")}
    async with posting(state, nobody, plain) as post:
        gone, not_tls = await post.notifier.test(["nobody", "plain"])
        assert (gone.delivered, gone.text) == (False, "connection refused") and gone.remedy
        assert not not_tls.delivered and not_tls.text.startswith("no TLS there") and not server.got


async def still(post: Post) -> None:
    """Long enough for a channel that thought it may go."""
    await post.ledger.flush()
    await post.ledger.flush()


async def test_a_certificate_must_be_trusted(state: Path, tmp_path: Path) -> None:
    made, key = certificate(tmp_path)
    server, tls = WebServer(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(made, key)
    async with server.serving(tls=tls):
        trusted = hook(server, name="trusted", ca=made)
        other = {**trusted, "name": "other", "url": server.url.replace("127.0.0.1", "localhost")}
        async with posting(state, hook(server, name="unknown"), trusted, other) as post:
            unknown, good, another_name = await post.notifier.test(["unknown", "trusted", "other"])
            assert good.delivered and len(server.got) == 1
            assert unknown.text == "its certificate is not accepted: self-signed certificate"
            assert not unknown.delivered and "`ca`" in unknown.remedy
            assert not another_name.delivered and "localhost" in another_name.text


def certificate(directory: Path) -> tuple[Path, Path]:
    """A self-signed one for 127.0.0.1, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    made, key = directory / "certificate.pem", directory / "key.pem"
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=elsewhere", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [openssl, "req", *kind, *names, "-keyout", str(key), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made, key
