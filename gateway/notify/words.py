"""What a notice says, taken apart, so that a phone can say it in its own language: the sentences of each language stand in the
app's texts (`told`), and are put together by `gateway/web/files/told.js`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson

from capabilities.vocabulary import Json
from gateway.foreign import one_line

LONGEST_PART: Final = 400
"""Characters of what is taken over as it is: rules' reasons, and what somebody says."""

LONGEST_VALUE: Final = 120
"""Characters: a notice is told whole, and kept in hundreds."""

USE: Final = ("title", "affordance", "capability", "action", "value")


def in_parts(say: str, parts: Mapping[str, Json] | None = None, **more: Json) -> dict[str, Json]:
    """`say` names the sentences. Of the parts `use` is an operation (`use_of`), `who` is somebody's id, `for` a person's,
    `says` are the words of `who`; `rest` is added as it is.
    """
    told: dict[str, Json] = {"say": say}
    for name, part in {**(parts or {}), **more, "say": say}.items():
        if part not in (None, "", [], {}):
            told[name] = one_line(part, LONGEST_PART) if isinstance(part, str) else part
    return told


def _short(value: Json) -> Json:
    """Itself, unless it is long: then the beginning of it as text."""
    said = value if isinstance(value, str) else orjson.dumps(value).decode()
    return (
        value if len(said) <= LONGEST_VALUE and not isinstance(value, str) else one_line(said, LONGEST_VALUE)
    )


def use_of(shown: dict[str, Json]) -> dict[str, Json]:
    """Of what is shown of a use: what a sentence needs."""
    use = {
        name: shown[name] for name in USE if shown.get(name) not in (None, "", {}, False) or name == "value"
    }
    use["value"] = _short(shown.get("value"))
    if isinstance(members := shown.get("members"), list):
        use["members"] = len(members)
    return use
