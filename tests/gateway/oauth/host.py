"""An agent's host that has no token: the public MCP library's own OAuth client, a browser, and a person with a phone."""

from __future__ import annotations

from urllib.parse import parse_qs, parse_qsl, urlsplit

from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from pydantic import AnyUrl

from tests.gateway.approvals.people import Phone
from tests.gateway.oauth.agents import BACK, Agents, said

_NAMES = frozenset(
    {"response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method"}
)


class Kept(TokenStorage):
    """What a host keeps on its disk."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Host:
    """`person` types the code of each page that is opened; `visits` are their addresses."""

    def __init__(self, house: Agents, person: Phone, principal: str = "host") -> None:
        self.visits: list[str] = []
        self.kept = Kept()
        self._house = house
        self._person = person
        self._principal = principal
        self._back = ""

    def provider(self) -> OAuthClientProvider:
        """As after a start of the host: it knows what it kept, and nothing else."""
        metadata = OAuthClientMetadata(client_name="An MCP host", redirect_uris=[AnyUrl(BACK)])
        return OAuthClientProvider(
            f"{self._house.url}/mcp", metadata, self.kept, self._browse, self._come_back
        )

    async def _browse(self, url: str) -> None:
        """What the browser does: the page, its script, and the person who types the code on the phone."""
        self.visits.append(url)
        browser = self._house.session()
        async with browser.get(url) as page:
            assert page.status == 200
        query: dict[str, object] = {n: v for n, v in parse_qsl(urlsplit(url).query) if n in _NAMES}
        query["resource"] = parse_qs(urlsplit(url).query).get("resource", [])
        status, begun = await said(await browser.post("/oauth/authorize", json=query))
        assert status == 201, begun
        assert begun["calls_itself"] == "An MCP host"
        accepted = await self._house.accept(self._person, begun["user_code"], principal=self._principal)
        assert accepted[0] == 201, accepted
        self._back = str((await self._house.look(begun))[1]["to"])

    async def _come_back(self) -> AuthorizationCodeResult:
        found = {name: values[0] for name, values in parse_qs(urlsplit(self._back).query).items()}
        return AuthorizationCodeResult(code=found["code"], state=found["state"], iss=found["iss"])
