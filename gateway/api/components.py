"""Components as a person must see them who is to say what they are."""

from __future__ import annotations

from capabilities.components import ComponentDescription
from capabilities.recast import castable
from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.kinds import called, meaning, seen_as, unconfirmed


def described(component: ComponentDescription, affordances: list[str] | None = None) -> dict[str, Json]:
    """One component; `means` is what it means that its kind is a guess."""
    names = [one.name for one in component.affordances] if affordances is None else affordances
    return {
        "key": component.key,
        "kind": component.kind,
        "title": component.title,
        "certain": component.certain,
        "proposal": component.proposal or None,
        "kinds": list[Json](castable(component)),
        "means": meaning(component) or None,
        "affordances": list[Json](names),
    }


def components_of(adopted: Adopted) -> list[dict[str, Json]]:
    """Each as it is seen now; `announced` is what its device is understood as, `said` whether a person gave it its kind."""
    names: dict[str, list[str]] = {}
    for name, key in adopted.component_names().items():
        names.setdefault(key, []).append(name)
    seen = seen_as(adopted.components, adopted.kinds)
    return [
        described(now, names.get(now.key, []))
        | {"announced": announced.kind, "said": announced.key in adopted.kinds}
        for now, announced in zip(seen, adopted.components, strict=True)
    ]


def guesses(adopted: Adopted) -> list[dict[str, Json]]:
    """In short: the components whose kind nobody has confirmed."""
    return [
        {
            "component": called(one),
            "title": one.title,
            "kind": one.kind,
            "proposal": one.proposal or None,
            "means": meaning(one),
        }
        for one in unconfirmed(adopted.components, adopted.kinds)
    ]
