"""Metric families in the Prometheus text format 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Labels = Mapping[str, str]
Samples = Iterable[tuple[Labels, float]]


class Exposition:
    """Metric families, one after the other."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, name: str, kind: str, help_: str, samples: Samples) -> None:
        self._lines += [f"# HELP {name} {help_}", f"# TYPE {name} {kind}"]
        for labels, value in samples:
            inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            self._lines.append(f"{name}{{{inside}}} {value:.10g}" if inside else f"{name} {value:.10g}")

    def encode(self) -> bytes:
        return ("\n".join(self._lines) + "\n").encode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
