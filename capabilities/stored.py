"""Components as JSON, as they are kept between two runs."""

from __future__ import annotations

import orjson

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.vocabulary import Hazard, Privilege


def components_to_json(components: tuple[ComponentDescription, ...]) -> bytes:
    return orjson.dumps(components)


def components_from_json(text: bytes) -> tuple[ComponentDescription, ...]:
    """What `components_to_json` wrote. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
    return tuple(
        ComponentDescription(
            **(
                component
                | {
                    "affordances": tuple(map(_affordance, component["affordances"])),
                    "commands": tuple(map(str, component.get("commands", ()))),
                }
            )
        )
        for component in orjson.loads(text)
    )


def _affordance(data: dict[str, object]) -> AffordanceDescription:
    restored = {"hazard": Hazard(int(str(data["hazard"]))), "privilege": Privilege(str(data["privilege"]))}
    shown = data.get("shown")
    restored_shown = {"shown": tuple(map(str, shown))} if isinstance(shown, list) else {}
    return AffordanceDescription(**(data | restored | restored_shown))  # type: ignore[arg-type]  # written from one of these
