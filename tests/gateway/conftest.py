"""The gateways of these tests answer as their description says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from gateway.api import server
from gateway.api.express import ExpressLane
from gateway.context import Gateway
from tests.gateway.declared import Declared, Handler
from tests.gateway.openapi.documents import the_app


class Watch:
    """The one document of all gateways of this run: it tells nothing of a house."""

    def __init__(self) -> None:
        self.declared: Declared | None = None

    def of(self, app: web.Application) -> Declared:
        if self.declared is None:
            self.declared = Declared(app)
        return self.declared


@pytest.fixture(autouse=True, scope="session")
def _watched_answers() -> Iterator[Watch]:
    watch, make_app, before = Watch(), server.make_app, ExpressLane.before

    def watched_app(gateway: Gateway, *more: Any) -> web.Application:
        app = make_app(gateway, *more)
        watch.of(app)
        return app

    def watched_before(lane: ExpressLane, ordinary: Handler) -> Handler:
        assert watch.declared is not None
        return watch.declared.watching(before(lane, ordinary))

    watch.of(the_app())  # half a second of work that no test's loop should wait for
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(server, "make_app", watched_app)
        patched.setattr(ExpressLane, "before", watched_before)
        yield watch


@pytest.fixture(autouse=True)
def _answers_are_declared(request: pytest.FixtureRequest, _watched_answers: Watch) -> Iterator[None]:
    """What was answered in a test and is not in the document fails it; but what somebody asks who does not go by it."""
    yield
    declared = _watched_answers.declared
    if declared is not None and request.node.get_closest_marker("undeclared"):
        declared.wrong.clear()
    if declared is not None and declared.wrong:
        wrong, declared.wrong = list(dict.fromkeys(declared.wrong)), []
        pytest.fail("\n".join(wrong), pytrace=False)
