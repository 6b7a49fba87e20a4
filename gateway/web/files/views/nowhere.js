// An address that leads nowhere.

import { t } from "../core/texts.js";
import { html, Page } from "../core/ui.js";

export default () => html`<${Page} title=${t("nowhere.title")} back="#/"><p>${t("nowhere.text")}</p><//>`;
