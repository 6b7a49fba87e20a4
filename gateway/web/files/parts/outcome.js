// What is known of a command, beside its control: no more than that.

import { useOutcome } from "../core/command.js";
import { t } from "../core/texts.js";
import { html } from "../core/ui.js";

const TONES = { confirmed: "good", acknowledged: "good", unconfirmed: "warn", failed: "bad", refused: "bad", waits: "accent" };

/** The last command to one of these affordances. */
export function Outcome({ thing, names }) {
  return html`<div class="outcomes" aria-live="polite">${names.map((name) => html`<${One} key=${name} thing=${thing} name=${name} />`)}</div>`;
}

function One({ thing, name }) {
  const outcome = useOutcome(thing, name);
  if (!outcome) return null;
  const { is, problem, reason } = outcome;
  const why = is === "unconfirmed" ? "" : problem?.detail || problem?.title || reason || "";
  return html`<p class=${`outcome ${TONES[is] ?? ""}`}>${t(`outcome.${is}`)}${why && html` <span class="outcome-why">${why}</span>`}
    ${is === "waits" && html` <a href="#/approvals">${t("outcome.see")}</a>`}</p>`;
}
