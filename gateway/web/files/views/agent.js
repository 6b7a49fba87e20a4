// An agent asks to be let in: the code that stands where it is, who it is, what is left to it, and a yes that this phone signs.

import { get, post, segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { lasts, when } from "../core/format.js";
import { manages } from "../core/me.js";
import { link } from "../core/route.js";
import { isLive, useThings } from "../core/store.js";
import { t } from "../core/texts.js";
import { Button, Empty, Facts, Failed, Field, Foreign, html, Page, Section, useNow, useState } from "../core/ui.js";
import { FIRST, Narrowing, Trial, useTrial } from "../parts/narrowing.js";
import { signed } from "../parts/signing.js";

const CODE = /^[0-9A-Z]{4}-?[0-9A-Z]{4}$/;
const WEEK_S = 7 * 86_400;

/** As it is spelled where the agent is. */
const spelled = (typed) => {
  const code = typed.trim().toUpperCase().replace(/\s+/g, "");
  return CODE.test(code) && !code.includes("-") ? `${code.slice(0, 4)}-${code.slice(4)}` : code;
};

function Code({ onFound }) {
  const [typed, type] = useState("");
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const asked = useData("/agents/requests", ["notice"]);
  const waiting = asked.data?.waiting ?? [];
  const look = async (event) => {
    event.preventDefault();
    setBusy(true);
    try { onFound(await get(`/agents/requests/${segment(spelled(typed))}`)); } catch (problem) { setError(problem); setBusy(false); }
  };
  return html`<form onSubmit=${look}><p>${t("agent.text")}</p>
    <${Field} label=${t("agent.code")} hint=${t("agent.code_hint")}><input class="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" maxlength="9" placeholder="ABCD-1234" value=${typed} onInput=${(event) => type(event.target.value)} /><//>
    <${Failed} error=${error} /><button class="button primary" disabled=${busy || !isLive() || !CODE.test(spelled(typed))}>${t("agent.look")}</button></form>
    <${Section} title=${t("agent.waiting")}>${waiting.length ? html`<ul class="list plain">${waiting.map((one) => html`<li class="item" key=${one.asked_at + one.from}><${Foreign} who=${t("agent.calls_itself")}>${one.calls_itself}<//><small>${t("agent.from", { from: one.from })} · ${when(one.asked_at)}</small></li>`)}</ul>` : html`<${Empty}>${t("agent.none")}<//>`}<//>`;
}

function Decide({ found, onDone, onBack }) {
  const [at, set] = useState({ ...FIRST, ends: String(WEEK_S) });
  const [name, setName] = useState(found.proposed.principal);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const trial = useTrial(at, "agent");
  const left = (Date.parse(found.expires_at) - useNow()) / 1000;
  const answer = async (body) => {
    setBusy(true);
    try {
      const path = `agents/requests/${found.user_code}`;
      onDone(body.answer, await post(`/agents/requests/${segment(found.user_code)}`, body.answer === "deny" ? body : await signed(path, body)));
    } catch (problem) { setError(problem); setBusy(false); }
  };
  const accept = () => answer({ answer: "accept", principal: name.trim(), name: found.proposed.name, ...(at.ends && { expires_in: Number(at.ends) }),
    ...(Object.keys(trial.is.mandate).length && { mandate: trial.is.mandate }) });
  return html`<div class="card accent"><${Foreign} who=${t("agent.calls_itself")}>${found.calls_itself}<//>
      <${Facts} rows=${[[t("agent.its_code"), found.user_code], [t("agent.shown_by"), t(/browser/.test(found.shown_by) ? "agent.by_browser" : "agent.by_itself")], [t("agent.address"), found.from], [t("agent.acts_for"), found.proposed.acts_for]]} />
      <p>${t("agent.advice")}</p><p class="soft" role="timer">${left > 0 ? t("agent.left", { left: lasts(left) }) : t("agent.late")}</p></div>
    <${Section} title=${t("agent.what")}><p class="soft">${t("agent.what_text")}</p>
      <${Field} label=${t("agent.name")} hint=${t("agent.name_hint")}><input maxlength="60" pattern="[a-z0-9][a-z0-9_.-]*" value=${name} onInput=${(event) => setName(event.target.value)} /><//>
      <${Narrowing} at=${at} onChange=${set} /><${Trial} trial=${trial} /><//>
    <${Failed} error=${error} />
    <div class="buttons"><${Button} kind="primary" busy=${busy} disabled=${!isLive() || !trial.is || left <= 0 || !name.trim()} onClick=${accept}>${t("agent.yes")}<//>
      <${Button} kind="danger" busy=${busy} disabled=${!isLive()} onClick=${() => answer({ answer: "deny" })}>${t("agent.no")}<//><${Button} onClick=${onBack}>${t("ui.cancel")}<//></div>`;
}

export default function Agent() {
  useThings();
  const [found, setFound] = useState(null);
  const [done, setDone] = useState(null);
  if (!manages()) return html`<${Page} title=${t("agent.title")} back="#/people"><${Empty}>${t("agent.adults")}<//><//>`;
  return html`<${Page} title=${t("agent.title")} back="#/people">
    ${done ? html`<div class="card" role="status"><p><strong>${t(`agent.done_${done.answer}`, { who: done.token?.principal ?? "" })}</strong></p>
        ${done.answer === "accept" && html`<p><a class="button primary" href=${link("people", done.token.principal)}>${t("agent.see")}</a></p>`}</div>`
      : found ? html`<${Decide} found=${found} onDone=${(answer, token) => setDone({ answer, token })} onBack=${() => setFound(null)} />` : html`<${Code} onFound=${setFound} />`}<//>`;
}
