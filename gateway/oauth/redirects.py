"""Where a browser may be sent back to: a program on the same computer, and never another host.

Compared as text (RFC 9700, section 2.1), but for the port of a loopback address, which a native program takes as it comes
(RFC 8252, section 7.3). What a browser could read in another way than we do is no redirect at all.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

LONGEST_CHARACTERS: Final = 300

_REST: Final = r"(?P<rest>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?)"
"""Path and query of RFC 3986, without a fragment (RFC 6749, section 3.1.2)."""

_LOOPBACK: Final = re.compile(
    rf"(?P<host>http://(?:127\.0\.0\.1|\[::1\]|localhost))(?::(?P<port>[0-9]{{1,5}}))?{_REST}", re.ASCII
)
_APP: Final = re.compile(rf"(?P<scheme>[a-z][a-z0-9+.-]*):(?://[A-Za-z0-9._-]*)?{_REST}", re.ASCII)

APP_SCHEMES: Final = frozenset({"cursor", "vscode", "vscode-insiders"})
"""Programs in use whose scheme has no dot. All others follow RFC 8252, section 7.1: the reverse of a domain name."""

ADVICE: Final = (
    "a redirect goes to a program on the same computer: http://127.0.0.1, http://[::1] or http://localhost with any port,"
    " or the program's own scheme with a dot in it (com.example.app:/back)"
)


def is_loopback(uri: str) -> bool:
    found = _LOOPBACK.fullmatch(uri) if len(uri) <= LONGEST_CHARACTERS else None
    return found is not None and int(found["port"] or 80) <= 65535


def is_good(uri: str) -> bool:
    """Whether a client may register it."""
    if is_loopback(uri):
        return True
    found = _APP.fullmatch(uri) if len(uri) <= LONGEST_CHARACTERS else None
    return found is not None and (found["scheme"] in APP_SCHEMES or _is_reversed_domain(found["scheme"]))


def matches(asked: str, registered: str) -> bool:
    """Whether `asked` is the registered one."""
    if asked == registered:
        return is_good(asked)
    if not is_loopback(asked) or not is_loopback(registered):
        return False
    a, b = _LOOPBACK.fullmatch(asked), _LOOPBACK.fullmatch(registered)
    return a is not None and b is not None and (a["host"], a["rest"]) == (b["host"], b["rest"])


def with_answer(uri: str, **members: str) -> str:
    """`uri` with the answer in its query (RFC 6749, section 4.1.2). Empty members are left out."""
    query = urlencode({name: value for name, value in members.items() if value})
    return f"{uri}{'&' if '?' in uri else '?'}{query}"


def _is_reversed_domain(scheme: str) -> bool:
    words = scheme.split(".")
    return len(words) > 1 and all(words)
