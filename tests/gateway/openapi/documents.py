"""The description of the API, made once in a run. As a program it prints the operations, as `operations.txt` has them."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import web

from gateway.api.openapi.document import document
from gateway.api.server import make_app
from gateway.app import open_gateway
from gateway.config import Config, Http


@cache
def the_app() -> web.Application:
    """An application with all routes, of a gateway that has ended: to look at, not to ask."""

    async def made() -> web.Application:
        with TemporaryDirectory() as folder:
            config = Config(
                state_dir=Path(folder) / "state", runtime_dir=Path(folder) / "run", http=Http(port=0)
            )
            async with open_gateway(config, drivers={}) as gateway:
                return make_app(gateway)

    return asyncio.run(made())


@cache
def the_document() -> Any:
    return document(the_app(), "test")


def operations() -> list[tuple[str, str, Any]]:
    """Method, path, and what is said of it, in order."""
    return [
        (method, path, one)
        for path, methods in sorted(the_document()["paths"].items())
        for method, one in sorted(methods.items())
    ]


def listed() -> str:
    """A line for each operation: what would be seen to change."""
    return "".join(
        f"{method.upper()} {path} {one['operationId']} {','.join(sorted(one['responses']))}\n"
        for method, path, one in operations()
    )


if __name__ == "__main__":
    print(listed(), end="")  # noqa: T201
