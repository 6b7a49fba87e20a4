"""Parsers are loaded when the first of their devices is heard: each takes some 15 MB, and 0.2 s beside the loop."""

from __future__ import annotations

import asyncio
import importlib
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from drivers.ble.decoders.decoder import Opens
from drivers.ble.decoders.table import Row

_LOG = logging.getLogger(__name__)


class Parsers:
    """By row. A parser that cannot be loaded is named in `problems`, and not tried again."""

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}
        self._modules: dict[str, Opens] = {}
        self._loading: dict[str, asyncio.Task[None]] = {}

    def opener(self, row: Row) -> Opens | None:
        """None: it is being loaded now (what is advertised is advertised again), or cannot be."""
        module = self._modules.get(row.name)
        if module is None and row.name not in self._loading and row.name not in self.problems:
            self._loading[row.name] = asyncio.create_task(self._load(row), name=f"loading {row.name}")
        return module

    async def ready(self, row: Row) -> Opens | None:
        """As `opener`, and waits for it."""
        module = self.opener(row)
        if module is None and (loading := self._loading.get(row.name)) is not None:
            await asyncio.shield(loading)
        return self._modules.get(row.name, module)

    async def close(self) -> None:
        """An import cannot be broken off: it is waited for."""
        await asyncio.gather(*self._loading.values(), return_exceptions=True)

    async def _load(self, row: Row) -> None:
        try:
            with ThreadPoolExecutor(1, thread_name_prefix=f"loading {row.name}") as pool:
                module = await asyncio.get_running_loop().run_in_executor(
                    pool, importlib.import_module, row.module
                )
            self._modules[row.name] = cast(Opens, module)
        except Exception as error:
            _LOG.warning("the parser %s cannot be loaded: %r", row.name, error)
            self.problems[row.name] = (
                f"the parser for {row.name} cannot be loaded: install `hearth-gateway[ble]` ({type(error).__name__})"
            )
        finally:
            self._loading.pop(row.name, None)
