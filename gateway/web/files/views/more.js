// All other pages, and what belongs to this phone.

import { post } from "../core/api.js";
import { useData } from "../core/data.js";
import { manages, me } from "../core/me.js";
import { useNotices } from "../core/notices.js";
import { end } from "../core/offline.js";
import { choose, language, LANGUAGES, t } from "../core/texts.js";
import { Badge, Button, Confirm, Facts, html, Page, Row, Section, useState } from "../core/ui.js";

const PAGES = ["inbox", "notices", "rules", "ledger", "history", "messages", "health", "score"];
const MANAGERS = new Set(["inbox", "rules"]);

export default function More() {
  const [leaving, setLeaving] = useState(false);
  const inbox = useData(manages() ? "/inbox" : null, ["discovery"]);
  const counts = { inbox: inbox.data?.length ?? 0, notices: useNotices().unread };
  return html`<${Page} title=${t("more.title")}>
    <nav class="list" aria-label=${t("more.title")}>${PAGES.filter((page) => manages() || !MANAGERS.has(page)).map((page) => html`<${Row} key=${page} href=${`#/${page}`}
      title=${t(`more.${page}`)} sub=${t(`more.${page}_sub`)} side=${counts[page] ? html`<${Badge} tone="accent">${counts[page]}<//>` : null} />`)}</nav>
    <${Section} title=${t("more.phone")}>
      <${Facts} rows=${[[t("more.you"), me.name || me.principal], [t("more.role"), t(`role.${me.role}`)]]} />
      <div class="buttons" role="group" aria-label=${t("more.language")}>${Object.entries(LANGUAGES).map(([tag, name]) => html`<${Button} key=${tag} lang=${tag}
        kind=${tag === language ? "chosen" : ""} aria-pressed=${String(tag === language)} onClick=${() => choose(tag)}>${name}<//>`)}</div>
      <${Button} kind="danger" onClick=${() => setLeaving(true)}>${t("more.leave")}<//>
    <//>
    ${leaving && html`<${Confirm} title=${t("more.leave")} text=${t("more.leave_text")} yes=${t("more.leave")} danger=${true}
      onYes=${async () => { await post("/logout"); await end(); location.assign("/"); }} onClose=${() => setLeaving(false)} />`}
  <//>`;
}
