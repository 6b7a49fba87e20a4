"""Texts, JSON and bytes: the filters and functions of Jinja and Home Assistant, each of which looks at sizes first."""

from __future__ import annotations

import base64
import json
import re
import struct
from typing import Any, Final
from urllib.parse import quote

import orjson

from drivers.mqtt.sandbox.regexes import compiled
from drivers.mqtt.sandbox.run import MAX_OUTPUT_CHARS, Run, TooMuch, missing

MAX_WIDTH: Final = 256
"""To which a text is filled up with blanks or zeros."""

_STRUCT: Final = re.compile(r"[@=<>!]?(?:\d{0,2}[xcbB?hHiIlLqQefdsp]){1,16}")
_LETTERS: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_HTML: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "'": "\\u0027"}


def string(run: Run, value: Any) -> str:
    return run.text(value)


def lower(run: Run, value: Any) -> str:
    return run.text(value).lower()


def upper(run: Run, value: Any) -> str:
    return run.text(value).upper()


def capitalize(run: Run, value: Any) -> str:
    return run.text(value).capitalize()


def title(run: Run, value: Any) -> str:
    """Each word with one capital letter, as Jinja does it."""
    words = re.split(r"([-\s({\[<]+)", run.text(value))
    return "".join(word[0].upper() + word[1:].lower() for word in words if word)


def trim(run: Run, value: Any, chars: str | None = None) -> str:
    return run.text(value).strip(chars)


def replace(run: Run, value: Any, old: Any, new: Any, count: int | None = None) -> str:
    text, old, new = run.text(value), run.text(old), run.text(new)
    found = text.count(old) if old else len(text) + 1
    run.fits(len(text) + max(0, len(new) - len(old)) * found)
    return text.replace(old, new, -1 if count is None else count)


def join(run: Run, values: Any, separator: Any = "", attribute: Any = None) -> str:
    run.charge(len(values))
    texts = [run.text(value if attribute is None else value[attribute]) for value in values]
    run.fits(sum(map(len, texts)) + len(texts) * len(separator))
    return str(separator).join(texts)


def truncate(
    value: Any, length: int = 255, killwords: bool = False, end: str = "...", leeway: int = 5
) -> Any:
    """As Jinja: cut to `length` with `end`, between words unless `killwords`; texts that are a little longer are left."""
    if len(value) <= length + leeway:
        return value
    if not isinstance(value, str):
        raise TypeError("only a text is cut")
    cut = value[: max(0, length - len(end))]
    return (cut if killwords else cut.rsplit(" ", 1)[0]) + end


def filled(run: Run, how: str, value: Any, width: int, *fill: str) -> str:
    """`center`, `ljust`, `rjust` and `zfill`."""
    if width > MAX_WIDTH:
        raise ValueError(f"a width may be {MAX_WIDTH} at most")
    text: str = getattr(run.text(value), how)(width, *fill)
    return text


def center(run: Run, value: Any, width: int = 80) -> str:
    return filled(run, "center", value, width)


def wordcount(run: Run, value: Any) -> int:
    return len(re.findall(r"\w+", run.text(value)))


def urlencode(run: Run, value: Any) -> str:
    if isinstance(value, dict):
        return "&".join(f"{quote(run.text(key))}={quote(run.text(item))}" for key, item in value.items())
    return quote(run.text(value))


def slugify(run: Run, value: Any, separator: str = "_") -> str:
    """Latin letters, digits and `separator`; "unknown" where nothing is left."""
    if value is None or value == "":
        return ""
    import unicodedata  # noqa: PLC0415 - a megabyte that hardly anybody needs

    plain = unicodedata.normalize("NFKD", run.text(value).lower().translate(_LETTERS))
    words = re.findall(r"[a-z0-9]+", "".join(letter for letter in plain if not unicodedata.combining(letter)))
    return str(separator)[:1].join(words) or "unknown"


def to_json(
    run: Run, value: Any, ensure_ascii: bool = False, pretty_print: bool = False, sort_keys: bool = False
) -> str:
    missing(value)
    run.weigh(value)
    if ensure_ascii:
        return json.dumps(value, indent=2 if pretty_print else None, sort_keys=sort_keys)
    options = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS
    options |= (orjson.OPT_INDENT_2 if pretty_print else 0) | (orjson.OPT_SORT_KEYS if sort_keys else 0)
    return orjson.dumps(value, option=options).decode()


def tojson(run: Run, value: Any, indent: int | None = None) -> str:
    """Jinja's own: sorted, and safe inside of a web page."""
    missing(value)
    run.weigh(value)
    text = json.dumps(value, sort_keys=True, indent=None if indent is None else min(8, indent))
    return re.sub("[<>&']", lambda found: _HTML[found[0]], text)


def from_json(value: Any) -> Any:
    missing(value)
    return orjson.loads(value)


def base64_encode(value: str) -> str:
    missing(value)
    return base64.b64encode(value.encode()).decode()


def base64_decode(value: Any, encoding: str | None = "utf-8") -> str | bytes:
    missing(value)
    decoded = base64.b64decode(value)
    if not encoding:
        return decoded
    if encoding.lower() not in {"utf-8", "utf8", "ascii", "latin-1", "latin1", "iso-8859-1", "utf-16"}:
        raise ValueError(f"the encoding {encoding[:20]!r} is not available here")
    return decoded.decode(encoding)


def pack(value: Any, layout: str) -> bytes:
    missing(value)
    return struct.pack(_layout(layout), value)


def unpack(value: Any, layout: str, offset: int = 0) -> Any:
    """The first that `layout` describes."""
    missing(value)
    return struct.unpack_from(_layout(layout), value, offset)[0]


def _layout(layout: str) -> str:
    if not _STRUCT.fullmatch(layout):
        raise ValueError(f"the layout {layout[:20]!r} is not allowed here: something like '>h' is")
    return layout


def character(value: Any) -> int:
    missing(value)
    return ord(value)


def regex_match(run: Run, value: Any, find: str = "", ignorecase: bool = False) -> bool:
    pattern = compiled(find, bool(ignorecase))
    return pattern.regex.match(pattern.subject(run, value)) is not None


def regex_search(run: Run, value: Any, find: str = "", ignorecase: bool = False) -> bool:
    pattern = compiled(find, bool(ignorecase))
    return pattern.regex.search(pattern.subject(run, value)) is not None


def regex_findall(run: Run, value: Any, find: str = "", ignorecase: bool = False) -> list[Any]:
    pattern = compiled(find, bool(ignorecase))
    return pattern.regex.findall(pattern.subject(run, value))


def regex_findall_index(
    run: Run, value: Any, find: str = "", index: int = 0, ignorecase: bool = False
) -> Any:
    found = regex_findall(run, value, find, ignorecase)
    if not -len(found) <= index < len(found):
        raise ValueError(f"the pattern {find!r} is not found so often")
    return found[index]


def regex_replace(run: Run, value: Any, find: str = "", replace: str = "", ignorecase: bool = False) -> str:
    pattern = compiled(find, bool(ignorecase))
    text = pattern.subject(run, value)
    made = len(text)

    def put(found: re.Match[str]) -> str:
        nonlocal made
        piece = found.expand(replace)
        made += len(piece)
        if made > MAX_OUTPUT_CHARS:
            raise TooMuch(f"it would make more than {MAX_OUTPUT_CHARS} characters")
        return piece

    return pattern.regex.sub(put, text)
