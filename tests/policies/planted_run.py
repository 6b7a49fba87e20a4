"""Runs a part of the suite with one planted bug after the other: a process that has loaded everything that no bug is
planted in, and forks for each bug. In the child alone the one module is loaded with the bug in it.

    python planted_run.py ROOT TEST…      reads `{"file", "old", "new"}` lines, answers `{"code", "output"}` lines
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

LONGEST_RUN_S = 60
"""A bug may make something endless: it is found then."""

CRASHED = 70


class Planting(MetaPathFinder):
    """Finds one module of the package, with `old` replaced by `new` in it."""

    def __init__(self, path: Path, old: str, new: str) -> None:
        self._path, self._old, self._new = path, old, new

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != f"policies.{self._path.stem}":
            return None
        loader = _Loader(fullname, str(self._path))
        text = self._path.read_text()
        loader.text = text.replace(self._old, self._new) if self._old else text
        return importlib.util.spec_from_file_location(fullname, self._path, loader=loader)


class _Loader(SourceFileLoader):
    text = ""

    def get_code(self, fullname: str) -> CodeType:
        """Compiled here, and never from or into a cache."""
        return compile(self.text, self.path, "exec", dont_inherit=True)


def warm(root: Path) -> None:
    """Loads what the tests need and no bug is planted in: of the rules the documents' models, with what these need."""
    import hypothesis.strategies  # noqa: F401
    import pytest  # noqa: F401

    from capabilities.thing_models import contract
    from capabilities.vocabulary import KINDS

    for kind in KINDS:
        contract(kind)
    package = ModuleType("policies")  # without what its `__init__` loads
    package.__path__ = [str(root / "policies")]
    sys.modules["policies"] = package
    import policies.documents  # noqa: F401

    del sys.modules["policies"]
    gc.freeze()


def run(root: Path, tests: Sequence[str], bug: dict[str, str]) -> int:
    """In the child: plants the bug, and runs the tests up to the first that fails."""
    import pytest

    if f"policies.{Path(bug['file']).stem}" in sys.modules:
        raise RuntimeError(f"{bug['file']} is loaded already: no bug can be planted in it")
    signal.alarm(LONGEST_RUN_S)
    sys.meta_path.insert(0, Planting(root / "policies" / bug["file"], bug["old"], bug["new"]))
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    words = ["-c", os.devnull, "--rootdir", str(root), "--import-mode=importlib", "--noconftest", "-W", "error",
             "-x", "-q", "--tb=line", "-p", "no:cacheprovider", *tests]  # fmt: skip
    return int(pytest.main(words))


def forked(root: Path, tests: Sequence[str], bug: dict[str, str]) -> dict[str, object]:
    """What came of it. `code` is that of pytest; negative where a signal ended it."""
    with tempfile.TemporaryFile("w+") as output:
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            code = CRASHED
            try:
                code = run(root, tests, bug)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return {"code": os.waitstatus_to_exitcode(status), "output": output.read()}


def main() -> None:
    root, tests = Path(sys.argv[1]), sys.argv[2:]
    sys.path[0] = str(root)
    warm(root)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(forked(root, tests, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
