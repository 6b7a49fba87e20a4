// What every view is made of. `html` is a tagged template (htm) that makes Preact elements; whatever stands in ${…} is text.

import { html, render, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { t } from "./texts.js";

export { html, render, useEffect, useMemo, useRef, useState };

/** A page: its heading, and what stands beside it. `back` is where the arrow leads ("" for none). */
export function Page({ title, back = "", actions = null, children }) {
  useEffect(() => { document.title = `${title} · Hearth`; }, [title]);
  return html`<section class="page">
    <header class="page-head">
      ${back !== "" && html`<a class="back" href=${back} aria-label=${t("ui.back")}>‹</a>`}
      <h1 tabindex="-1">${title}</h1>
      <div class="page-actions">${actions}</div>
    </header>
    ${children}
  </section>`;
}

export const Card = ({ children, tone = "", ...rest }) => html`<div class=${`card ${tone}`} ...${rest}>${children}</div>`;

export const Section = ({ title, children, actions = null }) => html`<section class="section">
  <header class="section-head"><h2>${title}</h2>${actions}</header>${children}</section>`;

/** `kind`: "primary", "danger", "quiet", or "" for an ordinary one. `busy` disables it and says so. */
export function Button({ kind = "", busy = false, disabled = false, onClick, children, ...rest }) {
  return html`<button type="button" class=${`button ${kind}`} disabled=${disabled || busy} aria-busy=${busy ? "true" : undefined}
    onClick=${onClick} ...${rest}>${children}</button>`;
}

export const Badge = ({ tone = "", children }) => html`<span class=${`badge ${tone}`}>${children}</span>`;

export const Empty = ({ children }) => html`<p class="empty">${children}</p>`;

/** Something that did not work: `error` has `title` and `detail` (a problem document), or `message`. */
export function Failed({ error, retry = null }) {
  if (!error) return null;
  const text = [error.title, error.detail ?? error.message].filter(Boolean).join(": ");
  return html`<div class="failed" role="alert"><p>${text || t("ui.failed")}</p>
    ${retry && html`<${Button} onClick=${retry}>${t("ui.again")}<//>`}</div>`;
}

export const Loading = () => html`<p class="loading" role="status">${t("ui.loading")}</p>`;

/** What `useData` gave: its rows, or why there are none. `children` is called with the data. */
export function Loaded({ from, children }) {
  if (from.data === undefined) return from.error ? html`<${Failed} error=${from.error} retry=${from.reload} />` : html`<${Loading} />`;
  return html`${from.error && html`<${Failed} error=${from.error} retry=${from.reload} />`}${children(from.data)}`;
}

/** A sheet over the page; Escape and the backdrop close it. The browser keeps the focus inside. */
export function Sheet({ title, onClose, children }) {
  const dialog = useRef(null);
  useEffect(() => {
    const node = dialog.current;
    node.showModal();
    addEventListener("hashchange", onClose); // the way back leaves no sheet over another page
    return () => { removeEventListener("hashchange", onClose); if (node.open) node.close(); };
  }, []);
  return html`<dialog ref=${dialog} class="sheet" aria-label=${title}
      onCancel=${(event) => { event.preventDefault(); onClose(); }}
      onClick=${(event) => { if (event.target === dialog.current) onClose(); }}>
    <div class="sheet-body">
      <header class="sheet-head"><h2>${title}</h2>
        <button type="button" class="button quiet" aria-label=${t("ui.close")} onClick=${onClose}>✕</button></header>
      ${children}
    </div>
  </dialog>`;
}

/** Asks before something that cannot be taken back. `onYes` may be async; what it throws is shown. */
export function Confirm({ title, text, yes, danger = false, onYes, onClose }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const go = async () => {
    setBusy(true);
    try { await onYes(); onClose(); } catch (problem) { setError(problem); setBusy(false); }
  };
  return html`<${Sheet} title=${title} onClose=${onClose}>
    <p>${text}</p><${Failed} error=${error} />
    <div class="buttons"><${Button} kind=${danger ? "danger" : "primary"} busy=${busy} onClick=${go}>${yes}<//>
      <${Button} onClick=${onClose}>${t("ui.cancel")}<//></div>
  <//>`;
}

/** A switch (role="switch"): `on` may be null where nobody knows. */
export const Toggle = ({ on, label, disabled = false, pending = false, onChange }) => html`<button type="button" role="switch"
  class=${`toggle ${pending ? "pending" : ""}`} aria-checked=${on === null || on === undefined ? "mixed" : String(Boolean(on))}
  aria-label=${label} aria-busy=${pending ? "true" : undefined} disabled=${disabled} onClick=${() => onChange(!on)}><span></span></button>`;

/** A field with its label. */
export const Field = ({ label, hint = "", children }) => html`<label class="field"><span>${label}</span>${children}
  ${hint && html`<small>${hint}</small>`}</label>`;

/** Facts as a list of terms: `rows` are [name, value]; values that are null are left out. */
export const Facts = ({ rows }) => html`<dl class="facts">${rows.filter((row) => row && row[1] !== null && row[1] !== undefined && row[1] !== "")
  .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

/** A row of a list that leads somewhere. */
export const Row = ({ href, title, sub = null, side = null }) => html`<a class="row" href=${href}>
  <span class="row-text"><span class="row-title">${title}</span>${sub && html`<span class="row-sub">${sub}</span>`}</span>
  <span class="row-side">${side}<span aria-hidden="true" class="chevron">›</span></span></a>`;

/** What foreign software or devices wrote of themselves: shown as such. */
export const Foreign = ({ who, children }) => html`<blockquote class="foreign"><span class="foreign-who">${who}</span> ${children}</blockquote>`;

/** A second that passes: for countdowns and ages. Returns Date.now(), fresh each `every` ms. */
export function useNow(every = 1000) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
