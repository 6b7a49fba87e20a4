"""`[[notify]]`: what is wrong with it is named, with what would be right; secrets stand in files alone."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gateway import config as config_module
from gateway.config import ConfigError, parse
from gateway.notify.channels import KINDS

EXAMPLE = Path(config_module.__file__).with_name("hearth.example.toml")


def problems(text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        parse(tomllib.loads(text))
    return str(raised.value)


def channel(kind: str, **members: object) -> str:
    lines = [f"{name} = {_toml(value)}" for name, value in {"name": "one", "kind": kind, **members}.items()]
    return "[[notify]]\n" + "\n".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    return path


WEBHOOK = channel("webhook", url="https://example.org/hook")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"{WEBHOOK}\n{WEBHOOK}", "two channels called 'one'; each needs a name of its own"),
        (channel("webhook"), "a channel of kind 'webhook' needs `url` or `url_file`"),
        (channel("ntfy", url="https://ntfy.sh"), "needs `topic`"),
        (channel("mqtt", topic="a"), "needs `broker`"),
        (channel("command"), "needs `command`"),
        (channel("command", command="echo hello"), "notify.0.command: Input should be a valid tuple"),
        (channel("pigeon"), "notify.0.kind: Input should be 'webhook', 'ntfy', 'mqtt' or 'command'"),
        (channel("webhook", ulr="x"), "notify.0.ulr is not a setting; did you mean 'url'?"),
        (channel("webhook", url="ftp://example.org"), "the address begins with https://"),
        (channel("webhook", url="https://anna:pw@example.org"), "no name or password stands in an address"),
        (channel("webhook", url="https://example.org/#top"), "has no part after #"),
        (channel("webhook", url="https://[::1"), "cannot be understood"),
        (
            channel("webhook", url="https://a.org", topic="x"),
            "`topic` means nothing for kind 'webhook', which knows ca",
        ),
        (
            channel("webhook", url="https://a.org", secret_file="/nowhere"),
            "secret_file: there is no file /nowhere",
        ),
        (channel("ntfy", url="https://ntfy.sh/mine", topic="t"), "url is the server's address alone"),
        (channel("ntfy", url="https://ntfy.sh", topic="a b"), "a topic of ntfy is 1 to 64 of"),
        (channel("mqtt", broker="b", topic="a/#"), "without + and #"),
        (channel("mqtt", broker="b", topic="a", ca="/etc/hosts"), "only with `tls = true`"),
        (channel("mqtt", broker="house", topic="a"), "and there is no [mqtt]"),
        (
            channel("mqtt", broker="house", topic="a", port=1884) + '\n[mqtt]\nhost = "b"',
            "[mqtt] says how to reach it; leave out port",
        ),
        (channel("command", command=["echo", "hello"]), "begins with a program's whole path"),
        (channel("command", command=["/etc/passwd"]), "is no program that the gateway's user may run"),
        (channel("webhook", url="https://a.org", to=[]), "it would get nothing"),
        (channel("webhook", url="https://a.org", to=["Adults"]), "did you mean 'adult'?"),
        (channel("webhook", url="https://a.org", to=[""]), "an empty name"),
        (
            channel("webhook", url="https://a.org", urgency="urgent"),
            "Input should be 'low', 'normal' or 'high'",
        ),
        (WEBHOOK.replace('"one"', '"My phone"'), 'write one word like "phones"'),
        ('notify = "phones"', "notify is a list of tables: write [[notify]]"),
        ("[notify]\nname = 'x'", "notify is a list of tables: write [[notify]]"),
    ],
)
def test_what_is_wrong_is_named(text: str, what: str) -> None:
    assert what in problems(text)


def test_a_short_secret_is_refused_without_being_shown(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    for text in ("hunter2hunter2", "whsec_hunter2"):
        path.write_text(text)
        told = problems(channel("webhook", url="https://a.org", secret_file=str(path)))
        assert "hunter2" not in told
    assert "after whsec_ stands base64" in told


def test_a_token_does_not_go_over_the_network_as_it_is(secret: Path) -> None:
    told = problems(channel("ntfy", url="http://ntfy.lan", topic="t", token_file=str(secret)))
    assert "use https" in told
    parse(tomllib.loads(channel("ntfy", url="http://127.0.0.1:2586", topic="t", token_file=str(secret))))


def test_an_address_in_a_file_is_checked_too(tmp_path: Path) -> None:
    path = tmp_path / "url"
    path.write_text("example.org/hook\n")
    assert "in url_file: the address begins with https://" in problems(channel("webhook", url_file=str(path)))
    both = channel("webhook", url="https://a.org", url_file=str(path))
    assert "`url` and `url_file` exclude each other" in problems(both)


def test_the_rest_is_looked_at_where_a_channel_is_wrong() -> None:
    told = problems(channel("pigeon") + "\n[mqtt]\n")
    assert "notify.0.kind" in told and "[mqtt] needs either" in told


def test_good_ones(secret: Path) -> None:
    config = parse(
        tomllib.loads(
            "\n".join(
                [
                    channel("webhook", url="http://192.168.1.5/hook", secret_file=str(secret)),
                    channel("ntfy", url="https://ntfy.sh", topic="t").replace("one", "two"),
                    channel("mqtt", broker="b", topic="hearth/notices", to=["anna"]).replace("one", "three"),
                    channel("command", command=["/bin/true"], to=[], escalation=True).replace("one", "four"),
                ]
            )
        )
    )
    assert [one.kind for one in config.notify] == list(KINDS)
    assert config.notify[0].to == ("owner", "adult")


def test_the_channels_of_the_example_are_good(secret: Path) -> None:
    _, mark, text = EXAMPLE.read_text().partition("# [[notify]]")
    text = re.sub(r"(?m)^# ", "", mark + text)
    text = re.sub(r'"/etc/hearth/webhook\.url"', f'"{_written(secret, "https://example.org/x")}"', text)
    text = re.sub(r'"/etc/hearth/[^"]*"', f'"{secret}"', text).replace("/usr/local/bin/say-it", "/bin/true")
    config = parse(tomllib.loads(text + '\n[mqtt]\nhost = "b"'))
    assert {one.kind for one in config.notify} == set(KINDS)


def _written(beside: Path, text: str) -> Path:
    path = beside.with_name("url")
    path.write_text(text)
    return path
