"""One service on its way to a component: which characteristics are used up, which affordances there are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import orjson

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.vocabulary import Hazard, Json, Privilege
from drivers.homekit import values
from drivers.homekit.database import Accessory, Characteristic, Service
from drivers.homekit.points import Decode, Encode, Point

SEEN_KINDS: Final = frozenset({"alarm", "garage", "lock", "valve"})
"""Kinds of which somebody relies on what is shown: their states cannot be read otherwise without a person's looking at it."""

EVENT_TYPE: Final = "73"
"""ProgrammableSwitchEvent: what it is when it is read means nothing (specification, 9.75)."""


class Sketch:
    """Functions of `services/` fill it. `device` is the candidate's id."""

    def __init__(
        self,
        device: str,
        accessory: Accessory,
        service: Service,
        kind: str,
        *,
        part: str = "",
        certain: bool = True,
    ) -> None:
        self.device = device
        self.accessory = accessory
        self.service = service
        self.kind = kind
        self.certain = certain
        self.proposal = ""
        self.title = ""
        self.used: set[int] = set()
        self.points: list[Point] = []
        self.key = f"{service.iid}{'.' if part else ''}{part}"
        self._affordances: list[AffordanceDescription] = []
        self._recipes: list[Json] = []

    def take(self, kind: str) -> Characteristic | None:
        """The characteristic of this type, which is used up by that."""
        found = self.service.get(kind)
        if found is None or found.iid in self.used or "hd" in found.perms:
            return None
        self.used.add(found.iid)
        return found

    def property(
        self,
        name: str,
        *reads: Characteristic,
        decode: Decode,
        encode: Encode | None = None,
        writes: tuple[Characteristic, ...] = (),
        schema: Mapping[str, Json] | None = None,
        unit: str | None = None,
        hazard: Hazard = Hazard.COMFORT,
        privilege: Privilege = Privilege.VIEW,
        title: str = "",
        shown: tuple[str, ...] = (),
    ) -> None:
        """`writes` are the characteristics that `encode` writes; it counts only where all of them can be."""
        if not writes or not all(one.writable for one in writes):
            encode = None
        readable = bool(reads) and all(one.readable for one in reads)
        self._recipe(name, writes if encode else (), schema)
        if self.kind in SEEN_KINDS:
            self._recipes.append([name, "seen", *(f"{one.iid} {one.type}" for one in reads)])
        self._affordances.append(
            AffordanceDescription(
                name, self._add(name, "property", reads, decode, encode, writes=writes, unit=unit, readable=readable),
                schema=schema or {}, title=title, observable=readable, readable=readable, writable=encode is not None,
                shown=shown, hazard=hazard, privilege=privilege,
            )
        )  # fmt: skip

    def action(
        self,
        name: str,
        encode: Encode,
        *writes: Characteristic,
        payload: Json = None,
        schema: Mapping[str, Json] | None = None,
        hazard: Hazard = Hazard.COMFORT,
        privilege: Privilege = Privilege.VIEW,
        title: str = "",
    ) -> None:
        """Left out where it cannot be written. `payload` is what is written, for comparing."""
        if not all(one.writable for one in writes):
            return
        self._recipe(name, writes, {"payload": payload, **(schema or {})})
        self._affordances.append(
            AffordanceDescription(
                name, self._add(name, "action", (), None, encode, writes=writes, unit=None, readable=False), role="action",
                schema=schema or {}, title=title, observable=False, hazard=hazard, privilege=privilege,
            )
        )  # fmt: skip

    def event(self, name: str, one: Characteristic, decode: Decode, schema: Mapping[str, Json]) -> None:
        point = self._add(name, "event", (one,), decode, None, unit=None, readable=False)
        self._affordances.append(AffordanceDescription(name, point, role="event", schema=schema))

    # ------------------------------------------------------------------ the usual ones

    def flag(self, name: str, kind: str, *, inverted: bool = False, hazard: Hazard = Hazard.COMFORT) -> bool:
        one = self.take(kind)
        if one is None:
            return False
        writes = () if inverted else (one,)
        self.property(
            name, one, decode=values.flag(one, inverted=inverted), encode=values.write_flag(one), writes=writes,
            schema={"type": "boolean"}, hazard=hazard,
        )  # fmt: skip
        return True

    def number(
        self,
        name: str,
        kind: str,
        unit: str,
        low: float,
        high: float,
        *,
        write: bool = False,
        scale: float = 1.0,
    ) -> bool:
        """A measured number; with `write` it may be set. `low` and `high` are the widest that make sense."""
        one = self.take(kind)
        if one is None:
            return False
        writes = (one,) if write and one.writable else ()
        schema: dict[str, Json] = {"type": "number"}
        if unit:
            schema["unit"] = unit
        self.property(
            name, one, decode=values.number(one, scale), encode=values.write_number(one, low, high), writes=writes,
            schema=values.span(one, low, high, unit) if writes else schema, unit=unit or None,
        )  # fmt: skip
        return True

    def choice(self, name: str, kind: str, names: Mapping[int, str], *, write: bool = False) -> bool:
        one = self.take(kind)
        if one is None:
            return False
        options = values.offered(one, names)
        listed: list[Json] = [*dict.fromkeys((options if write else names).values())]
        self.property(
            name, one, decode=values.choice(one, names), encode=values.write_choice(one, options),
            writes=(one,) if write else (), schema={"type": "string", "enum": listed},
            shown=tuple(name for value, name in names.items() if value not in options) if write else (),
        )  # fmt: skip
        return True

    # ------------------------------------------------------------------

    def __bool__(self) -> bool:
        return bool(self._affordances)

    def names(self) -> set[str]:
        return {one.name for one in self._affordances}

    def build(self) -> ComponentDescription:
        fingerprint = hashlib.sha256(orjson.dumps([self.kind, sorted(self._recipes, key=orjson.dumps)]))
        commands = tuple(
            f"{one.id.rpartition('#')[2]} → {self.accessory.aid}.{self.service.iid}"
            for one in self.points
            if one.encode is not None
        )[:20]
        return ComponentDescription(
            self.key, self.kind, tuple(self._affordances), self.title, self.certain, fingerprint.hexdigest()[:32],
            "" if self.proposal == self.kind else self.proposal, commands=commands,
        )  # fmt: skip

    def finished_points(self) -> list[Point]:
        """With what is read after a command: all that this component shows."""
        asked = tuple(
            sorted(
                {iid for one in self.points if one.role == "property" and one.readable for iid in one.reads}
            )
        )
        return [
            Point(
                one.id, one.device, one.aid, one.role, one.reads, one.decode, one.encode, one.unit, one.timed,
                one.readable, asked if one.encode is not None else (),
            )
            for one in self.points
        ]  # fmt: skip

    def _recipe(
        self, name: str, writes: tuple[Characteristic, ...], schema: Mapping[str, Json] | None
    ) -> None:
        if writes:
            told: list[Json] = [f"{one.iid} {one.type} {one.format} {one.timed}" for one in writes]
            self._recipes.append([name, self.accessory.aid, told, dict(schema or {})])

    def _add(
        self,
        name: str,
        role: str,
        reads: tuple[Characteristic, ...],
        decode: Decode | None,
        encode: Encode | None,
        *,
        writes: tuple[Characteristic, ...] = (),
        unit: str | None,
        readable: bool,
    ) -> str:
        self.used |= {one.iid for one in (*reads, *writes)}
        point = f"{self.device}|{self.key}#{name}"
        self.points.append(
            Point(
                point, self.device, self.accessory.aid, role, tuple(one.iid for one in reads), decode, encode, unit,
                timed=any(one.timed for one in writes), readable=readable,
            )
        )  # fmt: skip
        return point
