"""Codes: who takes one, and that nothing repeats it."""

from __future__ import annotations

import pytest

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.compose import compose
from capabilities.errors import SchemaError
from capabilities.secrets import secrets_of, without
from capabilities.thing import Operation
from capabilities.vocabulary import Json

CODE: dict[str, Json] = {"properties": {"code": {"pattern": "^[0-9]{4}$"}}, "required": ["code"]}


def unlock(schema: dict[str, Json]) -> Operation:
    one = ComponentDescription(
        "front", "lock", (AffordanceDescription("unlock", "p", "action", schema=schema),)
    )
    return compose("door", "Door", (one,), {"front": ""}).actions["unlock"]


def test_only_a_lock_that_wants_a_code_takes_one() -> None:
    with_code, plain = unlock(CODE), unlock({})
    assert with_code.secrets == {"code"}
    assert with_code.check({"code": "1234"}) == {"code": "1234"}
    assert plain.secrets == set()
    assert not plain.takes_input
    with pytest.raises(SchemaError, match="takes none"):
        plain.check({"code": "1234"})


@pytest.mark.parametrize("given", [{"code": "98765"}, {"code": 98765}, "98765", ["98765"], None, {}])
def test_what_is_wrong_with_a_code_is_said_without_the_code(given: Json) -> None:
    with pytest.raises(SchemaError) as refused:
        unlock(CODE).check(given)
    assert "98765" not in str(refused.value)


def test_what_is_kept_has_no_code() -> None:
    assert without({"code": "1234", "note": "x"}, frozenset({"code"})) == {"note": "x"}
    assert without("1234", frozenset({"code"})) is None
    assert without("1234", frozenset()) == "1234"
    assert secrets_of(None) == secrets_of({"type": "string"}) == set()
