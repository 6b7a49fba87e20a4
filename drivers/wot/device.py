"""What is known of one device, and the link to it while there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from capabilities.vocabulary import Json
from drivers.driver import Asks, Candidate, Endpoint
from drivers.recording.taps import Taps
from drivers.wot.described import Described, Point
from drivers.wot.hearing import ANSWER, EVENT, body_message
from drivers.wot.keyring import Kept
from drivers.wot.link import Link
from drivers.wot.origins import Origin
from drivers.wot.outlet import Outlet
from drivers.wot.security import BASIC, Need
from drivers.wot.sources import Source


@dataclass(slots=True)
class Device:
    """`link` is there while it is kept and reached. `described` is None where it tells nothing without credentials."""

    id: str
    source: Source
    outlet: Outlet = field(repr=False)
    described: Described | None = None
    link: Link | None = None
    ask: Callable[[], None] = field(default=lambda: None, repr=False)  # for credentials, anew
    taps: Taps = field(default_factory=Taps, repr=False)

    @property
    def points(self) -> list[Point]:
        return list(self.described.points.values()) if self.described is not None else []

    # -- what its link tells (Listener) ----------------------------------------------------------------------------

    def heard(self, point: Point, body: bytes | str, content_type: str) -> None:
        if self.id in self.taps:
            kind = EVENT if isinstance(body, str) else ANSWER
            self.taps.tell(self.id, kind, body_message(point, body, content_type))

    def reported(self, point: Point, value: Json) -> None:
        self.outlet.reported(point, value)

    def occurred(self, point: Point, data: Json) -> None:
        self.outlet.occurred(point, data)

    def refused(self, point: Point, reason: str) -> None:
        self.outlet.refused(self.id, point, reason)

    def locked_out(self, reason: str) -> None:
        if self.described is not None and self.described.need is not None:
            self.ask()


def candidate_of(
    driver: str, device: str, source: Source, described: Described, kept: Kept | None
) -> Candidate:
    """As it is announced now."""
    via = source.parent.device if source.parent is not None else ""
    return candidate_at(driver, device, source.home, described, via=via, is_paired=kept is not None)


def candidate_at(
    driver: str, device: str, home: Origin, described: Described, *, via: str, is_paired: bool
) -> Candidate:
    need = described.need
    return Candidate(
        driver=driver,
        id=device,
        endpoint=Endpoint(home.scheme, str(home)),
        title=described.title,
        components=described.components,
        fingerprint=described.fingerprint,
        manufacturer=described.manufacturer,
        model=described.model,
        identities=described.identities,
        via=via,
        problems=described.problems,
        asks=asks_of(need) if need is not None and not is_paired else None,
    )


def locked_candidate(driver: str, device: str, home: Origin, need: Need, why: str) -> Candidate:
    """Of what tells nothing to strangers."""
    return Candidate(
        driver=driver,
        id=device,
        endpoint=Endpoint(home.scheme, str(home)),
        title=home.host,
        components=(),
        fingerprint="",
        problems=(why,),
        asks=asks_of(need),
    )


def asks_of(need: Need) -> Asks:
    example = "user:password" if need.scheme == BASIC else "0123456789abcdef"
    where = (
        "as they were set on the device"
        if need.scheme == BASIC
        else "as the device or its maker's app shows it"
    )
    return Asks("credentials", f"{need.says[0].upper()}{need.says[1:]}, {where}", example)
