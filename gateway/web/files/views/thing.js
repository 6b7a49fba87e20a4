// One Thing: what is so, what it takes, what was, why, by which rules, and who may do what.

import { segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { useLive } from "../core/live.js";
import { manages } from "../core/me.js";
import { link } from "../core/route.js";
import { things, useThing } from "../core/store.js";
import { maybe, t } from "../core/texts.js";
import { Badge, Button, Empty, html, Loading, Page, Section, useEffect, useRef, useState } from "../core/ui.js";
import { called, lowOf } from "../parts/kinds.js";
import { Past } from "../parts/past.js";
import { Period, usual } from "../parts/period.js";
import { Kinds, Leave, Rename } from "../parts/thing_manage.js";
import { Rights } from "../parts/thing_rights.js";
import { States } from "../parts/thing_states.js";
import { Owed, Record, Why } from "../parts/thing_why.js";

const DETAIL_MS = 2_000; // what is known of readings is asked for so often at the most

/** `?detail=1` of its properties, fresh while one looks. */
function useDetail(id) {
  const detail = useData(`/things/${segment(id)}/properties?detail=1`, ["thing"]);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  useLive(["property"], (event) => {
    if (event.thing === id && !timer.current) timer.current = setTimeout(() => { timer.current = 0; detail.reload(); }, DETAIL_MS);
  });
  return detail.data;
}

const plots = (property) => "quality" in property && ["number", "integer", "boolean", "string"].includes(property.type);

/** The property whose past is shown first: a measure, else what is switched. */
function telling(card, kept) {
  const known = Object.entries(card.properties).filter(([name, one]) => plots(one) && kept.includes(name));
  const most = known.filter(([, one]) => !(one.capability ?? "").startsWith("battery."));
  const all = most.length ? most : known;
  return (all.find(([, one]) => one.type === "number" && !one.writes) ?? all.find(([, one]) => one.type !== "number") ?? all[0] ?? [""])[0];
}

function Troubles({ card }) {
  return html`${card.suspended && html`<div class="failed" role="alert"><p><strong>${t("thing.suspended")}:</strong> ${card.suspended}</p>${manages() && html`<p><a href="#/inbox">${t("thing.check")}</a></p>`}</div>`}
    ${card.waits && !card.suspended && manages() && html`<p class="card accent"><a href="#/inbox">${t("thing.check")}</a></p>`}
    ${card.out_of_reach && html`<p class="card bad"><strong>${t("thing.out_of_reach")}</strong> ${card.out_of_reach}</p>`}
    ${lowOf(card).length > 0 && html`<p class="card"><strong>${t("thing.low")}</strong> ${t("thing.low_text")}</p>`}`;
}

/** Names of the properties whose past is kept, and the caller may see; undefined until that is known. */
function useKept(id) {
  const kept = useData(`/history?thing=${segment(id)}`, ["thing"]);
  return kept.error && !kept.data ? [] : kept.data?.series.map((one) => one.property);
}

function Curve({ card, kept, name, onName }) {
  const [period, setPeriod] = useState(usual);
  const [compare, setCompare] = useState("");
  const names = Object.entries(card.properties).filter(([one, property]) => plots(property) && kept.includes(one)).map(([one]) => one);
  const change = (next) => { setPeriod(next); setCompare(""); };
  const label = called(name, card.properties[name], card);
  return html`<${Section} title=${t("thing.past")} actions=${html`<a href=${`#/history?series=${segment(`${card.id}/${name}`)}`}>${t("thing.past_more")}</a>`}>
    ${names.length > 1 && html`<div class="chips" role="group" aria-label=${t("thing.past_of")}>${names.map((one) => html`<${Button} key=${one} kind=${one === name ? "chosen" : ""} aria-pressed=${String(one === name)}
      onClick=${() => onName(one)}>${called(one, card.properties[one], card)}<//>`)}</div>`}
    <${Period} period=${period} onChange=${change} compare=${compare} onCompare=${setCompare} />
    <${Past} key=${name} thing=${card.id} name=${name} property=${card.properties[name]} label=${`${card.title}: ${label}`} period=${period} compare=${compare}
      onRange=${(from, to) => change({ from, to: Math.min(to, Date.now() / 1000) })} /><//>`;
}

export default function Thing({ params }) {
  const card = useThing(params[0]);
  if (!card) return html`<${Page} title=${t("nowhere.title")} back="#/">${things.loaded ? html`<${Empty}>${t("thing.none")}<//>` : html`<${Loading} />`}<//>`;
  return html`<${Shown} card=${card} />`;
}

function Shown({ card }) {
  const detail = useDetail(card.id);
  const [renaming, rename] = useState(false);
  const [chosen, choose] = useState("");
  const curve = useRef(null);
  const kept = useKept(card.id);
  const name = kept && (kept.includes(chosen) ? chosen : telling(card, kept));
  const toPlot = (wanted) => { choose(wanted); curve.current?.scrollIntoView({ behavior: "smooth", block: "start" }); };
  return html`<${Page} title=${card.title} back=${card.room ? link("room", card.room) : "#/"}
      actions=${manages() && html`<${Button} onClick=${() => rename(true)}>${t("manage.edit")}<//>`}>
    <p class="badges"><${Badge}>${maybe(`kind.${card.kind}`, card.kind)}<//> ${card.room && html`<${Badge}>${card.room}<//>`} ${(card.labels ?? []).map((one) => html`<${Badge} key=${one}>${maybe(`label.${one}`, one)}<//>`)}
      ${card.group && html`<${Badge}>${t("thing.group")}<//>`}</p>
    <${Troubles} card=${card} />
    ${manages() && card.uncertain && html`<${Kinds} card=${card} />`}
    <${States} card=${card} detail=${detail} onPlot=${toPlot} kept=${kept ?? []} />
    <${Owed} card=${card} />
    <div ref=${curve}>${name && html`<${Curve} card=${card} kept=${kept} name=${name} onName=${choose} />`}</div>
    <${Why} card=${card} />
    <${Rights} card=${card} />
    <${Record} card=${card} />
    ${manages() && html`<${Leave} card=${card} />`}
    ${renaming && html`<${Rename} card=${card} onClose=${() => rename(false)} />`}
  <//>`;
}
