// What a person says of a device before it belongs to the house: its name, its room, what it is, its code.

import { post } from "../core/api.js";
import { byRoom, useThings } from "../core/store.js";
import { t } from "../core/texts.js";
import { Button, Failed, Field, html, useState } from "../core/ui.js";
import { codeLabel, guesses, isHarmless, kindText, titleOf } from "./candidate.js";

const LONGEST_NAME = 60;

/** A room: one of those that there are, or another. */
export function RoomField({ value, onChange }) {
  const rooms = byRoom(useThings()).map(([room]) => room).filter(Boolean);
  const known = [...new Set([...rooms, value].filter(Boolean))];
  const [other, setOther] = useState(false);
  return html`<fieldset class="plain"><legend>${t("inbox.room")}</legend>
    <div class="buttons">${known.map((room) => html`<${Button} key=${room} kind=${room === value && !other ? "chosen" : ""} aria-pressed=${String(room === value && !other)}
        onClick=${() => { setOther(false); onChange(room === value && !other ? "" : room); }}>${room}<//>`)}
      <${Button} kind=${other ? "chosen" : ""} aria-pressed=${String(other)} onClick=${() => { setOther(true); onChange(""); }}>${t("inbox.other_room")}<//></div>
    ${other && html`<input aria-label=${t("inbox.other_room")} maxlength=${LONGEST_NAME} value=${value} onInput=${(event) => onChange(event.target.value)} />`}</fieldset>`;
}

/** What a part is, where that is a guess: what hangs on a relay, say. */
function KindField({ part, alone, value, onChange }) {
  return html`<${Field} label=${alone ? t("inbox.kind") : t("inbox.kind_of", { part: part.title || part.key })} hint=${t("inbox.kind_hint")}>
    <select value=${value} onChange=${(event) => onChange(event.target.value)}><option value="">${t("inbox.kind_unknown", { kind: kindText(part.kind) })}</option>
      ${part.kinds.map((kind) => html`<option key=${kind} value=${kind}>${kindText(kind)}${kind === part.proposal ? ` (${t("inbox.proposed")})` : ""}</option>`)}</select><//>`;
}

/** The form. `onAdopted` gets the new Thing. */
export function Adopting({ one, onAdopted, more = null }) {
  const unsure = guesses(one);
  const [title, setTitle] = useState(titleOf(one));
  const [room, setRoom] = useState(one.room ?? "");
  const [kinds, setKinds] = useState(() => Object.fromEntries(unsure.filter((part) => part.proposal).map((part) => [part.key, part.proposal])));
  const [code, setCode] = useState("");
  const [open, setOpen] = useState(isHarmless(one));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const adopt = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const body = { title: title.trim(), room: room.trim(), open, announced: one.announced };
    const said = Object.fromEntries(Object.entries(kinds).filter(([, kind]) => kind));
    if (Object.keys(said).length) body.kinds = said;
    if (one.asks) body.code = code.trim();
    try { onAdopted(await post(`${one.href}/adopt`, body)); } catch (problem) { setError(problem); setBusy(false); }
  };
  return html`<form onSubmit=${adopt} aria-label=${t("inbox.adopt")}>
    <${Field} label=${t("inbox.name")}><input maxlength=${LONGEST_NAME} required value=${title} onInput=${(event) => setTitle(event.target.value)} /><//>
    <${RoomField} value=${room} onChange=${setRoom} />
    ${unsure.map((part) => html`<${KindField} key=${part.key} part=${part} alone=${unsure.length === 1} value=${kinds[part.key] ?? ""} onChange=${(kind) => setKinds({ ...kinds, [part.key]: kind })} />`)}
    ${one.asks && html`<${Field} label=${codeLabel(one.asks)} hint=${[one.asks.hint, one.asks.example && t("inbox.example", { example: one.asks.example })].filter(Boolean).join(" ")}>
      <input required autocomplete="off" autocapitalize="off" spellcheck="false" value=${code} onInput=${(event) => setCode(event.target.value)} /><//>`}
    <label class="check"><input type="checkbox" checked=${open} onChange=${(event) => setOpen(event.target.checked)} /> <span>${t("inbox.open")} <small>${t(open ? "inbox.open_yes" : "inbox.open_no")}</small></span></label>
    <${Failed} error=${error} />
    <p role="status">${busy ? t(one.asks ? "inbox.pairing" : "inbox.adopting") : ""}</p>
    <div class="buttons"><button type="submit" class="button primary" disabled=${busy} aria-busy=${busy ? "true" : undefined}>${t("inbox.adopt")}</button>${more}</div>
  </form>`;
}
