"""ntfy, against a server that holds to what its documentation says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.notify import Urgency
from tests.gateway.notify.post import NtfyServer, posting, until


@pytest.fixture
async def ntfy() -> AsyncIterator[NtfyServer]:
    server = NtfyServer(token="tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2")
    async with server.serving():
        yield server


@pytest.fixture
def phones(ntfy: NtfyServer, tmp_path: Path) -> dict[str, Any]:
    token = tmp_path / "token"
    token.write_text(f"{ntfy.token}\n")
    return {"name": "phones", "kind": "ntfy", "url": ntfy.url + "/", "topic": "hearth-x", "token_file": token}


async def test_answered_replaces_asked_on_the_phone(
    state: Path, ntfy: NtfyServer, phones: dict[str, Any]
) -> None:
    async with posting(state, {**phones, "urgency": "high"}) as post:
        post.urgent("Die Haustür fragt …", kind="approval", tag="approval.1", ref="/approvals/1")
        await until(lambda: post.notifier.channels["phones"].tally.delivered == 1)
        (shown,) = ntfy.shown.values()
        assert (shown["topic"], shown["title"], shown["priority"]) == ("hearth-x", "Die Haustür fragt …", 5)
        assert shown["tags"] == ["question"] and "actions" not in shown
        assert "click" not in shown  # the gateway listens on loopback: no phone could follow a link
        # Not urgent enough for this channel, but the end of something that went out.
        post.tell("Answered by ben", urgency=Urgency.LOW, tag="approval.1")
        await until(lambda: post.notifier.channels["phones"].tally.delivered == 2)
        assert [one["title"] for one in ntfy.shown.values()] == ["Answered by ben"]
        post.tell("Something else", urgency=Urgency.LOW, tag="approval.2")
        post.urgent("The last")
        await until(lambda: post.notifier.channels["phones"].tally.delivered == 3)
        assert [one["title"] for one in ntfy.shown.values()] == ["Answered by ben", "The last"]


async def test_whatever_is_told_fits(state: Path, ntfy: NtfyServer, phones: dict[str, Any]) -> None:
    http = {"host": "2001:db8::1", "certificate": phones["token_file"], "key": phones["token_file"]}
    async with posting(state, {**phones, "urgency": "low"}, http=http) as post:
        tags = ("a" * 200, "thing.name", "ü", "")
        for tag in tags:
            post.tell("\x1b]0;🚪" * 500, text="🚪\n" * 5000, tag=tag, ref="/x", urgency=Urgency.LOW)
        tally = post.notifier.channels["phones"].tally
        await until(lambda: tally.delivered == len(tags))
        assert not tally.failed_tries
        for message in ntfy.shown.values():
            assert message["click"] == "https://[2001:db8::1]:8420/x" and "\x1b" not in message["title"]


async def test_what_a_wrong_token_and_a_wrong_topic_are_told_like(
    state: Path, ntfy: NtfyServer, phones: dict[str, Any], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("tk_wrong")
    open_ = {name: value for name, value in phones.items() if name != "token_file"}
    others = [
        {**phones, "name": "wrong", "token_file": wrong},
        {**open_, "name": "none"},
        {**phones, "name": "path", "topic": "a b"},
    ]
    async with posting(state, phones, *others) as post:
        good, bad, none, topic = await post.notifier.test(["phones", "wrong", "none", "path"])
        assert good.delivered
        assert (bad.text, none.text) == ("HTTP 403: unauthorized", "HTTP 401: unauthorized")
        assert "token" in bad.remedy and topic.text == "HTTP 400: invalid request: topic invalid"
        assert "tk_wrong" not in bad.text + bad.remedy + post.notifier.channels["wrong"].sender.where
        assert "hearth-x" not in post.notifier.channels["phones"].sender.where
