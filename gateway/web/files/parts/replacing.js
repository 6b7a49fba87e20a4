// A new device takes the place of an old one: the Thing keeps its name, its room, its rules and its history.

import { post, segment } from "../core/api.js";
import { useThings } from "../core/store.js";
import { t } from "../core/texts.js";
import { Button, Failed, Field, html, Sheet, useState } from "../core/ui.js";
import { codeLabel } from "./candidate.js";

/** Things that could be meant come first: out of reach, and of the same kind. */
function sorted(cards, one) {
  const kinds = new Set(one.components.map((part) => part.kind));
  const rank = (card) => (card.out_of_reach ? 0 : 1) + (kinds.has(card.kind) ? 0 : 2);
  return [...cards].sort((a, b) => rank(a) - rank(b) || a.title.localeCompare(b.title));
}

export function Replacing({ one, onReplaced, onClose }) {
  const cards = sorted(useThings(), one);
  const [thing, setThing] = useState("");
  const [code, setCode] = useState("");
  const [losses, setLosses] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const replace = async (confirm) => {
    setBusy(true);
    setError(null);
    const body = { driver: one.driver, candidate: one.id, ...(one.asks ? { code: code.trim() } : {}), ...(confirm ? { confirm: true } : {}) };
    try { onReplaced(await post(`/things/${segment(thing)}/replace`, body), thing); } catch (problem) {
      if (problem.name === "loses") setLosses(problem.losses ?? [problem.detail]); else setError(problem);
    }
    setBusy(false);
  };
  return html`<${Sheet} title=${t("inbox.replace")} onClose=${onClose}><form onSubmit=${(event) => { event.preventDefault(); replace(false); }}>
    <p>${t("inbox.replace_text")}</p>
    <${Field} label=${t("inbox.replace_which")}><select required value=${thing} onChange=${(event) => { setThing(event.target.value); setLosses(null); }}><option value="">–</option>
      ${cards.map((card) => html`<option key=${card.id} value=${card.id}>${[card.title, card.room, card.out_of_reach && t("inbox.out_of_reach")].filter(Boolean).join(" · ")}</option>`)}</select><//>
    ${one.asks && html`<${Field} label=${codeLabel(one.asks)} hint=${one.asks.hint}><input required value=${code} autocomplete="off" onInput=${(event) => setCode(event.target.value)} /><//>`}
    <${Failed} error=${error} />
    ${losses && html`<div class="failed" role="alert"><p><strong>${t("inbox.loses")}</strong></p><ul>${losses.map((text) => html`<li key=${text}>${text}</li>`)}</ul></div>`}
    <div class="buttons">${losses ? html`<${Button} kind="danger" busy=${busy} onClick=${() => replace(true)}>${t("inbox.replace_anyway")}<//>`
      : html`<button type="submit" class="button primary" disabled=${!thing || busy}>${t("inbox.replace_do")}</button>`}<${Button} onClick=${onClose}>${t("ui.cancel")}<//></div>
  </form><//>`;
}
