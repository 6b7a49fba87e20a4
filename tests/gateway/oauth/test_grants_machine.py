"""Whatever clients do in whatever order: no token without a person's yes, none twice, none late."""

from __future__ import annotations

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from gateway.oauth.clients import Client
from gateway.oauth.errors import Full, OAuthError
from gateway.oauth.grants import CODE_S, FETCH_S, LIFE_S, MOST_FAR, MOST_NEAR, MOST_OF_ADDRESS, Grants
from gateway.oauth.request import LONGEST_INTERVAL_S, Issued, Request, Returns, State
from tests.gateway.oauth.agents import BACK, CHALLENGE, VERIFIER

CLIENTS = tuple(Client(name, name, (BACK,)) for name in ("one", "two"))
CLIENT = st.sampled_from(CLIENTS)
SECONDS = st.sampled_from((0.5, 4.0, 6.0, CODE_S + 1, FETCH_S + 1, LIFE_S + 1))


class Asking(RuleBasedStateMachine):
    """Two clients and a person. What a model that knows only yes, no and time would allow is compared with what happens."""

    requests = Bundle("requests")
    codes = Bundle("codes")

    def __init__(self) -> None:
        super().__init__()
        number = itertools.count()
        self.grants = Grants(lambda: f"secret-{next(number)}", lambda: _code(next(number)))
        self.now = 0.0
        self.accepted: dict[str, float] = {}  # user code → until when its token waits
        self.over: set[str] = set()  # user codes whose token was given out, or ended
        self.tokens: set[str] = set()

    @rule(target=requests, client=CLIENT, browser=st.booleans(), near=st.booleans())
    def ask(self, client: Client, browser: bool, near: bool) -> object:
        returns = Returns(BACK, "s", CHALLENGE, "http://x") if browser else None
        try:
            request, secret = self.grants.begin(
                client, address="a", near=near, now=self.now, at=self.now, returns=returns
            )
        except Full:
            mine = [one for one in self.grants.waiting(self.now) if not one.near]
            assert len(mine) >= MOST_OF_ADDRESS or len(self.grants) >= MOST_NEAR
            return multiple()
        return request, secret

    @rule(asked=requests)
    def accept(self, asked: tuple[Request, str]) -> None:
        request, _ = asked
        fresh = request.state is State.OPEN and self.now < request.ends_at
        if not self.grants.claim(request, self.now):
            assert not fresh
            return
        assert fresh
        assert not self.grants.claim(request, self.now)  # no second person takes it meanwhile
        assert not self.grants.deny(request, self.now)
        self.grants.grant(
            request, Issued(f"token-{request.user_code}", f"hearth_{request.user_code}"), self.now
        )
        self.accepted[request.user_code] = self.now + FETCH_S

    @rule(target=requests, client=CLIENT, browser=st.booleans())
    def ask_and_be_accepted(self, client: Client, browser: bool) -> object:
        """What it takes several steps to come to, in one: more of a run is about what follows."""
        asked = self.ask(client, browser, near=True)
        if isinstance(asked, tuple):
            self.accept(asked)
        return asked

    @rule(target=codes, client=CLIENT)
    def ask_and_bring_a_code(self, client: Client) -> object:
        asked = self.ask_and_be_accepted(client, browser=True)
        return self.look(asked) if isinstance(asked, tuple) else asked

    @rule(asked=requests)
    def try_to_accept(self, asked: tuple[Request, str]) -> None:
        """The token could not be made: it waits as before."""
        request, _ = asked
        if self.grants.claim(request, self.now):
            self.grants.release(request)
            assert request.state is State.OPEN

    @rule(asked=requests)
    def deny(self, asked: tuple[Request, str]) -> None:
        self.grants.deny(asked[0], self.now)

    @rule(asked=requests, client=CLIENT)
    def poll(self, asked: tuple[Request, str], client: Client) -> None:
        request, secret = asked
        before = request.interval
        try:
            issued = self.grants.fetch(secret, client.id, self.now)
        except OAuthError as error:
            if error.revoke:
                assert request.user_code in self.over
            if error.error == "slow_down":
                assert before <= request.interval <= LONGEST_INTERVAL_S
            return
        assert request.returns is None
        self._given(request, client, issued)

    @rule(target=codes, asked=requests)
    def look(self, asked: tuple[Request, str]) -> object:
        request, secret = asked
        try:
            to = self.grants.way_back(secret, self.now)
        except OAuthError:
            return multiple()
        if to is None or "code=" not in to:
            return multiple()
        assert request.user_code in self.accepted
        assert to.startswith(BACK)
        self.accepted[request.user_code] = min(self.accepted[request.user_code], self.now + CODE_S)
        return request, request.code

    @rule(
        brought=codes,
        client=CLIENT,
        verifier=st.sampled_from((VERIFIER, VERIFIER, VERIFIER, CHALLENGE, "")),
        uri=st.sampled_from((BACK, BACK, "", "http://127.0.0.1/other")),
    )
    def redeem(self, brought: tuple[Request, str], client: Client, verifier: str, uri: str) -> None:
        request, code = brought
        try:
            issued = self.grants.redeem(code, client.id, uri, verifier, self.now)
        except OAuthError as error:
            if error.revoke:
                self.over.add(request.user_code)
            return
        assert verifier == VERIFIER
        assert uri in {BACK, ""}
        self._given(request, client, issued)

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def sweep(self) -> None:
        for token in self.grants.sweep(self.now):
            code = token.removeprefix("token-")
            assert code not in self.over
            assert self.now >= self.accepted[code]
            self.over.add(code)

    def _given(self, request: Request, client: Client, issued: Issued) -> None:
        assert request.user_code in self.accepted  # a person said yes to this very one
        assert self.now < self.accepted[request.user_code]
        assert request.client_id == client.id
        assert request.user_code not in self.over
        assert issued.secret == f"hearth_{request.user_code}"
        assert issued.secret not in self.tokens
        self.tokens.add(issued.secret)
        self.over.add(request.user_code)

    @invariant()
    def is_bounded(self) -> None:
        assert len(self.grants) <= MOST_FAR + MOST_NEAR
        secrets = [
            one.issued.secret for one in self.grants._secret_of if one.issued and one.state is State.SPENT
        ]
        assert not any(secrets)  # what was given out is not kept


def _code(number: int) -> str:
    return f"{number:08d}"[:4] + "-" + f"{number:08d}"[4:]


Asking.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestAsking = Asking.TestCase
