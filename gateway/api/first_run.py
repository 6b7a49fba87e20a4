"""The first start: while the house has no owner, `hearth run` at a terminal shows the code that lets the first phone in.

Only to a terminal: what is written to a log can be read by others than the person at the box.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import sys
from contextlib import suppress
from typing import Final

from gateway.context import Gateway
from gateway.identity.pairing import new_link_code
from gateway.ledger import LedgerUnavailable
from gateway.tls.reach import Reach
from policies import Role

log = logging.getLogger(__name__)

WINDOW_S: Final = 900.0
"""Time to find a phone, and to install the certificate on it."""

DRAWING_S: Final = 10.0
"""A Pi draws the picture in one second."""

TEXT: Final = """
This house has no owner yet. {how}:

{picture}  {link}

or open {page} there, and type  {code}

The first phone is the owner's. The code is good for {minutes:.0f} minutes and one phone; `hearth pair` makes another.
"""


async def greet(gateway: Gateway, reach: Reach, address: str) -> None:
    """Opens the pairing window and prints the link as a picture and as text, and the code to type. Does nothing where there is
    an owner; where nobody sits at a terminal it only notes what to do.
    """
    if not gateway.identity.first_owner_needed():
        return
    if not sys.stdout.isatty():
        log.info("this house has no owner yet: `hearth pair` at the box lets the first phone in")
        return
    link_code = new_link_code()
    # Without TLS the port is on loopback: then it is a browser of this machine that opens the link.
    link = reach.pairing_link(link_code) or f"{address}/pair#v=1&c={link_code}"
    try:
        code = await gateway.identity.open_pairing(Role.OWNER, "owner", WINDOW_S, link_code=link_code)
    except (LedgerUnavailable, sqlite3.Error) as error:
        log.warning("no code for the first phone could be made: %s", error)
        return
    picture = await _drawn(link)
    how = "Scan this with your phone" if reach.url else "Open this in a browser on this machine"
    page = link.partition("#")[0]
    text = TEXT.format(how=how, picture=picture, link=link, page=page, code=code, minutes=WINDOW_S / 60)
    with suppress(OSError):  # a terminal that was closed meanwhile
        print(text, flush=True)  # noqa: T201  for the person at the terminal


async def _drawn(link: str) -> str:
    """The QR code, by a process of its own: a gateway that runs for years need not hold what draws it. The link goes through a
    pipe, since arguments can be read by everybody on the machine. "" where it cannot be drawn.
    """
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "gateway.cli.qr")
    try:
        async with asyncio.timeout(DRAWING_S):
            child = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
            )
            try:
                drawn, _ = await child.communicate(link.encode())
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
    except (OSError, TimeoutError):
        return ""
    return f"{drawn.decode()}\n" if drawn.strip() else ""
