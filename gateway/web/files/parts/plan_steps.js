// The steps of a plan: what each would do, what is decided of it, how far it is, what was undone.

import { segment } from "../core/api.js";
import { when } from "../core/format.js";
import { link } from "../core/route.js";
import { maybe, t } from "../core/texts.js";
import { Badge, Card, html } from "../core/ui.js";
import { calledOf, useText, valueOf } from "./use.js";

const TONES = { done: "good", failed: "bad", running: "accent", skipped: "" };
export const stateTone = (state) => ({ done: "good", running: "accent", "awaiting-approval": "warn", paused: "warn", failed: "bad", "partly-done": "warn", refused: "bad", stopped: "bad", missed: "warn" }[state] ?? "");
export const stateText = (state) => maybe(`plans.state_${state}`, state);

const useOf = (step) => ({ thing: step.thing, title: step.title, affordance: step.action ?? step.property, action: Boolean(step.action), value: step.value, capability: "" });
export const stepText = (step) => useText(useOf(step));

function Effects({ step }) {
  return step.effects.filter((one) => JSON.stringify(one.from) !== JSON.stringify(one.to)).map((one) => html`<small key=${one.property} class="effect">${calledOf(step.thing, one.property)}: ${valueOf(step.thing, one.property, one.from)} → ${valueOf(step.thing, one.property, one.to)} </small>`);
}

function Step({ step, draft }) {
  const against = (step.findings ?? []).filter((one) => one.verdict !== "permit");
  return html`<li class="plan-step"><div class="plan-step-head"><a href=${link("thing", step.thing)}>${stepText(step)}</a>
      ${draft ? step.verdict !== "permit" && html`<${Badge} tone=${step.verdict === "deny" ? "bad" : "warn"}>${t(`plans.verdict_${step.verdict}`)}<//>`
        : html`<${Badge} tone=${TONES[step.state] ?? ""}>${maybe(`plans.step_${step.state}`, step.state)}<//>`}</div>
    ${draft && html`<${Effects} step=${step} />`}
    ${draft && against.map((one) => html`<p key=${one.rule} class=${step.verdict === "deny" ? "bad" : "warn"}>${one.why || one.rule}</p>`)}
    ${step.not_before && html`<small>${t("plans.not_before", { when: step.not_before })} </small>`}
    ${step.obstacle?.detail && html`<p class="warn">${step.obstacle.detail}</p>`}
    ${step.cannot_undo && html`<p class="warn">${t("plans.cannot_undo")} ${step.cannot_undo}</p>`}
    ${!draft && step.result && step.result !== "confirmed" && html`<p class="soft">${maybe(`approvals.means_${step.result}`, step.result)} ${step.detail ?? ""}</p>`}
    ${!draft && step.ended && html`<small>${when(step.ended)}</small>`}
    ${step.undo && html`<p><${Badge}>${maybe(`plans.undo_${step.undo}`, t("plans.undo", { state: step.undo }))}<//> ${step.undo_detail ?? ""}</p>`}</li>`;
}

export function Steps({ plan, draft = false }) {
  return html`<${Card}><ol class="steps-list">${plan.steps.map((step) => html`<${Step} key=${step.id} step=${step} draft=${draft} />`)}</ol><//>`;
}

/** When it runs, in words; null where at once. */
export function scheduleText(schedule) {
  if (!schedule) return null;
  if (schedule.at) return when(schedule.at);
  if (schedule.daily) return t("plans.daily_at", { time: schedule.daily, days: schedule.days?.length ? schedule.days.map((day) => t(`plans.day_${day}`)).join(", ") : t("plans.every_day") });
  return t("plans.every", { length: schedule.every });
}

export const pathOf = (id) => `/plans/${segment(id)}`;
