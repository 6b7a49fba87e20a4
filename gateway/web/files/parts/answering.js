// Yes, yes for a while, always, no: each signed by this phone's own key.

import { post, segment } from "../core/api.js";
import { thing } from "../core/store.js";
import { t } from "../core/texts.js";
import { Button, Failed, Field, html, Sheet, useEffect, useState } from "../core/ui.js";
import { affordanceOf, calledOf } from "./use.js";

const HOURS = [["30m", 0.5], ["1h", 1], ["2h", 2], ["4h", 4], ["8h", 8]];
const MOST_USES = 100;
const LONGEST_WHY = 200;

/** Signs with this phone's key, and sends. */
export async function answer(question, body) {
  const { signed } = await import("/pages/phone.js");
  return post(`/approvals/${segment(question.approval)}`, await signed(question.approval, { digest: question.digest, ...body }));
}

/** Whether this phone has a key that can sign; null until that is known. */
export function useKey() {
  const [has, set] = useState(null);
  useEffect(() => { import("/pages/phone.js").then(({ canSign, keptKey }) => (canSign() ? keptKey() : null)).then((key) => set(Boolean(key)), () => set(false)); }, []);
  return has;
}

const isNumber = (use) => !use.action && typeof use.value === "number";

function WhileSheet({ question, onSend, onClose }) {
  const { use } = question.shown;
  const [length, setLength] = useState("2h");
  const [times, setTimes] = useState("");
  const [low, setLow] = useState("");
  const [high, setHigh] = useState("");
  const { minimum, maximum, unit } = use ? affordanceOf(use.thing, use.affordance, false) : {};
  const bounded = low !== "" || high !== "";
  const send = (event) => {
    event.preventDefault();
    const grant = { for: length };
    if (times) grant.times = Number(times);
    if (bounded) grant.between = [low === "" ? Math.min(use.value, Number(high)) : Number(low), high === "" ? Math.max(use.value, Number(low)) : Number(high)];
    onSend({ answer: "approve", grant });
  };
  return html`<${Sheet} title=${t("approvals.while_title")} onClose=${onClose}><form onSubmit=${send}>
    <p>${t(use ? (isNumber(use) && bounded ? "approvals.while_bounds" : "approvals.while_text") : "approvals.while_plan", { who: question.shown.principal.id })}</p>
    <fieldset class="plain"><legend>${t("approvals.how_long")}</legend><div class="buttons">${HOURS.map(([word, hours]) => html`<${Button} key=${word}
      kind=${word === length ? "chosen" : ""} aria-pressed=${String(word === length)} onClick=${() => setLength(word)}>${hours < 1 ? t("time.min", { n: hours * 60 }) : t("time.h", { n: hours })}<//>`)}</div></fieldset>
    ${use && html`<${Field} label=${t("approvals.how_often")} hint=${t("approvals.how_often_hint", { most: MOST_USES })}><input type="number" min="1" max=${MOST_USES} step="1" value=${times} onInput=${(event) => setTimes(event.target.value)} /><//>`}
    ${use && isNumber(use) && html`<fieldset class="fields"><legend>${t("approvals.bounds", { what: calledOf(use.thing, use.affordance) })}${unit ? ` (${unit})` : ""}</legend>
      <div class="two"><${Field} label=${t("approvals.from")}><input type="number" step="any" min=${minimum} max=${maximum} value=${low} placeholder=${use.value} onInput=${(event) => setLow(event.target.value)} /><//>
      <${Field} label=${t("approvals.to")}><input type="number" step="any" min=${minimum} max=${maximum} value=${high} placeholder=${use.value} onInput=${(event) => setHigh(event.target.value)} /><//></div>
      <small>${t("approvals.bounds_hint")}</small></fieldset>`}
    <div class="buttons"><button type="submit" class="button primary">${t("approvals.while_yes")}</button><${Button} onClick=${onClose}>${t("ui.cancel")}<//></div>
  </form><//>`;
}

function AlwaysSheet({ onSend, onClose }) {
  return html`<${Sheet} title=${t("approvals.always")} onClose=${onClose}><p>${t("approvals.always_text")}</p><p>${t("approvals.always_owner")}</p>
    <div class="buttons"><${Button} kind="primary" onClick=${() => onSend({ answer: "approve", always: true })}>${t("approvals.always_yes")}<//>
      <${Button} onClick=${onClose}>${t("ui.cancel")}<//></div><//>`;
}

function NoSheet({ question, onSend, onClose }) {
  const [why, setWhy] = useState("");
  const send = (event) => { event.preventDefault(); onSend(why.trim() ? { answer: "deny", why: why.trim() } : { answer: "deny" }); };
  return html`<${Sheet} title=${t("approvals.no_title")} onClose=${onClose}><form onSubmit=${send}><p>${t("approvals.no_text")}</p>
    <${Field} label=${t("approvals.no_why")} hint=${t("approvals.no_why_hint", { who: question.shown.principal.id })}><input maxlength=${LONGEST_WHY} value=${why} onInput=${(event) => setWhy(event.target.value)} /><//>
    <div class="buttons"><button type="submit" class="button danger">${t("approvals.no")}</button><${Button} onClick=${onClose}>${t("ui.cancel")}<//></div></form><//>`;
}

/** The buttons. `onAnswered` gets how the question is now. */
export function Answering({ question, onAnswered }) {
  const [sheet, open] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const key = useKey();
  const { shown } = question;
  const asksOnce = shown.asks.some((ask) => ask.once);
  const send = async (body) => {
    open("");
    setBusy(true);
    setError(null);
    try { onAnswered(await answer(question, body)); } catch (problem) { setError(problem); }
    setBusy(false);
  };
  if (key === false || question.advice) return html`<div class="failed" role="note"><p><strong>${t("approvals.no_key")}</strong></p><p>${t("approvals.no_key_how")}</p></div>`;
  if (!question.missing.some((one) => one.yours)) return html`<p role="status">${t("approvals.others")}</p><${Failed} error=${error} />
    <${Button} kind="danger" busy=${busy} onClick=${() => open("no")}>${t("approvals.no")}<//>${sheet === "no" && html`<${NoSheet} question=${question} onSend=${send} onClose=${() => open("")} />`}`;
  const close = () => open("");
  return html`<${Failed} error=${error} />
    <div class="answers"><${Button} kind="primary large" busy=${busy || key === null} onClick=${() => send({ answer: "approve" })}>${t("approvals.once")}<//>
      <${Button} kind="danger large" busy=${busy || key === null} onClick=${() => open("no")}>${t("approvals.no")}<//></div>
    ${!asksOnce && shown.use && html`<div class="buttons"><${Button} disabled=${busy || key === null} onClick=${() => open("while")}>${t("approvals.while")}<//>
      <${Button} disabled=${busy || key === null} onClick=${() => open("always")}>${t("approvals.always")}<//></div>`}
    ${asksOnce && html`<p class="soft">${t("approvals.each_time")}</p>`}
    <p class="soft">${t("approvals.signed")}</p>
    ${sheet === "while" && html`<${WhileSheet} question=${question} onSend=${send} onClose=${close} />`}
    ${sheet === "always" && html`<${AlwaysSheet} onSend=${send} onClose=${close} />`}
    ${sheet === "no" && html`<${NoSheet} question=${question} onSend=${send} onClose=${close} />`}`;
}

export const titleOf = (id) => thing(id)?.title ?? id;
