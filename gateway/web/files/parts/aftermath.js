// What became of a command that was asked for: carried out, seen, and why it is so.

import { get, segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { link } from "../core/route.js";
import { thing } from "../core/store.js";
import { maybe, t } from "../core/texts.js";
import { Badge, Card, html, Section, useEffect } from "../core/ui.js";
import { Because } from "./thing_why.js";

const TONES = { confirmed: "good", acknowledged: "good", unconfirmed: "warn", in_doubt: "warn", refused: "bad", rejected: "bad", not_sent: "bad" };

/** The execution's status, and once it has ended why the Thing is as it is. */
async function load(path) {
  const status = await get(path);
  if (!status.outcome) return { status, why: null };
  const card = thing(status.thing);
  const named = card?.properties[status.affordance] ? `?property=${segment(status.affordance)}` : "";
  return { status, why: await get(`/things/${segment(status.thing)}/why${named}`).catch(() => null) };
}

const AGAIN_MS = 2_000; // not every end has an event of its own: that nothing was seen has none

export function Aftermath({ execution }) {
  const { data, at, reload } = useData(`/executions/${segment(execution)}`, ["action", "property", "approval", "thing"], load);
  useEffect(() => {
    if (!data || data.status.outcome) return undefined;
    const timer = setTimeout(reload, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [at]);
  if (!data) return null;
  const { status, why } = data;
  const card = thing(status.thing);
  const outcome = status.outcome ?? (status.waits_for ? "waits" : "running");
  return html`<${Card}><p role="status"><${Badge} tone=${TONES[outcome] ?? ""}>${maybe(`approvals.is_${outcome}`, outcome)}<//> ${maybe(`approvals.means_${outcome}`)}</p>
    ${status.detail && TONES[outcome] !== "good" && html`<p>${status.detail}</p>`}
    <p><a href=${link("thing", status.thing)}>${t("approvals.see_thing", { title: card?.title ?? status.thing })}</a></p><//>
    ${why && card && html`<${Section} title=${t("approvals.why")}><${Because} card=${card} told=${why} /><//>`}`;
}
