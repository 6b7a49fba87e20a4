// The house by rooms.

import { byRoom, useThings } from "../core/store.js";
import { link } from "../core/route.js";
import { t } from "../core/texts.js";
import { html, Page, Row, Section } from "../core/ui.js";

export default function Home() {
  const cards = useThings();
  return html`<${Page} title=${t("nav.home")}>
    ${byRoom(cards).map(([room, members]) => html`<${Section} key=${room} title=${room || "–"}><div class="list">
      ${members.map((card) => html`<${Row} key=${card.id} href=${link("thing", card.id)} title=${card.title} sub=${card.kind} />`)}</div><//>`)}
  <//>`;
}
