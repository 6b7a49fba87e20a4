// What a permitted command still owes, which the gateway says in English: its four sentences in the words of this phone.

import { lasts } from "../core/format.js";
import { t } from "../core/texts.js";
import { listed, roleOf } from "./rule_words.js";

export function owedText(owed) {
  const [, way, seconds] = /^is (switched off|put back as it was) after ([\d.]+) s$/.exec(owed) ?? [];
  if (way) return t(way === "switched off" ? "rules.max_on" : "rules.restore", { after: lasts(Number(seconds)) });
  if (owed === "counts as done only when the device itself says so") return t("rules.confirm");
  const [, told] = /^is told to (.+)$/.exec(owed) ?? [];
  return told ? t("rules.notify", { who: listed(told.split(", ").map(roleOf)) }) : owed;
}
