// The rules of a set in plain words, and limits that are left out for a while.

import { post, remove, segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { when } from "../core/format.js";
import { manages, me } from "../core/me.js";
import { allThings, isLive } from "../core/store.js";
import { t } from "../core/texts.js";
import { Badge, Button, Confirm, Empty, Failed, Field, html, Section, Sheet, useState } from "../core/ui.js";
import { titleOf } from "./names.js";
import { spelled } from "./narrowing.js";
import { sentence } from "./rule_words.js";

const TABLES = ["allow", "limit", "ask", "then"];
const HOUR_S = 3600;
const SPANS = [1, 2, 8, 24, 72, 168]; // hours: a week is the longest

function Rule({ table, rule, set, onWaive }) {
  const { say, more } = sentence(table, rule);
  const may = onWaive && table === "limit" && rule.waivable_by?.some((who) => who === me.role || (who === "adult" && me.role === "owner"));
  return html`<li class="item"><span>${say}</span>${more.map((one) => html`<span key=${one}>· ${one}</span>`)}
    <small>${rule.why}</small><small class="soft rule-id">${set}/${rule.id}</small>
    ${may && html`<div><${Button} disabled=${!isLive()} onClick=${() => onWaive(`${set}/${rule.id}`, say)}>${t("rules.waive")}<//></div>`}</li>`;
}

/** `rules`: the tables of a set. */
export function Rules({ set, rules, onWaive = null }) {
  const some = TABLES.filter((table) => rules[table]?.length);
  if (!some.length) return html`<${Empty}>${t("rules.empty")}<//>`;
  return some.map((table) => html`<${Section} key=${table} title=${t(`rules.table_${table}`)}><ul class="list plain">
    ${rules[table].map((rule) => html`<${Rule} key=${rule.id} table=${table} rule=${rule} set=${set} onWaive=${onWaive} />`)}</ul><//>`);
}

/** Asks for how long, where, and why a limit is left out. */
export function Waive({ rule, say, onClose }) {
  const [at, set] = useState({ hours: "2", thing: "", why: "" });
  const [error, setError] = useState(null);
  const give = async (event) => {
    event.preventDefault();
    try {
      await post("/policies/waivers", { rule, thing: at.thing, for: `${at.hours}h`, why: at.why.trim() });
      onClose();
    } catch (problem) { setError(problem); }
  };
  return html`<${Sheet} title=${t("rules.waive")} onClose=${onClose}><form onSubmit=${give}><p>${say}</p>
    <${Field} label=${t("rules.waive_for")}><select value=${at.hours} onChange=${(event) => set({ ...at, hours: event.target.value })}>${SPANS.map((hours) => html`<option key=${hours} value=${String(hours)}>${spelled(hours * HOUR_S)}</option>`)}</select><//>
    <${Field} label=${t("rules.waive_where")}><select value=${at.thing} onChange=${(event) => set({ ...at, thing: event.target.value })}><option value="">${t("rules.everywhere")}</option>
      ${allThings().sort((a, b) => a.title.localeCompare(b.title)).map((card) => html`<option key=${card.id} value=${card.id}>${card.title}</option>`)}</select><//>
    <${Field} label=${t("rules.waive_why")}><input required maxlength="200" value=${at.why} onInput=${(event) => set({ ...at, why: event.target.value })} /><//>
    <${Failed} error=${error} /><div class="buttons"><button class="button primary" disabled=${!at.why.trim()}>${t("rules.waive")}</button><${Button} onClick=${onClose}>${t("ui.cancel")}<//></div></form><//>`;
}

/** Those that are left out now. */
export function Waivers() {
  const waivers = useData("/policies/waivers", ["house", "rules"]);
  const [ending, end] = useState(null);
  if (!waivers.data?.length) return null;
  return html`<${Section} title=${t("rules.waivers")}><ul class="list plain">${waivers.data.map((one) => html`<li class="item with-button" key=${one.id}>
      <div><span>${one.rule} <${Badge} tone="warn">${one.thing ? titleOf(one.thing) : t("rules.everywhere")}<//></span>
      <small>${t("rules.waived", { by: one.by, when: when(one.until), why: one.why })}</small></div>
      ${(manages() || one.by === me.principal) && html`<${Button} disabled=${!isLive()} aria-label=${`${t("rules.waive_end")}: ${one.rule}`} onClick=${() => end(one)}>${t("rules.waive_end")}<//>`}</li>`)}</ul>
    ${ending && html`<${Confirm} title=${t("rules.waive_end")} text=${t("rules.waive_end_text", { rule: ending.rule })} yes=${t("rules.waive_end")}
      onYes=${async () => { await remove(`/policies/waivers/${segment(ending.id)}`); await waivers.reload(); }} onClose=${() => end(null)} />`}<//>`;
}
