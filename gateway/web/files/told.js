// What a notice says in the language of the phone. The app and the service worker use it, the one as a module, the other as a
// script: therefore nothing is exported. `words` are the parts that the gateway took the notice apart into; without them, or for a
// sentence that this app does not know, it says what the gateway wrote.

globalThis.toldIn = function toldIn({ title, text, words }, t, maybe) {
  const say = words?.say;
  if (typeof say !== "string" || !maybe(`told.${say}.title`)) return { title, text };
  const value = (one) => (typeof one === "boolean" ? t(one ? "state.on" : "state.off")
    : typeof one === "string" ? maybe(`word.${one}`, one)
      : one !== null && typeof one === "object" ? Object.entries(one).map(([name, part]) => `${maybe(`field.${name}`, name)} ${value(part)}`).join(", ") : String(one));
  const use = (one) => {
    const called = maybe(`prop.${one.capability}`, String(one.affordance ?? "").replaceAll("_", " "));
    const of = one.members ? `${one.title} (${t("told.devices", { count: one.members })})` : one.title;
    if (one.affordance === "on" && typeof one.value === "boolean") return `${of}: ${value(one.value)}`;
    const wanted = one.value === null || one.value === undefined ? "" : value(one.value);
    return `${of}: ${called}${wanted && ` ${wanted}`}`;
  };
  const { use: one, steps, who, says } = words;
  const first = one ? use(one) : "";
  const asker = words.for ? t("told.of", { who, of: words.for }) : who;
  const parts = {
    ...words,
    asker: words.maker ? t("told.let_in_by", { who: asker, by: words.maker }) : asker,
    what: steps ? t(words.again ? "told.plan_again" : "told.plan", { count: steps, n: steps, first }) : first,
    result: maybe(`told.result.${words.result}`, words.result),
    by: words.by === undefined ? "" : maybe(`somebody.${words.by}`, words.by),
  };
  const said = says ? (who ? t("told.says", { who, says }) : t("told.it_says", { says })) : "";
  return { title: t(`told.${say}.title`, parts), text: [maybe(`told.${say}.text`) && t(`told.${say}.text`, parts), words.rest, said].filter(Boolean).join(" ") };
};
