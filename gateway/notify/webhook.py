"""Webhooks, signed as Standard Webhooks 1.0.0 has it (github.com/standard-webhooks): any of its libraries verifies them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlsplit

from gateway.clock import Clock
from gateway.config import Channel
from gateway.notify.http import Poster
from gateway.notify.notice import Notice
from gateway.notify.secrets import SecretError, secret_of, signing_key
from gateway.notify.sending import Link, Undelivered, encoded


class Webhook:
    """Posts `notice.schema.json`'s document. `webhook-id` is the notice's id: the same again is the same delivery."""

    def __init__(self, channel: Channel, clock: Clock, link: Link) -> None:
        self._channel = channel
        self._clock = clock
        self._link = link
        self._poster = Poster(clock, channel.ca)

    @property
    def where(self) -> str:
        if self._channel.url_file is not None:
            return f"the address in {self._channel.url_file.name}"
        return urlsplit(self._channel.url).hostname or "nowhere"

    async def send(self, notice: Notice) -> str:
        body = encoded(notice, self._link)
        try:
            url, headers = self._address(), self._headers(notice.id, body)
        except SecretError as error:
            raise Undelivered(str(error), "mend the file; it is read anew each time") from None
        return await self._poster.post(url, body, headers)

    def _address(self) -> str:
        file = self._channel.url_file
        return self._channel.url if file is None else secret_of(file)

    def _headers(self, notice: str, body: bytes) -> dict[str, str]:
        """Specification, "Webhook headers": the time is that of the attempt, the id that of what is told."""
        at = str(int(self._clock.wall()))
        headers = {"Content-Type": "application/json", "webhook-id": notice, "webhook-timestamp": at}
        if self._channel.secret_file is not None:
            key = signing_key(secret_of(self._channel.secret_file))
            headers["webhook-signature"] = signature(key, notice, at, body)
        return headers


def signature(key: bytes, notice: str, at: str, body: bytes) -> str:
    """Specification, "Signature scheme": HMAC-SHA256 over `id.timestamp.body`."""
    digest = hmac.new(key, b".".join((notice.encode(), at.encode(), body)), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
