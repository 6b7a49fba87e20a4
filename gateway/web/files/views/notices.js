// What this person was told, and how the person is called.

import { get, post } from "../core/api.js";
import { useData } from "../core/data.js";
import { ago, exactly } from "../core/format.js";
import { on } from "../core/live.js";
import { manages } from "../core/me.js";
import { markAllRead, markRead, notices, start, useNotices } from "../core/notices.js";
import * as push from "../core/push.js";
import { link } from "../core/route.js";
import { maybe, t } from "../core/texts.js";
import "../told.js";
import { Badge, Button, Card, Empty, Failed, Field, html, Loaded, Page, Section, useEffect, useNow, useState } from "../core/ui.js";

const TABLE = { approvals: "approvals", plans: "plans", things: "thing" };
const READ_AFTER_MS = 2_000; // what is seen so long was read

/** The app's page for the path that a notice is about. */
function hrefOf(notice) {
  const [, kind, id] = /^\/(\w+)\/([^/?]+)/.exec(notice.ref ?? "") ?? [];
  if (TABLE[kind]) return link(TABLE[kind], decodeURIComponent(id));
  if (notice.plan) return link("plans", notice.plan);
  return notice.thing ? link("thing", notice.thing) : null;
}

function Notice({ notice, now }) {
  const href = hrefOf(notice);
  const { title, text } = globalThis.toldIn(notice, t, maybe);
  return html`<li class=${`notice ${notice.urgency === "high" ? "bad" : ""} ${notice.read ? "" : "unread"}`}>
    <p class="notice-title">${href ? html`<a href=${href}>${title}</a>` : title} ${!notice.read && html`<${Badge} tone="accent">${t("notices.new")}<//>`}</p>
    ${text && html`<p>${text}</p>`}
    <small title=${exactly(notice.at)}>${maybe(`push.kind.${notice.kind}`, notice.kind)} · ${ago(Date.parse(notice.at) / 1000, now)}</small></li>`;
}

let begun = null;

export default function Notices() {
  useEffect(() => { if (!notices.loaded) begun ??= start(on); }, []);
  const { open, unread, loaded, error } = useNotices();
  const now = useNow(20_000);
  useEffect(() => {
    const ids = open.filter((one) => !one.read).map((one) => one.notice);
    if (!ids.length) return undefined;
    const timer = setTimeout(() => { if (!document.hidden) markRead(ids).catch(() => undefined); }, READ_AFTER_MS);
    return () => clearTimeout(timer);
  }, [unread]);
  return html`<${Page} title=${t("notices.title")} back="#/more" actions=${unread > 0 && html`<${Button} onClick=${() => markAllRead().catch(() => undefined)}>${t("notices.all_read")}<//>`}>
    <${Failed} error=${error} />
    ${loaded && open.length === 0 && html`<${Empty}>${t("notices.none")}<//>`}
    ${open.length > 0 && html`<ul class="notices">${open.slice(0, 100).map((one) => html`<${Notice} key=${one.notice} notice=${one} now=${now} />`)}</ul>`}
    <${Phone} /><${Wishes} />${manages() && html`<${Channels} />`}<//>`;
}

function Phone() {
  const [state, set] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const run = (act) => async () => {
    setBusy(true);
    setError(null);
    try { set(await act()); } catch (problem) { setError(problem.why ? { message: problem.why === "house" ? problem.message : t(`push.why.${problem.why}`) } : problem); }
    setBusy(false);
  };
  useEffect(() => { run(push.state)(); }, []);
  return html`<${Section} title=${t("notices.phone")}>${state && html`<p role="status">${state.is === "impossible" ? state.text || t(`push.why.${state.why}`) : t(`notices.push_${state.is}`)}</p>
    ${state.is === "off" && html`<${Button} kind="primary" busy=${busy} onClick=${run(push.subscribe)}>${t("notices.turn_on")}<//>`}
    ${state.is === "on" && html`<${Button} busy=${busy} onClick=${run(push.unsubscribe)}>${t("notices.turn_off")}<//>`}
    ${state.mine.filter((one) => one.remedy).map((one) => html`<p key=${one.id} class="warn">${one.service}: ${one.line} ${one.remedy}</p>`)}`}
    <${Failed} error=${error} /><//>`;
}

const KINDS = ["approval", "reminder", "escalation", "incident", "report", "notice"];

/** Which kinds, how urgent, and when not. Each change counts at once. */
function Wishes() {
  const from = useData("/push/preferences");
  const [mine, setMine] = useState(null);
  const [error, setError] = useState(null);
  const wanted = mine ?? from.data;
  const change = async (changes) => {
    const next = { ...wanted, ...changes };
    setMine(next);
    setError(null);
    try { setMine(await push.prefer(next)); } catch (problem) { setMine(null); setError(problem); }
  };
  return html`<${Section} title=${t("notices.wishes")}><${Loaded} from=${from}>${() => html`<${Card}>
    ${KINDS.map((kind) => html`<label class="check" key=${kind}><input type="checkbox" checked=${wanted.kinds.includes(kind)}
      onChange=${(event) => change({ kinds: event.target.checked ? [...wanted.kinds, kind] : wanted.kinds.filter((one) => one !== kind) })} /> ${t(`push.kind.${kind}`)}</label>`)}
    <${Field} label=${t("notices.urgency")}><select value=${wanted.urgency} onChange=${(event) => change({ urgency: event.target.value })}>${["low", "normal", "high"].map((one) => html`<option key=${one} value=${one}>${t(`notices.urgency_${one}`)}</option>`)}</select><//>
    <label class="check"><input type="checkbox" checked=${Boolean(wanted.quiet)} onChange=${(event) => change({ quiet: event.target.checked ? { from: "22:00", to: "07:00" } : null })} /> <span>${t("notices.quiet")} <small>${t("notices.quiet_text")}</small></span></label>
    ${wanted.quiet && html`<div class="two"><${Field} label=${t("notices.quiet_from")}><input type="time" required value=${wanted.quiet.from} onChange=${(event) => event.target.value && change({ quiet: { ...wanted.quiet, from: event.target.value } })} /><//>
      <${Field} label=${t("notices.quiet_to")}><input type="time" required value=${wanted.quiet.to} onChange=${(event) => event.target.value && change({ quiet: { ...wanted.quiet, to: event.target.value } })} /><//></div>`}
    <label class="check"><input type="checkbox" checked=${wanted.hidden} onChange=${(event) => change({ hidden: event.target.checked })} /> <span>${t("notices.hidden")} <small>${t("notices.hidden_text")}</small></span></label>
    <${Failed} error=${error} /><//>`}<//><//>`;
}

/** The house's ways to tell people, for who manages it. */
function Channels() {
  const from = useData("/notify", [], get);
  const [said, setSaid] = useState({});
  const test = async (name) => {
    setSaid({ ...said, [name]: t("notices.testing") });
    try {
      const [trial] = await post("/notify/test", { name });
      setSaid({ ...said, [name]: trial.delivered ? t("notices.delivered") : [trial.text, trial.remedy].filter(Boolean).join(" ") });
    } catch (problem) { setSaid({ ...said, [name]: problem.message }); }
  };
  return html`<${Section} title=${t("notices.channels")}><${Loaded} from=${from}>${(channels) => (channels.length === 0 ? html`<${Empty}>${t("notices.no_channels")}<//>`
    : html`<div class="list">${channels.map((one) => html`<div class="row" key=${one.name}><span class="row-text"><span class="row-title">${one.name}</span><span class="row-sub">${one.where} ${one.last_error ? `· ${one.last_error}` : ""}</span>
      <span class="row-sub" role="status">${said[one.name] ?? ""}</span></span><${Button} onClick=${() => test(one.name)}>${t("notices.test")}<//></div>`)}</div>`)}<//><//>`;
}
