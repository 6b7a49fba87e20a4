// Plans: what runs, what is planned, what was; one of them step by step; a new one.

import { post } from "../core/api.js";
import { useData } from "../core/data.js";
import { when } from "../core/format.js";
import { isPerson, manages, me } from "../core/me.js";
import { go, link } from "../core/route.js";
import { isLive } from "../core/store.js";
import { t } from "../core/texts.js";
import { Badge, Button, Card, Empty, Facts, Failed, Foreign, html, Loaded, Page, Row, Section, Sheet, useState } from "../core/ui.js";
import { Prepared } from "../parts/plan_look.js";
import { blank, Maker } from "../parts/plan_maker.js";
import { pathOf, scheduleText, stateText, stateTone, Steps } from "../parts/plan_steps.js";

const SHOWN_ENDED = 30;
const ENDED = new Set(["done", "partly-done", "undone", "failed", "cancelled", "stopped", "refused", "missed"]);

export default function Plans({ params }) {
  if (params[0] === "new") return html`<${New} />`;
  return params[0] ? html`<${One} id=${params[0]} />` : html`<${All} />`;
}

const who = (plan) => (plan.acts_for ? t("approvals.for", { agent: plan.principal, person: plan.acts_for }) : plan.principal);

function PlanRow({ plan }) {
  const time = plan.next ? t("plans.next", { when: when(plan.next) }) : plan.ended ? when(plan.ended) : plan.began ? t("plans.progress", { done: plan.ended_steps, of: plan.of }) : when(plan.prepared);
  return html`<${Row} href=${link("plans", plan.id)} title=${plan.title} sub=${`${who(plan)} · ${time}`} side=${html`<${Badge} tone=${stateTone(plan.state)}>${stateText(plan.state)}<//>`} />`;
}

function All() {
  const from = useData(`/plans?ended=${SHOWN_ENDED}`, ["plan", "approval"]);
  const make = isPerson() && html`<a class="button primary" href="#/plans/new">${t("plans.new")}</a>`;
  return html`<${Page} title=${t("plans.title")} actions=${make}><${Loaded} from=${from}>${(plans) => {
    const groups = [["plans.running", (plan) => !ENDED.has(plan.state) && !["scheduled", "prepared"].includes(plan.state)], ["plans.scheduled", (plan) => plan.state === "scheduled"],
      ["plans.drafts", (plan) => plan.state === "prepared"], ["plans.past", (plan) => ENDED.has(plan.state)]];
    return html`${plans.length === 0 && html`<${Empty}>${t("plans.none")}<//>`}
      ${groups.map(([title, fits]) => { const shown = plans.filter(fits); return shown.length > 0 && html`<${Section} key=${title} title=${t(title)}><div class="list">${shown.map((plan) => html`<${PlanRow} key=${plan.id} plan=${plan} />`)}</div><//>`; })}`;
  }}<//><//>`;
}

function New() {
  const [made, setMade] = useState(blank);
  const [plan, setPlan] = useState(null);
  return html`<${Page} title=${plan ? plan.title : t("plans.new")} back="#/plans">${plan
    ? html`<${Prepared} plan=${plan} onBegun=${() => go("plans", plan.id)} onAgain=${() => setPlan(null)} />`
    : html`<p class="soft">${t("plans.new_text")}</p><${Maker} made=${made} onChange=${setMade} onPrepared=${setPlan} />`}<//>`;
}

function Cancelling({ plan, onDone, onClose }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const cancel = (undo) => async () => {
    setBusy(true);
    try { await post(`${pathOf(plan.id)}/cancel`, { undo }); onDone(); onClose(); } catch (problem) { setError(problem); setBusy(false); }
  };
  const done = plan.steps.some((step) => step.state === "done" || step.state === "running");
  return html`<${Sheet} title=${t("plans.cancel_title")} onClose=${onClose}><p>${t(done ? "plans.cancel_text" : "plans.cancel_nothing")}</p><${Failed} error=${error} />
    <div class="buttons">${done && html`<${Button} kind="danger" busy=${busy} onClick=${cancel(true)}>${t("plans.cancel_undo")}<//>`}
      <${Button} kind="danger" busy=${busy} onClick=${cancel(false)}>${t(done ? "plans.cancel_leave" : "plans.cancel")}<//><${Button} onClick=${onClose}>${t("ui.cancel")}<//></div><//>`;
}

function Controls({ plan, reload }) {
  const [sheet, open] = useState(false);
  const [error, setError] = useState(null);
  const act = (what) => async () => { setError(null); try { await post(`${pathOf(plan.id)}/${what}`); reload(); } catch (problem) { setError(problem); } };
  if (ENDED.has(plan.state) || !(manages() || plan.principal === me.principal || plan.acts_for === me.principal)) return null;
  const paused = Boolean(plan.paused);
  return html`<div class="buttons">${["running", "scheduled", "paused", "awaiting-approval"].includes(plan.state) && html`<${Button} disabled=${!isLive()} onClick=${act(paused ? "resume" : "pause")}>${t(paused ? "plans.resume" : "plans.pause")}<//>`}
    ${!["cancelling", "stopping"].includes(plan.state) && html`<${Button} kind="danger" disabled=${!isLive()} onClick=${() => open(true)}>${t("plans.cancel")}<//>`}</div><${Failed} error=${error} />
    ${sheet && html`<${Cancelling} plan=${plan} onDone=${reload} onClose=${() => open(false)} />`}`;
}

function Report({ report }) {
  return html`<${Row} href=${link("plans")} title=${stateText(report.end ?? report.state ?? "")} sub=${report.ended ? when(report.ended) : ""} />`;
}

function One({ id }) {
  const from = useData(pathOf(id), ["plan", "approval", "action"]);
  const plan = from.data;
  if (from.error?.status === 404 && !plan) return html`<${Page} title=${t("plans.title")} back="#/plans"><${Empty}>${t("plans.gone")}<//><//>`;
  if (plan?.state === "prepared" && plan.expires) return html`<${Page} title=${plan.title} back="#/plans"><${Prepared} plan=${plan} onBegun=${from.reload} /><//>`;
  return html`<${Page} title=${plan?.title ?? t("plans.title")} back="#/plans"><${Loaded} from=${from}>${() => html`
    <${Card} tone=${plan.state === "running" ? "accent" : ""}><p role="status"><${Badge} tone=${stateTone(plan.state)}>${stateText(plan.state)}<//> ${t("plans.progress", { done: plan.ended_steps, of: plan.of })}</p>
      ${plan.why && html`<p>${plan.why}</p>`}
      <${Facts} rows=${[[t("plans.by"), who(plan)], [t("plans.when"), scheduleText(plan.schedule) ?? (plan.committed && when(plan.committed))], plan.next && [t("plans.next_run"), when(plan.next)], plan.run > 1 && [t("plans.run"), plan.run],
        plan.paused && [t("plans.paused_by"), `${plan.paused.by}, ${when(plan.paused.since)}`], plan.ended && [t("plans.ended"), when(plan.ended)], [t("plans.on_failure"), t(`plans.fail_${plan.on_failure}`)],
        plan.approved_by?.length && [t("plans.approved_by"), plan.approved_by.map((one) => one.by ?? one).join(", ")]]} />
      ${plan.purpose && html`<${Foreign} who=${t("approvals.says", { who: plan.principal })}>${plan.purpose}<//>`}
      ${plan.state === "awaiting-approval" && plan.approval && html`<a class="button primary" href=${link("approvals", plan.approval)}>${t("plans.see_question")}</a>`}<//>
    <${Controls} plan=${plan} reload=${from.reload} />
    <${Section} title=${t("plans.steps")}><${Steps} plan=${plan} /><//>
    ${plan.reports?.length > 1 && html`<${Section} title=${t("plans.reports")}><div class="list">${plan.reports.map((report, number) => html`<${Report} key=${number} report=${report} />`)}</div><//>`}`}<//><//>`;
}
