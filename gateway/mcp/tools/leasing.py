"""`propose`: asking to hold a Thing, taking what its holders accept, keeping it longer, giving it back."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from capabilities.vocabulary import Json
from gateway.api.commands import purpose_of
from gateway.api.lease_door import LeaseDoor, wish_of
from gateway.context import Gateway
from gateway.mcp.tool import Arguments, Caller, Tool
from gateway.mcp.tools.marking import MOST_ITEMS, Untrusted, foreign_or_none
from gateway.mcp.tools.rights_of import uses_anything
from gateway.mcp.tools.shapes import LONGEST_PURPOSE, Bounds, Short, ShortAnswer, bounds_of, plain

DEFAULT_FOR: Final = "30m"


class Accepts(BaseModel):
    """What others may still set while you hold it."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    minimum: float | None = None
    maximum: float | None = None
    one_of: list[JsonValue] | None = Field(None, max_length=MOST_ITEMS)


class ProposeArguments(Arguments):
    do: Literal["request", "accept", "renew", "release"] = Field(
        description="request: ask to hold a thing or one property; accept: take what its holders would give at once;"
        " renew: hold it longer; release: give it back."
    )
    thing: str = Field("", max_length=200, description="With request: the Thing's id.")
    property: str = Field("", max_length=200, description="With request: only this property.")
    accepts: Accepts | None = Field(
        None, description="With request: what others may still set; left out: nothing."
    )
    duration: str = Field(
        DEFAULT_FOR, max_length=20, description='With request, renew: how long, as in "30m".'
    )
    purpose: str = Field(
        "", max_length=LONGEST_PURPOSE, description="With request: why, in a sentence that its holders read."
    )
    wait: bool = Field(True, description="With request: stand in line where others hold it.")
    lease: str = Field("", max_length=200, description="With accept, renew and release: the lease's id.")

    @model_validator(mode="after")
    def _whole(self) -> ProposeArguments:
        if self.do == "request" and not (self.thing and self.purpose):
            raise ValueError("request takes thing and purpose")
        if self.do != "request" and not self.lease:
            raise ValueError(f"{self.do} takes lease, the id of one of yours")
        return self


class LeaseShown(Short):
    id: str
    thing: str
    property: str | None = None
    state: str = Field(description="held, waiting or suspended.")
    holder: str | None = None
    rank: str | None = None
    purpose: Untrusted | None = None
    accepts: Bounds | None = Field(None, description="What others may still set.")
    since: str | None = None
    until: str | None = None
    because: Untrusted | None = Field(None, description="Why it does not hold just now.")
    suspended_until: str | None = None
    free_at: str | None = Field(None, description="When those before you must have given way, at the latest.")
    header: str | None = Field(None, description="For act: `lease`.")
    proposal: Bounds | None = Field(
        None, description="What its holders would give you at once: accept takes it."
    )
    holders: list[LeaseShown] | None = None
    line: list[LeaseShown] | None = None


class ProposeAnswer(ShortAnswer):
    lease: LeaseShown | None = Field(None, description="Left out: it was given back.")


async def propose(gateway: Gateway, caller: Caller, wanted: ProposeArguments) -> ProposeAnswer:
    door, principal = LeaseDoor(gateway), caller.session.principal
    match wanted.do:
        case "request":
            accepts = wanted.accepts.model_dump(exclude_none=True) if wanted.accepts is not None else None
            wish = wish_of(
                plain(gateway, wanted.thing),
                wanted.property,
                accepts,
                wanted.duration,
                purpose_of(wanted.purpose),
                wait=wanted.wait,
            )
            _, told = await door.claim(principal, wish)
        case "accept":
            _, told = await door.accept(principal, wanted.lease)
        case "renew":
            told = await door.renew(principal, wanted.lease, wanted.duration)
        case "release":
            await door.release(principal, wanted.lease)
            return ProposeAnswer()
    return ProposeAnswer(lease=lease_of(told))


def lease_of(told: dict[str, Json]) -> LeaseShown:
    """From a lease as the API shows it."""
    texts = ("property", "holder", "rank", "since", "until", "suspended_until", "free_at", "header")
    made: dict[str, str] = {name: str(told[name]) for name in texts if told.get(name)}
    return LeaseShown(
        id=str(told["id"]),
        thing=str(told["thing"]),
        state=str(told["state"]),
        purpose=foreign_or_none(str(told.get("purpose") or "")),
        accepts=bounds_of(told.get("accepts")),
        because=foreign_or_none(str(told.get("because") or "")),
        proposal=bounds_of(told.get("proposal")),
        holders=_several(told.get("holders")),
        line=_several(told.get("line")),
        **made,
    )


def _several(listed: Json) -> list[LeaseShown] | None:
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [lease_of(one) for one in found[:MOST_ITEMS]] or None


PROPOSE: Final = Tool(
    name="propose",
    title="Ask to hold a thing",
    description=(
        "Asks to hold a thing, so that others change it only within what you accept; accepts the range that its holders"
        " offer; keeps a lease longer; gives it back. A lease moves nothing and gives no right. Where others hold it the"
        " answer tells who, until when, and what they would give at once."
    ),
    arguments=ProposeArguments,
    answer=ProposeAnswer,
    run=propose,
    read_only=False,
    destructive=False,
    idempotent=False,
    shown_to=uses_anything,
)
