"""Who may make, see and end which contract."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.contracts.contract import Contract
from gateway.identity import Identity, Session
from policies.decision import Principal, Role

IN_CHARGE: Final = frozenset({Role.OWNER, Role.ADULT})


class MayNot(Exception):
    """The text says why, and what would be right."""


class UnknownReader(MayNot):
    """Nobody of that id has a good token, or nobody whom the caller may know of."""


def is_in_charge(principal: Principal) -> bool:
    return principal.role in IN_CHARGE


def reader_of(identity: Identity, reader: str) -> Principal | None:
    """The principal of that id with its rights of now; None where it has no good token."""
    return next((one for one in identity.principals() if one.id == reader), None)


def check_maker(
    identity: Identity, session: Session, reader: str, contracts: Iterable[Contract]
) -> Principal:
    """The reader, for whom the caller may make a contract. Raises `MayNot`.

    Owners and adults make them for software, children and guests; another person for software that acts for it, unless somebody
    in charge has made one: who was given little is not given more by whoever it acts for.
    """
    maker, found = session.principal, reader_of(identity, reader)
    if not maker.role.is_person or not identity.is_of_people(session):
        raise MayNot("a contract is made by a person; software asks for its own")
    if is_in_charge(maker):
        if found is None:
            raise UnknownReader(f"nobody called {reader!r} has a token; `hearth token list` shows who has")
        if is_in_charge(found):
            raise MayNot(
                f"{reader} is {found.role} of the house: what people in charge see is for the rules to say"
            )
        return found
    if found is None or found.role.is_person or found.acts_for != maker.id:
        raise UnknownReader(f"no software called {reader!r} acts for you")
    if any(one.reader == reader and one.maker and one.maker != maker.id for one in contracts):
        raise MayNot(f"others have made a contract for {reader}: ask an adult for another one")
    return found


def may_see(identity: Identity, contract: Contract, principal: Principal) -> bool:
    """Its reader, who made it, the person for whom the reader acts, and who is in charge."""
    if is_in_charge(principal) or principal.id == contract.reader:
        return True
    return principal.role.is_person and (
        contract.maker == principal.id or person_of(identity, contract.reader) == principal.id
    )


def may_end(identity: Identity, contract: Contract, principal: Principal) -> bool:
    """Whoever sees it: an end only narrows. Its reader gives back what it was given."""
    return may_see(identity, contract, principal)


def check_releaser(identity: Identity, session: Session) -> None:
    """Raises `MayNot`. That the rules alone bind somebody is for those in charge to say."""
    if not is_in_charge(session.principal) or not identity.is_of_people(session):
        raise MayNot("only an owner or an adult of the house may do this")


def person_of(identity: Identity, reader: str) -> str:
    """For whom it acts; "" for nobody, or where it has no good token."""
    found = reader_of(identity, reader)
    return found.acts_for if found is not None else ""
