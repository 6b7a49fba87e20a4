"""The browser in a process of its own, which can be put into a network namespace: a line of JSON for whatever it is told, and
one each half a second for its health. `python -m tests.peers.lan_watcher INTERFACE TYPE…`; ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import sys

from drivers.discovery.mdns import MdnsBrowser
from drivers.discovery.seen import Service, ServiceLost
from tests.drivers.mdns_lan import RealClock


def _tell(seen: Service | ServiceLost) -> None:
    said: dict[str, object] = {"type": seen.type, "name": seen.name, "lost": isinstance(seen, ServiceLost)}
    if isinstance(seen, Service):
        said |= {"addresses": seen.addresses, "port": seen.port, "properties": dict(seen.properties)}
    print(json.dumps(said), flush=True)  # noqa: T201


async def _watch(interface: str, types: list[str]) -> None:
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    async with MdnsBrowser(RealClock(), (interface,) if interface else (), grace=1.0, every=0.3) as browser:
        same = browser.zeroconf
        browser.watch(types, _tell)
        while not ended.done():
            health = browser.health()
            said = {"detail": health.detail, "problems": health.problems, "same": browser.zeroconf is same}
            print(json.dumps(said), flush=True)  # noqa: T201
            await asyncio.wait([ended], timeout=0.5)


if __name__ == "__main__":
    asyncio.run(_watch(sys.argv[1], sys.argv[2:]))
