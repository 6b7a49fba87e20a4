"""Which registers are read together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from drivers.modbus.profile import MAX_BITS_PER_READ, ProfileTable, PropertyTable


@dataclass(frozen=True, slots=True)
class Point:
    """One property of a profile, with its component's key."""

    key: str
    of: PropertyTable

    @property
    def name(self) -> str:
        """Unique within the profile."""
        return f"{self.key}.{self.of.name}"


@dataclass(frozen=True, slots=True)
class Block:
    """One read: `count` registers (or bits) of `table` from `start` on, every `poll_s` seconds, and what stands in them."""

    table: str
    start: int
    count: int
    poll_s: float
    points: tuple[Point, ...]


def points_of(profile: ProfileTable) -> Iterator[Point]:
    """All of them, in the profile's order."""
    return (Point(component.key, of) for component in profile.component for of in component.property)


def blocks_of(profile: ProfileTable, poll_s: float | None = None) -> tuple[Block, ...]:
    """Few reads that cover every property: adjacent ones together, over gaps only as far as the profile allows.

    `poll_s` is instead of the profile's own interval; a property's own one counts all the same where it is longer.
    """
    usual = profile.poll_s if poll_s is None else poll_s
    groups: dict[tuple[str, float], list[Point]] = {}
    for point in points_of(profile):
        of = point.of
        every = usual if of.poll_s is None else max(of.poll_s, poll_s or 0.0)
        groups.setdefault((of.table, every), []).append(point)
    return tuple(
        block for (table, every), points in groups.items() for block in _joined(profile, table, every, points)
    )


def _joined(profile: ProfileTable, table: str, every: float, points: Iterable[Point]) -> Iterable[Block]:
    most = MAX_BITS_PER_READ if table in {"coil", "discrete"} else profile.max_registers
    part: list[Point] = []
    end = 0
    for point in sorted(points, key=lambda one: (one.of.register_, one.of.end)):
        of = point.of
        fits = part and of.register_ <= end + profile.gap and of.end - part[0].of.register_ <= most
        if part and not fits:
            yield _block(table, every, part, end)
            part, end = [], 0
        part.append(point)
        end = max(end, of.end)
    yield _block(table, every, part, end)


def _block(table: str, every: float, part: list[Point], end: int) -> Block:
    start = part[0].of.register_
    return Block(table, start, end - start, every, tuple(part))
