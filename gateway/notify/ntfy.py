"""ntfy (docs.ntfy.sh/publish): published as JSON to the server's root, so that titles need no encoding."""

from __future__ import annotations

import hashlib
import re
from typing import Final
from urllib.parse import urlsplit

import orjson

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.config import Channel
from gateway.notify.http import Poster
from gateway.notify.notice import Kind, Notice, Urgency
from gateway.notify.secrets import SecretError, secret_of
from gateway.notify.sending import Link, Undelivered

LONGEST_MESSAGE_BYTES: Final = 4_000
"""A message of more than 4,096 bytes becomes an attachment ("Limitations")."""

PRIORITIES: Final = {Urgency.LOW: 2, Urgency.NORMAL: 3, Urgency.HIGH: 5}
""""Message priority": 5 vibrates and pops up, 2 makes no sound."""

EMOJIS: Final[dict[Kind, str]] = {
    "approval": "question",
    "reminder": "hourglass_flowing_sand",
    "escalation": "rotating_light",
    "incident": "warning",
    "report": "clipboard",
    "notice": "house",
}
""""Tags & emojis": names that ntfy shows as pictures."""

_SEQUENCE: Final = re.compile(r"[-_A-Za-z0-9]{1,64}")


class Ntfy:
    """One topic of one server. There are no action buttons: nothing that a notification holds may answer anything."""

    def __init__(self, channel: Channel, clock: Clock, link: Link) -> None:
        self._channel = channel
        self._link = link
        self._poster = Poster(clock, channel.ca)

    @property
    def where(self) -> str:
        return f"a topic of {urlsplit(self._channel.url).hostname}"  # who knows a topic's name may read it

    async def send(self, notice: Notice) -> str:
        headers = {"Content-Type": "application/json"}
        if self._channel.token_file is not None:
            try:
                headers["Authorization"] = f"Bearer {secret_of(self._channel.token_file)}"
            except SecretError as error:
                raise Undelivered(str(error), "mend the file; it is read anew each time") from None
        return await self._poster.post(self._channel.url.rstrip("/") + "/", self._message(notice), headers)

    def _message(self, notice: Notice) -> bytes:
        """As in "Publish as JSON". From ntfy 2.16 on a message with the `sequence_id` of an earlier one takes its place; older
        servers show both.
        """
        message: dict[str, Json] = {
            "topic": self._channel.topic,
            "title": notice.title,
            "message": _cut(notice.text or notice.title),
            "priority": PRIORITIES[notice.urgency],
            "tags": [EMOJIS[notice.kind]],
        }
        if url := self._link(notice.ref):
            message["click"] = url
        if notice.tag:
            message["sequence_id"] = sequence_of(notice.tag)
        return orjson.dumps(message)


def sequence_of(tag: str) -> str:
    """The tag where ntfy takes it as it is, else a name made from it."""
    if _SEQUENCE.fullmatch(tag):
        return tag
    return hashlib.sha256(tag.encode()).hexdigest()[:32]


def _cut(text: str) -> str:
    return text.encode()[:LONGEST_MESSAGE_BYTES].decode(errors="ignore")
