"""Inputs that nobody may keep: the code of a lock or an alarm panel.

A member of an action's input whose schema says `writeOnly` (TD 1.1, section 5.3.2.1) goes to the device and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from capabilities.errors import SchemaError
from capabilities.scalars import Validator
from capabilities.vocabulary import Json

NO_SECRETS: Final = frozenset[str]()


def secrets_of(schema: Mapping[str, Json] | None) -> frozenset[str]:
    """The members of an input that are secret."""
    members = (schema or {}).get("properties")
    if not isinstance(members, dict):
        return NO_SECRETS
    found = frozenset(name for name, member in members.items() if is_secret(member))
    return found or NO_SECRETS


def is_secret(schema: Json) -> bool:
    return isinstance(schema, dict) and schema.get("writeOnly") is True


def without(value: Json, secrets: frozenset[str]) -> Json:
    """`value` as it may be kept, shown and judged by rules."""
    if not secrets:
        return value
    if not isinstance(value, dict):
        return None  # whatever it is, it may be the secret in the wrong place
    return {name: item for name, item in value.items() if name not in secrets}


def hushed(check: Validator) -> Validator:
    """`check`, with errors that do not repeat the value: they go to answers and logs."""

    def quiet(value: Json) -> Json:
        try:
            return check(value)
        except SchemaError as error:
            raise SchemaError(error.path, "does not fit", error.remedy) from None

    return quiet
