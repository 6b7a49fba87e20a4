"""The app on a slow phone, before a house with 200 Things that report 50 times a second: how soon its first page is there,
how much comes over the network, how soon a report is on the screen, and what ten open phones cost the gateway.

python -m tests.bench.app [--things 200] [--reports 50] [--slower 4] [--rounds 5] [--out bench-results]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import BrowserContext, Page, async_playwright

from tests.peers.app_stage import FLAGS, PHONE, chromium

KINDS = "property,event,action,thing,approval,plan,message,obligation,notice,rules,house,discovery"
"""As the app asks for them (gateway/web/files/core/live.js)."""

TARGETS = {"lcp_ms": 1_500, "bytes": 100_000, "screen_p95_ms": 100, "phones_percent": 5.0}

LCP = """() => new Promise((tell) => {
    let last = 0;
    new PerformanceObserver((all) => { for (const one of all.getEntries()) last = one.startTime; })
        .observe({ type: 'largest-contentful-paint', buffered: true });
    setTimeout(() => tell(last), 1500);
})"""

LATENCY = """async (seconds) => {
    const script = performance.getEntriesByType('resource').find((one) => one.name.endsWith('/core/live.js')).name;
    const live = await import(script);
    const told = new Map(), found = [];
    const tiles = new Map();
    for (const link of document.querySelectorAll('.tile h3 a')) {
        tiles.set(link.closest('.tile'), decodeURIComponent(link.hash.split('/')[2]));
    }
    const tileOf = (node) => (node.closest ? node : node.parentElement)?.closest('.tile');
    const end = live.on('property', (event) => told.set(event.thing, Date.parse(event.at)));
    const watch = new MutationObserver((all) => {
        const seen = new Set(all.map((one) => tiles.get(tileOf(one.target))));
        requestAnimationFrame(() => {
            const now = performance.timeOrigin + performance.now();
            for (const id of seen) if (told.has(id)) { found.push(now - told.get(id)); told.delete(id); }
        });
    });
    watch.observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true });
    await new Promise((done) => setTimeout(done, seconds * 1000));
    watch.disconnect();
    end();
    return found;
}"""


async def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        served = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "tests.bench.app_served",
                folder,
                str(options.things),
                str(options.reports),
            ),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert served.stdout is not None
        assert served.stdin is not None
        house = json.loads(await served.stdout.readline())
        try:
            result = {
                "things": options.things,
                "reports_per_second": options.reports,
                "slower": options.slower,
            }
            result |= await _phones(house, served.pid, options)
            result |= await _screen(house, options)
        finally:
            served.stdin.close()
            await served.wait()
    print(_table(result))
    _keep(result, Path(options.out))


def _keep(result: dict[str, Any], out: Path) -> None:
    out.mkdir(exist_ok=True)
    (out / "app.json").write_text(json.dumps(result, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--things", type=int, default=200)
    parser.add_argument("--reports", type=float, default=50)
    parser.add_argument("--slower", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--out", default="bench-results")
    return parser.parse_args()


async def _phones(house: dict[str, Any], pid: int, options: argparse.Namespace) -> dict[str, Any]:
    """Processor time of the gateway, without a reader and with all of them, as shares of one core."""
    alone = await _share(pid, options.seconds)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
        counts = [0] * len(house["tokens"])
        readers = [
            asyncio.create_task(_read(session, house["url"], token, counts, n))
            for n, token in enumerate(house["tokens"])
        ]
        while not all(counts):  # noqa: ASYNC110 - no loop is shared with what is measured
            await asyncio.sleep(0.05)
        before = sum(counts)
        both = await _share(pid, options.seconds)
        heard = (sum(counts) - before) / options.seconds / len(counts)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    return {
        "gateway_percent": round(alone, 2),
        "gateway_with_phones_percent": round(both, 2),
        "phones_percent": round(both - alone, 2),
        "phones": len(counts),
        "heard_per_second": round(heard, 1),
    }


async def _read(session: aiohttp.ClientSession, url: str, token: str, counts: list[int], n: int) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with session.get(f"{url}/events?types={KINDS}", headers=headers) as answer:
        async for line in answer.content:
            counts[n] += line.startswith(b"data:")


async def _share(pid: int, seconds: float) -> float:
    before, began = _cpu_s(pid), time.monotonic()
    await asyncio.sleep(seconds)
    return 100 * (_cpu_s(pid) - before) / (time.monotonic() - began)


def _cpu_s(pid: int) -> float:
    """User and system time of a process (proc(5): stat, fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _screen(house: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        context = await browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)  # type: ignore[arg-type]
        await _pair(context, house)
        paints: list[float] = []
        sizes: list[int] = []
        for _ in range(options.rounds):
            page = await context.new_page()
            painted, size = await _first(page, house["url"], options.slower)
            paints.append(painted)
            sizes.append(size)
            if len(paints) == options.rounds:
                delays = await page.evaluate(LATENCY, options.seconds)
            await page.close()
        await browser.close()
    delays.sort()
    return {
        "lcp_ms": round(sorted(paints)[len(paints) // 2]),
        "lcp_all_ms": [round(one) for one in paints],
        "bytes": max(sizes),
        "screen_p50_ms": round(delays[len(delays) // 2], 1),
        "screen_p95_ms": round(delays[int(len(delays) * 0.95)], 1),
        "seen": len(delays),
    }


async def _pair(context: BrowserContext, house: dict[str, Any]) -> None:
    connector = aiohttp.UnixConnector(path=house["socket"])
    wish = {"role": "owner", "principal": "anna"}
    async with (
        aiohttp.ClientSession("http://localhost", connector=connector) as box,
        box.post("/pairings", json=wish) as opened,
    ):
        code = (await opened.json())["code"]
    page = await context.new_page()
    await page.goto(f"{house['url']}/pair#v=1&c={code}")
    await page.get_by_role("button", name="Pair").click()
    await page.get_by_text("This phone is paired.").wait_for()
    await page.close()


async def _first(page: Page, url: str, slower: float) -> tuple[float, int]:
    """Nothing in the cache; when the largest thing was painted (ms), and what had come by then and soon after (bytes)."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Network.enable")
    await devtools.send("Network.clearBrowserCache")
    await devtools.send(
        "Storage.clearDataForOrigin",
        {"origin": url, "storageTypes": "service_workers,cache_storage,indexeddb"},
    )
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    sizes: list[float] = []
    devtools.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    await page.goto(url)
    painted = await page.evaluate(LCP)
    size = int(sum(sizes))
    await page.locator(".tile").nth(100).wait_for(state="attached")
    return painted, size


def _table(result: dict[str, Any]) -> str:
    rows = [f"{name:32} {value}" for name, value in result.items()]
    rows += [
        f"{name}: {result[name]} of {most}{'' if result[name] < most else '  MISSED'}"
        for name, most in TARGETS.items()
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    asyncio.run(main())
