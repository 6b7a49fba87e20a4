from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.thing_models import contract

TD_SCHEMA = Path(__file__).parents[2] / "../shared/standards/td-json-schema-1.1.json"


@pytest.fixture(scope="session")
def td_schema() -> jsonschema.Draft7Validator:
    """The W3C's JSON Schema of a TD 1.1, where it is at hand."""
    if not TD_SCHEMA.exists():
        pytest.skip("the TD 1.1 JSON Schema is not here")
    return jsonschema.Draft7Validator(json.loads(TD_SCHEMA.read_text()))


def _full_component(kind: str) -> ComponentDescription:
    affordances = tuple(
        AffordanceDescription(name, f"{kind}/{name}", of.role, writable=of.writable)
        for name, of in contract(kind).affordances.items()
        if of.absolute is None
    )
    return ComponentDescription(kind, kind, affordances)


@pytest.fixture
def full_component() -> Callable[[str], ComponentDescription]:
    """A component that has everything its kind can have."""
    return _full_component


def _served(document: dict[str, Any]) -> dict[str, Any]:
    result = dict(document)
    for group in ("properties", "actions", "events"):
        if group in document:
            result[group] = {
                name: {**member, "forms": [{"href": f"{group}/{name}"}]}
                for name, member in document[group].items()
            }
    return result


@pytest.fixture
def served() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A composed TD as a server completes it: with a form for each affordance."""
    return _served
