"""What stands in a push, and how the service is told to treat it. Nothing in it answers anything."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

import orjson

from capabilities.vocabulary import Json
from gateway.foreign import one_line
from gateway.notify.notice import Notice, Urgency
from gateway.notify.queue import TOO_OLD_S
from gateway.notify.webpush.encryption import base64url

LONGEST_TEXT: Final = 160
"""Characters: what a lock screen shows. The rest is a tap away, behind the phone's own lock."""

PADDED_BYTES: Final = 2_048
"""All messages are as long, so that the service does not learn from the length what they are about: the longest title and text
in four-byte characters, with their frame, are some 1.5 kB.
"""

HIDDEN_TITLE: Final = "Hearth"
HIDDEN_TEXT: Final = {True: "Something in the house waits for you.", False: "There is news from the house."}

LONGEST_TTL_S: Final = 24 * 3600

_TOPIC_CHARACTERS: Final = 32  # RFC 8030, section 5.4

_URGENCY: Final = {Urgency.LOW: "low", Urgency.NORMAL: "normal", Urgency.HIGH: "high"}


def message(notice: Notice, *, hidden: bool, silent: bool) -> bytes:
    """What the app's service worker is given, `LARGEST_BYTES` at the most. A later one with the same `tag` takes the place of
    the earlier; `silent`: without a sound, for it only says how that ended.
    """
    urgent = notice.urgency is Urgency.HIGH
    told = {
        "notice": notice.id,
        "kind": "notice" if hidden else notice.kind,
        "title": HIDDEN_TITLE if hidden else notice.title,
        "text": HIDDEN_TEXT[urgent] if hidden else one_line(notice.text, LONGEST_TEXT),
        "ref": notice.ref,
        "tag": notice.tag[:200] or notice.id,
        "urgent": urgent,
        "silent": silent,
        "hidden": hidden,
        "at": int(notice.at * 1000),
    }
    said = orjson.dumps(told)
    if notice.words and not hidden:
        whole = orjson.dumps({**told, "words": _short(notice.words)})
        if len(whole) <= PADDED_BYTES:  # else the phone shows the gateway's own sentences
            return whole
    return said


def _short(words: Mapping[str, Json]) -> dict[str, Json]:
    """As much as a lock screen shows."""
    return {
        name: one_line(part, LONGEST_TEXT) if isinstance(part, str) else part for name, part in words.items()
    }


def headers_of(notice: Notice, now: float, auth: bytes) -> dict[str, str]:
    """RFC 8030: how long it is kept for a phone that is off (5.2), how much it presses (5.3), what it takes the place of (5.4).
    The topic tells the service nothing: it is made with the secret that only the browser and we have.
    """
    left = notice.until - now if notice.until else TOO_OLD_S[notice.urgency]
    headers = {
        "TTL": str(int(max(0.0, min(left, LONGEST_TTL_S)))),
        "Urgency": _URGENCY[notice.urgency],
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
    }
    if notice.tag:
        digest = hmac.new(auth, b"topic\0" + notice.tag.encode(), hashlib.sha256).digest()
        headers["Topic"] = base64url(digest)[:_TOPIC_CHARACTERS]
    return headers
