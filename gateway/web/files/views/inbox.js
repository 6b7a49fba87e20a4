// What was found and does not belong to the house yet: adopt it, wave it away, look for more.

import { get, post, remove, segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { manages } from "../core/me.js";
import { link } from "../core/route.js";
import { useThing } from "../core/store.js";
import { t } from "../core/texts.js";
import { Badge, Button, Card, Empty, Facts, Failed, html, Loaded, Page, Row, Section, useState } from "../core/ui.js";
import { Adopting } from "../parts/adopting.js";
import { familiesOf, guesses, madeBy, partsText, titleOf } from "../parts/candidate.js";
import { Replacing } from "../parts/replacing.js";

const KINDS = ["discovery", "thing"];

export default function Inbox({ params }) {
  if (!manages()) return html`<${Page} title=${t("inbox.title")} back="#/more"><${Empty}>${t("inbox.adults")}<//><//>`;
  return params.length === 2 ? html`<${One} driver=${params[0]} id=${params[1]} />` : html`<${All} />`;
}

function Searching({ after }) {
  const [state, setState] = useState({ busy: false, searched: null, error: null });
  const search = async () => {
    setState({ busy: true, searched: null, error: null });
    try {
      const { searched } = await post("/discovery/search");
      setState({ busy: false, searched, error: null });
      after();
    } catch (error) { setState({ busy: false, searched: null, error }); }
  };
  return html`<${Button} busy=${state.busy} onClick=${search}>${t(state.busy ? "inbox.searching" : "inbox.search")}<//>
    <p role="status" class="soft">${state.searched && (state.searched.length ? t("inbox.searched", { families: state.searched.join(", ") }) : t("inbox.searched_none"))}</p>
    <${Failed} error=${state.error} />`;
}

const Side = ({ one }) => (one.asks ? html`<${Badge}>${t("inbox.asks_code")}<//>` : !one.components.length ? html`<${Badge} tone="warn">${t("inbox.not_understood")}<//>`
  : guesses(one).length ? html`<${Badge} tone="warn">${t("inbox.guess")}<//>` : null);

function All() {
  const found = useData("/inbox", KINDS);
  const looking = useData("/discovery", KINDS);
  const ignored = useData("/inbox?ignored=1", KINDS);
  const titles = familiesOf(looking.data);
  const restore = async (one) => { await post(`/inbox/${segment(one.driver)}/${segment(one.id)}/restore`); ignored.reload(); found.reload(); };
  return html`<${Page} title=${t("inbox.title")} back="#/more">
    <p class="soft">${t("inbox.text")}</p>
    <${Loaded} from=${found}>${(all) => {
      const fresh = all.filter((one) => !one.thing);
      const changed = all.filter((one) => one.thing);
      const drivers = [...new Set(fresh.map((one) => one.driver))].sort();
      return html`${fresh.length === 0 && html`<${Empty}>${t("inbox.none")}<//>`}
        ${drivers.map((driver) => html`<${Section} key=${driver} title=${titles.get(driver) ?? driver}><div class="list">${fresh.filter((one) => one.driver === driver).map((one) => html`<${Row} key=${one.id}
          href=${link("inbox", one.driver, one.id)} title=${titleOf(one)} sub=${[partsText(one.components), madeBy(one) !== titleOf(one) && madeBy(one), one.room].filter(Boolean).join(" · ")} side=${html`<${Side} one=${one} />`} />`)}</div><//>`)}
        ${changed.length > 0 && html`<${Section} title=${t("inbox.changed")}><div class="list">${changed.map((one) => html`<${Row} key=${one.id} href=${link("thing", one.thing)} title=${titleOf(one)} sub=${one.waiting?.changes?.[0] ?? one.suspended} />`)}</div><//>`}`;
    }}<//>
    <${Searching} after=${() => { found.reload(); looking.reload(); }} />
    ${looking.data && html`<${Families} looking=${looking.data} />`}
    ${(ignored.data ?? []).length > 0 && html`<${Section} title=${t("inbox.ignored")}><div class="list">${ignored.data.map((one) => html`<div class="row" key=${`${one.driver}/${one.id}`}>
      <span class="row-text"><span class="row-title">${titleOf(one)}</span><span class="row-sub">${titles.get(one.driver) ?? one.driver}</span></span><${Button} onClick=${() => restore(one)}>${t("inbox.restore")}<//></div>`)}</div><//>`}
  <//>`;
}

/** Which families are looked for, and what keeps one from being found. */
function Families({ looking }) {
  const shown = looking.families.filter((one) => one.state !== "off" || one.seen > 0);
  if (!shown.length) return null;
  return html`<${Section} title=${t("inbox.families")}><div class="list">${shown.map((one) => html`<div class="row" key=${one.name}><span class="row-text"><span class="row-title">${one.title}</span>
    ${one.advice && html`<span class="row-sub">${one.advice}</span>`}</span><span class="row-side"><${Badge} tone=${{ running: "good", looking: "", missing: "warn", failed: "bad", blind: "warn" }[one.state] ?? ""}>${t(`inbox.state_${one.state}`)}<//></span></div>`)}</div><//>`;
}

function One({ driver, id }) {
  const [adopted, setAdopted] = useState(null);
  const from = useData(adopted ? null : "/inbox", KINDS, async (path) => (await get(path)).find((one) => one.driver === driver && one.id === id) ?? null);
  const looking = useData("/discovery");
  if (adopted) return html`<${Adopted} made=${adopted} />`;
  const one = from.data;
  return html`<${Page} title=${one ? titleOf(one) : t("inbox.title")} back="#/inbox"><${Loaded} from=${from}>${() => (one === null
    ? html`<${Empty}>${t("inbox.gone")}<//>` : html`<${Candidate} one=${one} family=${familiesOf(looking.data).get(driver) ?? driver} onAdopted=${setAdopted} />`)}<//><//>`;
}

function Candidate({ one, family, onAdopted }) {
  const [replacing, setReplacing] = useState(false);
  const [error, setError] = useState(null);
  const ignore = async () => { try { await remove(one.href); location.hash = "#/inbox"; } catch (problem) { setError(problem); } };
  const more = html`<${Button} onClick=${() => setReplacing(true)}>${t("inbox.replace_short")}<//><${Button} kind="quiet" onClick=${ignore}>${t("inbox.ignore")}<//>`;
  return html`<${Card}><${Facts} rows=${[
      [t("inbox.is"), partsText(one.components) || null], [t("inbox.made_by"), madeBy(one)], [t("inbox.family"), family], [t("inbox.found_at"), one.endpoint?.replace(/^http:(?=https?:)/, "")], [t("inbox.device_id"), one.id],
      one.via && [t("inbox.via"), one.via.thing ? html`<a href=${link("thing", one.via.thing)}>${one.via.device}</a>` : one.via.device],
      one.members.length > 0 && [t("inbox.members"), one.members.length],
    ]} />
    ${one.problems.length > 0 && html`<h3>${t("inbox.problems")}</h3><ul>${one.problems.map((text) => html`<li key=${text}>${text}</li>`)}</ul>`}
    ${one.components_left_out > 0 && html`<p>${t("inbox.left_out", { count: one.components_left_out })}</p>`}
    ${one.same_as.length > 0 && html`<p class="warn">${t("inbox.same_as", { others: one.same_as.join(", ") })}</p>`}<//>
    ${one.thing ? html`<p><a class="button primary" href=${link("thing", one.thing)}>${t("inbox.is_thing")}</a></p>`
      : one.components.length || one.asks ? html`<${Adopting} one=${one} onAdopted=${onAdopted} more=${more} />`
      : html`<p>${t("inbox.cannot")}</p><div class="buttons"><${Button} onClick=${ignore}>${t("inbox.ignore")}<//></div>`}
    <${Failed} error=${error} />
    ${replacing && html`<${Replacing} one=${one} onReplaced=${(done, thing) => onAdopted({ id: done?.id ?? thing, title: done?.title })} onClose=${() => setReplacing(false)} />`}`;
}

/** It belongs to the house: what one does next. */
function Adopted({ made }) {
  const card = useThing(made.id);
  return html`<${Page} title=${card?.title ?? made.title ?? made.id} back="#/inbox"><${Card} tone="accent"><p role="status"><strong>${t("inbox.adopted")}</strong></p>
    ${(made.unconfirmed ?? []).map((guess) => html`<p key=${guess.component} class="warn">${guess.means}</p>`)}<//>
    <div class="buttons"><a class="button primary" href=${link("thing", made.id)}>${t("inbox.use")}</a><a class="button" href="#/inbox">${t("inbox.next")}</a></div><//>`;
}
