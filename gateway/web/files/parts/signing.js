// What is signed by this phone's key. A phone without one is told what to do.

import { Problem } from "../core/api.js";
import { t } from "../core/texts.js";

const phone = () => import("/pages/phone.js");

/** Whether this phone can sign: null until that is known. */
export async function canSign() {
  const { canSign: able, keptKey } = await phone();
  return able() && Boolean(await keptKey().catch(() => null));
}

/** `body` with the time and the signature, as an answer to `about`. Throws what `Failed` shows. */
export async function signed(about, body) {
  const { signed: sign } = await phone();
  if (!(await canSign())) throw new Problem(403, { title: t("sign.no_key"), detail: t("sign.no_key_how") });
  return sign(about, body);
}

/** SHA-256 of a text, in hexadecimal digits. */
export async function digestOf(text) {
  const raw = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(raw)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
