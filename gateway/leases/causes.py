"""Why a lease stands as it does: as data, for each reader is told as much of it as that one may know."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final, Literal

from capabilities.vocabulary import Json

Kind = Literal["", "takeover", "used", "held", "turn", "told"]

_KINDS: Final = frozenset({"takeover", "used", "held", "turn", "told"})

AT_DEVICE: Final = "a person at the device"


@dataclass(frozen=True, slots=True)
class Cause:
    """`takeover`: `who` ("": a person at the device) changed `name` of `thing`. `used`: `who` used the operation `name`.
    `held`: the lease `lease` of `who` accepts only what `words` says. `turn`: `who` yielded last time, and has its turn for at
    least what `words` says. `told`: `words` says it, and names nobody.
    """

    kind: Kind = ""
    who: str = ""
    thing: str = ""
    name: str = ""
    words: str = ""

    def __bool__(self) -> bool:
        return bool(self.kind)

    def say(self, who: str) -> str:
        """In words; `who` is what its reader may know of whose it is."""
        if self.kind == "takeover":
            return f"{who or AT_DEVICE} changed {self.thing} {self.name}"
        if self.kind == "used":
            return f"{who} used {self.thing} {self.name}"
        if self.kind == "held":
            return f"{who} holds it and accepts {self.words}"
        if self.kind == "turn":
            return f"{who} yielded last time, and has its turn for at least {self.words}"
        return self.words

    def shown(self) -> dict[str, Json]:
        """As it is stored and recorded."""
        return {name: value for name, value in asdict(self).items() if value}


NO_CAUSE: Final = Cause()


def cause_of(stored: Json) -> Cause:
    """As it was stored. What cannot be read is no cause."""
    if not isinstance(stored, dict) or stored.get("kind") not in _KINDS:
        return NO_CAUSE
    texts = {name: str(stored.get(name, "")) for name in ("kind", "who", "thing", "name", "words")}
    return Cause(**texts)  # type: ignore[arg-type]
