// What waits for this person's yes, what this person asked for, what was answered lately, and what is allowed for a while.

import { remove, segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { lasts, when } from "../core/format.js";
import { on } from "../core/live.js";
import { isPerson, manages, me } from "../core/me.js";
import { link } from "../core/route.js";
import { maybe, t } from "../core/texts.js";
import { Badge, Button, Card, Confirm, Empty, Failed, html, Loaded, Page, Row, Section, useEffect, useNow, useState } from "../core/ui.js";
import { Aftermath } from "../parts/aftermath.js";
import { Answering, titleOf } from "../parts/answering.js";
import { askerOf, headOf, Question } from "../parts/question.js";
import { affordanceOf, calledOf, useText, valueOf } from "../parts/use.js";

const SHOWN_ANSWERED = 8;
const TONES = { approved: "good", denied: "bad", expired: "", withdrawn: "" };

export default function Approvals({ params }) {
  return params[0] ? html`<${One} id=${params[0]} />` : html`<${All} />`;
}

function Left({ at }) {
  const left = (Date.parse(at) - useNow(1000)) / 1000;
  return left > 0 ? t("approvals.left", { time: lasts(left) }) : t("approvals.over");
}

const stateBadge = (state) => html`<${Badge} tone=${TONES[state] ?? "accent"}>${t(`approvals.state_${state}`)}<//>`;

function All() {
  const questions = useData(`/approvals?answered=${SHOWN_ANSWERED}`, ["approval"]);
  return html`<${Page} title=${t("approvals.title")}><${Loaded} from=${questions}>${(data) => html`
    ${isPerson() && ((data.to_answer ?? []).length > 0
      ? html`<div class="list">${data.to_answer.map((one) => html`<${Row} key=${one.approval} href=${link("approvals", one.approval)} title=${headOf(one.shown)}
          sub=${html`${askerOf(one.shown.principal)} · <${Left} at=${one.expires_at} />`} />`)}</div>`
      : html`<${Empty}>${t("approvals.none")}<//>`)}
    ${data.waiting.length > 0 && html`<${Section} title=${t("approvals.mine")}><div class="list">${data.waiting.map((one) => html`<${Mine} key=${one.execution ?? one.plan} one=${one} after=${questions.reload} />`)}</div><//>`}
    <${Grants} />
    ${(data.answered ?? []).length > 0 && html`<${Section} title=${t("approvals.answered")}><div class="list">${data.answered.map((one) => html`<${Row} key=${one.approval}
      href=${link("approvals", one.approval)} title=${headOf(one.shown)} sub=${[one.by && t("approvals.by", { who: one.by }), when(one.ended_at)].filter(Boolean).join(" · ")} side=${stateBadge(one.state)} />`)}</div><//>`}`}<//><//>`;
}

/** What this person asked for, and others must say yes to. */
function Mine({ one, after }) {
  const [error, setError] = useState(null);
  const take = async () => { try { await remove(`/executions/${segment(one.execution)}`); after(); } catch (problem) { setError(problem); } };
  const what = one.thing ? `${titleOf(one.thing)}: ${calledOf(one.thing, one.affordance)}` : t("approvals.plan");
  return html`<div class="row"><span class="row-text"><span class="row-title">${what}</span>
    <span class="row-sub">${t("approvals.waits_for", { who: one.asked.map((word) => maybe(`role.${word}`, word)).join(", ") })} · <${Left} at=${one.expires_at} /></span><${Failed} error=${error} /></span>
    ${one.execution && html`<${Button} onClick=${take}>${t("approvals.take_back")}<//>`}</div>`;
}

function Grants() {
  const grants = useData(isPerson() ? "/grants" : null, ["approval", "action"]);
  const [ending, end] = useState(null);
  if (!grants.data?.length) return null;
  const text = (one) => {
    const use = { thing: one.things[0], title: one.things.map(titleOf).join(", "), affordance: one.affordance, action: one.action, value: one.value, capability: affordanceOf(one.things[0], one.affordance, one.action).capability };
    return one.between ? `${use.title}: ${calledOf(use.thing, use.affordance)} ${one.between.map((at) => valueOf(use.thing, use.affordance, at)).join(" – ")}` : useText(use);
  };
  return html`<${Section} title=${t("approvals.grants")}><div class="list">${grants.data.map((one) => html`<div class="row" key=${one.id}><span class="row-text"><span class="row-title">${text(one)}</span>
      <span class="row-sub">${t("approvals.grant_sub", { who: askerOf(one.principal), by: one.by, until: when(one.until), used: one.used, times: one.times })}</span></span>
      ${(manages() || one.by === me.principal) && html`<${Button} kind="danger" onClick=${() => end(one)}>${t("approvals.end")}<//>`}</div>`)}</div>
    ${ending && html`<${Confirm} title=${t("approvals.end_title")} text=${t("approvals.end_text", { who: ending.principal.id })} yes=${t("approvals.end")} danger=${true}
      onYes=${async () => { await remove(`/grants/${segment(ending.id)}`); grants.reload(); }} onClose=${() => end(null)} />`}<//>`;
}

function One({ id }) {
  const from = useData(`/approvals/${segment(id)}`, ["approval"]);
  const [said, setSaid] = useState(null);
  useEffect(() => on("approval", () => setSaid((before) => before && { ...before, stale: true })), []);
  const gone = from.error?.status === 404 && !from.data;
  if (gone) return html`<${Page} title=${t("approvals.title")} back="#/approvals"><${Empty}>${t("approvals.gone")}<//><//>`;
  const question = said && from.data?.state === "asked" && !said.stale ? said : from.data;
  return html`<${Page} title=${question ? headOf(question.shown) : t("approvals.title")} back="#/approvals"><${Loaded} from=${from}>${() => html`
    ${question.state === "asked" ? html`<p class="countdown"><${Left} at=${question.expires_at} /> <span class="soft">${t("approvals.need_not")}</span></p>` : html`<${Ended} question=${question} said=${said} />`}
    <${Question} shown=${question.shown} />
    ${question.state === "asked" && html`<${Answering} question=${question} onAnswered=${(now) => { setSaid(now); from.reload(); }} />`}`}<//><//>`;
}

function Ended({ question, said }) {
  const { shown } = question;
  return html`<${Card} tone=${question.state === "approved" ? "accent" : ""}><p role="status">${stateBadge(question.state)} ${question.by && t("approvals.by", { who: question.by })} ${when(question.ended_at)}</p>
      ${question.why && html`<p>${question.why}</p>`}
      ${said?.grant && html`<p>${t("approvals.granted", { until: when(said.grant.until), times: said.grant.times })}</p>`}
      ${said?.proposal && (said.proposal.why_not ? html`<p>${said.proposal.why_not}</p>` : html`<p>${t("approvals.proposed")} ${manages() && html`<a href="#/rules">${t("approvals.see_rules")}</a>`}</p><p>${said.proposal.about}</p><details><summary>${t("approvals.rule_text")}</summary><pre>${said.proposal.text}</pre></details>`)}<//>
    ${question.state === "approved" && shown.execution && html`<${Aftermath} execution=${shown.execution} />`}
    ${question.state === "approved" && shown.plan && html`<p><a class="button" href=${link("plans", shown.plan)}>${t("approvals.see_plan")}</a></p>`}`;
}
