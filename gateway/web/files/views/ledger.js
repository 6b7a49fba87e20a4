// All that was wanted, decided, done and seen; searched, unfolded, and whether it still holds.

import { get, segment } from "../core/api.js";
import { exactly, when } from "../core/format.js";
import { on } from "../core/live.js";
import { manages, me } from "../core/me.js";
import { link } from "../core/route.js";
import { allThings, useThings } from "../core/store.js";
import { maybe, t } from "../core/texts.js";
import { Badge, Button, Empty, Facts, Failed, Field, Foreign, html, Loading, Page, useEffect, useRef, useState } from "../core/ui.js";
import { facts, joined, mark, sentence, who, wordsOf } from "../parts/entry_words.js";
import { titleOf } from "../parts/names.js";
import { Standing } from "../parts/standing.js";

const PAGE = 60;
const MOST_SHOWN = 600; // on one page: beyond it the filters help more
const SEARCHED_PAGES = 8; // how far back a text is looked for at a time
const SETTLE_MS = 700;
const KINDS = {
  done: "dispatch,intent,denied,outcome,correction,takeover", asked: "approval,grant", plans: "plan,lease", wrong: "denied,incident,correction,rules-refused",
  access: "token,login,contract,read", rules: "rules,rules-refused,mode,consent", things: "adoption,thing,kinds,obligation,incident", told: "message,notice", gateway: "start,stop,recovered,panic,erase",
};

function pathOf(filter, members) {
  const query = new URLSearchParams({ limit: String(PAGE), ...members });
  if (filter.thing) query.set("thing", filter.thing);
  if (filter.who) query.set("principal", filter.who);
  if (filter.execution) query.set("execution", filter.execution);
  if (KINDS[filter.kind]) query.set("kind", KINDS[filter.kind]);
  return `/ledger?${query}`;
}

const fits = (entry, text) => !text || `${sentence(entry)} ${who(entry)} ${titleOf(entry.thing)} ${wordsOf(entry).join(" ")} ${entry.body.affordance ?? ""}`.toLowerCase().includes(text.toLowerCase());

/** The entries of `filter`, the newest first; `older()` fetches more, and new ones come by themselves. */
function useEntries(filter) {
  const [at, set] = useState({ entries: [], more: true, error: null, loaded: false });
  const state = useRef(at);
  const turn = useRef(0);
  const put = (next) => { state.current = { ...state.current, ...next }; set(state.current); };
  const bounds = (before) => ({ newest: "1", ...(before && { before: String(before) }) });
  const older = async () => {
    const mine = turn.current;
    try {
      let found = 0;
      for (let page = 0; page < (filter.text ? SEARCHED_PAGES : 1) && found < PAGE / 2; page += 1) {
        const rows = await get(pathOf(filter, bounds(state.current.last)));
        if (mine !== turn.current) return;
        const kept = rows.filter((one) => fits(one, filter.text) && (!filter.from || one.at >= filter.from));
        found += kept.length;
        const ends = rows.length < PAGE || (filter.from && rows.at(-1)?.at < filter.from);
        put({ entries: [...state.current.entries, ...kept], last: rows.at(-1)?.seq, more: !ends, error: null, loaded: true });
        if (ends) return;
      }
    } catch (error) { if (mine === turn.current) put({ error, loaded: true }); }
  };
  const newer = async () => {
    const mine = turn.current;
    if (filter.before || !state.current.loaded) return;
    try {
      const rows = await get(pathOf(filter, { after: String(state.current.newest ?? state.current.entries[0]?.seq ?? 0) }));
      if (mine !== turn.current || !rows.length) return;
      put({ newest: rows.at(-1).seq, entries: [...rows.reverse().filter((one) => fits(one, filter.text) && !state.current.entries.some((old) => old.seq === one.seq)), ...state.current.entries].slice(0, MOST_SHOWN) });
    } catch { /* the next one tells */ }
  };
  useEffect(() => {
    turn.current += 1;
    state.current = { entries: [], more: true, error: null, loaded: false, last: filter.before || undefined };
    set(state.current);
    older();
    let timer = 0;
    const soon = () => { clearTimeout(timer); timer = setTimeout(newer, SETTLE_MS); };
    const ends = ["action", "approval", "plan", "rules", "house", "obligation", "notice", "fresh", "thing"].map((kind) => on(kind, soon));
    return () => { clearTimeout(timer); turn.current += 1; for (const end of ends) end(); };
  }, [JSON.stringify(filter)]);
  return { ...at, older };
}

function Details({ entry, onFilter }) {
  const [chain, show] = useState(null);
  const follow = async () => show(await get(`/ledger?execution=${segment(entry.execution)}&limit=50`).catch(() => []));
  return html`${wordsOf(entry).map((said) => html`<${Foreign} key=${said} who=${t("ledger.said", { who: who(entry) })}>${said}<//>`)}
    <${Facts} rows=${[[t("ledger.number"), entry.seq], [t("ledger.at"), exactly(entry.at)], [t("ledger.who"), who(entry)], ...facts(entry)]} />
    <div class="buttons">${entry.thing && html`<a class="button" href=${link("thing", entry.thing)}>${titleOf(entry.thing)}</a>`}
      ${entry.thing && html`<${Button} onClick=${() => onFilter({ thing: entry.thing })}>${t("ledger.only_thing")}<//>`}
      ${entry.execution && !chain && html`<${Button} onClick=${follow}>${t("ledger.chain")}<//>`}</div>
    ${chain && html`<ol class="chain">${chain.map((one) => html`<li key=${one.seq}>${sentence(one)} <small>${exactly(one.at)}</small>
      ${facts(one).filter(([, value]) => value).map(([name, value]) => html`<small key=${name}>${name}: ${value}</small>`)}</li>`)}</ol>`}
    <details class="raw"><summary>${t("ledger.raw")}</summary><pre tabindex="0">${JSON.stringify({ body: entry.body, private: entry.private, hash: entry.hash }, null, 1)}</pre></details>`;
}

function Entry({ entry, onFilter }) {
  const [open, set] = useState(false);
  const badge = mark(entry);
  return html`<li><details class="entry" open=${open} onToggle=${(event) => { if (event.target === event.currentTarget) set(event.currentTarget.open); }}>
    <summary><span class="row-text"><span>${sentence(entry)}</span><small>${who(entry) || "Hearth"} · ${when(entry.at)}</small></span>${badge && html`<${Badge} tone=${badge[0]}>${badge[1]}<//>`}</summary>
    ${open && html`<${Details} entry=${entry} onFilter=${onFilter} />`}</details></li>`;
}

function Filters({ filter, change, people }) {
  const some = [filter.thing, filter.who, filter.kind, filter.day, filter.execution].filter(Boolean).length;
  return html`<${Field} label=${t("ui.search")}><input type="search" value=${filter.text} onChange=${(event) => change({ text: event.target.value.trim() })} /><//>
    <details class="fold" open=${some > 0}><summary><span>${t("ledger.filter")}</span>${some > 0 && html`<small>${some}</small>`}</summary>
    <div class="two"><${Field} label=${t("ledger.thing")}><select value=${filter.thing} onChange=${(event) => change({ thing: event.target.value })}><option value="">${t("ledger.all")}</option>
        ${allThings().sort((a, b) => a.title.localeCompare(b.title)).map((card) => html`<option key=${card.id} value=${card.id}>${card.title}</option>`)}</select><//>
      <${Field} label=${t("ledger.kind")}><select value=${filter.kind} onChange=${(event) => change({ kind: event.target.value })}><option value="">${t("ledger.all")}</option>
        ${Object.keys(KINDS).map((kind) => html`<option key=${kind} value=${kind}>${t(`ledger.kind_${kind}`)}</option>`)}</select><//>
      ${manages() && html`<${Field} label=${t("ledger.who")}><select value=${filter.who} onChange=${(event) => change({ who: event.target.value })}><option value="">${t("ledger.everybody")}</option>
        ${people.map((one) => html`<option key=${one} value=${one}>${maybe(`somebody.${one}`, one)}</option>`)}</select><//>`}
      <${Field} label=${t("ledger.since")}><input type="date" value=${filter.day} onInput=${(event) => change({ day: event.target.value })} /><//></div>
    ${some > 0 && html`<${Button} onClick=${() => change({ thing: "", who: "", kind: "", day: "", execution: "" })}>${t("ledger.no_filter")}<//>`}</details>`;
}

export default function Ledger({ query }) {
  useThings();
  const [filter, set] = useState({ thing: query.thing ?? "", who: query.who ?? "", kind: query.kind ?? "", text: query.text ?? "", execution: query.execution ?? "", day: "" });
  const change = (members) => set({ ...filter, ...members });
  const found = useEntries({ ...filter, from: filter.day ? new Date(`${filter.day}T00:00`).toISOString() : "" });
  const people = [...new Set([filter.who, me.principal, "box", "house", ...found.entries.map((one) => one.principal)].filter(Boolean))].sort();
  return html`<${Page} title=${t("more.ledger")} back="#/more"><${Standing} /><${Filters} filter=${filter} change=${change} people=${people} />
    <${Failed} error=${found.error} />
    ${!found.loaded ? html`<${Loading} />` : !found.entries.length && !found.more ? html`<${Empty}>${t("ledger.none")}<//>` : html`<ol class="list entries">${joined(found.entries).map((entry) => html`<${Entry} key=${entry.seq} entry=${entry} onFilter=${change} />`)}</ol>`}
    ${found.loaded && found.more && found.entries.length < MOST_SHOWN && html`<${Button} onClick=${found.older}>${t("ledger.older")}<//>`}<//>`;
}
