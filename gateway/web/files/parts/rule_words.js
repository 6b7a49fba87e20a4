// Rules and mandates in plain words: who, what, where, within which bounds, and when.

import { value as shown } from "../core/format.js";
import { things } from "./names.js";
import { maybe, t } from "../core/texts.js";

/** "a, b and c". */
export const listed = (words, last = t("rules.and")) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`);

/** What a capability, or a pattern of them, is to people: "lights", "lamp: brightness", "everything". */
export function capability(pattern) {
  if (pattern === "*") return t("rules.everything");
  if (pattern === "sensitive") return t("rules.sensitive");
  const [kind, word = "*"] = pattern.split(".");
  const kinds = maybe(`kinds.${kind}`, kind.replaceAll("-", " "));
  if (word === "*") return kinds;
  const what = maybe(`prop.${pattern}`) || maybe(`prop.${kind}.${word}`) || maybe(`cap.${word}`, word.replaceAll("_", " "));
  return kind === "*" ? what : `${kinds}: ${what}`;
}

/** Capabilities, those of one kind together. */
export function capabilities(patterns) {
  const byKind = new Map();
  for (const pattern of patterns) {
    const [head, tail] = capability(pattern).split(": ");
    byKind.set(head, [...(byKind.get(head) ?? []), ...(tail ? [tail] : [])]);
  }
  return listed([...byKind].map(([head, tails]) => (tails.length ? `${head} (${tails.join(", ")})` : head)));
}

export const roleOf = (who) => maybe(`roles.${who}`, who.replace(/^id:/, ""));
const who = (rule) => (rule.who?.length ? listed(rule.who.map(roleOf)) : t("rules.anybody"));

function place(rule) {
  const said = [];
  if (rule.things?.length) said.push(listed(things(rule.things)));
  if (rule.rooms?.length) said.push(t("rules.in_rooms", { rooms: listed(rule.rooms) }));
  if (rule.labels?.length) said.push(t("rules.labelled", { labels: listed(rule.labels) }));
  return said.length ? ` – ${t("rules.only")} ${said.join(", ")}` : "";
}

export function bounds(of) {
  const said = [];
  if (of.one_of) said.push(listed(of.one_of.map((one) => shown(one)), t("rules.or")));
  if (of.min !== undefined && of.max !== undefined) said.push(t("rules.between", { min: shown(of.min), max: shown(of.max) }));
  else if (of.min !== undefined) said.push(t("rules.at_least", { min: shown(of.min) }));
  else if (of.max !== undefined) said.push(t("rules.up_to", { max: shown(of.max) }));
  if (of.max_change !== undefined) said.push(t("rules.max_change", { by: shown(of.max_change) }));
  return said.join(", ");
}

const UNIT = { s: "s", m: "min", h: "h", d: "d" };
/** "5m" as people write it. */
export const duration = (text) => String(text).replace(/(\d+)\s*([smhd])/g, (_, n, unit) => t(`time.${UNIT[unit]}`, { n }));
const rate = (text) => { const [times, of] = String(text).split("/"); return t("rules.rate", { times, of: maybe(`rules.per.${of}`, of) }); };
const days = (names) => listed(names.map((name) => maybe(`days.${name}`, name)));

function need(one) {
  const of = one.thing ? `${listed(things([one.thing]))}: ` : "";
  const fresh = one.fresh ? t("rules.heard", { within: duration(one.fresh) }) : "";
  const range = one.equals !== undefined ? `= ${shown(one.equals)}` : bounds(one);
  return `${of}${maybe(`cap.${one.property}`, one.property.replaceAll("_", " "))} ${[range, fresh].filter(Boolean).join(", ")}`;
}

/** The conditions of a limit or an ask, a sentence for each. */
export function conditions(rule) {
  const said = [];
  if (rule.never) said.push(t("rules.never"));
  if (rule.value) said.push(bounds(rule.value));
  for (const [name, of] of Object.entries(rule.members ?? {})) said.push(`${maybe(`field.${name}`, name)} ${bounds(of)}`);
  for (const one of rule.needs ?? []) said.push(t("rules.needs", { what: need(one) }));
  if (rule.not_between) said.push(t("rules.not_between", { from: rule.not_between[0], to: rule.not_between[1] }) + (rule.days ? ` (${days(rule.days)})` : ""));
  if (rule.at_most) said.push(rate(rule.at_most));
  if (rule.rest) said.push(t("rules.rest", { rest: duration(rule.rest) }));
  if (rule.modes) said.push(t("rules.modes", { modes: listed(rule.modes.map((mode) => maybe(`mode.${mode}`, mode)), t("rules.or")) }));
  return said;
}

function whenText(rule) {
  const said = [];
  if (rule.hazard_min) said.push(t(`rules.hazard_${rule.hazard_min}`));
  if (rule.privilege) said.push(t(`rules.privilege_${rule.privilege}`));
  if (rule.when?.starts) said.push(t("rules.starts"));
  if (rule.when?.between) said.push(t("rules.when_between", { from: rule.when.between[0], to: rule.when.between[1] }));
  if (rule.when?.days) said.push(days(rule.when.days));
  if (rule.when?.modes) said.push(t("rules.when_modes", { modes: listed(rule.when.modes.map((mode) => maybe(`mode.${mode}`, mode)), t("rules.or")) }));
  return said.length ? ` (${said.join("; ")})` : "";
}

/** A rule as `{say, more}`: one sentence, and what else it says, line by line. `table`: allow, limit, ask or then. */
export function sentence(table, rule) {
  const { say, more } = worded(table, rule);
  return { say: say[0].toUpperCase() + say.slice(1), more: more.map((one) => one[0].toUpperCase() + one.slice(1)) };
}

function worded(table, rule) {
  const where = place(rule);
  if (table === "allow") {
    const more = [];
    if (rule.see?.length) more.push(t("rules.sees", { what: capabilities(rule.see) }));
    if (rule.privilege) more.push(t(`rules.may_${rule.privilege}`));
    if (rule.unasked?.length) more.push(t("rules.unasked", { rules: listed(rule.unasked) }));
    return { say: rule.may?.length ? t("rules.may", { who: who(rule), what: capabilities(rule.may) }) + where : t("rules.only_sees", { who: who(rule) }) + where, more };
  }
  const about = { who: who(rule), what: capabilities(rule.on ?? ["*"]) };
  const means = conditions(rule);
  if (table === "then") return { say: t("rules.then", about) + where + whenText(rule), more: owed(rule) };
  if (table === "ask") {
    const by = listed((rule.approver ?? []).map(roleOf), t("rules.or"));
    const more = [t("rules.asks", { by, valid: rule.valid ? duration(rule.valid) : "" }), ...means.map((one) => t("rules.asks_unless", { what: one }))];
    if (rule.approvals > 1) more.push(t("rules.approvals", { count: rule.approvals }));
    if (rule.once) more.push(t("rules.once"));
    return { say: t("rules.ask", about) + where + whenText(rule), more };
  }
  const more = means.length > 1 || !rule.never ? means : [];
  if (rule.waivable_by) more.push(t("rules.waivable", { by: listed(rule.waivable_by.map(roleOf), t("rules.or")) }));
  return { say: t(rule.never ? "rules.forbid" : "rules.limit", about) + where + whenText(rule), more };
}

function owed(rule) {
  const said = [];
  if (rule.max_on) said.push(t("rules.max_on", { after: duration(rule.max_on) }));
  if (rule.restore) said.push(t("rules.restore", { after: duration(rule.restore) }));
  if (rule.confirm) said.push(t("rules.confirm"));
  if (rule.notify) said.push(t("rules.notify", { who: listed(rule.notify.map(roleOf)) }));
  return said;
}

/** A mandate (terms) in sentences; none for one that says nothing. */
export function mandateWords(terms) {
  if (!terms) return [];
  const part = (key, tables, name) => (tables === undefined || tables === null ? []
    : [tables.length ? t(`mandate.${key}`, { what: tables.map((one) => (one[name]?.length ? capabilities(one[name]) : t("mandate.all_it_may")) + place(one)).join("; ") }) : t(`mandate.${key}_nothing`)]);
  const limits = (terms.limits ?? []).map((one) => `${capabilities(one.on ?? ["*"])}${place(one)}: ${conditions(one).join(", ")}${whenText(one)}`);
  return [...part("uses", terms.use, "may"), ...part("sees", terms.read, "see"), ...limits];
}

