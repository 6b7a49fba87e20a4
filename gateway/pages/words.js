// The words of these pages in German. In English they stand in the pages themselves, which a browser without scripts reads, too.

const GERMAN = {
  "Pair this phone": "Dieses Telefon koppeln",
  "Hearth: pair this phone": "Hearth: dieses Telefon koppeln",
  "The code that the gateway shows": "Der Code, den das Gateway zeigt",
  "at the box:": "an der Box:",
  "What to call this phone": "Wie dieses Telefon heißen soll",
  Pair: "Koppeln",
  "You are": "Du bist",
  "on this phone.": "auf diesem Telefon.",
  "It has a key of its own that signs your answers. The key cannot leave it.": "Es hat einen eigenen Schlüssel, der deine Antworten unterschreibt. Er kann es nicht verlassen.",
  "It cannot answer what people are asked: that needs a code made at the box.": "Es kann nicht beantworten, was Menschen gefragt werden: Dafür braucht es einen Code, der an der Box gemacht wurde.",
  "Go on": "Weiter",
  "Asking the gateway…": "Das Gateway wird gefragt …",
  "This phone is paired.": "Dieses Telefon ist gekoppelt.",
  "This phone is paired already: you are {name} on it.": "Dieses Telefon ist schon gekoppelt: Du bist {name} darauf.",
  "This browser makes no keys here (it does not trust the connection): it will be paired, and cannot answer what people are asked. Install the gateway's certificate first, or open this page on the box.":
    "Dieser Browser macht hier keine Schlüssel (er vertraut der Verbindung nicht): Er wird gekoppelt und kann nicht beantworten, was Menschen gefragt werden. Installiere zuerst das Zertifikat des Gateways, oder öffne diese Seite an der Box.",
  "The code is wrong": "Der Code ist falsch",
  "look at it again, and type it anew": "Sieh ihn noch einmal an, und tippe ihn neu",
  "somebody tried too many: scan the QR code, or open another window": "Jemand hat zu viele versucht: Scanne den QR-Code, oder lass an der Box einen neuen machen (hearth pair)",
  "No pairing window is open": "Gerade wird kein Telefon eingelassen",
  "open one at the box, or on a phone that is paired": "Lass einen Code machen: an der Box (hearth pair), oder auf einem Telefon, das gekoppelt ist",
  owner: "Eigentümer", adult: "Erwachsener", child: "Kind", guest: "Gast",
};

const chosen = () => { try { return localStorage.getItem("hearth-language"); } catch { return null; } };
const isGerman = (chosen() ?? navigator.language).startsWith("de");

/** The words of this browser's language, with their {members}. */
export const say = (text, members = {}) => ((isGerman && GERMAN[text]) || text).replace(/\{(\w+)\}/g, (whole, name) => members[name] ?? whole);

/** What stands in the page. */
export function translate() {
  if (!isGerman) return;
  document.documentElement.lang = "de";
  document.title = say(document.title);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const text = node.data.trim().replace(/^\(|[()]$/g, "").trim();
    if (text in GERMAN) node.data = node.data.replace(text, GERMAN[text]);
    else if (text.includes("(at the box:")) node.data = `${GERMAN["The code that the gateway shows"]} (${GERMAN["at the box:"]} `;
  }
}
