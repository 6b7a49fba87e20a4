// Sheets that let somebody in: a further phone, a guest, an agent.

import { get, post, remove } from "../core/api.js";
import { lasts, when } from "../core/format.js";
import { me } from "../core/me.js";
import { t } from "../core/texts.js";
import { Button, Failed, Field, html, Sheet, useEffect, useNow, useState } from "../core/ui.js";
import { FIRST, Narrowing, spelled, Trial, useTrial, wishOf } from "./narrowing.js";
import { Qr } from "./qr.js";

const DAY_S = 86_400;
const LOOK_MS = 2_000; // how often it is looked whether somebody came in

const slug = (text) => text.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40);

/** Copies a text, and says so. Without a clipboard the text stays to be selected. */
export function Copy({ text, label = t("ui.copy") }) {
  const [done, set] = useState(false);
  if (!navigator.clipboard) return null;
  return html`<${Button} onClick=${() => navigator.clipboard.writeText(text).then(() => set(true), () => undefined)}><span aria-live="polite">${done ? t("ui.copied") : label}</span><//>`;
}

function useWindow(window_, onUsed) {
  useEffect(() => {
    const timer = setInterval(async () => {
      if (!(await get("/pairings").catch(() => ({ open: true }))).open) onUsed();
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [window_.code]);
}

function Window({ opened, who, onClose }) {
  const [used, setUsed] = useState(false);
  const now = useNow();
  const left = (Date.parse(opened.expires_at) - now) / 1000;
  useWindow(opened, () => setUsed(true));
  if (used || left <= 0) return html`<p role="status"><strong>${t(left <= 0 ? "pairing.late" : "pairing.used", { who })}</strong></p><${Button} kind="primary" onClick=${onClose}>${t("ui.close")}<//>`;
  return html`${opened.qr?.length ? html`<p>${t("pairing.scan", { who })}</p><${Qr} rows=${opened.qr} label=${t("pairing.qr")} />` : html`<p>${t("pairing.no_qr", { at: location.origin })}</p>`}
    <p>${t("pairing.type")} <strong class="code">${opened.code}</strong></p>
    <p class="soft" role="timer">${t("pairing.left", { left: lasts(left) })}</p>
    ${!opened.takes_key && html`<p class="soft">${t("pairing.no_key")}</p>`}
    <${Button} onClick=${async () => { await remove("/pairings").catch(() => undefined); onClose(); }}>${t("pairing.stop")}<//>`;
}

/** A further phone of oneself, or somebody new of the house. */
export function PairPhone({ people, onClose }) {
  const [at, set] = useState({ who: me.principal, name: "", role: "adult" });
  const [opened, setOpened] = useState(null);
  const [error, setError] = useState(null);
  const roles = me.role === "owner" ? ["owner", "adult", "child"] : ["child"];
  const isNew = at.who === "";
  const open = async (event) => {
    event.preventDefault();
    const known = people.find((one) => one.id === at.who);
    try {
      setOpened(await post("/pairings", isNew ? { role: at.role, principal: slug(at.name), name: at.name.trim() } : { role: known?.role ?? me.role, principal: at.who }));
    } catch (problem) { setError(problem); }
  };
  const theirs = me.role === "owner" ? people : people.filter((one) => one.id === me.principal);
  return html`<${Sheet} title=${t("pairing.title")} onClose=${onClose}>
    ${opened ? html`<${Window} opened=${opened} who=${isNew ? at.name : at.who} onClose=${onClose} />` : html`<form onSubmit=${open}>
      <${Field} label=${t("pairing.whose")}><select value=${at.who} onChange=${(event) => set({ ...at, who: event.target.value })}>
        ${theirs.map((one) => html`<option key=${one.id} value=${one.id}>${one.id === me.principal ? t("pairing.mine") : one.name || one.id}</option>`)}
        <option value="">${t("pairing.new")}</option></select><//>
      ${isNew && html`<${Field} label=${t("pairing.name")}><input required maxlength="60" value=${at.name} onInput=${(event) => set({ ...at, name: event.target.value })} /><//>
        <${Field} label=${t("pairing.role")}><select value=${at.role} onChange=${(event) => set({ ...at, role: event.target.value })}>
          ${roles.map((role) => html`<option key=${role} value=${role}>${t(`role.${role}`)}</option>`)}</select><small>${t(`pairing.role_${at.role}`)}</small><//>`}
      <${Failed} error=${error} /><div class="buttons"><button class="button primary" disabled=${isNew && !slug(at.name)}>${t("pairing.show")}</button></div></form>`}
  <//>`;
}

/** Somebody who stays for some days, with what is left to them. */
export function InviteGuest({ onClose }) {
  const [name, setName] = useState("");
  const [at, set] = useState({ ...FIRST, ends: String(2 * DAY_S) });
  const [opened, setOpened] = useState(null);
  const [error, setError] = useState(null);
  const trial = useTrial(at, "guest");
  const open = async (event) => {
    event.preventDefault();
    const body = { role: "guest", principal: `guest-${slug(name)}`.slice(0, 60), name: name.trim(), token_expires_in: Number(at.ends), ...wishOf(at) };
    try { setOpened(await post("/pairings", body)); } catch (problem) { setError(problem); }
  };
  return html`<${Sheet} title=${t("guest.title")} onClose=${onClose}>
    ${opened ? html`<p>${t("guest.until", { when: when(opened.token_expires_at) })}</p><${Window} opened=${opened} who=${name} onClose=${onClose} />` : html`<form onSubmit=${open}>
      <${Field} label=${t("guest.name")}><input required maxlength="60" value=${name} onInput=${(event) => setName(event.target.value)} /><//>
      <${Field} label=${t("guest.days")}><select value=${at.ends} onChange=${(event) => set({ ...at, ends: event.target.value })}>
        ${[1, 2, 3, 7, 14, 30].map((days) => html`<option key=${days} value=${String(days * DAY_S)}>${spelled(days * DAY_S)}</option>`)}</select><//>
      <${Narrowing} at=${at} onChange=${set} ends=${false} /><${Trial} trial=${trial} />
      <${Failed} error=${error} /><div class="buttons"><button class="button primary" disabled=${!slug(name)}>${t("guest.invite")}</button></div></form>`}
  <//>`;
}

/** A program that gets its token here, which is shown once. */
export function LetAgentIn({ onClose }) {
  const [name, setName] = useState("");
  const [at, set] = useState({ ...FIRST, ends: String(7 * DAY_S) });
  const [made, setMade] = useState(null);
  const [error, setError] = useState(null);
  const role = me.role === "guest" ? "guest-agent" : "agent";
  const trial = useTrial(at, role);
  const make = async (event) => {
    event.preventDefault();
    const body = { role, name: name.trim(), title: name.trim(), ...wishOf(at), ...(at.ends && { expires_in: Number(at.ends) }) };
    try { setMade(await post("/delegations", body)); } catch (problem) { setError(problem); }
  };
  return html`<${Sheet} title=${t("delegate.title")} onClose=${onClose}>${made ? html`<${Secret} made=${made} onClose=${onClose} />` : html`<form onSubmit=${make}>
    <p>${t("delegate.text")}</p><p><a href="#/agent" onClick=${onClose}>${t("delegate.code")}</a></p>
    <${Field} label=${t("delegate.name")}><input required maxlength="60" value=${name} onInput=${(event) => setName(event.target.value)} /><//>
    <${Narrowing} at=${at} onChange=${set} /><${Trial} trial=${trial} />
    <${Failed} error=${error} /><div class="buttons"><button class="button primary" disabled=${!name.trim()}>${t("delegate.make")}</button></div></form>`}<//>`;
}

function Secret({ made, onClose }) {
  const line = `claude mcp add --transport http hearth ${location.origin}/mcp --header "Authorization: Bearer ${made.secret}"`;
  return html`<p role="status"><strong>${t("delegate.made", { who: made.principal })}</strong> ${t("delegate.once")}</p>
    <h3>${t("delegate.token")}</h3><pre tabindex="0">${made.secret}</pre><${Copy} text=${made.secret} />
    <h3>${t("delegate.mcp")}</h3><pre tabindex="0">${line}</pre><${Copy} text=${line} />
    <p><${Button} kind="primary" onClick=${onClose}>${t("delegate.kept")}<//></p>`;
}
