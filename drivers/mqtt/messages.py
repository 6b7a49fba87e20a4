"""One payload, decoded and parsed at most once for everybody who reads it."""

from __future__ import annotations

import codecs
import re
from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt.values import NO_VALUE, Nothing

RAW: Final = ""
"""The encoding of payloads that are no text: templates get the bytes."""

UTF8: Final = "utf-8"

_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]{1,32}")
_NOT_FOR_PAYLOADS: Final = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem", "utf_7"}
)
"""Python's own codecs for other purposes; some are slow on purpose-built input, or give halves of characters."""


def known_encoding(name: str) -> str:
    """The canonical name of `name`; `RAW` for "". Raises `ValueError` for what is no encoding of text."""
    if name == RAW:
        return RAW
    try:
        if not _NAME.fullmatch(name):
            raise LookupError
        codec = codecs.lookup(name)
        if codec.name.replace("-", "_") in _NOT_FOR_PAYLOADS or not codec._is_text_encoding:
            raise LookupError
    except LookupError:
        raise ValueError(f"{name[:40]!r} is no encoding of text: utf-8 and latin-1 are") from None
    return codec.name


class Message:
    """A payload that came in. `encoding`: a name from `known_encoding`."""

    __slots__ = ("_document", "_others", "_text", "encoding", "payload")

    def __init__(self, payload: bytes, encoding: str = UTF8) -> None:
        self.payload = payload
        self.encoding = encoding
        self._text: str | None = None
        self._document: Json | Nothing | ValueError = NO_VALUE
        self._others: dict[str, Message] | None = None

    def decoded(self, encoding: str) -> Message:
        """The same payload in another encoding, made once for all who ask for it."""
        if encoding == self.encoding:
            return self
        if self._others is None:
            self._others = {}
        found = self._others.get(encoding)
        if found is None:
            found = self._others[encoding] = Message(self.payload, encoding)
        return found

    @property
    def text(self) -> str:
        """Raises `ValueError` for what is not text in this encoding."""
        if self._text is None:
            if self.encoding == RAW:
                raise ValueError("the payload is bytes, not text: only a template can read it")
            try:
                self._text = self.payload.decode(self.encoding)
            except UnicodeError:
                raise ValueError(f"the payload is not {self.encoding}") from None
        return self._text

    @property
    def value(self) -> str | bytes:
        """What templates call `value`."""
        return self.payload if self.encoding == RAW else self.text

    @property
    def document(self) -> Json:
        """Raises `ValueError` for what is not JSON."""
        if self._document is NO_VALUE:
            try:
                source = self.payload if self.encoding in (UTF8, RAW) else self.text
                self._document = orjson.loads(source)
            except ValueError:
                self._document = ValueError("the payload is not JSON")
        if isinstance(self._document, ValueError):
            raise ValueError(str(self._document))
        return self._document  # type: ignore[return-value]
