"""What must not leave a house is replaced: everything that is not a word of `vocabulary`, and every address.

The same text gives the same placeholder, in topics, payloads, templates and names of members alike, so that what belonged
together still does. A redactor is one recording's: placeholders are numbered in the order of their appearance.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from capabilities.vocabulary import Json
from drivers.recording.vocabulary import WORDS

MAX_DEPTH: Final = 32
"""Of nested JSON; no publisher needs a quarter of it."""

_ADDRESSES: Final = re.compile(
    r"""
      (?P<url_login>(?<=://)[^/@\s"']+@)
    | (?P<eui64>0x[0-9a-f]{16}(?![0-9a-f]))
    | (?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})
    | (?P<mac>(?<![0-9a-f:])(?:[0-9a-f]{2}[:-]){5,7}[0-9a-f]{2}(?![0-9a-f:]))
    | (?P<ipv4>(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]))
    | (?P<ipv6>(?<![0-9a-z:])(?=[0-9a-f:]*::|(?:[0-9a-f]+:){5})[0-9a-f:]{3,}(?![0-9a-z:]))
    | (?P<place>-?\d{1,3}\.\d{3,}\s*[,;]\s*-?\d{1,3}\.\d{3,})
    | (?P<phone>\+\d[\d\ ()/-]{6,})
    | (?P<decimal>(?<![\w.])\d{1,6}\.\d+(?![\w.]))
    | (?P<word>[^\W_]+)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BARE_HEX: Final = re.compile(r"(?=.*\d)(?=.*[a-f])(?:[0-9a-f]{12}|[0-9a-f]{16})", re.IGNORECASE)
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)
_CAMEL: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SHORT: Final = re.compile(r"\d\dt\d\d|\d\dz|0?\d?x|[a-z]\d{1,2}")
"""Of an instant, of a format, of a row of equal things."""

_SHORT_DIGITS: Final = 4
_SHORT_NUMBER: Final = 3

_SECRET: Final = frozenset({
    "account", "address", "altitude", "bssid", "code", "credential", "credentials", "email", "extended",
    "extendedpanid", "gps", "host", "hostname", "iccid", "imei", "imsi", "ip", "key", "keys", "lat", "latitude",
    "lng", "lon", "longitude", "mac", "mail", "msisdn", "owner", "pan", "panid", "pass", "passcode", "passphrase",
    "passwd", "password", "phone", "phrase", "pin", "psk", "pwd", "secret", "secrets", "serial", "sn", "ssid",
    "token", "tokens", "user", "username",
})  # fmt: skip
"""A member whose name has one of these words is replaced whole, whatever it says."""

_HARMLESS: Final = frozenset({"code_format", "key_lock", "network_address"})
_DESCRIPTIVE: Final = frozenset(
    {"manufacturer", "mf", "model", "mdl", "model_id", "mdl_id", "sw_version", "sw", "hw_version", "hw"}
)
"""Of a product: what it is, not whose. Only addresses in it are replaced."""

_PRODUCTS: Final = frozenset({"device", "dev", "origin", "o", "definition"})
_PARTS: Final = frozenset({"components", "cmps"})
"""Of a device's announcement. Their keys are names: one that is called `ip` or `phone` is announced like any other."""

_FORMAT_CODES: Final = frozenset({"REMOTE_CODE", "REMOTE_CODE_TEXT"})
"""No code, but that it is asked for elsewhere (Home Assistant, "MQTT alarm control panel", `code`)."""

_NUMBERED: Final = frozenset({"id", "uid", "identifier", "meter", "nr", "number", "no"})
_NAME_DIGITS: Final = 9
"""A number so long is no measurement, unless it is a time (in seconds or milliseconds since 1970): it names something."""

_TIMES: Final = (range(10**9, 3 * 10**9), range(10**12, 3 * 10**12))


_HARDWARE: Final = frozenset({"mac", "hex", "eui64"})
_SHAPES: Final[dict[str, Callable[[int], str]]] = {
    "ipv4": lambda n: f"192.0.{n // 254 % 256}.{n % 254 + 1}",
    "ipv6": lambda n: f"2001:db8::{n:x}",
    "uuid": lambda n: f"00000000-0000-4000-8000-{n:012x}",
    "phone": lambda n: f"+0000000{n}",
    "place": lambda n: "0.0,0.0",
    "url_login": lambda n: "user:secret@",
}
"""Those of documents, where there are such (RFC 5737, RFC 3849)."""


class Care(Enum):
    """How much of a payload may stay."""

    USUAL = "words that everybody uses, and numbers"
    NO_NUMBERS = "words that everybody uses"
    NOTHING = "nothing that can be read"


class Redactor:
    """`counts` tells what was replaced how often, by sort."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._known: dict[tuple[str, str], int] = {}
        self._numbers: Counter[str] = Counter()

    def topic(self, topic: str) -> str:
        return self._text(topic, Care.USUAL)

    def payload(self, payload: bytes, cares: Mapping[str, Care] = MappingProxyType({})) -> bytes:
        """A payload of the same shape. What is no text becomes as many zeros. `cares` says which members need more than the
        usual care; "" stands for the whole.
        """
        care = cares.get("", Care.USUAL)
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            self.counts["bytes"] += 1
            return bytes(len(payload))
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict | list):
            try:
                return _dumped(self._document(document, care, cares))
            except RecursionError:
                self.counts["nesting"] += 1
                return b"{}"
        return self._scalar(text, care).encode()

    # -- inside ------------------------------------------------------------------------------------------------

    def _document(self, document: Json, care: Care, cares: Mapping[str, Care]) -> Json:
        if not isinstance(document, dict) or not cares:
            return self._json(document, care, 0)
        return {
            self._text(key, Care.USUAL): self._member(key, item, cares.get(key, care), 0)
            for key, item in document.items()
        }

    def _json(self, value: Json, care: Care, depth: int) -> Json:
        if depth > MAX_DEPTH:
            raise RecursionError
        if isinstance(value, dict):
            return {
                self._text(key, Care.USUAL): self._member(key, item, care, depth)
                for key, item in value.items()
            }
        if isinstance(value, list):
            if _is_place(value):
                care = Care.NOTHING
            return [self._json(item, care, depth + 1) for item in value]
        if isinstance(value, str):
            return self._text(value, care)
        if isinstance(value, bool) or value is None:
            return value
        if care is Care.USUAL and not _is_long(value, _NAME_DIGITS):
            return value
        self.counts["numbers"] += 1
        return 0

    def _member(self, key: str, value: Json, care: Care, depth: int) -> Json:
        if key in _PARTS and isinstance(value, dict) and care is Care.USUAL:
            return {self._text(name, care): self._json(part, care, depth + 2) for name, part in value.items()}
        parts = _parts(key)
        harmless = (
            key in _HARMLESS
            or (key == "code" and isinstance(value, str) and value in _FORMAT_CODES)
            or (key == "sn" and isinstance(value, dict))  # Tasmota's sensors; else a serial number
        )
        if not harmless and not _SECRET.isdisjoint(parts) and not _is_wiring(key):
            care = Care.NOTHING
        if key in _PRODUCTS and isinstance(value, dict) and care is Care.USUAL:
            return {
                self._text(name, care): self._described(name, item, depth) for name, item in value.items()
            }
        if not _NUMBERED.isdisjoint(parts) and _is_long(value, _SHORT_DIGITS):
            care = Care.NOTHING
        return self._json(value, care, depth + 1)

    def _described(self, key: str, value: Json, depth: int) -> Json:
        if key in _DESCRIPTIVE and isinstance(value, str):
            return self._text(value, Care.USUAL, describing=True)
        return self._member(key, value, Care.USUAL, depth + 1)

    def _scalar(self, text: str, care: Care) -> str:
        """A payload that is no JSON object: often one number, however long."""
        if _NUMBER.fullmatch(text):
            if care is Care.USUAL and not (text.isdecimal() and _is_long(int(text), _NAME_DIGITS)):
                return text
            return self._placeholder("numbers", text, str, text)
        return self._text(text, care)

    def _text(self, text: str, care: Care, *, describing: bool = False) -> str:
        def replaced(found: re.Match[str]) -> str:
            kind, value = str(found.lastgroup), found[0]
            if kind == "decimal":
                return value if care is Care.USUAL else self._word(value, care)
            if kind == "word":
                return value if describing and not _BARE_HEX.fullmatch(value) else self._word(value, care)
            if kind == "place" and all(
                abs(float(number)) <= 1 for number in re.findall(r"-?\d+\.\d+", value)
            ):
                return value  # x and y of a colour
            return self._address(kind, value)

        return _ADDRESSES.sub(replaced, text)

    def _word(self, word: str, care: Care) -> str:
        if _BARE_HEX.fullmatch(word):
            return self._address("hex", word)
        if word.isdecimal() and word not in WORDS and (care is not Care.USUAL or len(word) > _SHORT_DIGITS):
            return self._placeholder("numbers", word, lambda n: str(10 ** (len(word) - 1) + n), word)
        if care is not Care.NOTHING and is_harmless(word):
            return word
        return self._placeholder("words", word.casefold(), lambda n: f"x{n}x", word)

    def _address(self, kind: str, value: str) -> str:
        plain = re.sub(r"[^0-9a-z]", "", value.casefold())
        if kind in _HARDWARE:
            return self._placeholder(
                "addresses", plain.removeprefix("0x"), lambda n: _shaped(value, n), value
            )
        return self._placeholder(kind, plain, _SHAPES[kind], value)

    def _placeholder(self, sort: str, key: str, shape: Callable[[int], str], value: str) -> str:
        """The one for `key` among those of its sort; never what stood there before."""
        self.counts[sort] += 1
        number = self._known.get((sort, key))
        if number is None:
            self._numbers[sort] += 1
            if shape(self._numbers[sort]).casefold() == value.casefold():
                self._numbers[sort] += 1
            number = self._known[sort, key] = self._numbers[sort]
        return shape(number)


def is_harmless(word: str) -> bool:
    """Whether a word (letters and digits) says nothing about anybody: known, in parts or as a whole, or as good as none."""
    text = word.casefold()
    if text in WORDS or len(text) == 1 or word.isdecimal() or _SHORT.fullmatch(text):
        return True
    letters = text.rstrip("0123456789")
    if letters in WORDS and len(text) - len(letters) <= _SHORT_NUMBER:
        return True
    parts = _CAMEL.findall(word)
    return len(parts) > 1 and "".join(parts) == word and all(part.casefold() in WORDS for part in parts)


def _is_long(value: Json, digits: int) -> bool:
    """Whether it is a whole number of more digits than that, no time, and no end of a range (65535, 2**32 - 1)."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) & (abs(value) + 1) == 0:
        return False
    return abs(value) >= 10**digits and not any(value in times for times in _TIMES)


def names_secret(name: str) -> bool:
    """Whether what stands under a member of this name is replaced whole."""
    return name not in _HARMLESS and not _SECRET.isdisjoint(_parts(name))


def _is_place(values: list[Json]) -> bool:
    """Whether these look like latitude and longitude: a few numbers with many decimals, not within 1 as those of colours."""
    numbers = [value for value in values if isinstance(value, float)]
    exact = [value for value in numbers if round(value, 3) != value]
    return (
        2 <= len(values) <= 3
        and len(numbers) >= 2
        and len(exact) >= 2
        and any(abs(value) > 1 for value in exact)
    )


def _parts(key: str) -> set[str]:
    """`wifiPassword`, `wifi_password`, `psk2` → their words."""
    return {part.casefold() for word in re.split(r"[\W_]+", key) for part in (word, *_CAMEL.findall(word))}


def _is_wiring(key: str) -> bool:
    """A topic or a template: without it nothing could be replayed, and its words are looked at one by one."""
    return key.endswith(("topic", "template", "_t", "_tpl"))


def _shaped(address: str, number: int) -> str:
    """Another address in the same writing: locally administered, so that it is nobody's."""
    marked = address.casefold().startswith("0x")
    body = address[2:] if marked else address
    count = sum(character.isalnum() for character in body)
    digits = iter(f"02{number:0{count - 2}x}")
    made = "".join(next(digits) if character.isalnum() else character for character in body)
    return address[:2] + made if marked else made.upper() if address.isupper() else made


def _dumped(document: Json) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
