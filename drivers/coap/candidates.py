"""What was found, as candidates: one a device, whatever ways lead to it."""

from __future__ import annotations

from typing import Final

from drivers.coap.description import Description
from drivers.coap.identity import identities
from drivers.coap.session import Session
from drivers.coap.ways import LineWay, UdpWay
from drivers.driver import Candidate, Endpoint, Withdrawn
from drivers.mailbox import Mailbox

CAPACITY_ITEMS: Final = 512
"""Several times the ways there can be; the newest of each device wins."""

OPEN_TO_ALL: Final = (
    "It speaks CoAP over UDP without encryption: anybody on this network can command it, and answer in its name. "
    "Give such devices a network of their own."
)


class Candidates:
    """`known` is what is announced now, by id."""

    def __init__(self, driver: str) -> None:
        self.known: dict[str, Candidate] = {}
        self.mailbox: Mailbox[Candidate | Withdrawn] = Mailbox(CAPACITY_ITEMS, lambda item: item.id)
        self._driver = driver
        self._ways: dict[str, set[str]] = {}

    def found(self, session: Session, description: Description) -> None:
        ways = self._ways.setdefault(description.id, set())
        ways.add(session.way.key)
        before = self.known.get(description.id)
        if before is not None and before.endpoint.scheme == "serial" and not session.is_line:
            return  # the line says more
        candidate = self._candidate(session, description)
        if candidate != before:
            self.known[description.id] = candidate
            self.mailbox.put_nowait(candidate)

    def lost(self, device: str, way: str, reason: str) -> None:
        ways = self._ways.get(device)
        if ways is None or way not in ways:
            return
        ways.discard(way)
        if not ways:
            del self._ways[device]
            self.known.pop(device, None)
            self.mailbox.put_nowait(Withdrawn(self._driver, device, reason))

    def close(self) -> None:
        self.mailbox.close()

    def _candidate(self, session: Session, description: Description) -> Candidate:
        return candidate_of(self._driver, description, _endpoint(session))


def candidate_of(driver: str, description: Description, endpoint: Endpoint) -> Candidate:
    problems = description.problems
    if endpoint.scheme != "serial":
        problems = (*problems, OPEN_TO_ALL)
    return Candidate(
        driver=driver,
        id=description.id,
        endpoint=endpoint,
        title=description.title,
        components=description.components,
        fingerprint=description.fingerprint,
        manufacturer=description.manufacturer,
        model=description.model,
        identities=identities(description.id),
        problems=problems,
    )


def _endpoint(session: Session) -> Endpoint:
    way = session.way
    if isinstance(way, LineWay):
        return Endpoint("serial", way.port)
    assert isinstance(way, UdpWay)
    return Endpoint("coap", f"{way.addresses[0]}:{way.port}")
