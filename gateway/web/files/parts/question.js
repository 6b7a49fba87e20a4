// What a person is asked: facts first, the asker's own words last and marked as such.

import { when } from "../core/format.js";
import { link } from "../core/route.js";
import { maybe, t } from "../core/texts.js";
import { Badge, Card, Facts, Foreign, html } from "../core/ui.js";
import { owedText } from "./owed.js";
import { effectRows, hazardText, undoText, useText } from "./use.js";

/** One line for a list: what would be done. */
export function headOf(shown) {
  if (shown.use) return useText(shown.use);
  const [first] = shown.steps ?? [];
  if (!first) return shown.titled || t("approvals.plan");
  return shown.steps.length > 1 ? t("approvals.plan_of", { first: useText(first), count: shown.steps.length - 1 }) : useText(first);
}

/** Who asks, for whom, and let in by whom. */
export function askerOf(principal) {
  const by = principal.acts_for ? t("approvals.for", { agent: principal.id, person: principal.acts_for }) : principal.id;
  return principal.makers?.length ? `${by}, ${t("approvals.made_by", { makers: principal.makers.join(", ") })}` : by;
}

const Asks = ({ asks }) => asks.map((ask) => html`<p key=${`${ask.set}/${ask.rule}`} class="asked-by">
  ${ask.why || t("approvals.rule_asks")} <small>${t("approvals.rule", { rule: `${ask.set}/${ask.rule}` })}${ask.approvals > 1 ? ` ${t("approvals.several", { count: ask.approvals })}` : ""}</small></p>`);

function UseFacts({ use }) {
  const undo = undoText(use.reversibility);
  return html`<${Facts} rows=${[
    ...effectRows(use.thing, use.effects),
    [t("approvals.where"), use.room],
    use.members?.length > 0 && [t("approvals.moves"), use.members.map((one) => one.title ?? one.device).join(", ")],
    [t("approvals.can"), html`<span class=${use.hazard >= 2 ? "warn" : ""}>${hazardText(use.hazard)}</span>`],
    undo && [t("approvals.undo"), undo],
  ]} />`;
}

function Step({ step, number }) {
  const undo = undoText(step.reversibility);
  return html`<li><span>${useText(step)}</span> ${step.room && html`<small>${step.room}</small>`}
    ${step.asked.length > 0 && html` <${Badge} tone="warn">${t("approvals.this_asks")}<//>`}
    ${step.hazard >= 2 && html` <small class="warn">${hazardText(step.hazard)}</small>`}${undo && html` <small>${undo}</small>`}</li>`;
}

function PlanFacts({ shown }) {
  const { runs, words, begins, last } = shown.when;
  return html`<${Facts} rows=${[
      [t("approvals.times"), runs > 1 ? t("approvals.runs", { count: runs, words }) : begins ? when(begins) : t("approvals.at_once")],
      last && runs > 1 && [t("approvals.until"), when(last)],
    ]} />
    <h3>${t("approvals.steps")}</h3><ol class="steps-list">${shown.steps.map((step) => html`<${Step} key=${step.step} step=${step} />`)}</ol>
    ${shown.undoing?.length > 0 && html`<h3>${t("approvals.undoing")}</h3><ul class="steps-list">${shown.undoing.map((step) => html`<${Step} key=${step.step} step=${step} />`)}</ul>`}
    <p><a href=${link("plans", shown.plan)}>${t("approvals.see_plan")}</a></p>`;
}

/** All that `shown` of a question says. */
export function Question({ shown }) {
  return html`<${Card}>
      ${shown.use ? html`<${UseFacts} use=${shown.use} />` : html`<${PlanFacts} shown=${shown} />`}
      ${(shown.owes ?? []).map((owed) => html`<p key=${owed}>${t("approvals.then")} ${owedText(owed)}</p>`)}
    <//>
    <${Card}>
      <${Facts} rows=${[[t("approvals.asks"), askerOf(shown.principal)], [t("approvals.role"), maybe(`role.${shown.principal.role}`, shown.principal.role)], [t("approvals.asked_at"), when(shown.asked_at)]]} />
      ${(shown.says || shown.titled || shown.calls_itself) && html`<${Foreign} who=${t("approvals.says", { who: shown.principal.id })}>${[shown.titled, shown.says].filter(Boolean).join(" · ")}
        ${shown.calls_itself && html` <small>${t("approvals.calls_itself", { name: shown.calls_itself })}</small>`}<//>`}
      <h3>${t("approvals.why_asked")}</h3><${Asks} asks=${shown.asks} />
    <//>`;
}
