"""The JSON Schema of a rule file."""

from __future__ import annotations

from capabilities.vocabulary import Json
from policies.documents import Document


def json_schema() -> dict[str, Json]:
    schema: dict[str, Json] = Document.model_json_schema()
    return schema
