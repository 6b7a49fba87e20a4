// Entries of the ledger as sentences. What no table knows is told by its members, so that nothing is hidden.

import { value as shown, when } from "../core/format.js";
import { thing } from "../core/store.js";
import { maybe, t } from "../core/texts.js";
import { personOf, titleOf } from "./names.js";
import { listed } from "./rule_words.js";

export const who = (entry) => personOf((entry.kind === "message" && entry.body.from) || entry.principal);

const card = (entry) => thing(entry.thing);
function nameOf(entry, name = entry.body.affordance ?? entry.body.property) {
  if (!name) return "";
  const own = card(entry)?.properties[name] ?? card(entry)?.actions[name];
  return maybe(`prop.${own?.capability ?? entry.body.capability ?? ""}`, own?.title ?? String(name).replaceAll("_", " "));
}
const valueOf = (entry, value = entry.body.value, name = entry.body.affordance ?? entry.body.property) => (value === undefined || value === null || typeof value === "object" ? "" : shown(value, card(entry)?.properties[name] ?? {}));
const isSwitch = (entry) => typeof entry.body.value === "boolean" && /(^|_)on$/.test(entry.body.affordance ?? entry.body.property ?? "");
const change = (entry) => [isSwitch(entry) ? "" : nameOf(entry), valueOf(entry)].filter(Boolean).join(" ");
const wish = (entry) => [titleOf(entry.thing), change(entry)].filter(Boolean).join(": ");
const firstReason = (entry) => (entry.body.findings ?? []).find((one) => typeof one === "object" && one.verdict !== "permit")?.why ?? "";
const whenMs = (ms) => (ms ? when(ms / 1000) : "");
const by = (entry) => personOf(entry.body.by ?? entry.principal);

const SAY = {
  dispatch: (e) => t(e.body.plan ? "said.dispatch_plan" : "said.dispatch", { who: who(e), what: wish(e) }),
  intent: (e) => t("said.intent", { who: who(e), what: wish(e) }),
  denied: (e) => t("said.denied", { who: who(e), what: wish(e), why: firstReason(e) }),
  outcome: (e) => t(`said.outcome_${e.body.result}`, { who: who(e), thing: titleOf(e.thing), why: e.body.detail ?? e.body.reason ?? "" }),
  approval: (e) => (e.body.answer ? t(e.body.answer === "approve" ? "said.approved" : "said.not_approved", { who: by(e) })
    : e.body.ended ? t("said.question_over", { why: e.body.because ?? e.body.ended }) : t("said.asked", { who: who(e), what: e.private?.title ?? "" })),
  grant: (e) => (e.body.ended ? t("said.grant_over", { why: e.body.because ?? "" }) : t("said.grant", { who: personOf(e.body.principal), what: nameOf(e), things: listed((e.body.things ?? []).map(titleOf)), until: whenMs(e.body.until_ms) })),
  lease: (e) => t(e.body.change === "claimed" ? "said.lease" : "said.lease_over", { who: who(e), what: [titleOf(e.thing), nameOf(e, e.body.property)].filter(Boolean).join(": "), until: whenMs(e.body.until_ms), how: e.body.change }),
  takeover: (e) => (e.body.ended ? t("said.takeover_over", { thing: titleOf(e.thing) }) : t("said.takeover", { what: wish(e), who: personOf(e.body.by ?? "device") })),
  correction: (e) => t("said.correction", { who: personOf(e.body.by ?? "device"), whom: personOf(e.body.principal), what: wish(e) }),
  plan: (e) => t(e.body.stage === "ended" ? "said.plan_ended" : `said.plan`, { who: who(e), title: e.private?.title ?? e.body.title ?? "", stage: maybe(`stage.${e.body.stage}`, String(e.body.stage ?? "")), result: maybe(`outcome.${e.body.result}`, String(e.body.result ?? "").replaceAll("-", " ")) }),
  obligation: (e) => t("said.obligation", { what: [titleOf(e.thing), nameOf(e, e.body.property)].filter(Boolean).join(": "), duty: maybe(`duty.${e.body.duty}`, String(e.body.duty ?? "")), change: maybe(`change.${e.body.change}`, String(e.body.change ?? "")) }),
  incident: (e) => t("said.incident", { what: [titleOf(e.thing), nameOf(e, e.body.property)].filter(Boolean).join(": "), why: e.body.detail ?? e.body.error ?? "" }),
  contract: (e) => t("said.contract", { who: who(e), change: String(e.body.change ?? "") }),
  read: (e) => t("said.read", { who: who(e), count: e.body.reads ?? 0 }),
  message: (e) => t("said.message", { who: personOf(e.body.from), to: listed((e.body.to ?? []).map(personOf)), about: maybe(`said_of.${e.body.type}`, String(e.body.type ?? "").replaceAll("-", " ")) }),
  notice: (e) => t(e.body.delivered ? "said.notice" : "said.notice_not", { by: e.body.channel ?? "", why: e.body.because ?? "" }),
  adoption: (e) => t("said.adoption", { thing: titleOf(e.thing), who: who(e) }),
  thing: (e) => t("said.thing", { thing: titleOf(e.thing), who: by(e) }),
  token: (e) => t(e.body.revoked || e.body.ended ? "said.token_over" : "said.token", { who: by(e), whom: personOf(e.principal), role: maybe(`role.${e.body.role}`, e.body.role ?? "") }),
  login: (e) => t(e.body.pin ? "said.pin" : `said.login_${({ opened: "opened", done: "redeemed", "wrong code": "wrong", closed: "closed" })[e.body.pairing] ?? "other"}`, { who: by(e), what: e.body.pin ?? "" }),
  rules: (e) => t(e.body.by ? "said.rules_by" : "said.rules", { who: personOf(e.body.by), more: (e.body.widened ?? []).length, less: (e.body.narrowed ?? []).length }),
  "rules-refused": (e) => t("said.rules_refused", { why: (e.body.problems ?? [])[0] ?? "" }),
  mode: (e) => t("said.mode", { who: who(e), mode: maybe(`mode.${e.body.mode}`, String(e.body.mode ?? "")) }),
  consent: (e) => t(e.body.waived ? "said.waiver" : "said.waiver_over", { who: who(e), rule: e.body.rule ?? "", until: whenMs(e.body.until_ms) }),
  panic: (e) => t(e.body.stage === "ended" || e.body.panic === "ended" ? "said.panic_ended" : "said.panic", { who: who(e) }),
  recovered: () => t("said.recovered"),
  start: () => t("said.start"),
  stop: () => t("said.stop"),
  erase: () => t("said.erase"),
};

/** The first letter as a sentence has it; but ids stay as they are. */
const capital = (text) => (/^(a |an |somebody|the |eine? |jemand|das )/.test(text) ? text[0].toUpperCase() + text.slice(1) : text);

/** Entries with each outcome at the command that it is of (`outcome`), where both are there. */
export function joined(entries) {
  const ends = new Map(entries.filter((one) => one.kind === "outcome" && one.execution).map((one) => [one.execution, one]));
  const begun = new Set(entries.filter((one) => one.kind === "dispatch" && ends.has(one.execution)).map((one) => one.execution));
  return entries.filter((one) => one.kind !== "outcome" || !begun.has(one.execution))
    .map((one) => (one.kind === "dispatch" && begun.has(one.execution) ? { ...one, outcome: ends.get(one.execution) } : one));
}

/** One sentence. */
export function sentence(entry) {
  const said = SAY[entry.kind]?.(entry);
  return said && !said.startsWith("said.") ? capital(said.replace(/\s+(?=[:,])/g, "").replace(/\s{2,}/g, " ").replace(/\s*[:–]\s*$/, "")) : `${maybe(`entry.${entry.kind}`, entry.kind)} ${titleOf(entry.thing)}`.trim();
}

const TONES = { confirmed: "good", unconfirmed: "warn", in_doubt: "warn", rejected: "bad", refused: "warn", not_sent: "bad" };
/** A badge's tone and word: null where there is nothing to say. */
export function mark(entry) {
  if (entry.outcome) return mark(entry.outcome);
  if (entry.kind === "denied") return ["warn", t("outcome.refused")];
  if (entry.kind === "incident") return ["bad", t("said.wrong")];
  if (entry.kind !== "outcome") return null;
  return [TONES[entry.body.result] ?? "", maybe(`outcome.${entry.body.result}`, String(entry.body.result ?? "").replaceAll("_", " "))];
}

/** What the rules said, and what was seen, as rows of facts. */
export function facts(entry) {
  const { body, private: own } = entry;
  const rules = (body.findings ?? body.rules ?? []);
  const ruled = Array.isArray(rules) ? rules.map((one) => (typeof one === "object" ? [one.why, one.rule && `(${one.rule})`].filter(Boolean).join(" ") : one)).join("; ") : "";
  return [
    [t("entry_fact.rules"), ruled],
    [t("entry_fact.approvals"), (body.approvals ?? []).length ? t("entry_fact.approved") : null],
    [t("entry_fact.seen"), body.seen ? `${nameOf(entry, body.seen.property)} ${valueOf(entry, body.seen.value, body.seen.property)}, ${maybe(`evidence.${body.seen.evidence}`, body.seen.evidence ?? "")}` : null],
    [t("entry_fact.uncertainty"), body.seen?.uncertainty !== undefined ? `± ${shown(body.seen.uncertainty)}` : null],
    [t("entry_fact.took"), body.ms !== undefined && entry.kind === "outcome" ? `${body.ms} ms` : null],
    [t("entry_fact.channel"), body.channel ? maybe(`channel.${body.channel}`, body.channel) : null],
    ...(entry.outcome ? facts(entry.outcome).filter(([name]) => name !== t("entry_fact.rules")) : []),
    [t("entry_fact.more"), (body.widened ?? []).join("; ")],
    [t("entry_fact.less"), (body.narrowed ?? []).join("; ")],
  ];
}

/** Words of others that stand in it. */
export const wordsOf = (entry) => [entry.private?.purpose, entry.private?.says, entry.private?.why, entry.private?.note].filter((one) => typeof one === "string" && one);
