// One who is let in: what it is bound to, what it can do, what it did, and how it ends.

import { remove, segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { ago, value as shown, when } from "../core/format.js";
import { manages, me } from "../core/me.js";
import { isLive } from "../core/store.js";
import { maybe, t } from "../core/texts.js";
import { Badge, Button, Confirm, Empty, Facts, html, Loaded, Row, Section, useState } from "../core/ui.js";
import { MayNow } from "./may.js";
import { personOf, titleOf } from "./names.js";
import { bounds, capabilities, listed, mandateWords } from "./rule_words.js";
import { endsWith } from "./tokens.js";

const times = (at) => (at ? ago(Date.parse(at) / 1000) : null);

function About({ one }) {
  const agent = one.role === "agent" || one.role === "guest-agent";
  return html`<div class="card"><${Facts} rows=${[
    [t("people.role"), t(`role.${one.role}`)],
    [t("people.id"), one.name && one.name !== one.id ? one.id : null],
    [t("people.for"), agent ? one.acts_for || t("people.nobody") : null],
    [t("people.made_by"), one.by || null],
    [t("people.since"), when(one.tokens.map((token) => token.created_at).sort()[0])],
    [t("people.used"), times(one.last_used_at) ?? t("people.never")],
    [t("people.ends"), one.expires_at ? when(one.expires_at) : t("people.no_end")],
  ]} /></div>`;
}

/** What is left to it of what the rules allow. */
function Mandate({ one }) {
  const said = mandateWords(one.mandate);
  if (!said.length) return null;
  return html`<${Section} title=${t("people.mandate")}><ul class="list plain">${said.map((text) => html`<li class="item" key=${text}>${text}</li>`)}</ul><//>`;
}

const OUTCOMES = ["confirmed", "acknowledged", "approved", "refused", "corrected", "unconfirmed", "in_doubt", "rejected", "not_sent"];

function Record({ id }) {
  const record = useData(`/principals/${segment(id)}/record`, ["action", "approval"]);
  return html`<${Section} title=${t("people.record")} actions=${html`<a class="button quiet" href=${`#/ledger?who=${segment(id)}`}>${t("people.ledger")}</a>`}>
    <${Loaded} from=${record}>${({ total, capabilities: by }) => (total.asked ? html`<div class="card"><p>${t("record.asked", { count: total.asked })}${" "}
        ${OUTCOMES.filter((name) => total[name]).map((name) => t(`record.${name}`, { count: total[name] })).join(", ")}.</p>
      <${Facts} rows=${Object.entries(by).filter(([, one]) => one.asked).sort(([, a], [, b]) => b.asked - a.asked).slice(0, 6).map(([name, one]) => [capabilities([name]), t("record.of", { done: one.confirmed + one.acknowledged, asked: one.asked })])} /></div>`
      : html`<${Empty}>${t("record.none")}<//>`)}<//><//>`;
}

function Item({ title, sub, onEnd = null, label }) {
  return html`<li class="item with-button"><div><span>${title}</span>${sub && html`<small>${sub}</small>`}</div>
    ${onEnd && html`<${Button} disabled=${!isLive()} onClick=${onEnd} aria-label=${`${label}: ${title}`}>${label}<//>`}</li>`;
}

/** What was promised to it for a while: leases, grants, contracts. */
function Holds({ id }) {
  const leases = useData("/leases", ["action", "plan", "message"]);
  const grants = useData("/grants", ["approval"]);
  const contracts = useData("/contracts", ["notice", "message"]);
  const [ending, end] = useState(null);
  const held = (leases.data?.leases ?? []).filter((one) => one.holder === id);
  const given = (grants.data ?? []).filter((one) => one.principal?.id === id);
  const knows = (contracts.data ?? []).filter((one) => one.reader === id && one.state !== "ended");
  if (!held.length && !given.length && !knows.length) return null;
  const stop = (title, path, from) => end({ title, act: async () => { await remove(path); await from.reload(); } });
  return html`<${Section} title=${t("holds.title")}><ul class="list plain">
    ${held.map((one) => { const title = t("holds.lease", { what: [titleOf(one.thing), one.property && maybe(`cap.${one.property}`, one.property)].filter(Boolean).join(": ") });
      const accepts = one.accepts ? bounds({ min: one.accepts.minimum, max: one.accepts.maximum, one_of: one.accepts.one_of }) : "";
      return html`<${Item} key=${one.id} title=${title} sub=${[accepts && t("holds.accepts", { what: accepts }), one.until && t("people.until", { when: when(one.until) })].filter(Boolean).join(" · ")}
        label=${t("holds.end")} onEnd=${manages() && (() => stop(title, `/leases/${segment(one.id)}`, leases))} />`; })}
    ${given.map((one) => { const what = one.value !== undefined && one.value !== null ? ` ${shown(one.value)}` : "";
      const title = t("holds.grant", { what: `${one.affordance.replaceAll("_", " ")}${what}`, things: listed(one.things.map(titleOf)) });
      return html`<${Item} key=${one.id} title=${title} sub=${t("holds.grant_sub", { by: one.by, when: when(one.until), used: one.used, times: one.times })}
        label=${t("holds.end")} onEnd=${() => stop(title, `/grants/${segment(one.id)}`, grants)} />`; })}
    ${knows.map((one) => { const title = t(one.state === "asked" ? "holds.contract_asked" : "holds.contract");
      return html`<${Item} key=${one.id} title=${title} sub=${[one.terms?.purpose, t("people.until", { when: when(one.expires_at) })].filter(Boolean).join(" · ")}
        label=${t("holds.end")} onEnd=${manages() && (() => stop(title, `/contracts/${segment(one.id)}`, contracts))} />`; })}
  </ul>${ending && html`<${Confirm} title=${ending.title} text=${t("holds.end_text")} yes=${t("holds.end_it")} danger=${true} onYes=${ending.act} onClose=${() => end(null)} />`}<//>`;
}

/** Its phones, browsers and programs, each with a way to end it; and all of it at once. */
function Accesses({ one, tokens, reload }) {
  const [ending, end] = useState(null);
  const mine = one.id === me.principal;
  const along = (ids) => [...new Set(endsWith(tokens, ids).map((token) => token.principal))].filter((who) => who !== one.id);
  const text = (ids) => { const also = along(ids); return t("people.end_text") + (also.length ? ` ${t("people.end_along", { who: listed(also) })}` : ""); };
  const ask = (title, ids) => end({ title, text: text(ids), act: async () => { for (const id of ids) await remove(`/tokens/${segment(id)}`).catch((problem) => { if (problem.status !== 404) throw problem; }); await reload(); } });
  const others = one.tokens.filter((token) => !(mine && token.id === me.token));
  return html`<${Section} title=${t("people.accesses")}><ul class="list plain">${one.tokens.map((token) => html`<li class="item with-button" key=${token.id}>
      <div><span>${token.title || t("people.access")} ${token.has_key && html`<${Badge} tone="good">${t("people.key")}<//>`} ${token.id === me.token && html`<${Badge}>${t("people.this")}<//>`}</span>
        <small>${token.last_used_at ? t("people.last", { ago: times(token.last_used_at) }) : t("people.never")}</small></div>
      ${token.id !== me.token && html`<${Button} disabled=${!isLive()} aria-label=${`${t("people.end")}: ${token.title || token.id}`} onClick=${() => ask(token.title || t("people.access"), [token.id])}>${t("people.end")}<//>`}</li>`)}</ul>
    ${others.length > 0 && !mine && html`<${Button} kind="danger" disabled=${!isLive()} onClick=${() => ask(t("people.end_all", { who: one.name || one.id }), others.map((token) => token.id))}>${t("people.end_all", { who: one.name || one.id })}<//>`}
    ${ending && html`<${Confirm} title=${ending.title} text=${ending.text} yes=${t("people.end_now")} danger=${true} onYes=${ending.act} onClose=${() => end(null)} />`}<//>`;
}

export function Somebody({ id, all, tokens, reload }) {
  const one = all.find((other) => other.id === id);
  if (!one) return html`<${Empty}>${t("people.gone", { who: personOf(id) })}<//><div class="list"><${Row} href=${`#/ledger?who=${segment(id)}`} title=${t("people.ledger")} /></div>`;
  const agents = all.filter((other) => other.acts_for === id || other.by === id);
  return html`<${About} one=${one} /><${Mandate} one=${one} />
    <${Section} title=${t("people.can")}><${MayNow} principal=${id} /><//>
    <${Record} id=${id} /><${Holds} id=${id} />
    ${agents.length > 0 && html`<${Section} title=${t("people.let_in_by_it")}><div class="list">${agents.map((other) => html`<${Row} key=${other.id} href=${`#/people/${segment(other.id)}`} title=${other.name || other.id} sub=${t(`role.${other.role}`)} />`)}</div><//>`}
    <${Accesses} one=${one} tokens=${tokens} reload=${reload} />`;
}
