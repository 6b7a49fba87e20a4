// Editing a set: its text with a live check, the cases it should pass, what it would have refused, and the way back.

import { get, post, segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { when } from "../core/format.js";
import { go } from "../core/route.js";
import { t } from "../core/texts.js";
import { Badge, Button, Empty, Facts, Failed, Field, html, Loaded, Section, useState } from "../core/ui.js";
import { titleOf } from "./names.js";
import { Checked, Save, useCheck } from "./rule_saving.js";

const NEW = (name) => `# ${name}\nformat = 1\n`;

/** How the cases come out that ship with Hearth, under these rules. */
function Cases({ name, text }) {
  const [found, tell] = useState(null);
  const [error, setError] = useState(null);
  const run = async () => {
    setError(null);
    try { tell(await post("/policies/test", { sets: { [name]: text } })); } catch (problem) { setError(problem); }
  };
  return html`<${Section} title=${t("rules.cases")} actions=${html`<${Button} onClick=${run}>${t("rules.run")}<//>`}><p class="soft">${t("rules.cases_text")}</p><${Failed} error=${error} />
    <div aria-live="polite">${found && html`<p><${Badge} tone=${found.failed.length ? "warn" : "good"}>${t("rules.passed", { count: found.cases - found.failed.length, of: found.cases })}<//></p>
      ${found.failed.length > 0 && html`<ul class="list plain">${found.failed.slice(0, 10).map((one) => html`<li class="item" key=${one.file + one.name}><span>${one.name}</span><small>${one.text}</small></li>`)}</ul>`}`}</div><//>`;
}

/** What the sets that only watch would have refused. */
export function Shadow() {
  const shadow = useData("/policies/shadow?days=7", ["rules"]);
  if (!shadow.data?.shadows.length) return null;
  const { shadows, rules } = shadow.data;
  return html`<${Section} title=${t("rules.shadow")}><p class="soft">${t("rules.shadow_text", { sets: shadows.join(", ") })}</p>
    ${rules.length ? html`<ul class="list plain">${rules.map((one) => html`<li class="item" key=${one.rule}><span>${one.why}</span><small>${t("rules.shadow_count", { count: one.count, rule: one.rule, when: when(one.latest) })}</small>
      <small>${one.examples.slice(0, 2).map((row) => `${row.principal}: ${titleOf(row.thing)} ${row.affordance ?? ""}`).join("; ")}</small></li>`)}</ul>` : html`<${Empty}>${t("rules.shadow_none")}<//>`}<//>`;
}

function Before({ name, was, onSaved }) {
  const [before, show] = useState(null);
  const [error, setError] = useState(null);
  const look = async () => { try { show(await get(`/policies/sets/${segment(name)}/before`)); } catch (problem) { setError(problem.status === 404 ? { message: t("rules.no_before") } : problem); } };
  return html`<${Section} title=${t("rules.undo")} actions=${!before && html`<${Button} onClick=${look}>${t("rules.undo_look")}<//>`}><${Failed} error=${error} />
    ${before && html`<${Undo} name=${name} text=${before.text} was=${was} onSaved=${onSaved} />`}<//>`;
}

function Undo({ name, text, was, onSaved }) {
  const check = useCheck(name, text);
  return html`<${Checked} check=${check} />${check.is?.ok && html`<${Save} name=${name} text=${text} was=${was} more=${check.is.more} label=${t("rules.undo_yes")} onSaved=${onSaved} />`}`;
}

function Editor({ name, found }) {
  const start = found?.text ?? NEW(name);
  const [text, write] = useState(start);
  const check = useCheck(name, text);
  const was = found?.digest ?? "";
  const saved = () => go("rules", name);
  return html`<p class="soft">${t("rules.edit_text")}</p>
    <${Field} label=${t("rules.text")}><textarea class="rules-text" spellcheck="false" autocapitalize="off" rows="22" value=${text} onInput=${(event) => write(event.target.value)}></textarea><//>
    <${Checked} check=${check} />
    <div class="buttons"><${Save} name=${name} text=${text} was=${was} more=${check.is?.more} label=${t("rules.save")} disabled=${text === start || !check.isFresh || !check.is?.ok} onSaved=${saved} />
      <a class="button" href=${found ? `#/rules/${segment(name)}` : "#/rules"}>${t("ui.cancel")}</a></div>
    <${Cases} name=${name} text=${text} />
    ${found && html`<${Before} name=${name} was=${was} onSaved=${saved} />`}
    ${found?.own && html`<${Section} title=${t("rules.remove")}><p class="soft">${t(found.root ? "rules.remove_root" : "rules.remove_text")}</p>
      <${Save} name=${name} text=${null} was=${was} more=${[]} label=${t("rules.remove")} danger=${true} onSaved=${() => go("rules")} /><//>`}`;
}

/** The editor of a set; of one that is not there, a new one. */
export function Edit({ name }) {
  const set = useData(`/policies/sets/${segment(name)}`, []);
  if (set.error?.status === 404) return html`<${Editor} name=${name} found=${null} />`;
  return html`<${Loaded} from=${set}>${(found) => html`<${Editor} key=${found.digest} name=${name} found=${found} />`}<//>`;
}

/** What an "always" means, for an owner to put in force. */
export function Proposal({ one, household, onDone, onDrop }) {
  const text = `${household.text.trimEnd()}\n\n${one.text.trim()}\n`;
  const check = useCheck("household", text);
  return html`<div class="card"><p><strong>${one.about}</strong></p><${Facts} rows=${[[t("rules.proposed_by"), one.by], [t("rules.proposed_at"), when(one.at)]]} /><pre tabindex="0">${one.text}</pre>
    <${Checked} check=${check} />
    <div class="buttons">${check.is?.ok && html`<${Save} name="household" text=${text} was=${household.digest} more=${check.is.more} label=${t("rules.accept")} onSaved=${onDone} />`}<${Button} onClick=${onDrop}>${t("rules.drop")}<//></div></div>`;
}
