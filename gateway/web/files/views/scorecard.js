// How well it all goes: in words first, in numbers second; and for each agent.

import { get, request, segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { lasts } from "../core/format.js";
import { manages } from "../core/me.js";
import { link } from "../core/route.js";
import { language, maybe, t } from "../core/texts.js";
import { Empty, Facts, html, Loaded, Page, Section } from "../core/ui.js";
import { grouped } from "../parts/tokens.js";

const FEWEST = 20; // commands below which a latency says nothing
const MOST_AGENTS = 12; // whose record is asked for: each is a look through the ledger
const WEEK_MS = 7 * 86_400_000;

const percent = (share) => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(share);
const ms = (seconds) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : lasts(seconds));

/** Asked in this order of words: the first whose floor the share reaches. */
const GRADES = [[0.99, "always"], [0.95, "nearly"], [0.8, "mostly"], [0.5, "often"], [-1, "seldom"]];
const grade = (share) => GRADES.find(([floor]) => share >= floor)[1];

function Bar({ share, label }) {
  return html`<div class="bar" role="img" aria-label=${`${label}: ${percent(share)}`}><span style=${{ width: `${Math.round(share * 100)}%` }}></span></div>`;
}

function Figure({ title, say, share = null, rows = [] }) {
  return html`<div class="card figure"><h3>${title}</h3><p>${say}</p>${share !== null && html`<${Bar} share=${share} label=${title} />`}
    ${rows.length > 0 && html`<details class="raw"><summary>${t("score.numbers")}</summary><${Facts} rows=${rows} /></details>`}</div>`;
}

const count = (key, number) => t(`score.${key}`, { count: number });
const members = (by, section) => Object.entries(by ?? {}).map(([name, number]) => [maybe(`${section}.${name}`, name.replaceAll(/[-_]/g, " ")), number]);

function latency(of) {
  if (!of.outcome?.count || of.outcome.count < FEWEST) return t("score.latency_few", { count: FEWEST });
  return t("score.latency_say", { half: ms(of.outcome["0.5"]), most: ms(of.outcome["0.99"]) });
}

function House({ is }) {
  const { commands, plans, recovery, unsafe, corrections, arbitration, trace } = is;
  return html`<div class="figures">
    <${Figure} title=${t("score.completion")} share=${commands.rate} say=${commands.rate === null ? t("score.nothing") : t(`score.completion_${grade(commands.rate)}`, { done: commands.done, of: commands.let_through })}
      rows=${[[t("score.wanted"), commands.attempted], [t("score.by_rules"), commands.held_back.by_rules], [t("score.refused"), commands.held_back.refused], ...members(commands.by, "outcome")]} />
    <${Figure} title=${t("score.plans")} share=${plans.rate} say=${plans.rate === null ? t("score.no_plans") : t("score.plans_say", { done: plans.done, of: plans.let_through })} rows=${members(plans.by, "outcome")} />
    <${Figure} title=${t("score.unsafe")} say=${unsafe.denied + unsafe.asked ? t("score.unsafe_say", { denied: unsafe.denied, asked: unsafe.asked, count: unsafe.approved_after_asking }) : t("score.unsafe_none")} />
    <${Figure} title=${t("score.corrections")} say=${corrections.confirmed_by_software ? (corrections.corrected ? t("score.corrections_say", { count: corrections.corrected, of: corrections.confirmed_by_software }) : t("score.corrections_none", { of: corrections.confirmed_by_software })) : t("score.no_software")} />
    <${Figure} title=${t("score.arbitration")} say=${arbitration.conflicts + arbitration.takeovers ? `${count("conflicts", arbitration.conflicts)} ${count("takeovers", arbitration.takeovers)}` : t("score.arbitration_none")}
      rows=${[[t("score.counter"), arbitration.counter_proposals], ...members(arbitration.leases, "lease")]} />
    <${Figure} title=${t("score.trace")} share=${trace.share} say=${trace.share === null ? t("score.nothing") : t(trace.share === 1 ? "score.trace_all" : "score.trace_say", { done: trace.complete, of: trace.dispatched })} rows=${[[t("score.evident"), trace.with_evidence], [t("score.on_their_way"), trace.on_their_way]]} />
    <${Figure} title=${t("score.recovery")} say=${recovery.starts ? t("score.recovery_say", { count: recovery.starts, mean: ms(recovery.mean_ms / 1000), longest: ms(recovery.longest_ms / 1000) }) : t("score.recovery_none")} />
    <${Figure} title=${t("score.latency")} say=${latency(is.latency)} rows=${["dispatch", "outcome"].flatMap((name) => Object.entries(is.latency[name] ?? {}).filter(([q]) => q !== "count").map(([q, seconds]) => [t(`score.${name}`, { q: percent(Number(q)) }), ms(seconds)]))} />
  </div>`;
}

const worked = (record) => record.total.confirmed + record.total.acknowledged;

/** Each agent in thirty days, and in the last week beside it. */
async function records() {
  const agents = grouped(await get("/tokens")).filter((one) => one.role === "agent" || one.role === "guest-agent").slice(0, MOST_AGENTS);
  const since = new Date(Date.now() - WEEK_MS).toISOString();
  const found = [];
  for (const agent of agents) {
    const path = `/principals/${segment(agent.id)}/record`;
    found.push({ agent, month: await get(path), week: await get(`${path}?since=${segment(since)}`) });
  }
  return found;
}

function Agents() {
  const of = useData("records", ["plan"], records);
  return html`<${Section} title=${t("score.agents")}><${Loaded} from=${of}>${(found) => (found.length ? html`<ul class="list plain">${found.map(({ agent, month, week }) => {
    const rate = month.total.asked ? worked(month) / month.total.asked : null;
    const trend = week.total.asked && rate !== null ? worked(week) / week.total.asked - rate : 0;
    return html`<li class="item" key=${agent.id}><a href=${link("people", agent.id)}>${agent.name || agent.id}</a>
      <span>${rate === null ? t("record.none") : t("score.agent_say", { asked: month.total.asked, worked: worked(month), corrected: month.total.corrected, refused: month.total.refused })}</span>
      ${rate !== null && html`<${Bar} share=${rate} label=${agent.name || agent.id} />`}
      ${Math.abs(trend) >= 0.05 && html`<small>${t(trend > 0 ? "score.better" : "score.worse", { by: percent(Math.abs(trend)) })}</small>`}</li>`;
  })}</ul>` : html`<${Empty}>${t("people.no_agents")}<//>`)}<//><//>`;
}

const measured = async (path) => (await request("GET", path, undefined, { Accept: "application/json" })).data;

export default function Scorecard() {
  const figures = useData(manages() ? "/metrics" : null, ["plan"], measured);
  return html`<${Page} title=${t("more.score")} back="#/more">${manages() ? html`<p class="soft">${t("score.intro")}</p><${Loaded} from=${figures}>${(is) => html`<${House} is=${is} />`}<//><${Agents} />` : html`<${Empty}>${t("score.adults")}<//>`}<//>`;
}
