"""What a value must be: equal, different, at least, at most. Pure."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from capabilities.vocabulary import Json
from gateway.mcp.tools.marking import marked


class Condition(BaseModel):
    """All that is given must hold. Left out is not the same as null: null is a value."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    equals: JsonValue = Field(None, description="It is exactly this.")
    not_equals: JsonValue = Field(None, description="It is anything else than this.")
    minimum: float | None = Field(None, description="It is a number, and at least this.")
    maximum: float | None = Field(None, description="It is a number, and at most this.")

    @property
    def says_something(self) -> bool:
        return bool(self.given)

    @property
    def given(self) -> frozenset[str]:
        """The tests that were asked for."""
        bounds = {name for name in ("minimum", "maximum") if getattr(self, name) is not None}
        return frozenset(bounds | (self.model_fields_set & {"equals", "not_equals"}))

    def met_by(self, value: Json) -> bool:
        given = self.given
        if "equals" in given and not _is(value, self.equals):
            return False
        if "not_equals" in given and _is(value, self.not_equals):
            return False
        if not given & {"minimum", "maximum"}:
            return True
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (self.minimum is None or value >= self.minimum) and (
            self.maximum is None or value <= self.maximum
        )


def _is(value: Json, wanted: Json) -> bool:
    """Whether it is that; what a model copied from an answer is what it was shown, in one line and cut."""
    plain = bare(wanted)
    return same(value, plain) or (plain != wanted and same(bare(marked(value)), plain))


def same(one: Json, other: Json) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    return one == other


def bare(value: Json) -> Json:
    """A value that a model copied from an answer, without the mark around its texts."""
    if isinstance(value, dict):
        if value.keys() == {"untrusted"} and isinstance(value["untrusted"], str):
            return value["untrusted"]
        return {name: bare(one) for name, one in value.items()}
    return [bare(one) for one in value] if isinstance(value, list) else value
