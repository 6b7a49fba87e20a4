"""What went wrong on one way, counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """`malformed`: what is no CoAP. `flooded`: what came beyond the budget and was not read. `strange`: answers to nothing,
    and requests (this is no server). `repeated`: what was sent again. `duplicates`: what came again. `void`: damaged frames.
    """

    malformed: int = 0
    flooded: int = 0
    strange: int = 0
    repeated: int = 0
    duplicates: int = 0
    void: int = 0
    unreadable: str = ""

    def add(self, other: Counters) -> None:
        self.malformed += other.malformed
        self.flooded += other.flooded
        self.strange += other.strange
        self.repeated += other.repeated
        self.duplicates += other.duplicates
        self.void += other.void

    def as_mapping(self) -> Mapping[str, int]:
        return {
            "malformed": self.malformed,
            "flooded": self.flooded,
            "strange": self.strange,
            "repeated": self.repeated,
            "duplicates": self.duplicates,
            "void_frames": self.void,
        }

    def problems(self) -> list[str]:
        """Lines for a person, about what does not happen by noise alone."""
        found = []
        if self.flooded:
            found.append(f"it sends more than is read: {self.flooded} messages were not looked at")
        if self.unreadable:
            found.append(self.unreadable)
        return found
