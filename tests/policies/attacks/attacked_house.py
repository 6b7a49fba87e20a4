"""The house that is attacked: the sets that ship, its people, and what stands in it."""

from __future__ import annotations

from capabilities.thing_models import contract
from capabilities.vocabulary import Json
from policies import (
    NO_FACTS,
    AccessRequest,
    Decision,
    Facts,
    Policy,
    Principal,
    Role,
    RuleSet,
    Subject,
    compile_rules,
    defaults,
    parse,
)

SETS = [parse(defaults.load(name), name=name) for name in defaults.NAMES]
HOUSE = compile_rules(SETS[0], SETS[1:])

ANNA = Principal("anna", Role.OWNER)
BEN = Principal("ben", Role.ADULT)
TIM = Principal("tim", Role.CHILD)
COO = Principal("coo", Role.AGENT, "Personal COO", acts_for="anna", acts_for_role=Role.OWNER)
SOFTWARE = (Role.AGENT, Role.GUEST_AGENT, Role.SERVICE)


def subject(capability: str, thing: str = "it", *labels: str) -> Subject:
    """A Thing that has what its model says, and no more."""
    kind, _, name = capability.partition(".")
    of = contract(kind).affordances[name]
    return Subject(thing, "hall", frozenset(labels), capability, of.privilege, of.hazard, of.privacy)


def operations() -> list[Subject]:
    """One of every operation that there is in a house."""
    kinds = (
        *(
            "light",
            "outlet",
            "switch",
            "fan",
            "blind",
            "garage",
            "lock",
            "thermostat",
            "water-heater",
            "valve",
        ),
        *(
            "siren",
            "alarm",
            "vacuum",
            "mower",
            "humidifier",
            "media",
            "camera",
            "button",
            "setting",
            "smoke",
            "co",
        ),
    )
    return [
        subject(f"{kind}.{name}")
        for kind in kinds
        for name, of in contract(kind).affordances.items()
        if of.is_operation
    ]


def decide(
    capability: str,
    value: Json = None,
    *,
    by: Principal = COO,
    policy: Policy = HOUSE,
    facts: Facts = NO_FACTS,
    labels: tuple[str, ...] = (),
    purpose: str = "",
) -> Decision:
    request = AccessRequest(by, subject(capability, "it", *labels), value, purpose=purpose)
    return policy.decide(request, facts)


def more(rules: str) -> Policy:
    """The house with further rules of its own."""
    extra = parse(f"format = 1\n{rules}", name="more").document
    root = SETS[0].document
    joined = root.model_copy(
        update={
            kind: (*getattr(root, kind), *getattr(extra, kind)) for kind in ("allow", "limit", "ask", "then")
        }
    )
    return compile_rules(RuleSet(name="household", document=joined), SETS[1:])
