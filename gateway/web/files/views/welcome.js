// For a phone that the gateway does not know.

import { t } from "../core/texts.js";
import { html } from "../core/ui.js";

export const Welcome = () => html`<main class="welcome"><img src="/app/icon.svg" alt="" width="96" height="96" />
  <h1>Hearth</h1>
  <p>${t("welcome.unknown")}</p>
  <ol><li>${t("welcome.at_box")} <code>hearth pair</code></li><li>${t("welcome.scan")}</li></ol>
  <p><a class="button primary" href="/pair">${t("welcome.code")}</a></p>
  ${!isSecureContext && html`<p class="empty">${t("welcome.insecure")}</p>`}
</main>`;
