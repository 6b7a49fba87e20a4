"""A person's "always": the rule by which nobody would be asked any more, as text. It is in force once an owner puts it in."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from capabilities.vocabulary import Json
from gateway.approvals.grants import Wish
from gateway.clock import Clock
from gateway.foreign import one_line
from gateway.ids import new_id
from gateway.storage import Database, SettingsRepository

if TYPE_CHECKING:
    from gateway.approvals.asked import Asked
    from policies import Policy
    from policies.documents import BoundsTable

SETTING: Final = "proposals"

MOST_PROPOSALS: Final = 50
"""Kept at a time; the oldest goes first."""

LONGEST_WHY: Final = 200


@dataclass(frozen=True, slots=True)
class Proposal:
    """`text` is TOML for the household's own set, `about` what it is for; `at` in seconds since the epoch."""

    id: str
    text: str
    about: str
    by: str
    at: float
    approval: str


class NoRule(Exception):
    """No rule can let it go unasked; the text says why."""


class Proposals:
    """Those that wait for an owner."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._settings = SettingsRepository(database)
        self._clock = clock

    async def every(self) -> list[Proposal]:
        """Raises `sqlite3.Error`."""
        kept = await self._settings.get(SETTING)
        return [_read(one) for one in kept if isinstance(one, dict)] if isinstance(kept, list) else []

    async def propose(self, policy: Policy, asked: Asked, by: str, wish: Wish | None, why: str) -> Proposal:
        """Keeps the rule that an "always" to `asked` means. Raises `NoRule`, `sqlite3.Error`."""
        at = self._clock.wall()
        text = written(policy, asked, by, wish, why)
        use = asked.use
        assert use is not None
        about = f"{use.adopted.title}: {use.target.operation.name} by {asked.principal.id}"
        made = Proposal(new_id(at), text, about, by, at, asked.id)
        await self._keep([*(await self.every())[-MOST_PROPOSALS + 1 :], made])
        return made

    async def drop(self, ident: str) -> bool:
        """False where there is none such. Raises `sqlite3.Error`."""
        kept = await self.every()
        left = [one for one in kept if one.id != ident]
        if len(left) < len(kept):
            await self._keep(left)
        return len(left) < len(kept)

    async def _keep(self, proposals: list[Proposal]) -> None:
        await self._settings.set(SETTING, [asdict(one) for one in proposals])


def written(policy: Policy, asked: Asked, by: str, wish: Wish | None, why: str) -> str:
    """The rule as text: for this principal, Thing and operation, and for no other value than was asked, or within the bounds
    of `wish`. Raises `NoRule`.
    """
    from policies.problems import PolicyError  # noqa: PLC0415  seldom needed
    from policies.proposing import proposed_allow, who_goes_unasked, why_not_always  # noqa: PLC0415

    use = asked.use
    if use is None:
        raise NoRule("a plan is asked about as a whole: say always to one of its steps")
    operation = use.target.operation
    subject = use.adopted.subject(operation)
    if reason := why_not_always(policy, asked.asks, subject):
        raise NoRule(reason)
    value, members = _bounds(use.target.value, wish)
    said = one_line(why, LONGEST_WHY) or f"{by} said always to {operation.name} of {use.adopted.title}"
    try:
        return proposed_allow(
            f"always-{asked.id}",
            who_goes_unasked(policy, asked.asks, asked.principal.chain),
            operation.capability,
            use.adopted.id,
            asks=[ask.ref for ask in asked.asks],
            why=one_line(said, 300),
            value=value,
            members=members,
            privilege=operation.privilege,
        )
    except PolicyError as error:
        raise NoRule(str(error)) from error


def _bounds(value: Json, wish: Wish | None) -> tuple[BoundsTable | None, dict[str, BoundsTable] | None]:
    if isinstance(value, dict):
        members = {name: _exactly(item) for name, item in value.items()}
        return None, {name: one for name, one in members.items() if one is not None} or None
    if wish is not None and wish.between is not None:
        from policies.documents import BoundsTable  # noqa: PLC0415

        return BoundsTable(min=wish.between[0], max=wish.between[1]), None
    return _exactly(value), None


def _exactly(value: Json) -> BoundsTable | None:
    from policies.documents import BoundsTable  # noqa: PLC0415

    if value is None:
        return None
    if isinstance(value, dict | list):
        raise NoRule("what is asked for is more than a rule can name")
    return BoundsTable.model_validate({"one_of": [value]})


def _read(one: dict[str, Json]) -> Proposal:
    at = one.get("at")
    return Proposal(
        str(one.get("id")),
        str(one.get("text")),
        str(one.get("about")),
        str(one.get("by")),
        at if isinstance(at, float | int) else 0.0,
        str(one.get("approval")),
    )
