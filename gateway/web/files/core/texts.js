// All texts (texts.json, of which a phone gets its own language alone), in the language of the phone or the one that was chosen.

const CHOSEN = "hearth-language";
export const LANGUAGES = { en: "English", de: "Deutsch" };

let words = {};
let rest = null;
let at = "";
let plural = new Intl.PluralRules("en");
export let language = "en";

/** The texts of the first page. `folder`: the address of the app's files. */
export async function load(folder) {
  at = folder;
  let chosen = "";
  try { chosen = localStorage.getItem(CHOSEN) ?? ""; } catch { /* a browser that keeps nothing */ }
  const wanted = [chosen, ...navigator.languages.map((tag) => tag.slice(0, 2))];
  language = wanted.find((tag) => tag in LANGUAGES) ?? "en";
  words = await (await fetch(`${folder}texts.${language}.json`, { credentials: "same-origin" })).json();
  plural = new Intl.PluralRules(language);
  document.documentElement.lang = language;
}

/** All others: to be waited for before another page is drawn. */
export function later() {
  rest ??= fetch(`${at}texts.${language}.later.json`, { credentials: "same-origin" }).then((answer) => answer.json())
    .then((more) => { Object.assign(words, more); }, (error) => { rest = null; throw error; });
  return rest;
}

export function choose(tag) {
  localStorage.setItem(CHOSEN, tag);
  location.reload();
}

const own = (part, name) => (part !== null && typeof part === "object" && Object.hasOwn(part, name) ? part[name] : undefined);
const found = (book, key) => key.split(".").reduce(own, book);

/** The text of `key` ("home.title") with its {members}; `count` chooses between "one" and "other". A key that there is not is
 * shown as it is. */
export function t(key, members = {}) {
  let text = found(words, key) ?? key;
  if (typeof text === "object") text = text[plural.select(members.count ?? 0)] ?? text.other ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in members ? String(members[name]) : whole));
}

/** As `t`, and "" (or `otherwise`) where there is no such text: for words that a device or a library has made. */
export const maybe = (key, otherwise = "") => {
  const text = found(words, key);
  return typeof text === "string" ? text : otherwise;
};
