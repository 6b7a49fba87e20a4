"""Who we are to a device: the security schemes of a description (TD 1.1, section 5.3.3), and what a person brought for them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from capabilities.td import SecurityScheme

MAX_CREDENTIAL_CHARACTERS: Final = 4096  # the longest tokens are signed ones, of some 2 kB
MAX_SCHEMES: Final = 16

BASIC: Final = "basic"
_PLACES: Final = ("header", "query", "cookie")


class SecurityError(ValueError):
    """What a description asks for is not spoken here, or what a person brought does not fit. For a person."""


@dataclass(frozen=True, slots=True)
class Need:
    """One scheme that wants a secret: `basic`, `bearer` or `apikey`, and where it stands."""

    scheme: str
    place: str
    name: str

    @property
    def says(self) -> str:
        if self.scheme == BASIC:
            return "a user and a password, written user:password"
        where = "" if self.place == "header" else f", sent in the {self.place}"
        return f"a token{where}" if self.scheme == "bearer" else f"a key{where}"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a form takes: nothing (`need` is None), or one secret."""

    need: Need | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What goes along with a request. Never shown."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)


NOTHING: Final = Applied()
OPEN: Final = Choice()


def chosen(names: str | Sequence[str], schemes: Mapping[str, SecurityScheme], *, depth: int = 0) -> Choice:
    """What to bring for the schemes `names`, all of which must be satisfied. Raises `SecurityError`."""
    listed = [names] if isinstance(names, str) else list(names)
    if not listed or len(listed) > MAX_SCHEMES or depth > 2:
        raise SecurityError("its security is described in a way that is not read here")
    choices = [_of(name, schemes, depth) for name in listed]
    needs = list(dict.fromkeys(choice.need for choice in choices if choice.need is not None))
    if len(needs) > 1:
        raise SecurityError("it wants two secrets at once, which is not done here")
    return Choice(needs[0]) if needs else OPEN


def _of(name: str, schemes: Mapping[str, SecurityScheme], depth: int) -> Choice:
    scheme = schemes.get(name)
    if scheme is None:
        raise SecurityError(f"its security {name[:40]!r} is described nowhere")
    if scheme.proxy is not None:
        raise SecurityError("its security is that of a proxy, which is not used here")
    if scheme.scheme == "nosec":
        return OPEN
    if scheme.scheme == "combo":
        return _combined(scheme, schemes, depth)
    if scheme.scheme not in (BASIC, "bearer", "apikey"):
        raise SecurityError(
            f"its security is {scheme.scheme[:20]!r}; basic, bearer, apikey and nosec are spoken here"
        )
    return Choice(_need(scheme))


def _need(scheme: SecurityScheme) -> Need:
    extra = scheme.__pydantic_extra__ or {}
    place = str(extra.get("in", "query" if scheme.scheme == "apikey" else "header"))
    name = str(extra.get("name", "" if scheme.scheme == "apikey" else "Authorization"))
    if place not in _PLACES:
        raise SecurityError(
            f"it wants its key in the {place[:20]!r}; header, query and cookie are spoken here"
        )
    if not name or len(name) > 64 or not all(c.isalnum() or c in "-_.~" for c in name) or not name.isascii():
        raise SecurityError("it does not say how its key is called")
    return Need(scheme.scheme, place, name)


def _combined(scheme: SecurityScheme, schemes: Mapping[str, SecurityScheme], depth: int) -> Choice:
    extra = scheme.__pydantic_extra__ or {}
    every = extra.get("allOf")
    if isinstance(every, list) and all(isinstance(one, str) for one in every):
        return chosen([str(one) for one in every], schemes, depth=depth + 1)
    some = getattr(scheme, "oneOf", None) or extra.get("oneOf")
    if not isinstance(some, list) or not some or len(some) > MAX_SCHEMES:
        raise SecurityError("its security combines nothing")
    why, found = "", list[Choice]()
    for name in some:
        try:
            found.append(chosen(str(name), schemes, depth=depth + 1))
        except SecurityError as error:
            why = str(error)
    if not found:
        raise SecurityError(why)
    return OPEN if OPEN in found else found[0]


def applied(choice: Choice, secret: str) -> Applied:
    """Raises `SecurityError` where `secret` is empty or has another form."""
    need = choice.need
    if need is None:
        return NOTHING
    check_secret(need, secret)
    if need.scheme == BASIC:
        value = "Basic " + b64encode(secret.encode()).decode()
    elif need.scheme == "bearer" and need.place == "header":
        value = f"Bearer {secret}"
    else:
        value = secret
    if need.place == "query":
        return Applied(query={need.name: value})
    if need.place == "cookie":
        return Applied(headers={"Cookie": f"{need.name}={value}"})
    return Applied(headers={need.name: value})


def check_secret(need: Need, secret: str) -> None:
    """Raises `SecurityError`, without the secret."""
    if not secret:
        raise SecurityError(f"its credentials are missing; bring {need.says}")
    if len(secret) > MAX_CREDENTIAL_CHARACTERS or not secret.isprintable():
        raise SecurityError("what was brought is too long, or holds what cannot be printed")
    if need.scheme == BASIC:
        if ":" not in secret:
            raise SecurityError("write a user and a password with a colon between them: user:password")
    elif not secret.isascii() or any(c in ' ",;' for c in secret):
        raise SecurityError("a token or key has no blanks, commas or quotes; bring it as it was given")


def weakness(choice: Choice, *, secure: bool) -> str:
    """What a person should know of it; "" where there is nothing."""
    if choice.need is None:
        return ""
    if not secure:
        return "its credentials travel over http, for everybody on the network to read; use its https address if it has one"
    if choice.need.place == "query":
        return "its key is a part of addresses, which servers and proxies write down; prefer one in a header"
    return ""
