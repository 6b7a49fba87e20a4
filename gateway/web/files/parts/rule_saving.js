// Rules that are about to be saved: what is wrong with them, who may do more or less, and the yes that this phone signs.

import { post, request } from "../core/api.js";
import { isLive } from "../core/store.js";
import { t } from "../core/texts.js";
import { Button, Confirm, Failed, html, useEffect, useState } from "../core/ui.js";
import { digestOf, signed } from "./signing.js";

const SETTLE_MS = 600; // after the last letter, before it is checked

/** Puts `text` in force as the set `name` (null: takes it away). `was`: the digest of what was read. Throws a `Problem`. */
export async function save(name, text, was, confirm) {
  const about = `policies/sets/${name}`;
  const said = { digest: text === null ? "" : await digestOf(text), was, confirm };
  const body = await signed(about, said);
  return (await request(text === null ? "DELETE" : "PUT", `/${about}`, text === null ? body : { ...body, text })).data;
}

/** What the gateway says of `texts` (sets by name), fresh a moment after they change: null before the first answer. */
export function useCheck(name, text) {
  const [told, tell] = useState({ of: null, is: null, error: null });
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => post("/policies/check", { sets: { [name]: text } }).then(
      (is) => current && tell({ of: text, is, error: null }), (error) => current && tell({ of: text, is: null, error })), SETTLE_MS);
    return () => { current = false; clearTimeout(timer); };
  }, [name, text]);
  return { ...told, isFresh: told.of === text };
}

export function Changes({ more, less }) {
  if (!more.length && !less.length) return html`<p>${t("rules.no_change")}</p>`;
  const list = (title, tone, lines) => lines.length > 0 && html`<div class=${`card ${tone}`}><p><strong>${title}</strong></p><ul>${lines.map((line) => html`<li key=${line}>${line}</li>`)}</ul></div>`;
  return html`${list(t("rules.more"), "accent", more)}${list(t("rules.less"), "", less)}`;
}

const place = (one) => [one.line ? t("rules.line", { line: one.line }) : one.set, one.where ?? one.rule].filter(Boolean).join(", ");

/** What was found in `check`. */
export function Checked({ check }) {
  const { is } = check;
  return html`<div aria-live="polite">${check.error && html`<${Failed} error=${check.error} />`}
    ${is && !is.ok && html`<div class="failed"><p><strong>${t("rules.broken")}</strong></p><ul>${is.problems.slice(0, 8).map((one) => html`<li key=${place(one) + one.text}>${place(one)}: ${one.text}</li>`)}</ul></div>`}
    ${is?.ok && html`<${Changes} more=${is.more} less=${is.less} />`}
    ${(is?.remarks ?? []).slice(0, 6).map((one) => html`<p class="warn" key=${one.text}>${place(one)}: ${one.text}</p>`)}</div>`;
}

/** The button that saves. Where somebody may do more by it, that is asked first. */
export function Save({ name, text, was, more, label, disabled = false, onSaved, danger = false }) {
  const [asking, ask] = useState(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const go = async (confirm) => {
    setBusy(true);
    setError(null);
    try { onSaved(await save(name, text, was, confirm)); } catch (problem) {
      if (problem.name === "widens" && !confirm) ask(problem.gains); else { setError(problem); if (confirm) throw problem; }
    } finally { setBusy(false); }
  };
  return html`<${Failed} error=${error} /><${Button} kind=${danger ? "danger" : "primary"} busy=${busy} disabled=${disabled || !isLive()} onClick=${() => (more?.length ? ask(more) : go(false))}>${label}<//>
    ${asking && html`<${Confirm} title=${t("rules.widens")} text=${asking.join("; ")} yes=${t("rules.widen")} danger=${true} onYes=${() => go(true)} onClose=${() => ask(null)} />`}`;
}
