// Pairing: the code stands in the fragment of the address (a QR code leads here), or is typed.

import { ask, canSign, element, keepKey, me, newKey, publicPart, run, show, tell, why } from "/pages/phone.js";
import { say, translate } from "/pages/words.js";

/** The code of the address, which is taken out of it: it is used up soon, and need not stand in the history. */
function takeCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get("c") || "";
  history.replaceState(null, "", location.pathname);
  if (code) element("code").value = code;
  return code;
}

function deviceName() {
  const agent = navigator.userAgent;
  const known = ["iPhone", "iPad", "Android", "Macintosh", "Windows", "Linux"].find((name) => agent.includes(name));
  return { Macintosh: "Mac", Windows: "PC" }[known] || known || "Browser";
}

async function pair(event) {
  event.preventDefault();
  const button = element("form").querySelector("button");
  button.disabled = true;
  tell(say("Asking the gateway…"));
  try {
    const pair = canSign() ? await newKey() : null;
    const body = { code: element("code").value.trim(), title: element("title").value.trim(), cookie: true };
    if (pair) body.key = await publicPart(pair);
    const answer = await ask("/pairings/redeem", body);
    if (answer.status !== 201) return tell(why(answer, say));
    if (pair && answer.body.has_key) await keepKey(pair);
    paired(answer.body);
  } finally {
    button.disabled = false;
  }
}

function paired(token) {
  show("form", false);
  tell(say("This phone is paired."));
  element("who").textContent = `${token.name || token.principal} (${say(token.role)})`;
  show(token.has_key ? "signs" : "unsigned");
  if (token.role === "owner") element("on").href = "/#/first"; // whoever owns the house sets it up
  show("done");
}

async function begin() {
  translate();
  element("title").value = deviceName();
  const given = takeCode();
  addEventListener("hashchange", takeCode);
  element("form").addEventListener("submit", (event) => run(() => pair(event)));
  const known = await me();
  if (known && !given) tell(say("This phone is paired already: you are {name} on it.", { name: known.name || known.principal }));
  show("form");
  if (!canSign()) {
    tell(say("This browser makes no keys here (it does not trust the connection): it will be paired, and cannot answer what "
      + "people are asked. Install the gateway's certificate first, or open this page on the box."));
  }
}

run(begin);
