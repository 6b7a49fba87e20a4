// The app begins here: who this is, what the Things are, and the page that is asked for.

import { get } from "./core/api.js";
import * as live from "./core/live.js";
import { me } from "./core/me.js";
import { end, forgetAll, keep, kept } from "./core/offline.js";
import * as store from "./core/store.js";
import { load as loadTexts, t } from "./core/texts.js";
import { html, render } from "./core/ui.js";
import { Frame } from "./views/frame.js";
import { Welcome } from "./views/welcome.js";

const root = document.getElementById("app");
const here = new URL(".", import.meta.url).pathname;

async function whoami() {
  try {
    Object.assign(me, await get("/whoami"), { known: true });
    const before = await kept("me");
    if (before && before.principal !== me.principal) await forgetAll(); // the phone is somebody else's now
    keep("me", { ...me });
    return true;
  } catch (error) {
    if (error.status === 401) return false;
    const before = await kept("me");
    if (before) Object.assign(me, before);
    return Boolean(before);
  }
}

async function letGo() {
  live.stop();
  await end();
  root.replaceChildren();
  render(html`<${Welcome} />`, root);
}

async function begin() {
  const cards = store.begin(); // at once: the longest way
  live.start();
  const [, known] = await Promise.all([loadTexts(here), whoami()]);
  if (!known || live.state.revoked) return letGo();
  live.on("revoked", letGo);
  await cards;
  root.replaceChildren();
  render(html`<${Frame} />`, root);
  import("./core/notices.js").then((notices) => notices.start(live.on)).catch(() => undefined);
  if ("serviceWorker" in navigator && isSecureContext) {
    navigator.serviceWorker.register("/sw.js").then(() => import("./core/push.js")).then((push) => push.keepUp()).catch(() => undefined);
  }
  return undefined;
}

begin().catch((error) => {
  root.textContent = `${t("ui.failed")} ${error.message}`;
});
