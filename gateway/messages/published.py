"""The messages' JSON Schemas (draft 2020-12). They stand in files beside this one, which the API serves as they are; a test
holds them to the models. `python -m gateway.messages.published` writes them anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from capabilities.vocabulary import Json
from gateway.messages.message import Type

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ID_PREFIX: Final = "urn:hearth:message:"
NEW: Final = "new"
"""The name of the schema of what may be posted."""

NAMES: Final = (*(one.value for one in Type), NEW)
FOLDER: Final = Path(__file__).with_name("schemas")


def text_of(name: str) -> str:
    """The schema called `name`, one of `NAMES`, as it stands in its file."""
    return (FOLDER / f"{name}.json").read_text(encoding="utf-8")


def titles() -> dict[str, str]:
    """Name → what it is for."""
    return {name: str(json.loads(text_of(name))["description"]) for name in NAMES}


def made() -> Iterator[tuple[str, str]]:
    """Each schema's name and text, from the models."""
    for kind in Type:
        yield kind.value, _text(_message(kind))
    yield NEW, _text(_new())


def of_model(identifier: str, title: str, words: str, model: type) -> dict[str, Json]:
    """The schema of any other model that is published like these."""
    whole = _schema(model)
    return _headed(identifier, title, words, whole, _definitions(whole))


def _message(kind: Type) -> dict[str, Json]:
    from gateway.messages.models import BODIES, Envelope  # noqa: PLC0415 (only where schemas are made)

    whole = _schema(Envelope)
    body = _schema(BODIES[kind])
    shared, own = _definitions(whole), _definitions(body)
    properties = whole["properties"]
    assert isinstance(properties, dict)
    properties |= {"type": {"const": kind.value}, "body": {k: v for k, v in body.items() if k != "title"}}
    required = whole["required"]
    assert isinstance(required, list)
    whole["required"] = [*required, "type", "body"]
    words = f"{kind.value}: {body.get('description')}"
    return _headed(f"{ID_PREFIX}{kind.value}", kind.value, words, whole, shared | own)


def _new() -> dict[str, Json]:
    from pydantic import TypeAdapter  # noqa: PLC0415

    from gateway.messages.posted import NewMessage  # noqa: PLC0415

    adapter: TypeAdapter[NewMessage] = TypeAdapter(NewMessage)
    whole = _tidy(adapter.json_schema())
    assert isinstance(whole, dict)
    definitions = _definitions(whole)
    words = "What may be sent to POST /messages: a task, or a reply in a thread."
    return _headed(f"{ID_PREFIX}{NEW}", NEW, words, whole, definitions)


def _headed(
    identifier: str, title: str, words: str, whole: dict[str, Json], definitions: dict[str, Json]
) -> dict[str, Json]:
    head: dict[str, Json] = {"$schema": DIALECT, "$id": identifier, "title": title, "description": words}
    body: dict[str, Json] = {name: value for name, value in whole.items() if name not in head}
    return head | body | ({"$defs": dict(sorted(definitions.items()))} if definitions else {})


def _schema(model: type) -> dict[str, Json]:
    from pydantic import BaseModel  # noqa: PLC0415

    assert issubclass(model, BaseModel)
    tidied = _tidy(model.model_json_schema(by_alias=True))
    assert isinstance(tidied, dict)
    return tidied


def _definitions(schema: dict[str, Json]) -> dict[str, Json]:
    """Takes the definitions out of a schema."""
    found = schema.pop("$defs", {})
    return found if isinstance(found, dict) else {}


def _tidy(value: Json) -> Json:
    """Without null, which no message has: what is not there is left out. Without the titles that only repeat names."""
    if isinstance(value, list):
        return [_tidy(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: _tidy(one) for name, one in value.items() if not _says_nothing(name, one)}
    choices = found.get("anyOf")
    if isinstance(choices, list):
        left = [one for one in choices if one != {"type": "null"}]
        if len(left) == 1 and isinstance(left[0], dict):
            del found["anyOf"]
            return {**left[0], **found}
        found["anyOf"] = left
    return found


def _says_nothing(name: str, value: Json) -> bool:
    return (name == "default" and value in (None, "", [])) or (name == "title" and isinstance(value, str))


def _text(schema: dict[str, Json]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for written, text in made():
        (FOLDER / f"{written}.json").write_text(text, encoding="utf-8")
