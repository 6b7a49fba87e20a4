// What agents, people and the house said to each other about plans, holds, commands and tasks: by thread.

import { post, segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { when } from "../core/format.js";
import { isPerson, me } from "../core/me.js";
import { link } from "../core/route.js";
import { maybe, t } from "../core/texts.js";
import { Badge, Button, Card, Empty, Failed, Field, Foreign, html, Loaded, Page, Row, useState } from "../core/ui.js";
import { useText } from "../parts/use.js";

const AT_ONCE = 200;
const LONGEST_SAYING = 500;
const TONES = { escalation: "bad", "counter-proposal": "warn", commitment: "good", "execution-report": "good", proposal: "accent", "task-assignment": "accent" };

export default function Messages({ params }) {
  return params[0] ? html`<${Thread} id=${params[0]} />` : html`<${Threads} />`;
}

const typeText = (type) => maybe(`messages.type_${type}`, type);
const usesText = (uses) => (uses ?? []).map(useText).join("; ");

/** What it says, in one line. */
function gist({ type, body }) {
  const words = body.what?.text ?? body.said?.text;
  if (words) return words;
  if (type === "policy-decision") return t(`plans.verdict_${body.verdict}`);
  return usesText(body.uses) || body.detail || maybe(`messages.because_${body.because ?? body.result}`, (body.because ?? body.result ?? "").replaceAll("_", " ").replaceAll("-", " "));
}

function Threads() {
  const from = useData(`/messages?limit=${AT_ONCE}`, ["message"]);
  return html`<${Page} title=${t("messages.title")} back="#/more"><p class="soft">${t("messages.text")}</p><${Loaded} from=${from}>${(all) => {
    const threads = new Map();
    for (const one of all) threads.set(one.thread, [...(threads.get(one.thread) ?? []), one]);
    const shown = [...threads.values()].map((ones) => ones.sort((a, b) => a.at.localeCompare(b.at))).sort((a, b) => b.at(-1).at.localeCompare(a.at(-1).at));
    return shown.length === 0 ? html`<${Empty}>${t("messages.none")}<//>` : html`<div class="list">${shown.map((ones) => {
      const [first, last] = [ones[0], ones.at(-1)];
      return html`<${Row} key=${first.thread} href=${link("messages", first.thread)} title=${gist(first) || typeText(first.type)} sub=${`${first.from} · ${when(last.at)} · ${t("messages.count", { count: ones.length })}`}
        side=${html`<${Badge} tone=${TONES[last.type] ?? ""}>${typeText(last.type)}<//>`} />`;
    })}</div>`;
  }}<//><//>`;
}

function Body({ message }) {
  const { body, type } = message;
  const words = body.what ?? body.said;
  return html`${words && html`<${Foreign} who=${t("approvals.says", { who: words.by })}>${words.text}<//>`}
    ${type === "task-assignment" && !words && html`<p class="soft">${t("messages.erased")}</p>`}
    ${body.uses && html`<ul>${body.uses.map((use, number) => html`<li key=${number}>${useText(use)} ${use.verdict && use.verdict !== "permit" && html`<${Badge} tone="warn">${t(`plans.verdict_${use.verdict}`)}<//>`}
      ${(use.findings ?? []).filter((one) => one.verdict !== "permit").map((one) => html`<small key=${one.rule}> ${one.why}</small>`)}</li>`)}</ul>`}
    ${body.verdict && html`<p>${t(`plans.verdict_${body.verdict}`)}</p>`}
    ${(body.because || body.result) && html`<p>${maybe(`messages.because_${body.because ?? body.result}`, String(body.because ?? body.result).replaceAll(/[_-]/g, " "))}</p>`}
    ${body.detail && html`<p>${body.detail}</p>`}
    ${(body.asked ?? []).map((one) => html`<p key=${one.approval}><a href=${link("approvals", one.approval)}>${t("plans.see_question")}</a></p>`)}
    ${(body.steps ?? []).length > 0 && Array.isArray(body.steps) && html`<ul>${body.steps.map((step) => html`<li key=${step.step}>${step.step}: ${maybe(`approvals.is_${step.result}`, step.result)} ${step.detail ?? ""}</li>`)}</ul>`}
    ${body.deadline && html`<p>${t("messages.deadline", { when: when(body.deadline) })}</p>`}`;
}

function Thread({ id }) {
  const from = useData(`/messages?thread=${segment(id)}`, ["message"]);
  if (from.error?.status === 404 && !from.data) return html`<${Page} title=${t("messages.title")} back="#/messages"><${Empty}>${t("messages.gone")}<//><//>`;
  const [first] = from.data ?? [];
  return html`<${Page} title=${first ? gist(first) || typeText(first.type) : t("messages.title")} back="#/messages"><${Loaded} from=${from}>${(all) => html`
    <ol class="thread">${all.map((one) => html`<li key=${one.id}><${Card}><p><strong>${one.from}</strong> → ${one.to.map((word) => maybe(`role.${word}`, word)).join(", ")} <${Badge} tone=${TONES[one.type] ?? ""}>${typeText(one.type)}<//> <small>${when(one.at)}</small></p><${Body} message=${one} /><//></li>`)}</ol>
    ${isPerson() && all.some((one) => concerns(one)) && html`<${Reply} thread=${id} last=${all.at(-1)} onSent=${from.reload} />`}`}<//><//>`;
}

const mine = new Set();
const concerns = (one) => {
  mine.clear();
  for (const word of [me.principal, me.role]) mine.add(word);
  return mine.has(one.from) || [...one.to, ...(one.cc ?? [])].some((word) => mine.has(word));
};

/** A person's word in the thread: I see to it, not so, or it is done. It moves nothing, and gives no right. */
function Reply({ thread, last, onSent }) {
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const send = (type, more = {}) => async () => {
    setBusy(true);
    setError(null);
    try { await post("/messages", { type, thread, in_reply_to: last.id, body: { ...(said.trim() ? { said: said.trim() } : {}), ...more } }); setSaid(""); onSent(); } catch (problem) { setError(problem); }
    setBusy(false);
  };
  return html`<${Card}><${Field} label=${t("messages.reply")} hint=${t("messages.reply_hint")}><input maxlength=${LONGEST_SAYING} value=${said} onInput=${(event) => setSaid(event.target.value)} /><//><${Failed} error=${error} />
    <div class="buttons"><${Button} busy=${busy} onClick=${send("commitment")}>${t("messages.commit")}<//><${Button} busy=${busy} disabled=${!said.trim()} onClick=${send("counter-proposal", { because: "preference" })}>${t("messages.counter")}<//>
      <${Button} busy=${busy} onClick=${send("execution-report", { result: "done" })}>${t("messages.done")}<//></div><//>`;
}
