"""Pictures by reference: where one is, what it is, and a digest by which a new one differs. Its bytes stay on the broker.

`mqtt:<topic>?type=image/jpeg&size=48213&sha256=…` (the topic percent-encoded), or a web address.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from capabilities.vocabulary import Json
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder
from drivers.mqtt.messages import Message
from drivers.mqtt.templates import ValueTemplate
from drivers.mqtt.values import NO_VALUE, Nothing

MAX_REFERENCE_CHARS: Final = 2048
"""As long as the model's `image` may be."""

OCTETS: Final = "application/octet-stream"

_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
)
_TYPE: Final = re.compile(r"image/[\w.+-]{1,64}")


def add_picture(builder: Builder, topic: str) -> None:
    """The property `image`: a reference to the newest picture at `topic`."""
    builder.property("image", reference, state=topic, template=on_topic(topic, builder.config))
    builder.entity.sources[-1] = replace(builder.entity.sources[-1], is_picture=True)


def content_type(config: Config) -> str:
    """As announced; "" where it is not. Raises `ConfigError` for what is no picture."""
    announced = config.text("content_type")
    if announced and not _TYPE.fullmatch(announced):
        raise ConfigError(f"content_type should be image/…, not {announced[:40]!r}")
    return announced


def on_topic(topic: str, config: Config) -> ValueTemplate:
    """Reads each picture at `topic` as a reference to it."""
    encoding = config.text("image_encoding")
    if encoding not in ("", "b64"):
        raise ConfigError(f"image_encoding should be b64 or left out, not {encoding[:40]!r}")
    begin = f"mqtt:{quote(topic)}"
    if len(begin) > MAX_REFERENCE_CHARS - 200:
        raise ConfigError("its topic is too long to refer to")
    return ValueTemplate(render=_reader(begin, content_type(config), encoded=encoding == "b64"))


def reference(value: Json) -> Json | Nothing:
    """What `on_topic` read."""
    return value


def address(value: Json) -> Json | Nothing:
    """A web address, without a name and a password in it. Raises `ValueError` for anything else."""
    if value is None or value in ("", "None", "null"):
        return NO_VALUE
    if not isinstance(value, str):
        raise ValueError("should be a web address")
    text = value.strip()
    if len(text) > MAX_REFERENCE_CHARS or any(c.isspace() or not c.isprintable() for c in text):
        raise ValueError("should be a web address")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("should be a web address, http:// or https://")
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _reader(begin: str, announced: str, *, encoded: bool) -> Callable[[Message], str]:
    def read(message: Message) -> str:
        picture = message.payload
        if encoded:
            try:
                picture = base64.b64decode(picture)
            except binascii.Error:
                raise ValueError("is not base64") from None
        if not picture:
            return ""
        digest = hashlib.sha256(picture).hexdigest()
        return f"{begin}?type={_sort(picture) or announced or OCTETS}&size={len(picture)}&sha256={digest}"

    return read


def _sort(picture: bytes) -> str:
    """What it is, by its first bytes."""
    if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
        return "image/webp"
    if picture[4:12] in (b"ftypavif", b"ftypheic"):
        return f"image/{picture[8:12].decode()}"
    return next((sort for begin, sort in _SIGNATURES if picture.startswith(begin)), "")
