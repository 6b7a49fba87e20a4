// What may happen in the house, and what never: the sets in force, one of them in plain words, and its text.

import { put, remove, segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { manages, me } from "../core/me.js";
import { go } from "../core/route.js";
import { isLive, useThings } from "../core/store.js";
import { t } from "../core/texts.js";
import { Badge, Button, Confirm, Empty, Field, html, Loaded, Page, Row, Section, Sheet, useState } from "../core/ui.js";

import { Edit, Proposal, Shadow } from "../parts/rule_edit.js";
import { Rules, Waive, Waivers } from "../parts/rule_cards.js";

const MODES = ["home", "away", "night", "holiday"];

function Mode() {
  const mode = useData("/mode", ["house"]);
  const [wanted, want] = useState("");
  if (!mode.data) return null;
  return html`<${Section} title=${t("rules.mode")}><p class="soft">${t("rules.mode_text")}</p>
    <div class="buttons" role="group" aria-label=${t("rules.mode")}>${MODES.map((one) => html`<${Button} key=${one} kind=${one === mode.data.mode ? "chosen" : ""} aria-pressed=${String(one === mode.data.mode)}
      disabled=${!isLive()} onClick=${() => one !== mode.data.mode && want(one)}>${t(`mode.${one}`)}<//>`)}</div>
    ${wanted && html`<${Confirm} title=${t("rules.mode_change")} text=${t("rules.mode_ask", { mode: t(`mode.${wanted}`) })} yes=${t("rules.mode_yes")}
      onYes=${async () => { await put("/mode", { mode: wanted }); await mode.reload(); }} onClose=${() => want("")} />`}<//>`;
}

function Proposals() {
  const proposals = useData("/policies/proposals", ["approval", "rules"]);
  const household = useData(proposals.data?.length ? "/policies/sets/household" : null, ["rules"]);
  if (!proposals.data?.length || !household.data) return null;
  const drop = async (one) => { await remove(`/policies/proposals/${segment(one.id)}`); await proposals.reload(); };
  return html`<${Section} title=${t("rules.proposals")}><p class="soft">${t(me.role === "owner" ? "rules.proposals_text" : "rules.proposals_owner")}</p>
    ${me.role === "owner" ? proposals.data.map((one) => html`<${Proposal} key=${one.id + household.data.digest} one=${one} household=${household.data} onDone=${() => drop(one)} onDrop=${() => drop(one)} />`)
      : html`<ul class="list plain">${proposals.data.map((one) => html`<li class="item" key=${one.id}>${one.about}</li>`)}</ul>`}<//>`;
}

function NewSet({ onClose }) {
  const [name, setName] = useState("");
  const good = /^[a-z0-9][a-z0-9-]{0,63}$/.test(name);
  return html`<${Sheet} title=${t("rules.new")} onClose=${onClose}><form onSubmit=${(event) => { event.preventDefault(); onClose(); go("rules", name, "edit"); }}><p>${t("rules.new_text")}</p>
    <${Field} label=${t("rules.new_name")} hint=${t("rules.new_hint")}><input maxlength="64" value=${name} onInput=${(event) => setName(event.target.value)} /><//>
    <button class="button primary" disabled=${!good}>${t("rules.write")}</button></form><//>`;
}

function sub(set) {
  if (set.shadow) return t("rules.is_shadow");
  if (set.name === "safety") return t("rules.is_safety");
  return t(set.root ? (set.own ? "rules.is_yours" : "rules.is_shipped") : "rules.is_narrowing");
}

function Overview() {
  const rules = useData("/policies", ["rules"]);
  const [adding, add] = useState(false);
  return html`<${Page} title=${t("more.rules")} back="#/more"><${Loaded} from=${rules}>${(found) => html`
    ${found.problems.length > 0 && html`<div class="failed" role="alert"><p><strong>${t("rules.not_in_force")}</strong></p><ul>${found.problems.slice(0, 8).map((one) => html`<li key=${one.text}>${one.set}:${one.line} ${one.where} ${one.text}</li>`)}</ul></div>`}
    <p>${t("rules.intro")}</p>
    <div class="list">${found.sets.map((set) => html`<${Row} key=${set.name} href=${`#/rules/${segment(set.name)}`} title=${t(["household", "safety"].includes(set.name) ? `rules.set_${set.name}` : "rules.set_other", { name: set.name })} sub=${sub(set)}
      side=${set.shadow ? html`<${Badge} tone="warn">${t("rules.watches")}<//>` : null} />`)}</div>
    <${Button} onClick=${() => add(true)}>${t("rules.new")}<//>
    <${Proposals} /><${Waivers} /><${Shadow} /><${Mode} />`}<//>${adding && html`<${NewSet} onClose=${() => add(false)} />`}<//>`;
}

function One({ name }) {
  const set = useData(`/policies/sets/${segment(name)}`, ["rules"]);
  const [waiving, waive] = useState(null);
  const title = t(["household", "safety"].includes(name) ? `rules.set_${name}` : "rules.set_other", { name });
  const actions = set.data && name !== "safety" && html`<a class="button" href=${`#/rules/${segment(name)}/edit`}>${t("rules.edit")}</a>`;
  return html`<${Page} title=${title} back="#/rules" actions=${actions}><${Loaded} from=${set}>${(found) => html`<p class="soft">${sub(found)}</p>
      <${Rules} set=${name} rules=${found.rules} onWaive=${(rule, say) => waive({ rule, say })} /><${Waivers} />
      <details class="fold"><summary><span>${t("rules.text")}</span></summary><pre tabindex="0">${found.text}</pre></details>`}<//>
    ${waiving && html`<${Waive} rule=${waiving.rule} say=${waiving.say} onClose=${() => waive(null)} />`}<//>`;
}

export default function RulesView({ params }) {
  useThings();
  const [name, what] = params;
  if (!manages()) return html`<${Page} title=${t("more.rules")} back="#/more"><${Empty}>${t("rules.adults")}<//><//>`;
  if (name === undefined) return html`<${Overview} />`;
  if (what !== "edit") return html`<${One} name=${name} />`;
  return html`<${Page} title=${t("rules.edit_title", { name })} back=${`#/rules/${segment(name)}`}><${Edit} name=${name} /><//>`;
}
