"""Which events a stream may carry: the caller's rights as they are now, not as they were when the stream began."""

from __future__ import annotations

from gateway.api.auth import manages
from gateway.api.seen import shows_in
from gateway.approvals.telling import approval_of
from gateway.chronicle import FOUND
from gateway.consents import TOPIC as WAIVERS
from gateway.context import Gateway
from gateway.identity import Session
from gateway.leases.telling import ALL_OF_IT
from gateway.mode import TOPIC as MODE
from gateway.notify.notice import is_told
from gateway.notify.topics import addressed
from gateway.observers import Topic
from gateway.panic import TOPIC as PANIC
from gateway.rulebook.keeper import TOPIC as RULES


class Visible:
    """The topics that the caller of a session may observe, as a container. `only` narrows it to one topic.

    Answers are remembered until rules, Things or the caller's role change, so that an event costs one look-up. A Thing that the
    caller knew and that is gone still counts: its end is told.
    """

    __slots__ = (
        "_gateway",
        "_known",
        "_only",
        "_policy",
        "_principal",
        "_remembered",
        "_session",
        "_version",
    )

    def __init__(self, gateway: Gateway, session: Session, only: Topic | None = None) -> None:
        self._gateway = gateway
        self._session = session
        self._principal = session.principal
        self._only = only
        self._known = set(gateway.rights.of(self._principal).things)
        self._remembered: dict[Topic, bool] = {}
        self._policy = gateway.policy
        self._version = gateway.registry.version

    def __contains__(self, topic: object) -> bool:
        gateway = self._gateway
        if (
            gateway.registry.version != self._version
            or gateway.policy is not self._policy
            or self._session.principal is not self._principal
        ):
            self._remembered.clear()
            self._policy, self._version = gateway.policy, gateway.registry.version
            self._principal = self._session.principal
        seen = self._remembered.get(topic)  # type: ignore[call-overload]
        if seen is None:
            assert isinstance(topic, tuple)
            seen = self._remembered[topic] = self._sees(topic)
        return bool(seen)

    def _sees(self, topic: Topic) -> bool:
        if self._only is not None and topic != self._only:
            return False
        thing, name = topic
        if topic in {RULES, WAIVERS, FOUND}:
            return manages(self._principal)
        if topic == PANIC:
            return self._principal.role.is_person
        if topic == MODE:
            return True
        if (approval := approval_of(topic)) is not None:
            asked = self._gateway.approvals.book.get(approval)
            return asked is not None and asked.is_for(self._policy, self._principal)
        if (notice := addressed(topic)) is not None:
            return self._is_told(*notice)
        adopted = self._gateway.registry.get(thing)
        if adopted is None:
            return name == "" and thing in self._known
        policy, principal = self._policy, self._principal
        readable = adopted.readable()
        if name in readable:
            return policy.may_see(principal, readable[name])
        if name == ALL_OF_IT:
            return bool(readable) and all(policy.may_see(principal, one) for one in readable.values())
        if name == "":
            shown = any(policy.may_see(principal, subject) for subject in readable.values()) or any(
                policy.may_use(principal, adopted.subject(operation)) for operation in adopted.operations()
            )
            if shown:
                self._known.add(thing)
            return shown
        action = adopted.thing.actions.get(name)
        if action is None or not policy.may_use(principal, adopted.subject(action)):
            return False
        # That somebody unlocked a door tells of the door: who may not see its state is not told.
        tells = [readable[one] for one in shows_in(action) if one in readable]
        return all(policy.may_see(principal, subject) for subject in tells)

    def _is_told(self, about: Topic, to: tuple[str, ...]) -> bool:
        """A notice is for those whom it names; software among them must see what it is about besides."""
        principal = self._principal
        return is_told(to, principal) and (principal.role.is_person or not about[0] or self._sees(about))
