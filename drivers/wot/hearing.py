"""What a device said, as a recording has it (`drivers.recording.heard`), and back.

Names that a description defines (affordances, members, security schemes, variables) stand as members of objects in it, also
where they are only mentioned: members keep their names in a recording, values do not, and both must stay the same word.

    {"security": "basic_sc"}                    → {"security": {"basic_sc": true}}
    {"required": ["to"]}                        → {"required": {"to": true}}
    {"href": "fade{?to}"}                       → {"href": ["fade", {"?": {"to": true}}]}
    {"properties": {"code": {"type": "string"}}} → {"properties": {"components": {"code": {"type": "string"}}}}

The last one says that `code` is a name, and what stands under it is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.recording.redaction import names_secret
from drivers.wot.content import ContentError, check_size, is_json, loads
from drivers.wot.described import Point
from drivers.wot.document import Document
from drivers.wot.security import Need
from drivers.wot.sources import Source

DESCRIPTION: Final = "description"
LOCKED: Final = "locked"
LISTED: Final = "listed"
ANSWER: Final = "answer"
EVENT: Final = "event"
"""Kinds of messages: a description; that it is shown to nobody; what a directory lists; what a read and a stream brought."""

MAX_SAID_BYTES: Final = 16 * 1024 * 1024
"""Of the descriptions that are kept for recordings, all together: three hundred usual ones have 3 MB."""

MAX_TOLD_BYTES: Final = 256 * 1024
"""Of one description in a recording: to redact it takes a millisecond a kilobyte. The longest real ones have some 200 kB."""

_NAMED: Final = frozenset(
    {"properties", "actions", "events", "securityDefinitions", "schemaDefinitions", "uriVariables"}
)
_MENTIONED: Final = frozenset({"security", "required", "oneOf", "allOf"})
_VALUES: Final = frozenset({"default", "const", "enum", "examples"})
_NAMES: Final = "components"
_TEMPLATE: Final = re.compile(r"\{([?&]?)([A-Za-z0-9_.,%]+)\}")


@dataclass(frozen=True, slots=True)
class Said:
    """The last description of a device as it came. `about` is where from."""

    kind: str
    about: Mapping[str, Json]
    text: bytes = b""

    def message(self) -> Json:
        return {**self.about, "td": written(orjson.loads(self.text))} if self.text else {**self.about}


def _about(device: str, source: Source, *, is_paired: bool) -> dict[str, Json]:
    aliases: list[Json] = [*sorted(source.reach.aliases)]
    further: list[Json] = [*sorted(map(str, source.reach.further))]
    return {
        "device": device,
        "url": source.url,
        "aliases": aliases,
        "further": further,
        "directory": source.is_directory,
        "via": source.parent.device if source.parent is not None else "",
        "paired": is_paired,
    }


def said_of(device: str, source: Source, document: Document, *, is_paired: bool) -> Said:
    return Said(DESCRIPTION, _about(device, source, is_paired=is_paired), orjson.dumps(document.said))


def locked_out(device: str, source: Source, need: Need, why: str) -> Said:
    """It tells nothing to strangers. `why` is in our words."""
    asks: dict[str, Json] = {"scheme": need.scheme, "place": need.place, "header": need.name}
    return Said(LOCKED, {**_about(device, source, is_paired=False), "asks": asks, "why": why})


def body_message(point: Point, body: bytes | str, content_type: str) -> Json:
    """JSON as such, so that its members keep their names; else the text; of what is neither the length."""
    said: dict[str, Json]
    try:
        if not is_json(content_type):
            said = {"text": body if isinstance(body, str) else body.decode()}
        else:
            said = {"value": loads(body)}
    except ContentError:
        said = {"text": body if isinstance(body, str) else body.decode(errors="replace")}
    except UnicodeDecodeError:
        said = {"bytes": len(body)}
    group, _, name = point.where.partition("/")
    return {"content_type": content_type, group: {name: said}}


def body_of(said: Mapping[str, Json]) -> bytes | None:
    """The body again; None where it was not taken down."""
    if "value" in said:
        return orjson.dumps(said["value"])
    text = said.get("text")
    return text.encode(errors="replace") if isinstance(text, str) else None


def written(td: Json) -> Json:
    """A description (or a part of one, no deeper than `content.MAX_DEPTH`) for a recording."""
    if isinstance(td, list):
        return [written(one) for one in td]
    if not isinstance(td, dict):
        return td
    return {key: _written(key, value) for key, value in td.items()}


def _written(key: str, value: Json) -> Json:
    if key in _NAMED and isinstance(value, dict):
        return {_NAMES: {name: written(_harmless(name, one)) for name, one in value.items()}}
    if key in _MENTIONED and (names := _names(value)) is not None:
        return dict.fromkeys(names, True)
    if key == "href" and isinstance(value, str) and _TEMPLATE.search(value):
        return _pieces(value)
    return written(value)


def _harmless(name: str, one: Json) -> Json:
    """Of what is called a password no value: the redactor looks at no name here."""
    if not isinstance(one, dict) or not names_secret(name):
        return one
    return {key: value for key, value in one.items() if key not in _VALUES}


def _names(value: Json) -> list[str] | None:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not value:
        return None
    names = [one for one in value if isinstance(one, str)]
    return names if len(names) == len(value) else None


def _pieces(href: str) -> list[Json]:
    pieces: list[Json] = []
    at = 0
    for found in _TEMPLATE.finditer(href):
        pieces += [href[at : found.start()], {found[1]: dict.fromkeys(found[2].split(","), True)}]
        at = found.end()
    return [*pieces, href[at:]]


def read(message: Json) -> Json:
    """What `written` made a message of. Raises `ContentError` for what is too deep or too much."""
    check_size(message)
    return _read(message)


def _read(value: Json) -> Json:
    if isinstance(value, list):
        return [_read(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _member(key, one) for key, one in value.items()}


def _member(key: str, value: Json) -> Json:
    if key in _NAMED and isinstance(value, dict) and isinstance(names := value.get(_NAMES), dict):
        return {name: _read(one) for name, one in names.items()}
    if key in _MENTIONED and isinstance(value, dict) and all(one is True for one in value.values()):
        return list(value)
    if key == "href" and isinstance(value, list):
        return "".join(map(_piece, value))
    return _read(value)


def _piece(piece: Json) -> str:
    if isinstance(piece, dict):
        return "".join(
            f"{{{operator}{','.join(names)}}}" for operator, names in piece.items() if isinstance(names, dict)
        )
    return piece if isinstance(piece, str) else ""
