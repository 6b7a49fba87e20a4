// What the house was like: several properties in one picture, two periods beside each other, export, and how long it is kept.

import { remove } from "../core/api.js";
import { useData } from "../core/data.js";
import { lasts, when } from "../core/format.js";
import { manages } from "../core/me.js";
import { go } from "../core/route.js";
import { isLive, thing, useThings } from "../core/store.js";
import { t } from "../core/texts.js";
import { Button, Card, Confirm, Empty, Facts, Failed, html, Loaded, Loading, Page, Section, useEffect, useState } from "../core/ui.js";
import { called } from "../parts/kinds.js";
import { Past, pathOf, usePast } from "../parts/past.js";
import { Period, queryOf, usual } from "../parts/period.js";
import { Plot } from "../parts/plot.js";
import { colorOf } from "../parts/plot_draw.js";
import { summed, Table } from "../parts/plot_words.js";

const MOST = 4; // lines in one picture: more cannot be told apart
const ROWS = 30; // of the list of all series at a time

const keyOf = (one) => `${one.thing}/${one.property}`;
const propertyOf = (one) => thing(one.thing)?.properties[one.property] ?? { unit: one.unit };

/** "Desk lamp: on", also of a Thing that is gone. */
function labelOf(one) {
  const card = thing(one.thing);
  const property = card?.properties[one.property];
  return `${card?.title ?? one.thing}: ${property ? called(one.property, property, card) : one.property}`;
}

/** Lines of one unit in one picture, each fetched by itself. */
function Together({ group, period, onRange }) {
  const pasts = Array.from({ length: MOST }, (_, index) => usePast(group[index]?.thing ?? null, group[index]?.property ?? "", period)).slice(0, group.length);
  const failed = pasts.find((one) => one.error && one.data === undefined);
  const [kept, keep] = useState({ of: [], series: null });
  const data = pasts.map((one) => one.data);
  if (failed) return html`<${Failed} error=${failed.error} retry=${failed.reload} />`;
  if (data.some((one) => one === undefined)) return html`<${Loading} />`;
  let { series } = kept;
  if (data.some((one, index) => kept.of[index] !== one) || kept.of.length !== data.length) {
    series = data.map((one, index) => ({ ...one, label: labelOf(group[index]), shape: { ...propertyOf(group[index]), unit: one.unit } }));
    keep({ of: data, series });
  }
  const [{ from, to }] = data;
  return html`<${Plot} series=${series} from=${from} to=${to} label=${t("plot.label", { what: series.map((one) => one.label).join(", ") })} onRange=${onRange} />
    <ul class="legend">${series.map((one, index) => html`<li key=${one.label}><span class="swatch" aria-hidden="true" style=${{ background: `var(${colorOf(index)})` }}></span><strong>${one.label}</strong> ${summed(one, to)}<${Table} series=${one} label=${one.label} /></li>`)}</ul>`;
}

/** Series that fit into one picture: numbers of one unit together, everything else alone. */
function grouped(chosen) {
  const groups = new Map();
  for (const one of chosen) {
    const key = one.type === "number" ? `unit ${one.unit ?? ""}` : keyOf(one);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(one);
  }
  return [...groups];
}

function Kept({ one, onErased }) {
  const [asking, ask] = useState(false);
  const keeps = Object.entries(one.keeps).filter(([, time]) => time !== 0).map(([level, time]) => `${t(`history.level_${level}`)}: ${time === null ? t("history.for_ever") : kept(time)}`);
  return html`<${Card}><h3>${labelOf(one)}</h3>
    <${Facts} rows=${[[t("history.first"), when(one.first)], [t("history.keeps"), keeps.join(" · ") || t("history.forgotten")], [t("history.bytes"), one.bytes === null ? null : size(one.bytes)]]} />
    ${manages() && html`<${Button} kind="danger" disabled=${!isLive()} onClick=${() => ask(true)}>${t("history.erase")}<//>`}
    ${asking && html`<${Confirm} title=${t("history.erase_title", { what: labelOf(one) })} text=${t("history.erase_text")} yes=${t("history.erase")} danger=${true}
      onYes=${async () => { await remove(pathOf(one.thing, one.property)); onErased(); }} onClose=${() => ask(false)} />`}<//>`;
}

const YEAR_S = 365 * 86_400;
const kept = (seconds) => (seconds >= YEAR_S ? t("history.years", { count: Math.round(seconds / YEAR_S) }) : lasts(seconds));
const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

function Chooser({ all, chosen, onChoose }) {
  const [searched, search] = useState("");
  const [most, setMost] = useState(ROWS);
  const [open, setOpen] = useState(true);
  useEffect(() => { setOpen(chosen.length === 0); }, [chosen.length === 0]);
  const words = searched.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found = all.map((one) => [labelOf(one), one]).filter(([label]) => words.every((word) => label.toLocaleLowerCase().includes(word))).sort(([a], [b]) => a.localeCompare(b));
  const isFull = chosen.length >= MOST;
  /** The first one is shown at once, where the list was; further ones are chosen in the list that was opened again. */
  const choose = (event, key, on) => {
    if (chosen.length === 0) event.currentTarget.closest("details").querySelector("summary").focus();
    onChoose(on ? chosen.filter((other) => other !== key) : [...chosen, key]);
  };
  return html`<details class="chooser" open=${open} onToggle=${(event) => setOpen(event.currentTarget.open)}><summary>${t("history.choose", { most: MOST })}</summary>
    <input type="search" aria-label=${t("ui.search")} placeholder=${t("ui.search")} value=${searched} onInput=${(event) => search(event.target.value)} />
    <div class="list plain">${found.slice(0, most).map(([label, one]) => { const key = keyOf(one); const on = chosen.includes(key); return html`<label class="check item" key=${key}>
      <input type="checkbox" checked=${on} disabled=${!on && isFull} onChange=${(event) => choose(event, key, on)} /> ${label}</label>`; })}</div>
    ${found.length > most && html`<${Button} onClick=${() => setMost(most + ROWS)}>${t("ui.more")}<//>`}
    ${!found.length && html`<${Empty}>${t("history.none_found")}<//>`}</details>`;
}

export default function History({ query }) {
  useThings();
  const list = useData("/history");
  const chosen = (query.series ?? "").split(",").filter(Boolean).slice(0, MOST);
  const [period, setPeriod] = useState(usual);
  const [compare, setCompare] = useState("");
  const choose = (keys) => { location.hash = `#/history${keys.length ? `?series=${encodeURIComponent(keys.join(","))}` : ""}`; };
  const change = (next) => { setPeriod(next); setCompare(""); };
  const range = (from, to) => change({ from, to: Math.min(to, Date.now() / 1000) });
  return html`<${Page} title=${t("history.title")} back="#/more"><${Loaded} from=${list}>${({ series, file_bytes: bytes }) => {
    const mine = chosen.map((key) => series.find((one) => keyOf(one) === key)).filter(Boolean);
    return html`${series.length === 0 && html`<${Empty}>${t("history.empty")}<//>`}
      ${series.length > 0 && html`<${Chooser} all=${series} chosen=${mine.map(keyOf)} onChoose=${choose} />`}
      ${mine.length > 0 && html`<${Period} period=${period} onChange=${change} compare=${compare} onCompare=${setCompare} />`}
      ${grouped(mine).map(([key, group]) => (group.length > 1 && !compare ? html`<${Together} key=${`${key} ${group.map(keyOf).join()}`} group=${group} period=${period} onRange=${range} />`
        : group.map((one) => html`<${Section} key=${keyOf(one)} title=${labelOf(one)}><${Past} thing=${one.thing} name=${one.property} property=${propertyOf(one)} label=${labelOf(one)} period=${period} compare=${compare} onRange=${range} /><//>`)))}
      ${mine.length > 1 && html`<p><a href=${`/history?series=${encodeURIComponent(mine.map(keyOf).join(","))}&${queryOf(period)}&format=csv`} download>${t("history.csv")}</a></p>`}
      ${mine.length > 0 && html`<${Section} title=${t("history.kept")}>${mine.map((one) => html`<${Kept} key=${keyOf(one)} one=${one} onErased=${() => { list.reload(); go("history"); }} />`)}<//>`}
      ${bytes !== undefined && html`<p class="soft">${t("history.all_bytes", { count: series.length, size: size(bytes) })}</p>`}`;
  }}<//><//>`;
}
