"""What a notice says, taken apart, so that a phone can say it in its own language: the sentences of each language stand in the
app's texts (`told`), and are put together by `gateway/web/files/told.js`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from capabilities.vocabulary import Json
from gateway.foreign import one_line

LONGEST_PART: Final = 400
"""Characters of what is taken over as it is: rules' reasons, and what somebody says."""

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


def use_of(shown: dict[str, Json]) -> dict[str, Json]:
    """Of what is shown of a use: what a sentence needs."""
    use = {
        name: shown[name] for name in USE if shown.get(name) not in (None, "", {}, False) or name == "value"
    }
    if isinstance(members := shown.get("members"), list):
        use["members"] = len(members)
    return use
