// What a person should see first: dangers, questions that wait, new devices, and what does not work.

import { useData } from "../core/data.js";
import { useLive } from "../core/live.js";
import { isPerson, manages } from "../core/me.js";
import { link } from "../core/route.js";
import { allThings, thing } from "../core/store.js";
import { t } from "../core/texts.js";
import { html, Row, useState } from "../core/ui.js";
import { alarming, called, lowOf } from "./kinds.js";

const WATCHED = /^(smoke|co|leak|alarm|lock|battery)\.|\.(tamper|gas|obstructed)$/;
const NAMED = 3; // Things by name in one hint; the rest is counted

function named(cards) {
  const titles = cards.slice(0, NAMED).map((card) => card.title).join(", ");
  return cards.length > NAMED ? t("hint.and_more", { titles, count: cards.length - NAMED }) : titles;
}

const to = (cards) => (cards.length === 1 ? link("thing", cards[0].id) : "#/health");

export function Hints() {
  const [, tell] = useState(0);
  useLive(["property"], (event) => { if (WATCHED.test(thing(event.thing)?.properties[event.name]?.capability ?? "")) tell((count) => count + 1); });
  const approvals = useData(isPerson() ? "/approvals" : null, ["approval"]);
  const inbox = useData(manages() ? "/inbox" : null, ["discovery", "thing"]);
  const owed = useData("/obligations", ["obligation"]);
  const cards = allThings();
  const waiting = approvals.data?.to_answer?.length ?? 0;
  const found = (inbox.data ?? []).filter((one) => !one.thing).length;
  const failed = (owed.data ?? []).filter((one) => one.state === "failed");
  const dangers = cards.flatMap((card) => Object.entries(card.properties).filter(([, one]) => alarming(one)).map(([name, one]) => [card, name, one]));
  const away = cards.filter((card) => card.out_of_reach);
  const waits = cards.filter((card) => card.waits || card.suspended);
  const low = cards.filter((card) => lowOf(card).length);
  const rows = [
    ...dangers.map(([card, name, one]) => [`danger-${card.id}-${name}`, link("thing", card.id), t("hint.danger", { what: called(name, one, card), where: card.room || card.title }), card.title, "bad"]),
    ...failed.map((one) => [`owed-${one.id}`, link("thing", one.thing), t("hint.failed", { title: thing(one.thing)?.title ?? one.thing }), one.says, "bad"]),
    waiting > 0 && ["waiting", "#/approvals", t("hint.questions", { count: waiting }), t("hint.questions_sub"), "accent"],
    found > 0 && ["found", "#/inbox", t("hint.found", { count: found }), t("hint.found_sub"), "accent"],
    waits.length > 0 && manages() && ["waits", to(waits), t("hint.waits", { count: waits.length }), named(waits), "accent"],
    away.length > 0 && ["away", to(away), t("hint.away", { count: away.length }), named(away), ""],
    low.length > 0 && ["low", to(low), t("hint.low", { count: low.length }), named(low), ""],
  ].filter(Boolean);
  return html`<div class="hints" role="status">${rows.map(([key, href, title, sub, tone]) => html`<div key=${key} class=${`hint ${tone}`}><${Row} href=${href} title=${title} sub=${sub} /></div>`)}</div>`;
}
