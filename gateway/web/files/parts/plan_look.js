// A plan that was prepared: what would happen, what stands against it, and the button that begins it.

import { post } from "../core/api.js";
import { lasts } from "../core/format.js";
import { maybe, t } from "../core/texts.js";
import { Button, Card, Failed, html, useNow, useState } from "../core/ui.js";
import { pathOf, scheduleText, Steps } from "./plan_steps.js";

export function Prepared({ plan, onBegun, onAgain }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const left = (Date.parse(plan.expires) - useNow(1000)) / 1000;
  const act = (what, then) => async () => {
    setBusy(true);
    setError(null);
    try { then(await what()); } catch (problem) { setError(problem); setBusy(false); }
  };
  const begin = act(() => post(`${pathOf(plan.id)}/commit`, { digest: plan.digest }), onBegun);
  const drop = act(() => post(`${pathOf(plan.id)}/cancel`), () => { location.hash = "#/plans"; });
  const at = scheduleText(plan.schedule);
  return html`<${Card} tone="accent"><p><strong>${t("plans.nothing_yet")}</strong> ${at ? t("plans.will_run", { when: at }) : t("plans.will_run_now")}</p>
      ${plan.approvals.map((ask) => html`<p key=${ask.rule}>${t(ask.once ? "plans.asks_once" : "plans.asks", { who: ask.approver.map((word) => maybe(`role.${word}`, word)).join(", ") })} ${ask.why}</p>`)}<//>
    <${Steps} plan=${plan} draft=${true} />
    ${plan.blocked.length > 0 && html`<div class="failed" role="alert"><p><strong>${t("plans.blocked")}</strong></p><ul>${plan.blocked.map((text) => html`<li key=${text}>${text}</li>`)}</ul></div>`}
    <${Failed} error=${error} />
    <div class="buttons">${plan.committable && html`<${Button} kind="primary" busy=${busy} disabled=${left <= 0} onClick=${begin}>${t(plan.schedule ? "plans.schedule_it" : "plans.begin")}<//>`}
      ${onAgain && html`<${Button} onClick=${onAgain}>${t("plans.change")}<//>`}<${Button} kind="quiet" onClick=${drop}>${t("plans.drop")}<//></div>
    <p class="soft">${left > 0 ? t("plans.expires", { time: lasts(left) }) : t("plans.expired")}</p>`;
}
