"""What an endpoint takes, and from whom, belongs to what was adopted."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.coap.description import Description, described

FORMS = [{"href": "/target", "contentType": "application/json"}]


async def of(schema: dict[str, Any], scheme: str = "nosec") -> Description:
    document: dict[str, Any] = {
        "@context": "https://www.w3.org/2022/wot/td/v1.1", "id": "urn:dev:mac:0200000000000001", "title": "x",
        "securityDefinitions": {"n": {"scheme": scheme}}, "security": "n", "properties": {"target": {**schema, "forms": FORMS}},
    }  # fmt: skip
    return await described(document, "x.local", "x")


@pytest.mark.parametrize(
    "wider",
    [
        {"type": "number", "unit": "Cel", "maximum": 90},
        {"type": "number", "unit": "K", "maximum": 25},
        {"type": "number", "maximum": 25},
        {"type": "number", "unit": "Cel"},
        {"type": "number", "unit": "Cel", "maximum": 25, "exclusiveMaximum": 2500},
    ],
)
async def test_whatever_is_said_of_a_value_belongs_to_the_fingerprint(wider: dict[str, Any]) -> None:
    one, other = await of({"type": "number", "unit": "Cel", "maximum": 25}), await of(wider)
    assert one.fingerprint != other.fingerprint
    assert one.components[0].fingerprint != other.components[0].fingerprint


async def test_what_is_said_of_security_belongs_to_the_fingerprint() -> None:
    schema = {"type": "boolean"}
    one, again, other = await of(schema), await of(schema), await of(schema, "psk")
    assert one.components[0].fingerprint == again.components[0].fingerprint
    assert one.components[0].fingerprint != other.components[0].fingerprint
