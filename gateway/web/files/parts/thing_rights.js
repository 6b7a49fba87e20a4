// The rules that bind a Thing, and who may do what with it.

import { segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { manages, me } from "../core/me.js";
import { t } from "../core/texts.js";
import { Badge, Empty, html, Loaded, Section, useState } from "../core/ui.js";
import { called } from "./kinds.js";

const TONES = { permit: "good", "needs-approval": "warn", deny: "bad" };
const ROLES = ["owner", "adult", "child", "guest", "agent", "guest-agent"];

const nameOf = (card, use) => called(use.name, (use.action ? card.actions : card.properties)[use.name] ?? { title: undefined, capability: use.capability }, card);

function Use({ card, use }) {
  const now = use.now && use.now.verdict !== use.verdict ? use.now : null;
  const reasons = (use.reasons ?? []).map((one) => one.why || one.rule).filter(Boolean);
  const said = [...use.conditions ?? [], ...reasons];
  return html`<li class="item"><div class="line-top"><span>${nameOf(card, use)}</span><${Badge} tone=${TONES[use.verdict]}>${t(`verdict.${use.verdict}`)}<//></div>
    ${said.map((one) => html`<small key=${one}>${one}</small>`)}
    ${now && html`<small class="warn">${t("rights.now")} ${now.reasons.map((one) => one.why || one.rule).join("; ")}</small>`}
    ${(use.rules ?? []).length > 0 && html`<small class="soft">${t("rights.by")} ${use.rules.join(", ")}</small>`}</li>`;
}

function Uses({ card, explained }) {
  const [thing] = explained.things;
  if (!thing) return html`<${Empty}>${t("rights.nothing")}<//>`;
  const unseen = thing.unseen ?? [];
  const uses = [...thing.uses, ...(thing.denied ?? [])].filter((use) => !card.actions[use.name]?.absolute); // that is another use in short
  return html`${uses.length ? html`<ul class="list plain">${uses.map((use) => html`<${Use} key=${use.name} card=${card} use=${use} />`)}</ul>` : html`<${Empty}>${t("rights.no_use")}<//>`}
    ${unseen.length > 0 && html`<p class="soft">${t("rights.unseen", { what: unseen.map((name) => called(name, card.properties[name] ?? {}, card)).join(", ") })}</p>`}`;
}

export function Rights({ card }) {
  const [asked, ask] = useState("");
  const query = asked.startsWith("role:") ? `&role=${segment(asked.slice(5))}` : asked ? `&principal=${segment(asked)}` : "";
  const explained = useData(`/policies/explain?thing=${segment(card.id)}${query}`, ["rules", "thing"]);
  const tokens = useData(manages() ? "/tokens" : null);
  const known = [...new Set((tokens.data ?? []).filter((one) => !one.revoked_at).map((one) => one.principal))].filter((one) => one && one !== me.principal).sort();
  return html`<${Section} title=${t("rights.title")}>
    ${manages() && html`<select aria-label=${t("rights.who")} value=${asked} onChange=${(event) => ask(event.target.value)}>
      <option value="">${t("rights.me")}</option>
      ${known.length > 0 && html`<optgroup label=${t("rights.known")}>${known.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}</optgroup>`}
      <optgroup label=${t("rights.any")}>${ROLES.map((one) => html`<option key=${one} value=${`role:${one}`}>${t(`role.${one}`)}</option>`)}</optgroup></select>`}
    <${Loaded} from=${explained}>${(data) => html`<${Uses} card=${card} explained=${data} />`}<//><//>`;
}
