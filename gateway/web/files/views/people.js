// Who is let in: people with their phones, agents by whom they act for, guests, services; and one of them.

import { useData } from "../core/data.js";
import { ago, when } from "../core/format.js";
import { isPerson, manages, me } from "../core/me.js";
import { link } from "../core/route.js";
import { isLive, useThings } from "../core/store.js";
import { t } from "../core/texts.js";
import { Badge, Button, Empty, html, Loaded, Page, Row, Section, useState } from "../core/ui.js";
import { InviteGuest, LetAgentIn, PairPhone } from "../parts/letting_in.js";
import { Somebody } from "../parts/somebody.js";
import { grouped } from "../parts/tokens.js";

function sub(one) {
  const said = [];
  if (one.role === "agent" || one.role === "guest-agent") said.push(one.by && one.by !== one.acts_for ? t("people.let_in_by", { who: one.by }) : t("people.acts_for", { who: one.acts_for || t("people.nobody") }));
  else said.push(t(`role.${one.role}`));
  if (one.expires_at) said.push(t("people.until", { when: when(one.expires_at) }));
  said.push(one.last_used_at ? t("people.last", { ago: ago(Date.parse(one.last_used_at) / 1000) }) : t("people.never"));
  return said.join(" · ");
}

const Someone = ({ one }) => html`<${Row} href=${link("people", one.id)} title=${one.name || one.id} sub=${sub(one)}
  side=${one.id === me.principal ? html`<${Badge} tone="good">${t("people.you")}<//>` : one.narrowed ? html`<${Badge}>${t("people.narrowed")}<//>` : null} />`;

const Group = ({ title, members, actions = null, empty }) => html`<${Section} title=${title} actions=${actions}>
  ${members.length ? html`<div class="list">${members.map((one) => html`<${Someone} key=${one.id} one=${one} />`)}</div>` : html`<${Empty}>${empty}<//>`}<//>`;

function Everybody({ all, reload }) {
  const [sheet, open] = useState("");
  const close = () => { open(""); reload(); };
  const people = all.filter((one) => ["owner", "adult", "child"].includes(one.role));
  const guests = all.filter((one) => one.role === "guest");
  const agents = all.filter((one) => one.role === "agent" || one.role === "guest-agent");
  const services = all.filter((one) => one.role === "service");
  const dead = !isLive();
  return html`
    <${Group} title=${t("people.people")} members=${people} empty=${t("people.no_people")}
      actions=${manages() && html`<${Button} disabled=${dead} onClick=${() => open("phone")}>${t("people.pair")}<//>`} />
    <${Group} title=${t("people.agents")} members=${agents} empty=${t("people.no_agents")}
      actions=${isPerson() && html`<${Button} disabled=${dead} onClick=${() => open("agent")}>${t("people.let_in")}<//>`} />
    ${manages() && html`<${Waiting} />`}
    ${(manages() || guests.length > 0) && html`<${Group} title=${t("people.guests")} members=${guests} empty=${t("people.no_guests")}
      actions=${manages() && html`<${Button} disabled=${dead} onClick=${() => open("guest")}>${t("people.invite")}<//>`} />`}
    ${services.length > 0 && html`<${Group} title=${t("people.services")} members=${services} />`}
    ${sheet === "phone" && html`<${PairPhone} people=${people} onClose=${close} />`}
    ${sheet === "guest" && html`<${InviteGuest} onClose=${close} />`}
    ${sheet === "agent" && html`<${LetAgentIn} onClose=${close} />`}`;
}

/** Agents that stand at the door. */
function Waiting() {
  const asked = useData("/agents/requests", ["notice"]);
  const waiting = asked.data?.waiting ?? [];
  return html`<div class="list"><${Row} href="#/agent" title=${t("people.code")} sub=${waiting.length ? t("people.waiting", { count: waiting.length }) : t("people.code_sub")}
    side=${waiting.length ? html`<${Badge} tone="accent">${waiting.length}<//>` : null} /></div>`;
}

export default function People({ params }) {
  useThings();
  const tokens = useData("/tokens", ["notice", "house"]);
  const [id] = params;
  const title = id === undefined ? t("nav.people") : (grouped(tokens.data ?? []).find((one) => one.id === id)?.name || id);
  return html`<${Page} title=${title} back=${id === undefined ? "" : "#/people"}><${Loaded} from=${tokens}>${(found) => {
    const all = grouped(found);
    return id === undefined ? html`<${Everybody} all=${all} reload=${tokens.reload} />` : html`<${Somebody} id=${id} all=${all} tokens=${found} reload=${tokens.reload} />`;
  }}<//><//>`;
}
