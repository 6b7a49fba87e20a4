"""Push by peers that others wrote: the push service of web-push-testing, and Chromium, which shows what came."""

from __future__ import annotations

import asyncio
import json
import ssl
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Worker

from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Config, Http, Push
from gateway.ids import new_id
from gateway.notify import Notice, Urgency
from tests.gateway.api.desk import DeskDriver, House, until
from tests.gateway.push.push_service import certificate
from tests.peers.app_stage import App, app_house, app_phone

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
PATIENCE_S = 60.0
MODULES = HERE.parents[1] / ".ci" / "node_modules"


@asynccontextmanager
async def served_by_others(node: str, directory: Path) -> AsyncIterator[str]:
    made, key = certificate(directory)
    program = (node, str(HERE / "web_push_testing.js"), str(MODULES), str(made), str(key))
    process = await asyncio.create_subprocess_exec(*program, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        async with asyncio.timeout(10):
            await process.wait()


def tell(house: House, title: str, **members: Any) -> None:
    now = house.gateway.clock.wall()
    house.gateway.parts.notifier.tell(Notice(new_id(now), now, title, "text", **members))


async def test_a_push_service_of_others(node: str, tmp_path: Path) -> None:
    """It verifies the word and the key that the browser subscribed for, decrypts, and says when a subscription is over."""
    async with served_by_others(node, tmp_path) as origin:
        config = Config(
            state_dir=tmp_path / "state",
            runtime_dir=tmp_path / "run",
            http=Http(port=0),
            push=Push(hosts=(origin.removeprefix("https://"),), ca=tmp_path / "ca.pem"),
        )
        driver = DeskDriver()
        async with open_gateway(config, drivers={"desk": driver}) as gateway, serve(gateway) as url:
            house = House(gateway, driver, url, config.socket)
            anna = await house.owner()
            tls = ssl.create_default_context(cafile=tmp_path / "ca.pem")
            async with aiohttp.ClientSession(origin, connector=aiohttp.TCPConnector(ssl=tls)) as browser:
                key = (await (await anna.get("/push")).json())["key"]
                asked = {"userVisibleOnly": "true", "applicationServerKey": key}
                made = (await (await browser.post("/subscribe", json=asked)).json())["data"]
                phone = made.pop("clientHash")
                assert (await anna.post("/push/subscriptions", json=made)).status == 201
                tell(house, "Front door: unlock?", urgency=Urgency.HIGH, tag="a1", ref="/approvals/a1")
                shown = await _shown(browser, phone, 1)
                tell(house, "Approved: Front door: unlock", tag="a1")
                shown = await _shown(browser, phone, 2)
                assert [one["title"] for one in shown] == [
                    "Front door: unlock?",
                    "Approved: Front door: unlock",
                ]
                assert [one["silent"] for one in shown] == [False, True]
                await (await browser.post(f"/expire-subscription/{phone}")).read()
                tell(house, "Smoke", urgency=Urgency.HIGH)
                office = gateway.parts.notifier.push
                assert office is not None
                await until(lambda: not office.subscriptions)
            for session in house.sessions:
                await session.close()


async def _shown(browser: aiohttp.ClientSession, phone: str, number: int) -> list[dict[str, Any]]:
    while True:
        answer = await browser.post("/get-notifications", json={"clientHash": phone})
        messages = (await answer.json())["data"]["messages"]
        if len(messages) >= number:
            return [json.loads(one) for one in messages]


# ---------------------------------------------------------------- the phone's side

NOTICE = {
    "notice": "n1",
    "kind": "approval",
    "title": "Front door: unlock?",
    "text": "coo asks",
    "ref": "/approvals/a1",
    "tag": "a1",
    "urgent": True,
    "silent": False,
    "at": 1_750_000_000_000,
}
_LIST = """async () => {
  const registration = await navigator.serviceWorker.ready;
  return (await registration.getNotifications()).map(({ title, body, tag, data, silent, requireInteraction, actions }) =>
    ({ title, body, tag, data, silent, requireInteraction, actions: actions?.map((one) => one.title) }));
}"""


async def _pushed(app: App, data: str) -> None:
    """As the browser's own push client would hand it over."""
    devtools = await app.context.new_cdp_session(app.page)
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def registered(event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            if not one["isDeleted"] and not found.done():
                found.set_result(one["registrationId"])

    devtools.on("ServiceWorker.workerRegistrationUpdated", registered)
    await devtools.send("ServiceWorker.enable")
    async with asyncio.timeout(PATIENCE_S):
        arguments = {"origin": app.url, "registrationId": await found, "data": data}
        await devtools.send("ServiceWorker.deliverPushMessage", arguments)
    await devtools.detach()


async def _first(app: App, data: str, title: str) -> list[dict[str, Any]]:
    """What the developer tools hand over to a worker that has just begun is lost now and again: then once more."""
    for _ in range(3):
        await _pushed(app, data)
        with suppress(TimeoutError):
            return await _notifications(app, title, within=10.0)
    raise AssertionError("nothing that was pushed is shown")


async def _notifications(app: App, *titles: str, within: float = PATIENCE_S) -> list[dict[str, Any]]:
    async with asyncio.timeout(within):
        while True:
            shown: list[dict[str, Any]] = await app.page.evaluate(_LIST)
            if sorted(one["title"] for one in shown) == sorted(titles):
                return shown


_ACTIVE = """navigator.serviceWorker.ready.then(({ active }) => active.state === "activated" ? 0 : new Promise((done) => {
  active.addEventListener("statechange", () => { if (active.state === "activated") done(0); });
}))"""
"""`ready` comes while it is still activating: what is pushed then is lost now and again."""


async def _worker(app: App) -> Worker:
    await app.page.evaluate(_ACTIVE)
    async with asyncio.timeout(PATIENCE_S):
        while not app.context.service_workers:
            await app.page.evaluate("0")  # the browser's turn
    return app.context.service_workers[0]


async def test_chromium_shows_what_came_and_leads_to_it(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house) as app:
        await app.context.grant_permissions(["notifications"], origin=house.url)
        await app.open()
        worker = await _worker(app)
        (shown,) = await _first(app, json.dumps(NOTICE), "Front door: unlock?")
        assert (shown["body"], shown["tag"], shown["data"]) == ("coo asks", "a1", {"ref": "/approvals/a1"})
        assert shown["requireInteraction"] and not shown["silent"] and shown["actions"] == ["Look"]
        ended = NOTICE | {"notice": "n2", "title": "Approved by ben", "urgent": False, "silent": True}
        await _pushed(app, json.dumps(ended))
        (shown,) = await _notifications(app, "Approved by ben")  # in its place
        assert shown["silent"] and not shown["requireInteraction"]
        for foreign in ("no JSON", "null", "7", '{"title": 7, "tag": {}, "ref": ["//elsewhere.example"]}'):
            await _pushed(app, foreign)
        shown_now = await _notifications(app, "Approved by ben", "Hearth")
        assert {one["tag"] for one in shown_now} == {"a1", "hearth"}
        assert {one["body"] for one in shown_now} == {"coo asks", "There is news from the house."}
        assert await worker.evaluate("texts().then(({ t }) => t('push.look'))") == "Look"
        leads = {
            "/approvals/a1": "/#/approvals/a1",
            "/plans/p:1": "/#/plans/p%3A1",
            "/things/desk-lamp": "/#/thing/desk-lamp",
            "/agents/requests": "/#/people",
            "/executions/e1": "/#/notices",
            "//elsewhere.example/": "/#/notices",
            "javascript:alert(1)": "/#/notices",
            "": "/#/notices",
        }
        assert await worker.evaluate("refs => refs.map(leadsTo)", [*leads]) == [*leads.values()]
        assert await worker.evaluate("[leadsTo(null), leadsTo({}), leadsTo(7)]") == ["/#/notices"] * 3


ASKED = {
    "say": "asked",
    "who": "coo",
    "for": "anna",
    "use": {
        "title": "Haustür",
        "affordance": "unlock",
        "capability": "lock.unlock",
        "action": True,
        "value": None,
    },
    "says": "der Klempner ist da",
}


async def test_chromium_shows_it_in_the_phone_s_language(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house, language="de-DE") as app:
        await app.context.grant_permissions(["notifications"], origin=house.url)
        await app.open()
        await _worker(app)
        (shown,) = await _first(app, json.dumps(NOTICE | {"words": ASKED}), "Haustür: Entriegeln?")
        assert shown["body"] == "coo (für anna) fragt. coo schreibt: „der Klempner ist da“"
        assert shown["actions"] == ["Ansehen"]
        heater = {
            "say": "stays_on",
            "title": "Heizer",
            "rest": "(the device cannot be reached; safety/heaters)",
        }
        await _pushed(app, json.dumps(NOTICE | {"words": heater}))
        (shown,) = await _notifications(app, "Heizer ließ sich nicht ausschalten")
        for strange in (
            {"say": "nothing we know"},
            {"say": "asked", "use": 7},
            ["asked"],
            {"say": "constructor"},
        ):
            await _pushed(app, json.dumps(NOTICE | {"words": strange}))
        await _notifications(app, "Front door: unlock?")
        await _pushed(app, json.dumps(NOTICE | {"title": "Hearth", "hidden": True, "kind": "notice"}))
        (shown,) = await _notifications(app, "Hearth")
        assert shown["body"] == "Etwas im Haus wartet auf dich."


_STATE = "import('/app/x/core/push.js').then((push) => push.state()).then(({ is, why }) => [is, why])"
_SUBSCRIBE = (
    "import('/app/x/core/push.js').then((push) => push.subscribe())"
    ".then(() => 'on', (error) => error.why ?? error.message)"
)


async def test_why_a_phone_cannot_be_called(tmp_path: Path) -> None:
    """A private window, which no push service calls: the person is told, and the gateway is not."""
    async with app_house(tmp_path) as house, app_phone(house, allowed=("undetectable by websites.",)) as app:
        await app.open()
        await _worker(app)
        assert await app.page.evaluate(_STATE) == ["off", ""]
        assert await app.page.evaluate(_SUBSCRIBE) == "denied"  # nobody is there who could be asked
        await app.context.grant_permissions(["notifications"], origin=house.url)
        await app.page.reload()
        await _worker(app)
        assert await app.page.evaluate(_STATE) == ["off", ""]
        assert await app.page.evaluate(_SUBSCRIBE) == "service"
        office = house.gateway.parts.notifier.push
        assert office is not None
        assert not office.subscriptions


_NOTICES = """async () => {
  const [{ notices, markRead }, ] = [await import('/app/x/core/notices.js')];
  globalThis.told = notices; globalThis.markRead = markRead;
  const live = await import('/app/x/core/live.js');
  await (await import('/app/x/core/notices.js')).start(live.on);
  live.start();
  return notices.open.map((one) => one.title);
}"""


async def test_the_page_has_what_was_told_and_what_comes(tmp_path: Path) -> None:
    async with app_house(tmp_path) as house, app_phone(house) as app:
        notifier, clock = house.gateway.parts.notifier, house.gateway.clock

        def tell(title: str, **members: Any) -> str:
            notice = Notice(new_id(clock.wall()), clock.wall(), title, "text", **members)
            notifier.tell(notice)
            return notice.id

        tell("before", tag="t")
        tell("for tim", to=("tim",))
        await app.open()
        assert await app.page.evaluate(_NOTICES) == ["before"]
        tell("instead", tag="t")
        last = tell("after", until=clock.wall() + 3600)
        await app.page.wait_for_function("() => told.open.length === 2 && told.open[0].title === 'after'")
        assert await app.page.evaluate("[told.open.map((one) => one.title), told.unread]") == [
            ["after", "instead"],
            2,
        ]
        await app.page.evaluate("id => markRead([id])", last)
        assert await app.page.evaluate("told.unread") == 1
        found = await app.page.evaluate("fetch('/notices').then((answer) => answer.json())")
        assert found["unread"] == 1
        assert [(one["title"], one["read"]) for one in found["notices"]] == [
            ("after", True),
            ("instead", False),
        ]
