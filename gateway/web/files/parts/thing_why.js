// Why a Thing is as it is: the last command behind it, what it owes, who holds it, and what the ledger has of it.

import { segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { value, when } from "../core/format.js";
import { me } from "../core/me.js";
import { maybe, t } from "../core/texts.js";
import { Empty, Facts, Foreign, html, Loaded, Section, useState } from "../core/ui.js";
import { called } from "./kinds.js";

const ENTRIES = 8;

export const who = (principal) => (!principal ? t("why.somebody") : principal === me.principal ? t("why.you") : maybe(`why.by_${principal}`, principal));

const affordanceOf = (command) => (typeof command.affordance === "string" ? command.affordance : command.affordance?.name ?? "");

function sentence(card, told) {
  const property = card.properties[told.property] ?? {};
  const command = told.command;
  const name = command ? affordanceOf(command) : "";
  const action = card.actions[name];
  const what = !command ? "" : action ? `„${called(name, action, card)}“` : command.value === null || command.value === undefined ? called(told.property, property, card)
    : t("why.set", { what: called(name, card.properties[name] ?? {}, card), value: value(command.value, card.properties[name] ?? {}) });
  const by = command ? { who: who(command.principal), what, when: when(command.at) } : {};
  if (told.takeover) return t("why.takeover", { who: who(told.takeover.by), when: when(told.takeover.at) });
  if (told.cause === "device" && !command) return t("why.reported");
  return t(`why.${told.cause}`, by);
}

const approved = (command) => (command?.approved_by ?? []).map((one) => who(one.principal ?? one.by ?? one)).join(", ");

export function Because({ card, told }) {
  const property = card.properties[told.property];
  const { command } = told;
  const findings = (Array.isArray(command?.findings) ? command.findings : []).filter((one) => one.verdict !== "deny");
  return html`<div class="card"><p><strong>${property ? `${called(told.property, property, card)}: ${value(told.state?.value, property)}` : card.title}</strong></p>
    <p>${sentence(card, told)}</p>
    ${command?.purpose && html`<${Foreign} who=${t("why.said", { who: who(command.principal) })}>${String(command.purpose)}<//>`}
    ${command && html`<${Facts} rows=${[[t("why.outcome"), maybe(`outcome.${command.outcome}`, String(command.outcome ?? ""))], [t("why.approved"), approved(command)],
      [t("why.rules"), findings.map((one) => one.why || one.rule).filter(Boolean).slice(0, 4).join("; ")]]} />`}
    ${told.owed.map((one) => html`<p key=${one.rule}>${one.says}</p>`)}</div>`;
}

export function Why({ card }) {
  const names = Object.entries(card.properties).filter(([, one]) => "quality" in one).map(([name]) => name);
  const [asked, ask] = useState("");
  const path = `/things/${segment(card.id)}/why${asked ? `?property=${segment(asked)}` : ""}`;
  const why = useData(names.length ? path : null, ["action", "obligation"]);
  if (!names.length) return null;
  return html`<${Section} title=${t("why.title")} actions=${names.length > 1 && html`<select class="short" aria-label=${t("why.of")} value=${asked} onChange=${(event) => ask(event.target.value)}>
      <option value="">${t("why.last")}</option>${names.map((name) => html`<option key=${name} value=${name}>${called(name, card.properties[name], card)}</option>`)}</select>`}>
    <${Loaded} from=${why}>${(told) => html`<${Because} card=${card} told=${told} />`}<//><//>`;
}

/** What is owed on it, and who holds it. */
export function Owed({ card }) {
  const owed = useData(`/obligations?thing=${segment(card.id)}`, ["obligation", "action"]);
  const leases = useData("/leases", ["thing", "plan", "action"]);
  const held = (leases.data?.leases ?? []).filter((one) => one.thing === card.id);
  const back = (leases.data?.stand_backs ?? []).filter((one) => one.thing === card.id);
  if (!owed.data?.length && !held.length && !back.length) return null;
  const named = (name) => (name && card.properties[name] ? called(name, card.properties[name], card) : name ?? "");
  const holder = (one) => who(one.holder?.id ?? one.holder);
  return html`<${Section} title=${t("owed.title")}><div class="list plain">
    ${(owed.data ?? []).map((one) => html`<p class="item" key=${one.id ?? one.rule}><strong>${named(one.property)}</strong> ${one.says} ${one.due && html`<small>${t("owed.due", { when: when(one.due) })}</small>`}</p>`)}
    ${held.map((one) => html`<p class="item" key=${one.id}>${t("owed.held", { who: holder(one), what: named(one.property) })} ${one.until && html`<small>${t("owed.until", { when: when(one.until) })}</small>`}</p>`)}
    ${back.map((one) => html`<p class="item" key=${one.property}>${t("owed.back", { what: named(one.property), who: who(one.by), until: when(one.until) })}</p>`)}</div><//>`;
}

/** Its last entries in the ledger. */
export function Record({ card }) {
  const entries = useData(`/ledger?thing=${segment(card.id)}&limit=${ENTRIES}&newest=1`, ["action", "thing", "obligation"]);
  const named = (name) => (name ? called(name, card.properties[name] ?? card.actions[name] ?? {}, card) : "");
  return html`<${Section} title=${t("thing.record")} actions=${html`<a href=${`#/ledger?thing=${segment(card.id)}`}>${t("thing.record_all")}</a>`}>
    <${Loaded} from=${entries}>${(rows) => (rows.length ? html`<ol class="list plain record">${rows.map((one) => html`<li class="item" key=${one.seq}><span>${maybe(`entry.${one.kind}`, one.kind)} ${" "}${named(one.body?.affordance ?? one.body?.property)} ${one.body?.result ? html`<small>${maybe(`outcome.${one.body.result}`, one.body.result)}</small>` : ""}</span>
      <small>${who(one.principal)} · ${when(one.at)}</small></li>`)}</ol>` : html`<${Empty}>${t("thing.no_record")}<//>`)}<//><//>`;
}
