// Whether the first run is over on this phone; and the way back to it until then.

import { manages } from "../core/me.js";
import { useThings } from "../core/store.js";
import { t } from "../core/texts.js";
import { Button, html, Row, useState } from "../core/ui.js";

const KEY = "hearth-first";
const read = () => { try { return localStorage.getItem(KEY); } catch { return null; } };

/** "begun", or "done". */
export const mark = (state) => { try { localStorage.setItem(KEY, state); } catch { /* a browser that keeps nothing */ } };

/** On the first page: until it is done, or nobody wants it. */
export function FirstHint() {
  const [state, set] = useState(read);
  const none = useThings().length === 0;
  if (!manages() || state === "done" || (state !== "begun" && !none)) return null;
  return html`<div class="hint accent first-hint"><${Row} href="#/first" title=${t("first.go_on")} sub=${t("first.go_on_sub")} />
    <${Button} kind="quiet" onClick=${() => { mark("done"); set("done"); }}>${t("first.dismiss")}<//></div>`;
}
