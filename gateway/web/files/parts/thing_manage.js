// What owners and adults may change of a Thing: what it is called, where it is, what it is, and that it goes.

import { patch, post, remove, segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { go } from "../core/route.js";
import { allThings, isLive } from "../core/store.js";
import { maybe, t } from "../core/texts.js";
import { Button, Confirm, Failed, Field, Foreign, html, Section, Sheet, useState } from "../core/ui.js";

const LONGEST = 100; // characters of a title or a room

/** `[change, sheet]`: `change(body)` is made, unless somebody could do more by it: then a sheet says who, and asks. */
export function useChange(card, onDone = () => undefined) {
  const [gains, setGains] = useState(null);
  const [error, setError] = useState(null);
  const send = (body) => patch(`/things/${segment(card.id)}`, body);
  const change = async (body) => {
    setError(null);
    try { await send(body); onDone(); } catch (problem) {
      if (problem.name === "widens") setGains({ body, said: problem.gains }); else setError(problem);
    }
  };
  const sheet = html`<${Failed} error=${error} />${gains && html`<${Confirm} title=${t("manage.widens")} yes=${t("manage.widens_yes")}
    text=${html`${t("manage.widens_text")}<ul>${gains.said.map((one) => html`<li key=${one}>${one}</li>`)}</ul>`}
    onYes=${async () => { await send({ ...gains.body, confirm: true }); onDone(); }} onClose=${() => setGains(null)} />`}`;
  return [change, sheet];
}

export function Rename({ card, onClose }) {
  const [title, setTitle] = useState(card.title);
  const [room, setRoom] = useState(card.room);
  const [change, sheet] = useChange(card, onClose);
  const rooms = [...new Set(allThings().map((one) => one.room).filter(Boolean))].sort();
  const send = (event) => {
    event.preventDefault();
    const body = { ...(title.trim() !== card.title ? { title: title.trim() } : {}), ...(room.trim() !== card.room ? { room: room.trim() } : {}) };
    if (Object.keys(body).length) change(body); else onClose();
  };
  return html`<${Sheet} title=${t("manage.rename")} onClose=${onClose}><form onSubmit=${send}>
    <${Field} label=${t("manage.name")}><input value=${title} maxlength=${LONGEST} required onInput=${(event) => setTitle(event.target.value)} /><//>
    <${Field} label=${t("manage.room")} hint=${t("manage.room_hint")}><input value=${room} maxlength=${LONGEST} list="rooms" onInput=${(event) => setRoom(event.target.value)} /><//>
    <datalist id="rooms">${rooms.map((one) => html`<option key=${one} value=${one} />`)}</datalist>
    ${sheet}<div class="buttons"><button type="submit" class="button primary" disabled=${!title.trim() || !isLive()}>${t("ui.save")}</button><${Button} onClick=${onClose}>${t("ui.cancel")}<//></div>
  </form><//>`;
}

/** Components whose kind is a guess: a person says what they are. */
export function Kinds({ card }) {
  const kinds = useData(`/things/${segment(card.id)}/kinds`, ["thing"]);
  const [change, sheet] = useChange(card, () => kinds.reload());
  const guesses = (kinds.data ?? []).filter((one) => !one.certain);
  if (!guesses.length) return null;
  return html`<${Section} title=${t("manage.kinds")}>${sheet}${guesses.map((one) => html`<div class="card accent" key=${one.key}>
    <p><strong>${one.title || card.title}</strong> ${t("manage.guess")}</p>
    <div class="buttons">${sorted(one).map((kind) => html`<${Button} key=${kind} kind=${kind === (one.proposal ?? one.kind) ? "primary" : ""} disabled=${!isLive()}
      onClick=${() => change({ kinds: { [one.key]: kind } })}>${maybe(`kind.${kind}`, kind)}<//>`)}</div></div>`)}<//>`;
}

const sorted = (one) => [...new Set([one.proposal ?? one.kind, ...one.kinds])].filter(Boolean);

export function Leave({ card }) {
  const [asked, ask] = useState("");
  return html`<${Section} title=${t("manage.leave")}><div class="buttons">
      <${Button} disabled=${!isLive()} onClick=${() => ask("replace")}>${t("manage.replace")}<//>
      <${Button} kind="danger" disabled=${!isLive()} onClick=${() => ask("forget")}>${t("manage.forget")}<//></div>
    ${asked === "forget" && html`<${Confirm} title=${t("manage.forget_title", { title: card.title })} text=${t("manage.forget_text")} yes=${t("manage.forget")} danger=${true}
      onYes=${async () => { await remove(`/things/${segment(card.id)}`); go(); }} onClose=${() => ask("")} />`}
    ${asked === "replace" && html`<${Replace} card=${card} onClose=${() => ask("")} />`}<//>`;
}

/** Another device takes its place: one of those that were found. */
function Replace({ card, onClose }) {
  const inbox = useData("/inbox", ["discovery"]);
  const [losses, setLosses] = useState(null);
  const [error, setError] = useState(null);
  const put = async (body) => {
    setError(null);
    try { await post(`/things/${segment(card.id)}/replace`, body); onClose(); } catch (problem) {
      if (problem.name === "loses") setLosses({ body, said: problem.losses ?? [problem.detail] }); else setError(problem);
    }
  };
  const free = (inbox.data ?? []).filter((one) => !one.thing && !one.asks);
  return html`<${Sheet} title=${t("manage.replace")} onClose=${onClose}><p>${t("manage.replace_text", { title: card.title })}</p><${Failed} error=${error ?? inbox.error} />
    ${losses ? html`<p><strong>${t("manage.loses")}</strong></p><ul>${losses.said.map((one) => html`<li key=${one}>${one}</li>`)}</ul>
        <div class="buttons"><${Button} kind="danger" onClick=${() => put({ ...losses.body, confirm: true })}>${t("manage.replace_yes")}<//><${Button} onClick=${onClose}>${t("ui.cancel")}<//></div>`
      : free.length ? free.map((one) => html`<div class="card" key=${`${one.driver}/${one.id}`}><${Foreign} who=${t("manage.calls_itself")}>${[one.title, one.manufacturer, one.model].filter(Boolean).join(" · ")}<//>
        <${Button} onClick=${() => put({ driver: one.driver, candidate: one.candidate ?? one.id, announced: one.announced ?? "" })}>${t("manage.take")}<//></div>`)
      : inbox.data && html`<p class="empty">${t("manage.no_candidate")}</p>`}<//>`;
}
