// How the gateway does: its parts, each in words and with what to do, the ways to people, and what else it says of itself.

import { post } from "../core/api.js";
import { useData } from "../core/data.js";
import { ago, lasts, value as shown, when } from "../core/format.js";
import { manages } from "../core/me.js";
import { isLive, useThings } from "../core/store.js";
import { maybe, t } from "../core/texts.js";
import { Badge, Button, Empty, Facts, Failed, html, Loaded, Page, Row, Section, useState } from "../core/ui.js";
import { titleOf } from "../parts/names.js";
import { useStanding } from "../parts/standing.js";

const EVERY = ["notice", "house", "obligation", "state"];
const KNOWN = new Set(["status", "version", "started_at", "state_dir", "uptime_s", "things", "inbox", "mode", "time_is_known", "rules", "rules_problems", "drivers", "watchers", "parts", "ledger", "ingest", "commands",
  "failed_obligations", "streams", "notify"]);

/** `tone` "good", "warn" or "bad", `say` in a sentence, `todo` where a person can do something. */
function Part({ title, tone, say, todo = "", more = null }) {
  return html`<li class="item"><div class="line-top"><strong>${title}</strong><${Badge} tone=${tone}>${t(`health.${tone}`)}<//></div>
    ${say && html`<span>${say}</span>`}${todo && html`<span class="todo">${todo}</span>`}${more}</li>`;
}

function driverRows(health) {
  const driver = ([name, one]) => {
    const lines = (one.problems ?? []).slice(0, 3);
    return html`<${Part} key=${name} title=${maybe(`driver.${name}`, name)} tone=${one.connected ? "good" : "bad"} say=${one.detail} todo=${one.connected ? "" : maybe(`health.driver_${name}`, t("health.driver_todo"))}
      more=${lines.length > 0 && html`<small>${t("health.said")} ${lines.join("; ")}</small>`} />`;
  };
  return Object.entries({ ...health.drivers, ...health.watchers }).map(driver);
}

function ownRows(health, standing) {
  const failed = Object.entries(health.parts).filter(([, one]) => one.state === "failed" || one.failures > 0);
  const holds = standing?.ok === false || ["cut", "forked", "key"].includes(standing?.is);
  return [
    html`<${Part} title=${t("health.ledger")} tone=${!health.ledger.available || holds ? "bad" : "good"} say=${holds ? t("health.ledger_broken") : health.ledger.available ? t("health.ledger_good") : health.ledger.last_error}
      todo=${!health.ledger.available ? t("health.ledger_todo") : holds ? t("health.ledger_look") : ""} />`,
    html`<${Part} title=${t("health.clock")} tone=${health.time_is_known ? "good" : "warn"} say=${t(health.time_is_known ? "health.clock_good" : "health.clock_bad")} todo=${health.time_is_known ? "" : t("health.clock_todo")} />`,
    html`<${Part} title=${t("health.rules")} tone=${health.rules_problems.length ? "bad" : "good"} say=${health.rules_problems[0] ?? t("health.rules_good")} todo=${health.rules_problems.length ? t("health.rules_todo") : ""} />`,
    ...failed.map(([name, one]) => html`<${Part} key=${name} title=${t("health.part", { name: maybe(`part.${name}`, name) })} tone=${one.state === "failed" ? "bad" : "warn"} say=${one.last_error || one.state} todo=${t(one.state === "failed" ? "health.part_todo" : "health.part_again", { count: one.failures })} />`),
    html`<${Part} title=${t("health.parts")} tone=${failed.some(([, one]) => one.state === "failed") ? "bad" : "good"} say=${t("health.parts_run", { count: Object.values(health.parts).filter((one) => one.state === "running").length })} />`,
  ];
}

/** A member that this page knows nothing of: its state, where it tells one, and what it says. */
function Other({ name, is }) {
  if (is === null || is === undefined) return null;
  const title = maybe(`health.${name}`, name.replaceAll("_", " "));
  if (typeof is !== "object") return html`<${Part} title=${title} tone=${is === false ? "warn" : "good"} say=${typeof is === "number" ? shown(is) : String(is)} />`;
  const bad = is.ok === false || is.available === false || is.state === "failed" || is.level === "wrong" || is.level === "error" || is.full === true || is.is_little === true || is.read_only === true;
  const says = is.says ?? is.found ?? is.detail ?? is.last_error ?? "";
  const todo = is.todo ?? is.remedy ?? is.advice ?? (bad ? maybe(`health.${name}_todo`) : "");
  const rows = Object.entries(is).filter(([key, value]) => !["says", "found", "detail", "todo", "remedy", "advice", "ok"].includes(key) && value !== null && typeof value !== "object" && value !== "").slice(0, 8);
  return html`<${Part} title=${title} tone=${bad ? "bad" : is.level === "warning" || is.level === "note" ? "warn" : "good"} say=${String(says)} todo=${String(todo)}
    more=${rows.length > 0 && html`<${Facts} rows=${rows.map(([key, value]) => [maybe(`health_fact.${key}`, key.replaceAll("_", " ")), worded(key, value)])} />`} />`;
}

/** By the unit that a name ends with. */
function worded(key, value) {
  if (typeof value === "boolean") return t(value ? "ui.yes" : "ui.no");
  if (typeof value === "number" && /_s$/.test(key)) return lasts(value);
  if (typeof value === "number" && /bytes|_a_day$/.test(key)) return value >= 1e9 ? `${shown(value / 1e9)} GB` : value >= 1e6 ? `${shown(value / 1e6)} MB` : `${shown(value / 1e3)} kB`;
  if (/_at$/.test(key) && (typeof value === "string" || value > 1e9)) return when(value);
  return typeof value === "number" ? shown(value) : String(value);
}

function Channels() {
  const channels = useData("/notify", ["notice"]);
  const [told, tell] = useState(null);
  const [error, setError] = useState(null);
  const test = async () => { try { tell(await post("/notify/test")); await channels.reload(); } catch (problem) { setError(problem); } };
  const rows = Array.isArray(channels.data) ? channels.data.map((one) => [one.name ?? one.kind, one]) : Object.entries(channels.data?.channels ?? channels.data ?? {}).filter(([, one]) => one && typeof one === "object");
  return html`<${Section} title=${t("health.channels")} actions=${rows.length > 0 && html`<${Button} disabled=${!isLive()} onClick=${test}>${t("health.test")}<//>`}>
    <${Failed} error=${error} />${told && html`<p role="status">${t("health.tested")}</p>`}
    ${rows.length ? html`<ul class="list plain">${rows.map(([name, one]) => { const bad = one.state === "failing";
      return html`<${Part} key=${name} title=${maybe(`channel_kind.${one.kind}`, name)} tone=${bad ? "bad" : "good"} say=${one.last_error ?? one.error ?? ""} todo=${bad ? t("health.channel_todo") : ""} />`; })}</ul>` : html`<${Empty}>${t("health.no_channels")}<//>`}
    <div class="list"><${Row} href="#/notices" title=${t("more.notices")} sub=${t("more.notices_sub")} /></div><//>`;
}

export default function Health() {
  useThings();
  const health = useData("/health", EVERY);
  const standing = useStanding().data;
  return html`<${Page} title=${t("more.health")} back="#/more" actions=${html`<${Button} onClick=${health.reload}>${t("health.look")}<//>`}><${Loaded} from=${health}>${(is) => html`
    <div class=${`card ${is.status === "ok" ? "" : "bad"}`} role="status"><p><strong>${t(is.status === "ok" ? "health.all_good" : "health.some_bad")}</strong></p>
      <p class="soft">${t("health.up", { version: is.version, since: ago(Date.parse(is.started_at) / 1000) })}</p></div>
    ${is.failed_obligations?.length > 0 && html`<${Section} title=${t("health.failed")}><ul class="list plain">${is.failed_obligations.map((one) => html`<${Part} key=${one.id} title=${titleOf(one.thing)} tone="bad" say=${one.error} todo=${t("health.failed_todo")}
      more=${html`<a href=${`#/thing/${encodeURIComponent(one.thing)}`}>${t("health.failed_see")}</a>`} />`)}</ul><//>`}
    ${is.parts && html`<${Section} title=${t("health.gateway")}><ul class="list plain">${ownRows(is, standing)}
      ${Object.entries(is).filter(([name]) => !KNOWN.has(name)).map(([name, one]) => html`<${Other} key=${name} name=${name} is=${one} />`)}</ul><//>
    <${Section} title=${t("health.links")}><ul class="list plain">${driverRows(is)}</ul>
      ${Object.keys(is.ingest?.problems ?? {}).length > 0 && html`<details class="fold"><summary><span>${t("health.not_understood")}</span><small>${Object.keys(is.ingest.problems).length}</small></summary>
        <ul class="list plain">${Object.entries(is.ingest.problems).slice(0, 30).map(([where, why]) => html`<li class="item" key=${where}><span>${where}</span><small>${why}</small></li>`)}</ul></details>`}<//>`}
    ${manages() && html`<${Channels} />`}
    <p class="soft">${t("health.doctor")} <code>hearth doctor</code></p>`}<//><//>`;
}
