// Whether the ledger holds, and whether it is the one that this phone knows: it keeps the newest signed head, and asks for it again.

import { get, post } from "../core/api.js";
import { useData } from "../core/data.js";
import { exactly, when } from "../core/format.js";
import { manages } from "../core/me.js";
import { keep, kept } from "../core/offline.js";
import { isLive } from "../core/store.js";
import { t } from "../core/texts.js";
import { Badge, Button, Facts, html, useEffect, useState } from "../core/ui.js";

const HEAD = "ledger-head";
const AGAIN_MS = 1_500; // while it is being looked at

/** What this phone knows against what the gateway says: null (nothing kept), "same", "cut", "forked", or "key". */
function compared(before, now) {
  if (!before) return null;
  if (before.key && now.key && before.key !== now.key) return "key";
  if (!now.entry) return null;
  if (now.entry.hash === null) return "cut";
  return now.entry.hash === before.hash ? "same" : "forked";
}

async function asked() {
  const before = await kept(HEAD);
  const now = await get(`/ledger/verification${before ? `?seq=${before.seq}` : ""}`);
  const is = compared(before, now);
  // What convicts a gateway is not replaced by what it says now.
  if (now.head && (is === null || is === "same") && (!before || now.head.seq > before.seq)) await keep(HEAD, { ...now.head, key: now.key });
  return { ...now, before, is };
}

const WRONG = new Set(["cut", "forked", "key"]);

export function useStanding() {
  const standing = useData("/ledger/verification", ["action"], asked);
  const looking = standing.data?.looking;
  useEffect(() => {
    if (!looking) return undefined;
    const timer = setTimeout(standing.reload, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [looking, standing.at]);
  return standing;
}

const toneOf = (is) => (WRONG.has(is.is) || is.ok === false ? "bad" : is.ok === null ? "" : "good");
const wordOf = (is) => (WRONG.has(is.is) ? `standing.${is.is}` : is.ok === false ? "standing.broken" : is.ok === null ? "standing.looking" : "standing.holds");

/** The badge, and behind it what was checked. */
export function Standing() {
  const standing = useStanding();
  const [busy, setBusy] = useState(false);
  const is = standing.data;
  if (!is) return null;
  const bad = toneOf(is) === "bad";
  const anew = async () => { setBusy(true); await post("/ledger/verification").catch(() => undefined); await standing.reload(); setBusy(false); };
  return html`<details class="fold" open=${bad}><summary><span role="status"><${Badge} tone=${toneOf(is)}>${t(wordOf(is))}<//></span><small>${is.checked_at ? when(is.checked_at) : ""}</small></summary>
    ${bad && html`<p class="failed" role="alert">${t(`standing.${WRONG.has(is.is) ? is.is : "broken"}_text`, { seq: is.before?.seq ?? "", when: is.before ? exactly(is.before.at / 1000) : "" })}</p>`}
    ${is.problems.length > 0 && html`<ul>${is.problems.map((one) => html`<li key=${one.seq + one.what}>${one.what}</li>`)}</ul>`}
    <p class="soft">${t("standing.text")}</p>
    <${Facts} rows=${[[t("standing.entries"), is.through], [t("standing.signed"), is.signed_through], [t("standing.kept"), is.before ? t("standing.kept_is", { seq: is.before.seq, when: when(is.before.at / 1000) }) : null],
      [t("standing.erased"), is.erased || null], [t("standing.key_is"), is.key ? html`<code>${is.key.slice(0, 16)}…</code>` : null]]} />
    ${manages() && html`<${Button} busy=${busy || is.looking} disabled=${!isLive()} onClick=${anew}>${t(is.looking ? "standing.looking" : "standing.anew")}<//>`}</details>`;
}
