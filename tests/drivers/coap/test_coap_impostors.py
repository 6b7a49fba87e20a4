"""Who says that he is a Thing that lives elsewhere: used while nobody answers there, told, and no longer."""

from __future__ import annotations

from typing import Any, cast

import pytest

from drivers.coap.description import Description, described
from drivers.coap.roster import Roster
from drivers.coap.session import House, Session
from drivers.coap.ways import LineWay, UdpWay, Way

DEVICE = "urn:dev:mac:0200000000000001"
HOME, OTHER = UdpWay("lamp", ("10.0.0.1",), 5683), UdpWay("evil", ("10.0.0.2",), 5683)


class Alive:
    def __init__(self) -> None:
        self.stands_down = False

    def stand_down(self) -> None:
        self.stands_down = True


@pytest.fixture
async def description() -> Description:
    forms: list[Any] = [{"href": "/on", "contentType": "application/json"}]
    return await described(
        {"id": DEVICE, "title": "x", "properties": {"on": {"type": "boolean", "forms": forms}}}, "x.local"
    )


def met(roster: Roster, way: Way, description: Description) -> Session:
    session = Session(way, cast("House", None), description=description)
    roster.met(session, description)
    return session


def live(session: Session) -> Alive:
    alive = Alive()
    session.live = cast("Any", alive)
    return alive


def test_who_took_a_thing_gives_it_back_when_it_is_home(description: Description) -> None:
    roster = Roster()
    roster.keep([DEVICE])
    real, evil = met(roster, HOME, description), met(roster, OTHER, description)
    assert roster.claim(real)
    assert not roster.claim(evil)
    assert any("It is not used" in line and "10.0.0.1" in line for line in roster.problems())
    assert roster.release(real) is evil
    assert roster.claim(evil)
    alive = live(evil)
    assert any("It is used until the device answers there" in line for line in roster.problems())
    assert roster.claim(real)
    assert alive.stands_down
    assert roster.session_of(DEVICE) is real
    assert not roster.claim(evil)


def test_an_address_beside_the_known_one_is_not_the_known_one(description: Description) -> None:
    roster = Roster()
    roster.keep([DEVICE])
    real = met(roster, HOME, description)
    assert roster.claim(real)
    both = met(roster, UdpWay("evil", ("10.0.0.1", "10.0.0.2"), 5683), description)
    roster.release(real)
    assert roster.claim(both)
    live(both)
    assert roster.claim(real)


@pytest.mark.parametrize(
    "better", [UdpWay("coap://10.0.0.3", ("10.0.0.3",), 5683, configured=True), LineWay("/dev/x", 115_200)]
)
def test_what_a_person_named_is_believed_more(better: Way, description: Description) -> None:
    roster = Roster()
    roster.keep([DEVICE])
    first, named = met(roster, HOME, description), met(roster, better, description)
    if isinstance(better, UdpWay):
        assert roster.claim(first)
        live(first)
    assert roster.claim(named)
    assert not roster.claim(first)


def test_what_is_no_thing_any_more_has_no_home(description: Description) -> None:
    roster = Roster()
    roster.keep([DEVICE])
    roster.release(session := met(roster, HOME, description))
    assert roster.claim(session)
    roster.keep([])
    roster.forget(session)
    roster.keep([DEVICE])
    other = met(roster, OTHER, description)
    assert roster.claim(other)
    assert roster.problems() == []
