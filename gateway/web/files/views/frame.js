// What stands around every page: where one can go, whether what is seen is fresh, and the panic button.

import { get, post } from "../core/api.js";
import { useData } from "../core/data.js";
import { when } from "../core/format.js";
import * as live from "../core/live.js";
import { isPerson, manages } from "../core/me.js";
import { useRoute } from "../core/route.js";
import { isLive, things, useThings } from "../core/store.js";
import { later, t } from "../core/texts.js";
import { Button, Failed, html, Loading, Sheet, useEffect, useRef, useState } from "../core/ui.js";

const VIEWS = {
  "": "home", thing: "thing", room: "home", inbox: "inbox", approvals: "approvals", plans: "plans", notices: "notices",
  messages: "messages", people: "people", agent: "agent", rules: "rules", ledger: "ledger", health: "health", score: "scorecard",
  history: "history", more: "more", first: "first",
};

const TABS = [["", "home", "⌂"], ["approvals", "approvals", "✓"], ["plans", "plans", "▤"], ["people", "people", "☺"], ["more", "more", "⋯"]];

const tabOf = (part) => (TABS.some(([tab]) => tab === part) ? part : ["thing", "room", "first"].includes(part) ? "" : part === "agent" ? "people" : "more");

function useView(name) {
  const [view, setView] = useState({ name: null, draw: null, error: null });
  useEffect(() => {
    let current = true;
    Promise.all([import(`./${name}.js`), name !== "home" && later()]).then(([module]) => current && setView({ name, draw: module.default, error: null }),
      (error) => current && setView({ name, draw: null, error }));
    return () => { current = false; };
  }, [name]);
  return view;
}

export function Frame() {
  useThings(); // so that the banner knows
  const route = useRoute();
  const [panic, setPanic] = useState(false);
  const approvals = useData(isPerson() ? "/approvals" : null, ["approval"], get);
  const waiting = approvals.data?.to_answer?.length ?? 0;
  const name = VIEWS[route.parts[0] ?? ""] ?? "nowhere";
  const view = useView(name);
  const main = useRef(null);
  const place = route.parts.join("/");
  const first = useRef(true);
  useEffect(() => {
    if (first.current) { first.current = false; return; }
    scrollTo(0, 0);
    main.current?.querySelector("h1")?.focus({ preventScroll: true });
  }, [place, view.name]);
  return html`<a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); main.current?.querySelector("h1")?.focus(); }}>${t("ui.skip")}</a>
    <${Freshness} />
    <main id="main" ref=${main}>
      ${view.error && html`<${Failed} error=${{ message: t("ui.no_view") }} retry=${() => location.reload()} />`}
      ${view.name === name && view.draw ? html`<${view.draw} key=${place} params=${route.parts.slice(1)} query=${route.query} />` : !view.error && html`<${Loading} />`}
    </main>
    <nav class="tabs" aria-label=${t("nav.label")}>
      ${TABS.map(([tab, label, icon]) => html`<a href=${`#/${tab}`} key=${tab} aria-current=${tabOf(route.parts[0] ?? "") === tab ? "page" : undefined}>
        <span class="tab-icon" aria-hidden="true">${icon}</span><span>${t(`nav.${label}`)}</span>
        ${tab === "approvals" && waiting > 0 && html`<span class="count" aria-label=${t("nav.waiting", { count: waiting })}>${waiting}</span>`}</a>`)}
      ${isPerson() && html`<button type="button" class="panic" onClick=${() => setPanic(true)}><span class="tab-icon" aria-hidden="true">■</span><span>${t("nav.panic")}</span></button>`}
    </nav>
    ${panic && html`<${Panic} onClose=${() => setPanic(false)} />`}`;
}

/** Says when what is seen is not what is. */
function Freshness() {
  const [, tell] = useState(0);
  useEffect(() => live.on("state", () => tell((count) => count + 1)), []);
  const waits = live.state.is === "connecting" && Date.now() - live.state.since > 3_000;
  if (isLive() && !waits) return html`<div role="status" class="freshness live"></div>`;
  const since = things.kept ? things.at : live.state.since;
  return html`<div role="status" class="freshness"><strong>${t("live.offline")}</strong> ${t("live.since", { when: when(since / 1000) })}</div>`;
}

/** Two taps: nothing that software began goes on, and what moves stops. */
function Panic({ onClose }) {
  const [report, setReport] = useState(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const press = async () => {
    setBusy(true);
    try { setReport(await post("/panic")); } catch (problem) { setError(problem); }
    setBusy(false);
  };
  return html`<${Sheet} title=${t("panic.title")} onClose=${onClose}>
    ${report ? html`<p role="status"><strong>${t("panic.done")}</strong></p>
        <p>${t("panic.stopped", { count: report.stopped?.length ?? 0 })} ${t("panic.tokens", { count: report.tokens?.length ?? report.tokens ?? 0 })}</p>
        ${(report.not_stopped ?? []).length > 0 && html`<div class="failed" role="alert"><p>${t("panic.not_stopped")}</p><ul>${report.not_stopped.map((one) => html`<li>${one.title ?? one.thing}</li>`)}</ul></div>`}
        ${manages() && html`<p>${t("panic.after")}</p>`}
        <${Button} onClick=${onClose}>${t("ui.close")}<//>`
      : html`<p>${t("panic.text")}</p><${Failed} error=${error} />
        <${Button} kind="danger large" busy=${busy} onClick=${press}>${t("panic.press")}<//>`}
  <//>`;
}
