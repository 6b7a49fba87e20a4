// The first run: an agent is let in by the code that it shows, and what it may do is chosen in plain words.

import { get, patch, post, segment } from "../core/api.js";
import { isLive, thing, useThings } from "../core/store.js";
import { t } from "../core/texts.js";
import { Button, Card, Facts, Failed, Field, Foreign, html, useState } from "../core/ui.js";

const CODE = /^[0-9A-Z]{8}$/;
const plain = (typed) => typed.toUpperCase().replace(/[^0-9A-Z]/g, "");
const spelled = (code) => `${code.slice(0, 4)}-${code.slice(4)}`;

/** All that can be used of these Things. */
const usable = (card) => [...new Set([...Object.values(card.properties).filter((one) => one.writes), ...Object.values(card.actions)].map((one) => one.capability).filter(Boolean))];

/** What is left of what agents may: to read what the rules show, and to use what was chosen. */
function mandateOf(lamp, lock, may) {
  const use = [];
  if (may.lamp) use.push({ things: [lamp.id], may: usable(lamp) });
  if (lock && may.lock) use.push({ things: [lock.id], may: usable(lock) });
  return { use };
}

/** What came into the house lately is for owners and adults alone; whoever says yes here means that this one no longer is. */
async function opened(card) {
  if (card?.labels?.includes("new")) await patch(`/things/${segment(card.id)}`, { labels: card.labels.filter((label) => label !== "new"), confirm: true });
}

const openAll = (lamp, lock, may) => Promise.all([may.lamp && opened(lamp), may.lock && opened(lock)]);

const Choice = ({ text, is, onChange }) => html`<div class="first-choice" role="group" aria-label=${text}><span>${text}</span><span class="buttons">${[true, false].map((answer) => html`<${Button} key=${answer}
  kind=${is === answer ? "chosen" : ""} aria-pressed=${String(is === answer)} onClick=${() => onChange(answer)}>${t(answer ? "ui.yes" : "ui.no")}<//>`)}</span></div>`;

/** Step 3. `onDone(agent, may, lamp, lock)`. */
export function LetIn({ lamp: lampId, onDone }) {
  const cards = useThings();
  const lamp = thing(lampId);
  const lock = cards.find((card) => card.kind === "lock");
  const [may, setMay] = useState({ lamp: true, lock: false });
  const [typed, setTyped] = useState("");
  const [asked, setAsked] = useState(null);
  const [token, setToken] = useState(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const run = async (act) => {
    setBusy(true);
    setError(null);
    try { await act(); } catch (problem) { setError(problem); }
    setBusy(false);
  };
  const look = (text) => {
    const code = plain(text);
    setTyped(text);
    setAsked(null);
    if (CODE.test(code)) run(async () => setAsked(await get(`/agents/requests/${segment(spelled(code))}`)));
  };
  const accept = () => run(async () => {
    const { signed } = await import("/pages/phone.js");
    await openAll(lamp, lock, may);
    const code = asked.user_code;
    const body = { answer: "accept", principal: asked.proposed.principal, name: asked.proposed.name, mandate: mandateOf(lamp, lock, may) };
    onDone(await post(`/agents/requests/${segment(code)}`, await signed(`agents/requests/${code}`, body)), may, lamp, lock);
  });
  const make = () => run(async () => {
    await openAll(lamp, lock, may);
    setToken(await post("/delegations", { name: "agent", title: t("first.my_agent"), mandate: mandateOf(lamp, lock, may) }));
  });
  return html`<h2>${t("first.may")}</h2>
    <${Card}><${Choice} text=${t("first.may_lamp", { lamp: lamp?.title ?? lampId })} is=${may.lamp} onChange=${(is) => setMay({ ...may, lamp: is })} />
      ${lock && html`<${Choice} text=${t("first.may_lock", { lock: lock.title })} is=${may.lock} onChange=${(is) => setMay({ ...may, lock: is })} />${may.lock && html`<p class="warn">${t("first.lock_asks")}</p>`}`}
      <p class="soft">${t("first.may_else")}</p><//>
    <h2>${t("first.which_agent")}</h2>
    <p>${t("first.at_agent")}</p><pre>${location.origin}/mcp</pre>
    <${Field} label=${t("first.code")} hint=${t("first.code_hint")}><input class="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" maxlength="12" value=${typed} onInput=${(event) => look(event.target.value)} /><//>
    <div aria-live="polite">${asked && html`<${Card} tone="accent"><${Foreign} who=${t("first.calls_itself")}>${asked.calls_itself}<//>
      <${Facts} rows=${[[t("first.shown_by"), asked.shown_by], [t("first.from"), asked.from]]} /><p>${t("first.only_if")}</p><//>`}</div>
    <${Failed} error=${error} />
    <${Button} kind="primary large" busy=${busy} disabled=${!asked || !isLive()} onClick=${accept}>${t("first.let_in")}<//>
    <details class="first-token"><summary>${t("first.no_code")}</summary><p>${t("first.no_code_text")}</p>
      ${token ? html`<pre>${token.secret}</pre><p class="warn">${t("first.secret_once")}</p><${Button} kind="primary" onClick=${() => onDone(token, may, lamp, lock)}>${t("first.next")}<//>`
        : html`<${Button} busy=${busy} onClick=${make}>${t("first.make_token")}<//>`}</details>`;
}
