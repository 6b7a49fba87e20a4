"""The simulators' own record of what reached them: tests count actuations here, not in what the gateway believes."""

from __future__ import annotations

import base64
import json
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

# A test looks at dozens; a demo that runs for a year must not fill memory. The file keeps all.
_KEPT_ACTUATIONS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Actuation:
    """One command that a device received. `monotonic` and `wall` are seconds; `did` says what it was going to do with it."""

    monotonic: float
    wall: float
    device: str
    topic: str
    payload: bytes
    did: str

    def to_json(self) -> str:
        """One line. The payload as text, or in base64 under `payload_base64` where it is no UTF-8."""
        entry = asdict(self)
        try:
            entry["payload"] = self.payload.decode()
        except UnicodeDecodeError:
            entry["payload"] = None
            entry["payload_base64"] = base64.b64encode(self.payload).decode()
        return json.dumps(entry, ensure_ascii=False)


class ActuationLog:
    """In memory (the last 10,000) and, if `path` is given, appended to that file as JSON lines, each flushed at once."""

    def __init__(self, path: Path | None = None) -> None:
        self.entries: deque[Actuation] = deque(maxlen=_KEPT_ACTUATIONS)
        self._file = path.open("a", encoding="utf-8") if path else None

    def add(self, actuation: Actuation) -> None:
        self.entries.append(actuation)
        if self._file:
            self._file.write(actuation.to_json() + "\n")
            self._file.flush()

    def of(self, device: str) -> list[Actuation]:
        """What `device` received, oldest first."""
        return [entry for entry in self.entries if entry.device == device]

    def count(self, device: str) -> int:
        return len(self.of(device))

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_log(path: Path) -> list[Actuation]:
    """What a simulator in another process has written so far."""
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        coded = entry.pop("payload_base64", None)
        entry["payload"] = base64.b64decode(coded) if coded else entry["payload"].encode()
        entries.append(Actuation(**entry))
    return entries
